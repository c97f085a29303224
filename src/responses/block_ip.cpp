// SPDX-License-Identifier: Apache-2.0
// block-ip: blocks an address by the first way that works here, and remembers which it was.
#include "platform/include/address_blocker.h"
#include "platform/include/file_edit.h"
#include "platform/include/file_security.h"
#include "platform/include/paths.h"
#include "platform/include/utf8_path.h"
#include "src/request/utf8.h"
#include "src/responses/address_target.h"
#include "src/responses/blocking.h"
#include "src/responses/connections.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

using namespace riposte;

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kState = "--state";

// Which way each network is blocked: a file per network in a directory that only root can look into. It is written
// before the block is made, so that a crash between the two leaves nothing that cannot be undone.
class Records {
  public:
    explicit Records(const Settings& settings)
        : directory_(path_setting(settings, kState, default_state()) / "block-ip") {}

    // The way's name; empty: none.
    Result<std::string> read(const Network& network) const {
        auto text = read_small_file(file_for(network));
        if (text && text->ends_with('\n')) text->pop_back();
        return text;
    }
    Result<void> write(const Network& network, const std::string& way) const {
        if (auto made = make_private_directory(directory_); !made) return made;
        const auto written = edit_file(file_for(network), [&](const std::string&) { return way + "\n"; });
        if (!written) return written.error();
        return {};
    }
    Result<void> remove(const Network& network) const {
        std::error_code code;
        fs::remove(file_for(network), code);
        if (code) return Error{code, "remove " + file_for(network).string()};
        return {};
    }

  private:
    fs::path file_for(const Network& network) const {
        return directory_ / utf8_path(file_name_of_network(network.text()));
    }
    fs::path directory_;
};

Answer<AddressBlocker*> find_way(const Blockers& ways, const std::string& name) {
    const auto found = std::ranges::find_if(ways, [&](const auto& way) { return way->name() == name; });
    if (found == ways.end())
        return Failure{ExitCode::Failed, "the record names an unknown way, " + riposte::quoted(name)};
    return found->get();
}

// Undoes its own part again if the block fails half done.
Result<void> try_way(AddressBlocker& way, const Records& records, const Network& network,
                     std::chrono::seconds timeout) {
    if (const auto usable = way.check(); !usable) return usable.error();
    if (auto written = records.write(network, way.name()); !written) return written;
    auto blocked = way.block(network.text(), timeout);
    if (!blocked) static_cast<void>(way.unblock(network.text()));
    return blocked;
}

struct Known {
    Network network;
    Records records;
    std::string way;  // by its name; empty: none
};

Answer<Known> look_up(const Task& task) {
    const auto network = target_of(task);
    if (!network) return network.error();
    Records records(task.settings);
    auto way = records.read(*network);
    if (!way) return failed(way.error());
    return Known{*network, std::move(records), std::move(*way)};
}

Answer<void> add(const Task& task) {
    const auto known = look_up(task);
    if (!known) return known.error();
    const auto& [network, records, recorded] = *known;
    const Blockers ways = every_blocker();
    if (!recorded.empty()) {
        const auto way = find_way(ways, recorded);
        if (!way) return way.error();
        const auto again = (*way)->block(network.text(), safety_timeout(task.request));
        return again ? end_connections_if_asked(task, network.text()) : failed(again.error());
    }

    std::string reasons;
    bool any_available = false;
    for (const auto& way : ways) {
        const auto blocked = try_way(*way, records, network, safety_timeout(task.request));
        if (blocked) return end_connections_if_asked(task, network.text());
        any_available = any_available || !is_unavailable(blocked.error());
        reasons += (reasons.empty() ? "" : "; ") + way->name() + ": " + blocked.error().text();
    }
    if (const auto removed = records.remove(network); !removed) return failed(removed.error());
    return Failure{any_available ? ExitCode::Failed : ExitCode::NotAvailable, "no way to block works: " + reasons};
}

// Without a record, such as one that an uninstall took along, every way is asked.
Answer<void> undo_everywhere(const Blockers& ways, const Network& network) {
    for (const auto& way : ways) {
        const auto undone = way->unblock(network.text());
        if (!undone && !is_unavailable(undone.error())) return failed(undone.error());
    }
    return {};
}

Answer<void> reverse(const Task& task) {
    const auto known = look_up(task);
    if (!known) return known.error();
    const auto& [network, records, recorded] = *known;
    const Blockers ways = every_blocker();
    if (recorded.empty()) return undo_everywhere(ways, network);

    const auto way = find_way(ways, recorded);
    if (!way) return way.error();
    const auto undone = (*way)->unblock(network.text());
    if (!undone) return failed(undone.error());
    const auto removed = records.remove(network);
    return removed ? Answer<void>() : failed(removed.error());
}

// Asks each way once, for all that it has blocked.
Answer<std::vector<bool>> status(const Task& task, const std::vector<std::string>& targets) {
    const auto networks = parse_targets(targets);
    if (!networks) return networks.error();
    const Records records(task.settings);
    std::vector<std::string> recorded;
    for (const Network& network : *networks) {
        const auto record = records.read(network);
        if (!record) return failed(record.error());
        recorded.push_back(*record);
    }
    std::vector<bool> result(targets.size(), false);
    for (const auto& way : every_blocker()) {
        std::vector<std::string> asked;
        std::vector<std::size_t> places;
        for (std::size_t i = 0; i < recorded.size(); ++i) {
            if (recorded[i] != way->name()) continue;
            asked.push_back((*networks)[i].text());
            places.push_back(i);
        }
        if (asked.empty()) continue;
        const auto blocked = way->blocked(asked);
        if (!blocked) return failed(blocked.error());
        for (std::size_t i = 0; i < places.size(); ++i) result[places[i]] = (*blocked)[i];
    }
    return result;
}

Answer<std::string> check(const Task& /*task*/) {
    return check_first(every_blocker());
}

}  // namespace

int main(int argc, char** argv) {
    Response response;
    response.name = "block-ip";
    response.summary = "blocks an address or network by the first way that works here.";
    response.details =
        "Key: the request's address (IPv4, IPv6, or a network such as 192.0.2.0/24).\n"
        "Tries firewalld, nftables, iptables, hosts.deny and a route to nowhere, in that order, or on Windows its\n"
        "firewall and a route. What it did is recorded in the state directory, and the undo undoes just that. Needs\n"
        "root, or an administrator.";
    response.options = {{kState, "DIR", "where it records what it did; default: the state directory of riposte"},
                        kKillSessions};
    response.keys = address_keys;
    response.add = add;
    response.reverse = reverse;
    response.status = status;
    response.check = check;
    return run_response(response, argc, argv);
}
