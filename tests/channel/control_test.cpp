// SPDX-License-Identifier: Apache-2.0
#include "src/channel/control.h"

#include "tests/cli/service_fixture.h"
#include "tests/support/requests.h"

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace riposte;
using namespace riposte::testing;
using boost::json::object;
using riposte::test::wazuh4;

namespace {

Answer call(const RunningService& service, const object& request, std::vector<object>* lines = nullptr) {
    ServiceClient client = service.connect();
    const Result<Answer> answer = client.call(request, [lines](std::string_view, const object& line) {
        if (lines != nullptr) lines->push_back(line);
        return true;
    });
    REQUIRE_MESSAGE(answer.has_value(), answer.error().text());
    return *answer;
}

// Submits and waits for the decision only; returns the action's number.
std::int64_t submit(const RunningService& service, const std::string& text) {
    const Answer answer = call(service, {{"op", "submit"}, {"message", text}});
    REQUIRE(answer.ok());
    return number_of(answer.done.at("actions").as_array().at(0).as_object(), "action");
}

std::vector<object> pending(const RunningService& service, object request = {}) {
    request["op"] = "pending";
    std::vector<object> rows;
    const Answer answer = call(service, request, &rows);
    CHECK(answer.ok());
    CHECK(number_of(answer.done, "rows") == static_cast<std::int64_t>(rows.size()));
    return rows;
}

bool armed(const RunningService& service, std::size_t count) {
    return test::wait_until([&] {
        const auto rows = pending(service);
        return rows.size() == count && std::all_of(rows.begin(), rows.end(),
                                                   [](const object& row) { return text_of(row, "state") == "armed"; });
    });
}

bool told(const std::vector<object>& events, std::string_view kind) {
    return std::any_of(events.begin(), events.end(),
                       [kind](const object& event) { return text_of(event, "event") == kind; });
}

struct BlockingService {
    explicit BlockingService(const std::string& settings = {}) {
        place.add_block();
        place.write(place.config(), block_config() + settings);
        service.emplace(place);
    }
    Place place;
    std::optional<RunningService> service;
};

}  // namespace

TEST_CASE("a submitted message is followed from its receipt to its reversal") {
    const BlockingService blocking;
    std::vector<object> events;
    const Answer answer = call(
        *blocking.service, {{"op", "submit"}, {"message", wazuh4("block1", "203.0.113.7")}, {"follow", true}}, &events);
    REQUIRE(answer.ok());
    const object& action = answer.done.at("actions").as_array().at(0).as_object();
    CHECK(text_of(action, "verdict") == "run");
    CHECK(text_of(action, "apply") == "success");
    CHECK(text_of(action, "reverse") == "success");
    REQUIRE_FALSE(events.empty());
    CHECK(text_of(events.front(), "event") == "received");
    for (const char* kind : {"started", "told", "conversed", "armed", "reversing", "reversed"}) {
        CAPTURE(std::string(kind));
        CHECK(told(events, kind));
    }
    for (const object& event : events) CHECK(number_of(event, "action") == number_of(action, "action"));
    CHECK(blocking.place.acts() == std::vector<std::string>{"add 203.0.113.7", "delete 203.0.113.7"});
}

TEST_CASE("what is refused says so at once, with its reason") {
    const BlockingService blocking;
    struct Case {
        std::string message;
        const char* reason;
    };
    for (const bool follow : {false, true}) {
        for (const Case& one : {Case{wazuh4("nosuch", "203.0.113.7"), "unknown"},
                                Case{wazuh4("block600", "127.0.0.1"), "protected"}, Case{"{\"broken\"", "malformed"}}) {
            CAPTURE(std::string(one.reason));
            const Answer answer =
                call(*blocking.service, {{"op", "submit"}, {"message", one.message}, {"follow", follow}});
            REQUIRE(answer.ok());
            const object& action = answer.done.at("actions").as_array().at(0).as_object();
            CHECK(text_of(action, "verdict") == "refused");
            CHECK(text_of(action, "reason") == one.reason);
            CHECK_FALSE(text_of(action, "text").empty());
        }
    }
}

TEST_CASE("a request over a limit is answered as refused, each time") {
    const Place place;
    place.add_program("once", "read-all");
    place.write(place.config(), "<ossec_config><command><name>once</name><executable>" + test::program("once") +
                                    "</executable></command></ossec_config>"
                                    "<riposte><limit><requests_per_minute>1</requests_per_minute></limit></riposte>\n");
    const RunningService service(place);
    CHECK(submit(service, wazuh4("once0", "203.0.113.7")) > 0);
    for (int again = 0; again < 2; ++again) {
        const Answer answer = call(service, {{"op", "submit"}, {"message", wazuh4("once0", "203.0.113.8")}});
        CHECK(text_of(answer.done.at("actions").as_array().at(0).as_object(), "verdict") == "refused");
    }
}

TEST_CASE("a request over the limit of what may be in force is told that limit, not another one") {
    const BlockingService blocking("<riposte><limit><in_force>1</in_force></limit></riposte>\n");
    const RunningService& service = *blocking.service;
    CHECK(submit(service, wazuh4("block600", "203.0.113.7")) > 0);
    // A limit emits one event a minute; the answers do not depend on it.
    for (const bool follow : {false, true, false}) {
        const Answer answer =
            call(service, {{"op", "submit"}, {"message", wazuh4("block600", "203.0.113.8")}, {"follow", follow}});
        const object& action = answer.done.at("actions").as_array().at(0).as_object();
        CHECK(text_of(action, "verdict") == "refused");
        CHECK(text_of(action, "reason") == "in_force");
        CHECK(text_of(action, "text") == "the limit of 1 in force of all commands together is reached");
    }
    const Answer status = call(service, {{"op", "status"}});
    CHECK(status.done.at("engine").at("refused") == boost::json::value(object{{"in_force", 3}}));
}

TEST_CASE("several messages are submitted together and each has its verdict") {
    const BlockingService blocking;
    boost::json::array messages;
    for (int host = 1; host <= 5; ++host)
        messages.emplace_back(wazuh4("block600", "203.0.113." + std::to_string(host)));
    messages.emplace_back("nonsense");
    const Answer answer = call(*blocking.service, {{"op", "submit"}, {"messages", messages}});
    REQUIRE(answer.ok());
    const auto& actions = answer.done.at("actions").as_array();
    REQUIRE(actions.size() == 6);
    CHECK(text_of(actions[5].as_object(), "verdict") == "refused");
    CHECK(armed(*blocking.service, 5));
}

TEST_CASE("what is in force is listed with its key and the time that is left, and can be filtered") {
    const BlockingService blocking;
    const std::int64_t id = submit(*blocking.service, wazuh4("block600", "203.0.113.7"));
    submit(*blocking.service, wazuh4("block600", "203.0.113.8"));
    REQUIRE(armed(*blocking.service, 2));
    const auto rows = pending(*blocking.service, {{"target", "203.0.113.7"}});
    REQUIRE(rows.size() == 1);
    CHECK(number_of(rows[0], "id") == id);
    CHECK(text_of(rows[0], "name") == "block600");
    CHECK(rows[0].at("keys") == boost::json::value(boost::json::array{"203.0.113.7"}));
    CHECK(number_of(rows[0], "left_ms") > 500'000);
    CHECK(number_of(rows[0], "left_ms") <= 600'000);
    CHECK(number_of(rows[0], "failures") == 0);
    CHECK(pending(*blocking.service, {{"id", id}}).size() == 1);
    CHECK(pending(*blocking.service, {{"command", "block"}}).size() == 2);
    CHECK(pending(*blocking.service, {{"command", "other"}}).empty());
}

TEST_CASE("pages of what is in force leave nothing out") {
    // More than one page of the ledger's, without running a child for each: they wait behind two slow ones.
    const Place place;
    const fs::path release = place.file("release");
    place.add_program("slow", "wait-for " + release.string());
    place.write(place.config(), "<ossec_config><command><name>slow</name><executable>" + test::program("slow") +
                                    "</executable><timeout_allowed>yes</timeout_allowed></command></ossec_config>"
                                    "<riposte><max_running>2</max_running></riposte>\n");
    const RunningService service(place);
    boost::json::array messages;
    for (int number = 0; number < 700; ++number) {
        messages.emplace_back(
            wazuh4("slow600", "198.51." + std::to_string(number / 250) + "." + std::to_string(number % 250 + 1)));
    }
    REQUIRE(call(service, {{"op", "submit"}, {"messages", messages}}).ok());
    std::vector<object> rows;
    REQUIRE(test::wait_until([&] {
        rows = pending(service);
        return rows.size() == 700;
    }));
    std::vector<std::int64_t> ids;
    for (const object& row : rows) ids.push_back(number_of(row, "id"));
    CHECK(std::is_sorted(ids.begin(), ids.end()));
    CHECK(std::adjacent_find(ids.begin(), ids.end()) == ids.end());

    std::vector<std::int64_t> paged;
    object request{{"op", "pending"}, {"limit", 150}};
    for (bool more = true; more;) {
        std::vector<object> page;
        const Answer answer = call(service, request, &page);
        REQUIRE(answer.ok());
        CHECK(page.size() <= 150);
        for (const object& row : page) paged.push_back(number_of(row, "id"));
        more = answer.done.contains("next");
        if (more) request["after_id"] = number_of(answer.done, "next");
    }
    CHECK(paged == ids);
    place.write(release, "");
}

TEST_CASE("undo by number, by target and of everything waits for the reversals") {
    const BlockingService blocking;
    const std::int64_t id = submit(*blocking.service, wazuh4("block600", "203.0.113.1"));
    for (const char* address : {"203.0.113.2", "203.0.113.3", "203.0.113.4"})
        submit(*blocking.service, wazuh4("block600", address));
    REQUIRE(armed(*blocking.service, 4));
    std::vector<object> events;
    Answer answer =
        call(*blocking.service, {{"op", "undo"}, {"ids", boost::json::array{id}}, {"follow", true}}, &events);
    REQUIRE(answer.ok());
    CHECK(number_of(answer.done, "asked") == 1);
    CHECK(number_of(answer.done, "reversed") == 1);
    CHECK(told(events, "reversed"));
    answer = call(*blocking.service, {{"op", "undo"}, {"target", "203.0.113.2"}, {"follow", true}});
    CHECK(number_of(answer.done, "reversed") == 1);
    answer = call(*blocking.service, {{"op", "undo"}, {"all", true}, {"follow", true}});
    CHECK(number_of(answer.done, "reversed") == 2);
    CHECK(pending(*blocking.service).empty());
    answer = call(*blocking.service, {{"op", "undo"}, {"all", true}, {"follow", true}});
    CHECK(answer.reason == "not_found");
    answer = call(*blocking.service, {{"op", "undo"}, {"ids", boost::json::array{id}}, {"follow", true}});
    CHECK(answer.reason == "not_found");
}

TEST_CASE("an undo that fails is answered after its first try and shows as retrying") {
    const Place place;
    place.add_program("stuck", "read-line fail-on delete 7");
    place.write(place.config(), "<ossec_config><command><name>stuck</name><executable>" + test::program("stuck") +
                                    "</executable><timeout_allowed>yes</timeout_allowed></command></ossec_config>");
    const RunningService service(place);
    submit(service, wazuh4("stuck600", "203.0.113.7"));
    REQUIRE(armed(service, 1));
    const Answer answer = call(service, {{"op", "undo"}, {"all", true}, {"follow", true}});
    REQUIRE(answer.ok());
    CHECK(number_of(answer.done, "failed") == 1);
    CHECK(number_of(answer.done, "reversed") == 0);
    const auto rows = pending(service);
    REQUIRE(rows.size() == 1);
    CHECK(text_of(rows[0], "state") == "retrying");
    CHECK(number_of(rows[0], "failures") == 1);
    CHECK(text_of(rows[0], "last_error").find("exit code 7") != std::string::npos);
    const Answer abandoned = call(service, {{"op", "abandon"}, {"id", number_of(rows[0], "id")}});
    CHECK(abandoned.ok());
    CHECK(test::wait_until([&] { return pending(service).empty(); }));
}

TEST_CASE("the due time moves by what was asked, for a number and for a target") {
    const BlockingService blocking;
    const std::int64_t id = submit(*blocking.service, wazuh4("block600", "203.0.113.7"));
    REQUIRE(armed(*blocking.service, 1));
    std::vector<object> rows;
    Answer answer = call(*blocking.service, {{"op", "extend"}, {"id", id}, {"by_ms", 3'600'000}}, &rows);
    REQUIRE(answer.ok());
    REQUIRE(rows.size() == 1);
    CHECK(number_of(rows[0], "left_ms") > 4'100'000);
    rows.clear();
    answer = call(*blocking.service, {{"op", "extend"}, {"target", "203.0.113.7"}, {"by_ms", -3'600'000}}, &rows);
    REQUIRE(answer.ok());
    REQUIRE(rows.size() == 1);
    CHECK(number_of(rows[0], "left_ms") <= 600'000);
    CHECK(call(*blocking.service, {{"op", "extend"}, {"id", id + 1000}, {"by_ms", 1}}).reason == "not_found");
    CHECK(call(*blocking.service, {{"op", "extend"}, {"target", "198.51.100.1"}, {"by_ms", 1}}).reason == "not_found");
}

TEST_CASE("history has the newest first, honours its limit, and goes on with events") {
    const BlockingService blocking;
    for (const char* address : {"203.0.113.1", "203.0.113.2", "203.0.113.3"})
        submit(*blocking.service, wazuh4("block600", address));
    REQUIRE(armed(*blocking.service, 3));
    std::vector<object> rows;
    REQUIRE(call(*blocking.service, {{"op", "history"}, {"limit", 2}}, &rows).ok());
    REQUIRE(rows.size() == 2);
    CHECK(text_of(rows[0], "srcip") == "203.0.113.3");
    CHECK(text_of(rows[1], "srcip") == "203.0.113.2");
    CHECK(text_of(rows[0].at("apply").as_object(), "outcome") == "success");

    ServiceClient follower = blocking.service->connect();
    std::vector<std::string> kinds;
    const Result<Answer> followed = follower.call({{"op", "history"}, {"limit", 1}, {"follow", true}},
                                                  [&](std::string_view kind, const object& line) {
                                                      kinds.emplace_back(kind);
                                                      if (kind == "following")
                                                          submit(*blocking.service, wazuh4("nosuch", "203.0.113.9"));
                                                      return kind != "event" || text_of(line, "event") != "refused";
                                                  });
    REQUIRE(followed.has_value());
    CHECK(followed->stopped);
    CHECK(kinds == std::vector<std::string>{"row", "following", "event", "event"});
}

TEST_CASE("status and commands tell what is there") {
    const BlockingService blocking;
    const Answer status = call(*blocking.service, {{"op", "status"}});
    REQUIRE(status.ok());
    CHECK(text_of(status.done, "version") == RIPOSTE_VERSION);
    CHECK(text_of(status.done, "home") == blocking.place.home().string());
    CHECK(number_of(status.done, "pid") > 0);
    CHECK(flag_of(status.done.at("ledger").as_object(), "writable"));
    CHECK(number_of(status.done.at("engine").as_object(), "in_force") == 0);
    const Answer commands = call(*blocking.service, {{"op", "commands"}});
    REQUIRE(commands.ok());
    CHECK_FALSE(commands.done.at("commands").as_array().empty());
}

TEST_CASE("a reload takes a sound configuration and keeps the running one otherwise") {
    const BlockingService blocking;
    blocking.place.add_block("second");
    blocking.place.write(blocking.place.config(), block_config("<command><name>second</name><executable>" +
                                                               test::program("second") + "</executable></command>"));
    Answer answer = call(*blocking.service, {{"op", "reload"}});
    CHECK(flag_of(answer.done, "reloaded"));
    CHECK(text_of(call(*blocking.service, {{"op", "submit"}, {"message", wazuh4("second0", "203.0.113.7")}})
                      .done.at("actions")
                      .as_array()
                      .at(0)
                      .as_object(),
                  "verdict") != "refused");
    blocking.place.write(blocking.place.config(), "<ossec_config><command></ossec_config>");
    answer = call(*blocking.service, {{"op", "reload"}});
    CHECK(answer.ok());
    CHECK_FALSE(flag_of(answer.done, "reloaded"));
    CHECK_FALSE(answer.done.at("diagnostics").as_array().empty());
    CHECK(text_of(call(*blocking.service, {{"op", "submit"}, {"message", wazuh4("second0", "203.0.113.8")}})
                      .done.at("actions")
                      .as_array()
                      .at(0)
                      .as_object(),
                  "verdict") != "refused");
}

TEST_CASE("a request that makes no sense is an error, and the connection stays") {
    const BlockingService blocking;
    Result<ControlClient> client = ControlClient::connect(control_endpoint(blocking.place.state()));
    REQUIRE(client.has_value());
    struct Case {
        const char* line;
        const char* reason;
    };
    for (const Case& one :
         {Case{"", "bad_request"},
          Case{"nonsense", "bad_request"},
          Case{"[]", "bad_request"},
          Case{"{}", "bad_request"},
          Case{R"({"op":5})", "bad_request"},
          Case{R"({"op":"nosuch"})", "unknown_op"},
          Case{R"({"op":"submit"})", "bad_request"},
          Case{R"({"op":"submit","message":5})", "bad_request"},
          Case{R"({"op":"submit","messages":[5]})", "bad_request"},
          Case{R"({"op":"undo"})", "bad_request"},
          Case{R"({"op":"undo","ids":["x"]})", "bad_request"},
          Case{R"({"op":"undo","ids":5})", "bad_request"},
          Case{R"({"op":"undo","all":"yes"})", "bad_request"},
          Case{R"({"op":"extend","id":1})", "bad_request"},
          Case{R"({"op":"extend","id":1,"by_ms":9223372036854775807})", "bad_request"},
          Case{R"({"op":"abandon"})", "bad_request"},
          Case{R"({"op":"history","limit":-1})", "bad_request"},
          Case{R"({"op":"forget","value":1})", "bad_request"},
          Case{R"({"op":"pending","id":"x"})", "bad_request"},
          Case{R"({"op":{"op":{"op":{"op":{"op":{"op":{"op":{"op":{"op":1}}}}}}}}})", "bad_request"}}) {
        CAPTURE(std::string(one.line));
        REQUIRE(client->send(one.line).has_value());
        const Result<std::optional<std::string>> line = client->receive();
        REQUIRE(line.has_value());
        REQUIRE(line->has_value());
        const object answer = boost::json::parse(**line).as_object();
        REQUIRE(answer.contains("error"));
        CHECK(text_of(answer.at("error").as_object(), "reason") == one.reason);
        CHECK_FALSE(text_of(answer.at("error").as_object(), "text").empty());
    }
    REQUIRE(client->send(R"({"op":"status"})").has_value());
    const Result<std::optional<std::string>> line = client->receive();
    REQUIRE(line.has_value());
    CHECK(boost::json::parse(line->value_or("{}")).as_object().contains("done"));
}

TEST_CASE("requests on one connection are answered one after the other, in their order") {
    const BlockingService blocking;
    Result<ControlClient> client = ControlClient::connect(control_endpoint(blocking.place.state()));
    REQUIRE(client.has_value());
    for (int number = 0; number < 50; ++number) {
        REQUIRE(client->send(number % 2 == 0 ? R"({"op":"pending"})" : R"({"op":"forget"})").has_value());
    }
    for (int number = 0; number < 50; ++number) {
        const Result<std::optional<std::string>> line = client->receive();
        REQUIRE(line.has_value());
        const object done = boost::json::parse(line->value_or("{}")).as_object().at("done").as_object();
        CHECK(done.contains(number % 2 == 0 ? "rows" : "forgotten"));
    }
}

TEST_CASE("the sixty-fifth connection is told that the service is busy") {
    const BlockingService blocking;
    std::vector<ServiceClient> clients;
    for (std::size_t number = 0; number < ControlServer::kMaxConnections; ++number) {
        clients.push_back(blocking.service->connect());
        REQUIRE(clients.back().call({{"op", "forget"}}).has_value());
    }
    ServiceClient last = blocking.service->connect();
    const Result<Answer> answer = last.call({{"op", "status"}});
    if (answer) CHECK(answer->reason == "busy");
    clients.pop_back();
    CHECK(test::wait_until([&] {
        ServiceClient again = blocking.service->connect();
        const Result<Answer> status = again.call({{"op", "status"}});
        return status.has_value() && status->ok();
    }));
}

TEST_CASE("a follower that goes away does not disturb what it followed") {
    const BlockingService blocking;
    {
        ServiceClient client = blocking.service->connect();
        const Result<Answer> answer =
            client.call({{"op", "submit"}, {"message", wazuh4("block600", "203.0.113.7")}, {"follow", true}},
                        [](std::string_view, const object& event) { return text_of(event, "event") != "armed"; });
        REQUIRE(answer.has_value());
        CHECK(answer->stopped);
    }
    CHECK(armed(*blocking.service, 1));
    CHECK(number_of(call(*blocking.service, {{"op", "undo"}, {"all", true}, {"follow", true}}).done, "reversed") == 1);
}
