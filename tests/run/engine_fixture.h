// SPDX-License-Identifier: Apache-2.0
// A whole engine in a temporary home: real ledger, real files, real children, and the system's clock or a test's.
#pragma once

#include "platform/include/paths.h"
#include "src/action/event_json.h"
#include "src/log/events.h"
#include "src/log/response_log.h"
#include "src/run/engine.h"
#include "tests/run/held_ledger.h"
#include "tests/support/clock.h"
#include "tests/support/program.h"
#include "tests/support/requests.h"
#include "tests/support/wait.h"

#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace riposte::testing {

using test::command;
using test::OffsetClock;
using test::wazuh4;

class TemporaryHome {
  public:
    TemporaryHome() {
        std::filesystem::create_directories(bin_directory(path()).parent_path());
        test::create_private_directory(bin_directory(path()));
        std::filesystem::create_directories(state());
        std::filesystem::create_directories(ar_conf_path(path()).parent_path());
    }
    const std::filesystem::path& path() const { return directory_.path(); }
    std::filesystem::path state() const { return directory_ / "state"; }
    std::filesystem::path file(const std::string& name) const { return directory_ / name; }

    // An executable that carries out a role of tests/fake_response/script.cpp.
    void add_executable(const std::string& name, const std::string& role) const {
        test::add_program(bin_directory(path()), name, role);
    }
    void add_copy(const std::string& name, const std::filesystem::path& program) const {
        test::copy_program(bin_directory(path()), name, program);
    }
    std::string read(const std::string& name) const { return test::read_file(file(name)); }
    std::vector<std::string> lines(const std::string& name) const { return test::lines_of(file(name)); }

  private:
    test::TemporaryDirectory directory_;
};

// The engine and its parts; restart() takes them down as a crash would (nothing is finished) or as a stop does.
class Runner {
  public:
    explicit Runner(TemporaryHome& home, std::string config, OffsetClock* clock = nullptr)
        : home_(home), config_text_(std::move(config)), clock_(clock ? *clock : own_clock_) {
        begin();
    }
    ~Runner() { end(); }

    Engine& engine() { return *engine_; }
    HeldLedger& ledger() { return *ledger_; }
    boost::asio::io_context& loop() { return *loop_; }
    const std::vector<boost::json::object>& events() const { return events_; }

    ActionId submit(const std::string& message) { return engine_->submit({message, message.size(), "control"}).id; }

    // Runs the loop until the condition holds; false when `limit` passes first.
    bool until(const std::function<bool()>& condition, std::chrono::milliseconds limit = test::kDeadline) {
        const auto end = std::chrono::steady_clock::now() + limit;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > end) return false;
            loop_->run_one_for(std::chrono::milliseconds(20));
        }
        return true;
    }
    bool seen(std::string_view event, ActionId id) const { return find(event, id) != nullptr; }
    const boost::json::object* find(std::string_view event, ActionId id) const {
        for (const auto& entry : events_) {
            const auto* action = entry.if_contains("action");
            if (entry.at("event").as_string() == event && action && action->to_number<std::int64_t>() == id)
                return &entry;
        }
        return nullptr;
    }
    std::size_t count(std::string_view event) const {
        std::size_t number = 0;
        for (const auto& entry : events_) number += entry.at("event").as_string() == event;
        return number;
    }
    std::string text(std::string_view event, ActionId id, std::string_view member) const {
        const auto* found = find(event, id);
        if (!found || !found->contains(member)) return "";
        const auto& value = found->at(member);
        return value.is_string() ? std::string(value.as_string()) : boost::json::serialize(value);
    }
    bool wait(std::string_view event, ActionId id) {
        return until([&] { return seen(event, id); });
    }
    // Everything that was said, for a failed test.
    std::string story() const {
        std::string all;
        for (const auto& entry : events_) all += boost::json::serialize(entry) + "\n";
        return all;
    }

    // The loop is not run any more, then all is taken down: what was asked of the ledger is carried out, nothing else.
    void restart() {
        end();
        events_.clear();
        begin();
    }
    // As `systemctl restart` does.
    bool stop_and_restart() {
        bool stopped = false;
        engine_->stop(std::chrono::seconds(5), [&] { stopped = true; });
        const bool in_time = until([&] { return stopped; });
        restart();
        return in_time;
    }

  private:
    void begin() {
        loop_ = std::make_unique<boost::asio::io_context>(1);
        Diagnostics found;
        const Config config = parse_config(config_text_, "test.conf", found);
        for (const auto& finding : found) INFO(finding.text());
        REQUIRE_FALSE(has_errors(found));
        Ledger::Opened opened;
        auto ledger = Ledger::open(*loop_, clock_, home_.state(), opened);
        REQUIRE_MESSAGE(ledger.has_value(), ledger.error().text());
        ledger_ = std::make_unique<HeldLedger>(std::move(*ledger));
        std::vector<RunningMarks::Mark> left;
        auto marks = RunningMarks::open(home_.state() / "running.marks", 4096, left);
        REQUIRE_MESSAGE(marks.has_value(), marks.error().text());
        marks_ = std::move(*marks);
        auto log = Events::open(home_.state() / "events.jsonl", clock_);
        REQUIRE_MESSAGE(log.has_value(), log.error().text());
        log_ = std::move(*log);
        subscription_ = log_->subscribe([this](const Event& event) { events_.push_back(event_json(event)); });
        auto responses = ResponseLog::open(response_log_path(home_.path()), clock_);
        REQUIRE_MESSAGE(responses.has_value(), responses.error().text());
        responses_ = std::move(*responses);
        engine_ = std::make_unique<Engine>(
            Engine::Services{*loop_, clock_, *ledger_, *marks_, *log_, *responses_, home_.path()}, config);
        const auto started = engine_->start(left);
        REQUIRE_MESSAGE(started.has_value(), started.error().text());
    }
    void end() {
        engine_.reset();
        ledger_.reset();
        marks_.reset();
        subscription_.reset();
        log_.reset();
        responses_.reset();
        loop_.reset();
    }

    TemporaryHome& home_;
    std::string config_text_;
    OffsetClock own_clock_;
    OffsetClock& clock_;
    std::unique_ptr<boost::asio::io_context> loop_;
    std::unique_ptr<HeldLedger> ledger_;
    std::unique_ptr<RunningMarks> marks_;
    std::unique_ptr<Events> log_;
    std::unique_ptr<ResponseLog> responses_;
    std::unique_ptr<Engine> engine_;
    Events::Subscription subscription_;
    std::vector<boost::json::object> events_;
};

}  // namespace riposte::testing
