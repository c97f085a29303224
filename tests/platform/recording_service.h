// SPDX-License-Identifier: Apache-2.0
// A service at a control endpoint of its own, which keeps its connections and what they said.
#pragma once

#include "platform/include/endpoint.h"
#include "platform/include/paths.h"
#include "tests/platform/support.h"

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace riposte::test {

struct RecordingService {
    explicit RecordingService(const std::string& group = "") : endpoint(control_endpoint(directory.path())) {
        auto opened = ControlListener::open(loop, endpoint, group, [this](const auto& accepted) { accept(accepted); });
        REQUIRE(opened);
        listener = std::move(*opened);
    }
    void accept(const std::shared_ptr<ControlConnection>& accepted) {
        connections.push_back(accepted);
        accepted->start(
            [this](const std::string& line) {
                lines.push_back(line);
                if (on_line) on_line();
            },
            [this] { ++closed; });
    }
    bool until(const std::function<bool()>& condition) { return run_until(loop, condition); }

    TemporaryDirectory directory;
    std::string endpoint;
    boost::asio::io_context loop;
    std::function<void()> on_line;
    std::vector<std::string> lines;
    int closed = 0;
    std::vector<std::shared_ptr<ControlConnection>> connections;
    std::unique_ptr<ControlListener> listener;
};

}  // namespace riposte::test
