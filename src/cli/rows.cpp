// SPDX-License-Identifier: Apache-2.0
#include "src/cli/rows.h"

#include "src/cli/client.h"
#include "src/cli/places.h"
#include "src/config/duration.h"
#include "src/hooks.h"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <limits>
#include <ostream>
#include <utility>

namespace riposte {
namespace {

// Page by page, so that however slowly they are read the service never has more than one of them waiting to be sent.
constexpr std::int64_t kPage = 2000;

std::int64_t page_size(std::int64_t limit, std::int64_t taken) {
    return limit == 0 ? kPage : std::min(kPage, limit - taken);
}

Result<void> read_ledger(const Invocation& invocation, Ledger::Query query, std::int64_t limit,
                         const std::function<boost::json::object(const Action&)>& offline_row, const TakeRow& take) {
    const std::filesystem::path state = state_directory(invocation.arguments);
    for (std::int64_t taken = 0;;) {
        query.limit = static_cast<int>(page_size(limit, taken));
        const Result<std::vector<Action>> page = query_closed_ledger(state, hooks::clock(), query);
        if (!page) return page.error();
        for (const Action& action : *page) take(offline_row(action));
        taken += static_cast<std::int64_t>(page->size());
        if (page->size() < static_cast<std::size_t>(query.limit) || (limit != 0 && taken >= limit)) return {};
        query.after_id = page->back().id;
    }
}

int ask_service(const Invocation& invocation, ServiceClient& client, boost::json::object request, std::int64_t limit,
                const TakeRow& take) {
    for (std::int64_t taken = 0;;) {
        request["limit"] = page_size(limit, taken);
        const Result<Answer> answer = client.call(request, [&](std::string_view kind, const boost::json::object& row) {
            if (kind == "row") take(row);
            return true;
        });
        if (const auto code = report(invocation, answer)) return *code;
        taken += number_of(answer->done, "rows");
        if (!answer->done.contains("next") || (limit != 0 && taken >= limit)) return kDone;
        request["after_id"] = number_of(answer->done, "next");
    }
}

}  // namespace

std::optional<int> add_filters(const Invocation& invocation, boost::json::object& request, Ledger::Query& query) {
    query.target = invocation.arguments.get("target");
    query.command = invocation.arguments.get("command");
    if (query.target && query.target->empty()) return invocation.fail(kBadUsage, "--target needs a value");
    if (query.target) request["target"] = *query.target;
    if (query.command) request["command"] = *query.command;
    return std::nullopt;
}

int fetch_rows(const Invocation& invocation, const boost::json::object& request, const Ledger::Query& query,
               std::int64_t limit, const std::function<boost::json::object(const Action&)>& offline_row,
               const TakeRow& take) {
    Result<ServiceClient> client = ServiceClient::connect(state_directory(invocation.arguments));
    if (client) return ask_service(invocation, *client, request, limit, take);
    if (client.error().code == std::errc::permission_denied) return invocation.fail(kNoService, client.error().what);
    const Result<void> read = read_ledger(invocation, query, limit, offline_row, take);
    if (!read) {
        invocation.err() << "riposte: " << client.error().what << "\n";
        return invocation.fail(kNoService, "the ledger cannot be read either: " + read.error().text());
    }
    invocation.err()
        << "riposte: no service runs; this is what its ledger says. Nothing is undone until it runs again.\n";
    return kDone;
}

void print_as_json(const Invocation& invocation, const std::vector<std::string>& rows) {
    invocation.out() << "[";
    bool first = true;
    for (const std::string& row : rows) invocation.out() << (std::exchange(first, false) ? "\n" : ",\n") << row;
    invocation.out() << (rows.empty() ? "]\n" : "\n]\n");
}

void print_as_json(const Invocation& invocation, const Rows& rows) {
    std::vector<std::string> lines;
    for (const boost::json::object& row : rows) lines.push_back(boost::json::serialize(row));
    print_as_json(invocation, lines);
}

std::string keys_text(const boost::json::object& row) {
    std::string text;
    const boost::json::value* keys = row.if_contains("keys");
    if (keys != nullptr && keys->is_array()) {
        for (const boost::json::value& key : keys->get_array()) {
            if (key.is_string()) text += (text.empty() ? "" : ", ") + std::string(key.get_string().c_str());
        }
    }
    for (const std::string_view name : {"srcip", "user", "filename"}) {
        if (text.empty()) text = text_of(row, name);
    }
    return text.empty() ? "-" : text;
}

std::optional<std::int64_t> parse_signed_duration(std::string_view text) {
    const bool back = text.starts_with('-');
    if (back || text.starts_with('+')) text.remove_prefix(1);
    const auto duration = parse_duration(text);
    if (!duration) return std::nullopt;
    const std::int64_t ms = std::chrono::milliseconds(*duration).count();
    return back ? -ms : ms;
}

std::optional<ActionId> parse_id(std::string_view text) {
    if (text.starts_with('#')) text.remove_prefix(1);
    const auto id = parse_whole_number(text, std::numeric_limits<ActionId>::max());
    return id && *id > 0 ? id : std::nullopt;
}

}  // namespace riposte
