// SPDX-License-Identifier: Apache-2.0
// The implementation of ManagerSimulator: its loop, its thread, its servers and their state. Private to tests/manager.
#pragma once

#include "tests/manager/core.h"
#include "tests/manager/enrolment_server.h"
#include "tests/manager/file_push.h"
#include "tests/manager/https_api.h"
#include "tests/manager/https_server.h"
#include "tests/manager/manager_simulator.h"
#include "tests/manager/requests.h"
#include "tests/manager/sender.h"
#include "tests/manager/session.h"
#include "tests/manager/tcp.h"
#include "tests/manager/udp.h"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <future>
#include <memory>
#include <optional>
#include <thread>

namespace riposte::simulator {

struct ManagerSimulator::Parts {
    explicit Parts(Options options);
    ~Parts();

    // Opens all ports, before the thread runs or on it.
    Result<void> listen();
    void stop_listening();
    void run();

    // Runs the action on the loop's thread and waits for its result. Rethrows an exception that the action throws.
    template <class Action>
    auto on_loop(Action action) {
        // Shared: the loop is still within the task when its result is there.
        const auto task = std::make_shared<std::packaged_task<decltype(action())()>>(std::move(action));
        auto done = task->get_future();
        boost::asio::dispatch(loop, [task] { (*task)(); });
        return done.get();
    }
    // The same for one agent; an error if it is unknown.
    template <class Action>
    Result<void> with_agent(const std::string& id, Action action) {
        return on_loop([&]() -> Result<void> {
            Agent* agent = core.registry.find(id);
            if (agent == nullptr) return failure("agent " + id + " is unknown");
            return action(*agent);
        });
    }
    AgentView snapshot(const Agent& agent) const;

    boost::asio::io_context loop{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{loop.get_executor()};
    Core core;
    Sender sender{core};
    FilePush files{core, sender};
    Requests requests{core, sender};
    Session session{core, sender, files, requests};
    std::optional<TcpServer> tcp;
    std::optional<UdpServer> udp;
    std::optional<EnrolmentServer> enrolment;
    HttpsApi https_api{core, files};
    std::optional<HttpsServer> https;
    std::uint16_t port = 0;
    std::uint16_t enrolment_port = 0;
    std::uint16_t https_port = 0;
    std::uint64_t last_task = 0;
    std::thread thread;

  private:
    Result<void> listen_session();
    Result<void> listen_enrolment();
    Result<void> listen_https();
    Result<std::uint16_t> listen_session_on(std::uint16_t wanted);
};

}  // namespace riposte::simulator
