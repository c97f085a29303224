// SPDX-License-Identifier: Apache-2.0
#include "tests/manager/session.h"

#include "tests/manager/cipher.h"
#include "tests/manager/messages.h"

#include <boost/json/serialize.hpp>

namespace riposte::simulator {
namespace {

constexpr std::string_view kControl = "#!-";
constexpr std::string_view kStartup = "agent startup ";
constexpr std::string_view kShutdown = "agent shutdown ";
constexpr std::string_view kRequest = "req ";
constexpr std::string_view kAck = "#!-agent ack ";
constexpr std::size_t kLongestId = 8;

std::string session_error(std::string_view message) {
    return "#!-err " + boost::json::serialize(boost::json::object{{"message", message}});
}

}  // namespace

void Session::on_block(const std::shared_ptr<Peer>& peer, std::string_view block) {
    if (block == "#ping" && core_.is_wazuh()) {
        ++core_.counts.pings;
        return peer->send("#pong");
    }
    Agent* agent = owner_of(block, *peer);
    if (agent == nullptr || std::chrono::steady_clock::now() < agent->usable_from) {
        ++core_.counts.unknown;
        core_.tell("unknown agent", {{"address", peer->address().to_string()}});
        return peer->close();
    }
    if (agent->frozen && !peer->is_stream()) return;
    const auto opened = open_block(block, agent->keys, core_.is_wazuh() ? Method::Aes : Method::AesIv);
    if (!opened) {
        ++core_.counts.undecipherable;
        core_.tell("wrong key", {{"id", agent->view.key.id}});
        return peer->close();
    }
    if (!is_new(*agent, opened->counter) || !takes_over(*agent, peer)) return;
    agent->peer = peer;
    agent->heard = std::chrono::steady_clock::now();
    agent->view.method = opened->method;
    agent->view.transport = peer->is_stream() ? "tcp" : "udp";
    on_payload(*agent, opened->payload);
}

// Takes the prefix off.
Agent* Session::owner_of(std::string_view& block, const Peer& peer) {
    if (!block.starts_with('!')) return core_.registry.find_address(peer.address());
    const std::size_t end = block.find('!', 1);
    if (end == std::string_view::npos || end > kLongestId + 1) return nullptr;
    Agent* agent = core_.registry.find(block.substr(1, end - 1));
    block.remove_prefix(end + 1);
    return agent != nullptr && allows(agent->view.key.ip, peer.address()) ? agent : nullptr;
}

bool Session::is_new(Agent& agent, Counter counter) {
    const bool verifies = core_.options.verify_message_ids.value_or(!core_.is_wazuh());
    if (verifies && counter <= agent.received) {
        ++core_.counts.replayed;
        ++agent.view.replays;
        core_.tell("duplicated counter", {{"id", agent.view.key.id}});
        return false;
    }
    agent.received = counter;
    return true;
}

// One connection per key: another one has to wait until the first has been idle for long.
bool Session::takes_over(Agent& agent, const std::shared_ptr<Peer>& peer) {
    const auto old = agent.peer;
    if (old == nullptr || old == peer || !old->is_stream()) return true;
    if (!peer->is_stream() || std::chrono::steady_clock::now() - agent.heard >= core_.options.overtake_after) {
        old->close();
        return true;
    }
    ++core_.counts.key_in_use;
    core_.tell("Agent key already in use", {{"id", agent.view.key.id}});
    peer->close();
    return false;
}

void Session::on_closed(const std::shared_ptr<Peer>& peer) {
    for (const auto& agent : core_.registry.all()) {
        if (agent->peer != peer) continue;
        agent->peer = nullptr;
        agent->view.connected = false;
        agent->pushing = false;
        core_.tell("disconnected", {{"id", agent->view.key.id}});
    }
}

void Session::on_payload(Agent& agent, std::string_view payload) {
    if (!payload.starts_with(kControl)) return on_event(agent, payload);
    payload.remove_prefix(kControl.size());
    on_control(agent, payload);
}

void Session::on_control(Agent& agent, std::string_view text) {
    if (core_.is_wazuh() && text.starts_with(kRequest)) {
        if (!requests_.on_message(agent, text.substr(kRequest.size()))) ++core_.counts.invalid;
        return;
    }
    if (text.starts_with(kStartup)) return on_startup(agent, text.substr(kStartup.size()));
    if (core_.is_wazuh() && text == kShutdown) return on_shutdown(agent);
    on_keepalive(agent, text);
}

void Session::on_startup(Agent& agent, std::string_view text) {
    // OSSEC knows the bare form only; what follows is a strange uname to it.
    const auto version = core_.is_wazuh() ? parse_startup(text) : std::string();
    if (!version) return answer(agent, session_error("Couldn't retrieve version"));
    const auto parsed = parse_version(*version);
    if (parsed && *parsed > parse_version(core_.options.version)) {
        core_.tell("startup refused", {{"id", agent.view.key.id}, {"version", *version}});
        return answer(agent, session_error("Agent version must be lower or equal to manager version"));
    }
    ++agent.view.startups;
    agent.view.startup_version = *version;
    agent.view.connected = true;
    core_.tell("startup", {{"id", agent.view.key.id}, {"version", *version}, {"transport", agent.view.transport}});
    answer(agent, startup_ack(*version));
}

std::string Session::startup_ack(const std::string& agent_version) const {
    const auto version = parse_version(agent_version);
    if (core_.options.kind != Kind::Wazuh5 || !version || version->major < 5) return std::string(kAck);
    boost::json::array groups;
    for (const std::string& group : core_.options.groups) groups.emplace_back(group);
    const boost::json::object limits{
        {"limits", {{"fim", {{"file", 100000}}}, {"syscollector", {{"packages", 100000}}}}},
        {"cluster_name", "wazuh"},
        {"cluster_node", "node01"},
        {"merged_sum", md5_hex(files_.merged())},
        {"agent_groups", groups}};
    return std::string(kAck) + boost::json::serialize(limits);
}

void Session::on_shutdown(Agent& agent) {
    ++agent.view.shutdowns;
    agent.view.connected = false;
    core_.tell("shutdown", {{"id", agent.view.key.id}});
}

void Session::on_keepalive(Agent& agent, std::string_view text) {
    const auto keepalive = parse_keepalive(text, core_.options.kind == Kind::Wazuh5);
    if (!keepalive) {
        ++core_.counts.invalid;
        core_.tell("invalid message", {{"id", agent.view.key.id}, {"text", text}});
        if (core_.is_wazuh()) return;  // OSSEC acknowledges everything
        return answer(agent, std::string(kAck));
    }
    AgentView& view = agent.view;
    ++view.keepalives;
    agent.keepalive = std::chrono::steady_clock::now();
    view.connected = true;
    view.keepalive = text;
    view.system = keepalive->system;
    view.version = keepalive->version;
    view.merged_sum = keepalive->merged_sum;
    view.labels = keepalive->labels;
    core_.tell("keepalive", {{"id", view.key.id}, {"version", view.version}, {"merged_sum", view.merged_sum}});
    answer(agent, std::string(kAck));
    files_.offer(agent);
}

void Session::on_event(Agent& agent, std::string_view payload) {
    const auto event = parse_event(agent.view.key.id, payload);
    if (!event) {
        ++core_.counts.invalid;
        return;
    }
    ++agent.view.events;
    core_.keep_event(*event);
}

void Session::answer(Agent& agent, const std::string& payload) {
    static_cast<void>(sender_.send(agent, payload));  // it has just been heard from
}

}  // namespace riposte::simulator
