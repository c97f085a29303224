// SPDX-License-Identifier: Apache-2.0
#include "src/channel/control.h"

#include "src/action/event_json.h"
#include "src/action/text.h"
#include "src/channel/control_session.h"
#include "src/log/log.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <exception>
#include <utility>

namespace riposte {
namespace {

// Deep nesting costs stack in the parser; nothing here needs more than a list in an object.
boost::json::parse_options shallow() {
    boost::json::parse_options options;
    options.max_depth = 8;
    return options;
}

std::string line_of(std::string_view kind, boost::json::object content) {
    boost::json::object line;
    line.emplace(kind, std::move(content));
    // An executable's output and a request's first bytes may be no UTF-8, which no reader of JSON would take.
    return valid_utf8(boost::json::serialize(line));
}

}  // namespace

// ---- server ----

ControlServer::~ControlServer() {
    close();
}

void ControlServer::accept(std::shared_ptr<ControlConnection> connection) {
    if (closed_) return connection->finish();
    if (sessions_.size() >= kMaxConnections) {
        connection->send(
            line_of("error", {{"reason", "busy"}, {"text", "too many connections to the service; end one of them"}}));
        return connection->finish();
    }
    auto session = std::make_shared<ControlSession>(*this, std::move(connection));
    sessions_.insert(session);
    session->start();
}

void ControlServer::close() {
    closed_ = true;
    for (const auto& session : std::exchange(sessions_, {})) session->close();
}

// ---- session ----

void ControlSession::start() {
    connection_->start(
        [weak = weak_from_this()](std::string line) {
            if (const auto self = weak.lock()) self->take(std::move(line));
        },
        [weak = weak_from_this()] {
            if (const auto self = weak.lock()) self->finished();
        });
}

void ControlSession::take(std::string line) {
    if (!open()) return;
    if (waiting_.size() >= kMaxWaiting) {
        error("busy", "too many requests wait on this connection; read their answers first");
        return finished();
    }
    waiting_.push_back(std::move(line));
    next();
}

// An answer that is given at once leads back here: a loop instead of a recursion as deep as the queue.
void ControlSession::next() {
    if (taking_) return;
    taking_ = true;
    const auto self = shared_from_this();
    while (open() && !busy_ && !waiting_.empty()) {
        busy_ = true;
        const std::string line = std::move(waiting_.front());
        waiting_.pop_front();
        answer(line);
    }
    taking_ = false;
}

void ControlSession::answer(const std::string& line) {
    try {
        boost::system::error_code code;
        const boost::json::value request = boost::json::parse(line, code, {}, shallow());
        if (code || !request.is_object()) return error("bad_request", "a request is one JSON object on one line");
        carry_out(shared_from_this(), request.get_object());
    } catch (const std::exception& problem) {
        log().error(std::string("a control request failed: ") + problem.what());
        error("internal", problem.what());
    }
}

void ControlSession::event(const Event& event) {
    send("event", event_json(event));
}

void ControlSession::done(boost::json::object content) {
    send("done", std::move(content));
    operation_.reset();
    busy_ = false;
    next();
}

void ControlSession::error(std::string_view reason, std::string_view text) {
    send("error", {{"reason", reason}, {"text", text}});
    operation_.reset();
    busy_ = false;
    next();
}

void ControlSession::send(std::string_view kind, boost::json::object content) {
    if (open()) connection_->send(line_of(kind, std::move(content)));
}

void ControlSession::finished() {
    const auto self = shared_from_this();
    ControlServer* server = server_;
    close();
    if (server != nullptr) server->forget(self);
}

void ControlSession::close() {
    operation_.reset();
    waiting_.clear();
    if (connection_) std::exchange(connection_, nullptr)->finish();
    server_ = nullptr;
}

}  // namespace riposte
