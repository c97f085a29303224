// SPDX-License-Identifier: Apache-2.0
#include "src/link/answers.h"

#include "src/request/document.h"

#include <doctest/doctest.h>

#include <string>

using namespace riposte;
using FollowUp = RequestAnswer::FollowUp;

namespace {

AgentReport answer_facts() {
    AgentReport result;
    result.server_address = "manager.example";
    return result;
}

}  // namespace

TEST_CASE("every request has its answer") {
    const std::string no_section = "err Could not get requested section", unsupported = "err Unsupported",
                      unknown = "err Unrecognized command";
    const struct {
        std::string target, command, answer;
        FollowUp follow_up = FollowUp::None;
        int lock = 0;
    } cases[] = {
        {"com", "getconfig active-response", "ok {\"active-response\":{\"disabled\":\"no\"}}"},
        {"com", "getconfig logging", "ok {\"logging\":{\"plain\":\"yes\",\"json\":\"no\"}}"},
        {"com", "getconfig internal", "ok {\"internal\":{\"execd\":{}}}"},
        {"com", "getconfig cluster", no_section},
        {"com", "getconfig", no_section},
        {"com", "getconfig active-response ", no_section},
        {"com", "restart", "ok ", FollowUp::Restart},
        {"com", "restart-wazuh", "ok ", FollowUp::Restart},
        {"com", "reload", "ok ", FollowUp::Reload},
        {"com", "lock_restart 30", "ok ", FollowUp::LockRestart, 30},
        {"com", "lock_restart 0", "ok ", FollowUp::LockRestart, 0},
        {"com", "lock_restart -1", "ok ", FollowUp::LockRestart, 3'600},
        {"com", "lock_restart 99999", "ok ", FollowUp::LockRestart, 3'600},
        {"com", "lock_restart", "err Lock restart command needs a number of seconds"},
        {"com", "lock_restart soon", "err Lock restart command needs a number of seconds"},
        {"com", "lock_restart 99999999999999999999", "err Lock restart command needs a number of seconds"},
        {"com", "unmerge x", unsupported},
        {"com", "uncompress x", unsupported},
        {"com", "open wb agent.wpk", unsupported},
        {"com", std::string("write 3 agent.wpk \0\1\2", 21), unsupported},
        {"com", "close agent.wpk", unsupported},
        {"com", "sha1 agent.wpk", unsupported},
        {"com", "upgrade agent.wpk upgrade.sh", unsupported},
        {"com", "", unknown},
        {"com", "dance", unknown},
        {"control", "restart", "ok ", FollowUp::Restart},
        {"control", "reload", "ok ", FollowUp::Reload},
        {"control", "", unknown},
        {"agent", "getconfig client",
         "ok {\"client\":{\"notify_time\":20,\"time-reconnect\":60,\"crypto_method\":\"aes\",\"server\":[{\"address\":"
         "\"manager.example\",\"port\":1514,\"protocol\":\"tcp\"}]}}"},
        {"agent", "getconfig buffer", "ok {\"buffer\":{\"disabled\":\"yes\"}}"},
        {"agent", "getconfig labels", "ok {\"labels\":[]}"},
        {"agent", "getconfig anti_tampering", no_section},
        {"agent", "getconfig", unknown},
        {"agent", "dance", unknown},
        {"upgrade", "{\"command\":\"open\",\"parameters\":{}}",
         "{\"error\":1,\"message\":\"This agent is not upgraded by its manager\",\"data\":[]}"},
        {"upgrade", "", "{\"error\":1,\"message\":\"This agent is not upgraded by its manager\",\"data\":[]}"},
        {"logcollector", "getconfig localfile", "err Unknown target"},
        {"", "", "err Unknown target"},
    };
    for (const auto& each : cases) {
        CAPTURE(each.target);
        CAPTURE(each.command);
        const RequestAnswer answer = answer_request(each.target, each.command, answer_facts());
        CHECK(answer.text == each.answer);
        CHECK(static_cast<int>(answer.follow_up) == static_cast<int>(each.follow_up));
        CHECK(answer.lock.count() == each.lock);
    }
}

TEST_CASE("the configuration is told as it is") {
    AgentReport changed = answer_facts();
    changed.responses_disabled = true;
    changed.repeated_offenders = {std::chrono::minutes(30), std::chrono::minutes(60)};
    changed.ca_store = {"/etc/wpk_root.pem"};
    CHECK(answer_request("com", "getconfig active-response", changed).text ==
          "ok {\"active-response\":{\"disabled\":\"yes\",\"repeated_offenders\":[30,60],\"ca_store\":"
          "[\"/etc/wpk_root.pem\"]}}");
    changed.server_address = "a\"b";
    const auto told = answer_request("agent", "getconfig client", changed).text;
    CHECK(Document::parse(told.substr(3)).has_value());
}

TEST_CASE("the state is a document without an ok") {
    AgentReport changed = answer_facts();
    changed.last_keepalive = wall_time_of(1'795'487'140'000);
    changed.messages_sent = 12;
    CHECK(
        answer_request("agent", "getstate", changed).text ==
        "{\"error\":0,\"data\":{\"status\":\"connected\",\"last_keepalive\":\"2026-11-24 02:25:40\",\"last_ack\":\"\","
        "\"msg_count\":0,\"msg_sent\":12,\"msg_buffer\":0,\"buffer_enabled\":false}}");
}

TEST_CASE("an answer carries the request's counter") {
    CHECK(answer_message("1a2b", "ok ") == "#!-req 1a2b ok ");
    CHECK(answer_ack_message("1a2b") == "#!-req 1a2b ack");
}
