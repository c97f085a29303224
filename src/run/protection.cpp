// SPDX-License-Identifier: Apache-2.0
#include "src/run/protection.h"

#include "src/log/log.h"

#include <algorithm>
#include <utility>

namespace riposte {
namespace {

constexpr std::chrono::seconds kHostAnswerAge{5};

}  // namespace

void Protection::add(std::vector<Entry>& entries, const std::string& text, const std::string& what) {
    if (const auto network = Network::parse(text)) entries.push_back({*network, what, what});
}

Protection::Protection(const Protected& configured, const Clock& clock, AskHost ask_host,
                       std::vector<std::string> administrators)
    : clock_(&clock),
      ask_host_(std::move(ask_host)),
      administrators_(std::move(administrators)),
      users_(configured.users) {
    fixed_.push_back({*Network::parse("127.0.0.0/8"), "the loopback network", "a loopback address"});
    add(fixed_, "::1", "a loopback address");
    add(fixed_, "0.0.0.0", "the unspecified address");
    add(fixed_, "::", "the unspecified address");
    add(fixed_, "255.255.255.255", "the broadcast address");
    for (const std::string& address : configured.addresses) {
        const auto network = Network::parse(address);
        if (!network) continue;
        if (network->is_host()) {
            fixed_.push_back({*network, "a protected address", "a protected address"});
        } else {
            fixed_.push_back({*network, "a protected network", "in the protected network " + network->text()});
        }
    }
}

void Protection::set_managers(const std::vector<std::string>& addresses) {
    managers_.clear();
    for (const std::string& address : addresses) add(managers_, address, "the manager's address");
}

void Protection::refresh_host() {
    const BootTime now = clock_->boot_time();
    if (asked_ && now - *asked_ <= kHostAnswerAge) return;
    asked_ = now;
    const Result<HostAddresses> answer = ask_host_();
    if (!answer) {
        if (!host_unreadable_) {
            log().error(answer.error().text() + "; this host's addresses are protected as they were last known, " +
                        std::to_string(host_.size()) + " of them");
        }
        host_unreadable_ = true;
        return;
    }
    host_unreadable_ = false;
    host_.clear();
    for (const std::string& own : answer->own) add(host_, own, "this host's own address");
    for (const std::string& gateway : answer->default_gateways) add(host_, gateway, "this host's default gateway");
}

std::optional<std::string> Protection::reason(const Network& target, const Entry& entry) {
    if (target == entry.network) return target.text() + " is " + entry.what;
    if (entry.network.contains(target)) return target.text() + " is " + entry.member;
    if (target.contains(entry.network)) return target.text() + " contains " + entry.network.text() + ", " + entry.what;
    return std::nullopt;
}

std::optional<std::string> Protection::reason_for_address(std::string_view text) {
    const auto target = Network::parse(text);
    if (!target) return std::nullopt;
    refresh_host();
    for (const std::vector<Entry>* entries : {&fixed_, &host_, &managers_}) {
        for (const Entry& entry : *entries) {
            if (auto why = reason(*target, entry)) return why;
        }
    }
    return std::nullopt;
}

std::optional<std::string> Protection::reason_for_user(std::string_view name) const {
    const std::string user(name);
    const auto is_user = [&](const std::string& other) { return user_names_equal(user, other); };
    if (std::any_of(administrators_.begin(), administrators_.end(), is_user))
        return user + " is an administrator of this host";
    if (std::any_of(users_.begin(), users_.end(), is_user)) return user + " is a protected user";
    return std::nullopt;
}

}  // namespace riposte
