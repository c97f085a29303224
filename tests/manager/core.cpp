// SPDX-License-Identifier: Apache-2.0
#include "tests/manager/core.h"

#include "tests/manager/cipher.h"

#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace riposte::simulator {
namespace {

constexpr std::size_t kMostEvents = 500000;
constexpr unsigned kFirstOssecId = 1024;

std::string default_version(Kind kind) {
    switch (kind) {
        case Kind::Wazuh4:
            return "v4.14.7";
        case Kind::Wazuh5:
            return "v5.0.0";
        case Kind::Ossec:
            return "v4.2.0";
    }
    return {};
}

bool contains(const std::string& network, const boost::asio::ip::address& address) {
    boost::system::error_code error;
    if (address.is_v4()) {
        const auto net = boost::asio::ip::make_network_v4(network, error);
        return !error && (net.canonical().network() ==
                          boost::asio::ip::network_v4(address.to_v4(), net.prefix_length()).canonical().network());
    }
    const auto net = boost::asio::ip::make_network_v6(network, error);
    return !error && (net.canonical().network() ==
                      boost::asio::ip::network_v6(address.to_v6(), net.prefix_length()).canonical().network());
}

}  // namespace

Agent::Agent(KeyEntry entry) : keys(key_text(entry)), registered(std::chrono::steady_clock::now()) {
    view.key = std::move(entry);
    usable_from = registered;
}

Agent* Registry::find(std::string_view id) {
    const auto found =
        std::find_if(agents_.begin(), agents_.end(), [id](const auto& agent) { return agent->view.key.id == id; });
    return found == agents_.end() ? nullptr : found->get();
}

Agent* Registry::find_name(std::string_view name) {
    const auto found = std::find_if(agents_.begin(), agents_.end(),
                                    [name](const auto& agent) { return agent->view.key.name == name; });
    return found == agents_.end() ? nullptr : found->get();
}

Agent* Registry::find_address(const boost::asio::ip::address& address) {
    const auto found = std::find_if(agents_.begin(), agents_.end(), [&address](const auto& agent) {
        return agent->view.key.ip == address.to_string();
    });
    return found == agents_.end() ? nullptr : found->get();
}

Agent& Registry::add(KeyEntry entry) {
    unsigned number = 0;
    std::from_chars(entry.id.data(), entry.id.data() + entry.id.size(), number);
    last_id_ = std::max(last_id_, number);
    remove(entry.id);
    agents_.push_back(std::make_unique<Agent>(std::move(entry)));
    return *agents_.back();
}

void Registry::remove(std::string_view id) {
    agents_.erase(
        std::remove_if(agents_.begin(), agents_.end(), [id](const auto& agent) { return agent->view.key.id == id; }),
        agents_.end());
}

std::string Registry::next_id(Kind kind) {
    const unsigned number = kind == Kind::Ossec ? std::max(last_id_ + 1, kFirstOssecId) : last_id_ + 1;
    char text[16];
    std::snprintf(text, sizeof text, "%03u", number);
    return text;
}

std::string Registry::new_key() {
    return hex(random_bytes(32));
}

bool allows(const std::string& ip, const boost::asio::ip::address& address) {
    if (ip == "any") return true;
    if (ip.find('/') != std::string::npos) return contains(ip, address);
    boost::system::error_code error;
    return boost::asio::ip::make_address(ip, error) == address && !error;
}

Core::Core(boost::asio::io_context& the_loop, Options the_options) : loop(the_loop), options(std::move(the_options)) {
    if (options.version.empty()) options.version = default_version(options.kind);
    if (options.kind == Kind::Ossec) {
        options.tcp = false;
        options.udp = true;
    }
    faults.random.seed(options.seed);
}

void Core::tell(std::string_view what, boost::json::object more) {
    if (!options.listener) return;
    boost::json::object happening{{"happened", what}};
    for (auto& member : more) happening.insert_or_assign(member.key(), std::move(member.value()));
    options.listener(happening);
}

void Core::keep_event(Event event) {
    if (events.size() >= kMostEvents) {
        ++counts.lost_events;
        return;
    }
    tell("event", {{"id", event.agent},
                   {"queue", std::string(1, event.queue)},
                   {"location", event.location},
                   {"text", event.text}});
    events.push_back(std::move(event));
}

std::int64_t Core::now() const {
    const auto clock = std::chrono::system_clock::now() + options.clock_offset;
    return std::chrono::duration_cast<std::chrono::seconds>(clock.time_since_epoch()).count();
}

bool Core::is_connected(const Agent& agent) const {
    return agent.view.connected && std::chrono::steady_clock::now() - agent.heard < options.disconnected_after;
}

std::optional<Version> parse_version(std::string_view text) {
    const std::size_t start = text.find_first_of("0123456789");
    if (start == std::string_view::npos) return std::nullopt;
    Version version;
    const char* const last = text.data() + text.size();
    const auto major = std::from_chars(text.data() + start, last, version.major);
    if (major.ec != std::errc() || major.ptr == last || *major.ptr != '.') return std::nullopt;
    const auto minor = std::from_chars(major.ptr + 1, last, version.minor);
    if (minor.ec != std::errc()) return std::nullopt;
    return version;
}

}  // namespace riposte::simulator
