// SPDX-License-Identifier: Apache-2.0
#include "platform/include/agent_takeover.h"
#include "tests/cli/service_fixture.h"
#include "tests/support/text.h"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <string>

using namespace riposte;
using namespace riposte::testing;
using riposte::test::contains;

namespace {

struct Examined {
    Examined() {
        place.add_block();
        place.write(place.config(), block_config());
        fs::create_directories(response_log_path(place.home()).parent_path());
    }
    // The results of one check, "problem: TEXT (REMEDY)" each, in order.
    std::string about(const std::string& subject) const {
        const Typed typed = type(place, {"doctor", "--json"});
        const auto json = typed.json().as_object();
        CHECK(typed.code == (number_of(json, "problems") == 0 ? kDone : kFailed));
        std::string found;
        for (const auto& value : json.at("checks").as_array()) {
            const auto& check = value.as_object();
            if (text_of(check, "check") != subject) continue;
            // Each finding that is not fine says what to do.
            CHECK((text_of(check, "result") == "fine") == text_of(check, "remedy").empty());
            found += text_of(check, "result") + ": " + text_of(check, "text") + "\n";
        }
        return found;
    }
    Place place;
};

}  // namespace

TEST_CASE("doctor finds nothing wrong with a sound installation whose service runs") {
    const Examined examined;
    const RunningService service(examined.place);
    const Typed typed = type(examined.place, {"doctor"});
    CHECK_MESSAGE(typed.code == kDone, typed.out);
    CHECK(contains(typed.out, "0 problems, 0 warnings"));
    CHECK(contains(examined.about("service"), "fine: answers"));
    CHECK(contains(examined.about("ledger"), "fine: sound"));
    CHECK(contains(examined.about("clock"), "fine"));
}

TEST_CASE("doctor says that no service runs, and that there is no ledger yet") {
    const Examined examined;
    CHECK(contains(examined.about("service"), "problem: the service is not running"));
    CHECK(contains(examined.about("state"), "warning: there is no ledger"));
}

TEST_CASE("doctor counts errors of the configuration, and names missing executables") {
    const Examined examined;
    examined.place.write(examined.place.config(), block_config("<command><name>x</name></command><command>"
                                                               "<name>gone</name><executable>gone</executable>"
                                                               "</command>"));
    CHECK(contains(examined.about("configuration"), "problem: "));
    CHECK(contains(examined.about("executables"), "warning: gone is missing"));
    fs::remove_all(bin_directory(examined.place.home()));
    CHECK(contains(examined.about("home"), "problem: "));
}

TEST_CASE("doctor notices a ledger from the future") {
    const Examined examined;
    { const RunningService service(examined.place); }
    CHECK(contains(examined.about("clock"), "fine"));
    fs::last_write_time(examined.place.state() / "ledger.db",
                        fs::file_time_type::clock::now() + std::chrono::hours(24));
    CHECK(contains(examined.about("clock"), "problem: "));
}

TEST_CASE("doctor notices an agent whose own runner would fight over the request socket") {
    const Examined examined;
    CHECK(examined.about("agent").empty());
    const fs::path config = agent_config_path(examined.place.home());
    const auto with = [](const std::string& disabled) {
        return "<ossec_config><active-response><disabled>" + disabled + "</disabled></active-response></ossec_config>";
    };
    examined.place.write(config, with("no"));
    if (!can_take_over()) {
        // There is no request socket here that two could fight over.
        CHECK(examined.about("agent").empty());
        return;
    }
    CHECK(contains(examined.about("agent"), "problem: "));
    examined.place.write(config, with("yes"));
    CHECK(contains(examined.about("agent"), "fine: "));
    examined.place.write(config, "<ossec_config>");
    CHECK(contains(examined.about("agent"), "problem: "));
}

TEST_CASE("doctor says which manager cannot be reached") {
    const Examined examined;
    // Nobody listens on the first port of loopback.
    examined.place.write(examined.place.config(),
                         block_config() +
                             "<riposte><manager><server><address>127.0.0.1</address><port>1</port>"
                             "</server></manager></riposte>\n");
    const RunningService service(examined.place);
    CHECK(contains(examined.about("manager"), "problem: 127.0.0.1"));
}
