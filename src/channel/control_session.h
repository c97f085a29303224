// SPDX-License-Identifier: Apache-2.0
// One connection of the control channel: takes a line, answers it, takes the next.
#pragma once

#include "src/channel/control.h"

#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace riposte {

// The members of a request. Remembers the first that has the wrong type.
class Members {
  public:
    explicit Members(const boost::json::object& object) : object_(object) {}

    std::optional<std::string> text(std::string_view name);
    std::optional<std::int64_t> number(std::string_view name);
    bool flag(std::string_view name);
    std::vector<std::string> texts(std::string_view name);
    std::vector<std::int64_t> numbers(std::string_view name);

    void wrong(std::string sentence) {
        if (problem_.empty()) problem_ = std::move(sentence);
    }
    const std::string& problem() const { return problem_; }

  private:
    const boost::json::value* find(std::string_view name) const { return object_.if_contains(name); }
    const boost::json::array* list(std::string_view name);
    const boost::json::object& object_;
    std::string problem_;
};

class ControlSession : public std::enable_shared_from_this<ControlSession> {
  public:
    // Requests that wait while an earlier one is answered; one more closes the connection.
    static constexpr std::size_t kMaxWaiting = 256;

    ControlSession(ControlServer& server, std::shared_ptr<ControlConnection> connection)
        : server_(&server), connection_(std::move(connection)) {}
    void start();
    // Nothing is sent or asked from now on.
    void close();

    // ---- for the operations ----
    bool open() const { return connection_ != nullptr; }
    const ControlServer::Services& services() const { return server_->services(); }
    void row(boost::json::object content) { send("row", std::move(content)); }
    void event(const Event& event);
    void following() { send("following", {}); }
    void done(boost::json::object content);
    void error(std::string_view reason, std::string_view text);
    // Kept until the request is answered or the connection ends: what an operation under way holds on to.
    void hold(std::shared_ptr<void> operation) { operation_ = std::move(operation); }

  private:
    void take(std::string line);
    void next();
    void answer(const std::string& line);
    void send(std::string_view kind, boost::json::object content);
    void finished();

    ControlServer* server_;
    std::shared_ptr<ControlConnection> connection_;
    std::shared_ptr<void> operation_;
    std::deque<std::string> waiting_;
    bool busy_ = false;
    bool taking_ = false;
};

// Carries out one request; answers it now or later. (src/channel/control_operations.cpp)
void carry_out(const std::shared_ptr<ControlSession>& session, const boost::json::object& request);

}  // namespace riposte
