// SPDX-License-Identifier: Apache-2.0
#include "tests/manager/parts.h"

namespace riposte::simulator {
namespace {

// TCP and UDP share a number; what the system chose for one may be taken for the other.
constexpr unsigned kPortsTried = 20;

std::chrono::milliseconds since(SteadyTime time) {
    if (time == SteadyTime()) return std::chrono::milliseconds(-1);
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - time);
}

}  // namespace

ManagerSimulator::Parts::Parts(Options options) : core(loop, std::move(options)) {}

ManagerSimulator::Parts::~Parts() {
    if (thread.joinable()) {
        boost::asio::post(loop, [this] {
            stop_listening();
            loop.stop();
        });
        thread.join();
    }
}

void ManagerSimulator::Parts::run() {
    thread = std::thread([this] { loop.run(); });
}

Result<void> ManagerSimulator::Parts::listen() {
    for (const auto part : {&Parts::listen_session, &Parts::listen_enrolment, &Parts::listen_https}) {
        const auto up = (this->*part)();
        if (!up) {
            stop_listening();
            return up;
        }
    }
    return {};
}

Result<void> ManagerSimulator::Parts::listen_enrolment() {
    if (!core.options.enrolment) return {};
    if (!enrolment) enrolment.emplace(core);
    const auto bound = enrolment->listen(enrolment_port != 0 ? enrolment_port : core.options.enrolment_port);
    if (!bound) return bound.error();
    enrolment_port = *bound;
    return {};
}

Result<void> ManagerSimulator::Parts::listen_https() {
    if (!core.options.https) return {};
    if (core.options.kind != Kind::Wazuh5) return failure("HTTPS is spoken by Wazuh 5 only");
    if (!https) https.emplace(core, https_api);
    const auto bound = https->listen(https_port != 0 ? https_port : core.options.https_port);
    if (!bound) return bound.error();
    https_port = *bound;
    return {};
}

Result<void> ManagerSimulator::Parts::listen_session() {
    const std::uint16_t wanted = port != 0 ? port : core.options.port;
    auto bound = listen_session_on(wanted);
    for (unsigned i = 1; !bound && wanted == 0 && i < kPortsTried; ++i) bound = listen_session_on(0);
    if (!bound) return bound.error();
    port = *bound;
    return {};
}

Result<std::uint16_t> ManagerSimulator::Parts::listen_session_on(std::uint16_t wanted) {
    if (core.options.tcp) {
        tcp.emplace(loop, core.faults,
                    TcpServer::Handlers{[this] { ++core.counts.connections; },
                                        [this](const std::shared_ptr<Peer>& peer, const std::string& block) {
                                            session.on_block(peer, block);
                                        },
                                        [this](const std::shared_ptr<Peer>&) { ++core.counts.bad_frames; },
                                        [this](const std::shared_ptr<Peer>& peer) { session.on_closed(peer); }});
        const auto bound = tcp->listen(core.options.address, wanted);
        if (!bound) return bound;
        wanted = *bound;
    }
    if (!core.options.udp) return wanted;
    udp.emplace(loop, core.faults,
                [this](const std::shared_ptr<Peer>& peer, const std::string& block) { session.on_block(peer, block); });
    return udp->listen(core.options.address, wanted);
}

void ManagerSimulator::Parts::stop_listening() {
    tcp.reset();
    udp.reset();
    if (enrolment) enrolment->close();
    if (https) https->close();
}

AgentView ManagerSimulator::Parts::snapshot(const Agent& agent) const {
    AgentView view = agent.view;
    view.tasks = agent.tasks.size();
    view.connected = core.is_connected(agent);
    view.heard_ago = since(agent.heard);
    view.keepalive_ago = since(agent.keepalive);
    return view;
}

}  // namespace riposte::simulator
