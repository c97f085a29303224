// SPDX-License-Identifier: Apache-2.0
// The shipped program driven by a manager: enrolment, the session, responses and their results, and bad times.
#include "platform/include/paths.h"
#include "tests/manager/certificate.h"
#include "tests/service/driven.h"
#include "tests/support/os.h"
#include "tests/support/program.h"
#include "tests/support/skip.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace riposte;
using namespace riposte::testing;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;
using simulator::AgentView;
using simulator::Kind;
using simulator::ManagerSimulator;
using simulator::Options;
using test::wazuh5;

std::string ossec(const std::string& name, const std::string& srcip) {
    return name + " - " + srcip + " 1795488832.1 5716 (web01) any->/var/log/auth.log (null)";
}

std::string block_name() {
    return test::program("block");
}

// One address blocked and let in again, as the manager sees it too.
void check_block_and_undo(Driven& driven, const std::string& id, const std::string& body, const char* apply = "add",
                          const char* reverse = "delete") {
    REQUIRE(ok(driven.manager().send_execd(id, body)));
    REQUIRE_MESSAGE(test::wait_until([&] { return driven.place().count_acts(apply) == 1; }), driven.place().log());
    REQUIRE(test::wait_until([&] { return driven.place().count_acts(reverse) == 1; }));
    CHECK(driven.place().acts()[0].address == "203.0.113.7");
    const auto received = driven.place().events("received");
    REQUIRE(received.size() == 1);
    CHECK(text(received[0], "channel") == "link");
}

}  // namespace

// ---- each manager ----

TEST_CASE("a Wazuh 4 manager over TCP: enrolled by itself, blocked, undone, and both told back") {
    Driven driven({}, "tcp");
    const std::string id = driven.connect();
    check_block_and_undo(driven, id, wazuh4("block2", "203.0.113.7"));
    const auto agent = driven.manager().agent(id);
    REQUIRE(agent);
    CHECK(agent->transport == "tcp");
    CHECK(agent->version == "Wazuh v4.3.0");
    CHECK(agent->key.name == "web01");
    // As the stock decoders read it, and as Riposte's own rules do.
    CHECK(test::wait_until([&] { return driven.events_with("active-responses.log", "\"command\":\"add\"") == 1; }));
    CHECK(test::wait_until([&] { return driven.events_with("active-responses.log", "\"command\":\"delete\"") == 1; }));
    CHECK(
        test::wait_until([&] { return driven.events_with("active-response/riposte", "\"event\":\"reversed\"") == 1; }));
    for (const auto& event : driven.manager().events()) CHECK(event.queue == '1');
    if (!takes_requests_to_stop()) {
        test::skip("the goodbye at a stop: Wine 8 has no Ctrl-Break");
        return;
    }
    CHECK(driven.riposte().stop() == 0);
    CHECK(driven.manager().wait_for_agent(id, [](const AgentView& view) { return view.shutdowns == 1; }));
}

TEST_CASE("a Wazuh 4 manager over UDP") {
    Driven driven({}, "udp");
    const std::string id = driven.connect();
    check_block_and_undo(driven, id, wazuh4("block2", "203.0.113.7"));
    CHECK(driven.manager().agent(id)->transport == "udp");
    CHECK(test::wait_until([&] { return driven.events_with("active-responses.log", "\"command\":\"delete\"") == 1; }));
}

TEST_CASE("a Wazuh 4 manager that knows Blowfish") {
    Driven driven({}, "tcp", "wazuh4", "<crypto_method>blowfish</crypto_method>");
    const std::string id = driven.connect();
    check_block_and_undo(driven, id, wazuh4("block2", "203.0.113.7"));
    CHECK(driven.manager().agent(id)->method == simulator::Method::Blowfish);
}

TEST_CASE("a Wazuh 5 manager over the classic protocol") {
    Options options;
    options.kind = Kind::Wazuh5;
    Driven driven(options, "tcp");
    const std::string id = driven.connect();
    check_block_and_undo(driven, id, wazuh5(block_name(), "203.0.113.7", 2), "enable", "disable");
    CHECK(driven.manager().agent(id)->version == "Wazuh v5.0.0");
}

TEST_CASE("a Wazuh 5 manager over HTTPS: tasks are taken once, stale ones are not run, clocks may differ") {
    Options options;
    options.kind = Kind::Wazuh5;
    options.https = true;
    // More than the manager lets a signature be ahead.
    options.clock_offset = -600s;
    Driven driven(options, "https");
    const std::string id = driven.connect();
    const auto queue = [&](const std::string& task_id, std::string body, bool as_object = false) {
        REQUIRE(ok(driven.manager().queue_task(id, {task_id, "active_response", std::move(body), as_object})));
    };
    queue("one", wazuh5(block_name(), "203.0.113.7", 2));
    REQUIRE(test::wait_until([&] { return driven.place().count_acts("enable") == 1; }));
    REQUIRE(test::wait_until([&] { return driven.place().count_acts("disable") == 1; }));
    // The same id again, and one that waited for long.
    queue("one", wazuh5(block_name(), "203.0.113.8", 2));
    std::string stale = wazuh5(block_name(), "203.0.113.9", 2);
    stale.insert(1, R"("@timestamp":"2020-01-01T00:00:00.000Z",)");
    queue("old", stale);
    queue("two", wazuh5(block_name(), "203.0.113.10", 600), true);
    REQUIRE(test::wait_until([&] { return driven.place().count_acts("enable") == 2; }));
    CHECK(driven.place().acts().back().address == "203.0.113.10");
    CHECK(driven.manager().agent(id)->transport == "https");
    // It remembers over a crash.
    driven.riposte().kill9();
    driven.riposte().start();
    driven.wait_for_connection();
    queue("one", wazuh5(block_name(), "203.0.113.8", 2));
    queue("three", wazuh5(block_name(), "203.0.113.11", 600));
    REQUIRE(test::wait_until([&] { return driven.place().count_acts("enable") == 3; }));
    CHECK(driven.place().acts().back().address == "203.0.113.11");
}

TEST_CASE("an OSSEC manager, found out by its silence") {
    Options options;
    options.kind = Kind::Ossec;
    options.ar_conf = {"block2 - " + block_name() + " - 2"};
    Driven driven(options, "udp");
    const std::string id = driven.connect();
    // It names responses by its ar.conf, which it has to push first.
    REQUIRE(test::wait_until([&] { return fs::exists(ar_conf_path(driven.place().home())); }));
    check_block_and_undo(driven, id, ossec("block2", "203.0.113.7"));
    CHECK(driven.manager().agent(id)->method == simulator::Method::AesIv);
    CHECK(test::wait_until(
        [&] { return driven.events_with("active-responses.log", " delete - 203.0.113.7 1795488832.1 5716") == 1; }));
    // It verifies counters, and they go on over a crash.
    driven.riposte().kill9();
    driven.riposte().start();
    driven.wait_for_connection();
    CHECK(driven.manager().agent(id)->replays == 0);
}

// ---- what a manager asks and pushes ----

TEST_CASE("a manager's API is told that responses are enabled, and every question is answered, over TCP and UDP") {
    for (const char* protocol : {"tcp", "udp"}) {
        CAPTURE(protocol);
        Driven driven({}, protocol);
        const std::string id = driven.connect();
        const auto answer = driven.manager().request(id, "com getconfig active-response", 10s);
        REQUIRE(ok(answer));
        CHECK(answer->starts_with("ok "));
        CHECK(answer->find(R"("disabled":"no")") != std::string::npos);
        const auto unknown = driven.manager().request(id, "nonsense at all", 10s);
        REQUIRE(ok(unknown));
        CHECK(unknown->starts_with("err "));
        const std::size_t before = driven.place().events("config").size();
        const auto reload = driven.manager().request(id, "com reload", 10s);
        REQUIRE(ok(reload));
        CHECK(reload->starts_with("ok"));
        CHECK(test::wait_until([&] { return driven.place().events("config").size() == before + 1; }));
    }
}

TEST_CASE("the manager's ar.conf is taken, replaced when it changes, and its names are known at once") {
    Options options;
    options.ar_conf = {"lock5 - " + block_name() + " - 5"};
    Driven driven(options, "tcp");
    const std::string id = driven.connect();
    const fs::path file = ar_conf_path(driven.place().home());
    REQUIRE(test::wait_until([&] { return Place::read(file).find("lock5") != std::string::npos; }));
    REQUIRE(ok(driven.manager().send_execd(id, wazuh4("lock5", address(1)))));
    REQUIRE(test::wait_until([&] { return driven.place().count_acts("add") == 1; }));
    driven.manager().set_ar_conf({"bar6 - " + block_name() + " - 6"});
    REQUIRE(test::wait_until([&] { return Place::read(file).find("bar6") != std::string::npos; }));
    REQUIRE(ok(driven.manager().send_execd(id, wazuh4("bar6", address(2)))));
    CHECK(test::wait_until([&] { return driven.place().count_acts("add") == 2; }));
    // Once it has said that the file is here, it is not sent it again.
    const auto sum = driven.manager().agent(id)->merged_sum;
    CHECK_FALSE(sum.empty());
}

TEST_CASE("a request that comes twice runs once") {
    for (const char* protocol : {"tcp", "udp"}) {
        CAPTURE(protocol);
        // The connection of a process that was killed may outlive it, and a manager waits until it has been idle.
        Options options;
        options.overtake_after = 1s;
        Driven driven(options, protocol);
        const std::string id = driven.connect();
        REQUIRE(ok(driven.manager().send_execd(id, wazuh4("block600", address(1)))));
        REQUIRE(ok(driven.manager().replay_last(id)));
        REQUIRE(ok(driven.manager().send_execd(id, wazuh4("block600", address(2)))));
        REQUIRE(test::wait_until([&] { return driven.place().count_acts("add") == 2; }));
        // Also when Riposte was killed in between.
        driven.riposte().kill9();
        driven.riposte().start();
        driven.wait_for_connection();
        REQUIRE(ok(driven.manager().replay_last(id)));
        REQUIRE(ok(driven.manager().send_execd(id, wazuh4("block600", address(3)))));
        REQUIRE(test::wait_until([&] { return driven.place().count_acts("add") == 3; }));
        CHECK(driven.place().events("received").size() == 3);
    }
}

// ---- bad times ----

TEST_CASE("results are kept while the manager is away, and it is found again within 5 s") {
    Driven driven({}, "tcp");
    const std::string id = driven.connect();
    driven.manager().stop();
    REQUIRE(test::wait_until([&] { return !driven.is_connected(); }));
    const std::int64_t action = driven.riposte().send(wazuh4("block600", address(1)));
    REQUIRE(test::wait_until([&] { return driven.place().said("armed", action); }));
    CHECK(test::wait_until([&] { return driven.link_number("results_waiting") > 0; }));
    // Nor are they lost with Riposte.
    driven.riposte().kill9();
    driven.riposte().start();
    CHECK(driven.link_number("results_waiting") > 0);
    CHECK(driven.events_with("active-responses.log", address(1)) == 0);
    const auto back = std::chrono::steady_clock::now();
    REQUIRE(ok(driven.manager().start_again()));
    REQUIRE(test::wait_until([&] { return driven.is_connected(); }));
    const auto took = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - back);
    MESSAGE("connected " << took.count() << " ms after the manager was back");
    CHECK(took < 5s);
    CHECK(test::wait_until([&] { return driven.events_with("active-responses.log", address(1)) == 1; }));
    CHECK(test::wait_until([&] { return driven.link_number("results_waiting") == 0; }));
}

TEST_CASE("a connection that is dropped, reset or dead is made anew, and what is in force is undone all the same") {
    Options options;
    options.overtake_after = 1s;
    Driven driven(options, "tcp", "wazuh4", "<time-reconnect>3s</time-reconnect>");
    const std::string id = driven.connect();
    int target = 0;
    const auto works = [&] {
        ++target;
        return test::wait_until([&] {
            // A message sent into a connection that is gone is lost, as with every agent, so it is sent again.
            if (!driven.is_connected()) return false;
            static_cast<void>(driven.manager().send_execd(id, wazuh4("block2", address(target))));
            return test::wait_until(
                [&] { return driven.place().count_acts("add") >= static_cast<std::size_t>(target); }, 2s);
        });
    };
    REQUIRE(works());
    const auto lost = [&](const Result<void>& done) {
        REQUIRE(ok(done));
        const std::uint64_t before = driven.manager().agent(id)->startups;
        return driven.manager().wait_for_agent(id, [&](const AgentView& view) { return view.startups > before; });
    };
    CHECK(lost(driven.manager().drop(id)));
    CHECK(works());
    CHECK(lost(driven.manager().reset(id)));
    CHECK(works());
    CHECK(lost(driven.manager().freeze(id)));
    CHECK(works());
    CHECK(lost(driven.manager().force_reconnect(id)));
    CHECK(works());
    CHECK(test::wait_until([&] { return driven.riposte().pending().empty(); }));
    CHECK(driven.place().count_acts("delete") == driven.place().count_acts("add"));
}

TEST_CASE("hostile messages are refused, bounded and logged, and the service goes on") {
    Options options;
    options.overtake_after = 1s;
    Driven driven(options, "tcp", "wazuh4");
    const std::string id = driven.connect();
    const fs::path home = driven.place().home();
    const auto ends_connection = [&](const Result<void>& done) {
        REQUIRE(ok(done));
        const std::uint64_t before = driven.manager().agent(id)->startups;
        CHECK(driven.manager().wait_for_agent(id, [&](const AgentView& view) { return view.startups > before; }));
        driven.wait_for_connection();
    };
    REQUIRE(ok(driven.manager().use_wrong_key(id, true)));
    REQUIRE(ok(driven.manager().send_execd(id, wazuh4("block600", address(1)))));
    REQUIRE(ok(driven.manager().use_wrong_key(id, false)));
    REQUIRE(ok(driven.manager().send_bomb(id, 50'000'000)));
    REQUIRE(ok(driven.manager().push_file(id, "../../escape", "x")));
    REQUIRE(ok(driven.manager().push_file(id, "merged.mg", "!4 ../../escape\nevil!3 /etc/evil\nabc!2 ar.conf\n\n\n")));
    REQUIRE(ok(driven.manager().push_file(id, "merged.mg", "!5 ar.conf\nabcde", std::string(32, '0'))));
    REQUIRE(ok(driven.manager().send_payload(id, "#!-req " + std::string(500, 'f') + " com getconfig x")));
    REQUIRE(ok(driven.manager().send_payload(id, "#!-\x01\xff\xfe")));
    ends_connection(driven.manager().send_oversized_frame(id));
    REQUIRE(ok(driven.manager().push_endless(id)));
    CHECK(test::wait_until([&] { return driven.link_number("refused") > 0; }));
    driven.manager().stop_endless();
    REQUIRE(test::wait_until([&] {
        if (!driven.is_connected()) return false;
        static_cast<void>(driven.manager().send_execd(id, wazuh4("block600", address(2))));
        return test::wait_until([&] { return driven.place().count_acts("add") > 0; }, 2s);
    }));
    CHECK(driven.place().acts()[0].address == address(2));
    // Each is counted, and one of them told: who sends them may send many.
    CHECK(driven.link_number("refused") >= 6);
    const auto told = driven.place().events("link");
    CHECK(std::any_of(told.begin(), told.end(), [](const auto& event) { return text(event, "state") == "refused"; }));
    for (const fs::path& path : {home / "escape", home.parent_path() / "escape", driven.place().state() / "escape"}) {
        CHECK_FALSE(fs::exists(path));
    }
    CHECK(driven.place().log().size() < 100'000);
}

TEST_CASE("SIGKILL with blocks of the manager's in force: each is undone, none is done twice") {
    constexpr int kBlocks = 50;
    Options options;
    options.overtake_after = 1s;
    Driven driven(options, "tcp", "wazuh4");
    const std::string id = driven.connect();
    for (int i = 0; i < kBlocks; ++i) REQUIRE(ok(driven.manager().send_execd(id, wazuh4("block3", address(i)))));
    REQUIRE(test::wait_until([&] { return driven.place().count_acts("add") == kBlocks; }));
    driven.riposte().kill9();
    driven.riposte().start();
    REQUIRE(test::wait_until([&] { return driven.place().count_acts("delete") >= kBlocks; }));
    CHECK(test::wait_until([&] { return driven.riposte().pending().empty(); }));
    CHECK(driven.place().count_acts("add") == kBlocks);
    std::set<std::string> undone;
    for (const Act& act : driven.place().acts()) {
        if (act.verb == "delete") undone.insert(act.address);
    }
    CHECK(undone.size() == kBlocks);
}

TEST_CASE("of several managers the next is taken when one is gone") {
    auto first = ManagerSimulator::start({});
    auto second = ManagerSimulator::start({});
    REQUIRE(ok(first));
    REQUIRE(ok(second));
    const auto server = [](const ManagerSimulator& manager) {
        return "<server><address>127.0.0.1</address><port>" + std::to_string(manager.port()) +
               "</port><protocol>tcp</protocol></server>";
    };
    Place place;
    place.add("block", place.asks_and_acts());
    Riposte riposte(place, command("block", "block") + "<riposte><manager>" + server(**first) + server(**second) +
                               "<kind>wazuh4</kind><notify_time>1s</notify_time><enrollment><port>" +
                               std::to_string((*first)->enrolment_port()) +
                               "</port><agent_name>web01</agent_name></enrollment></manager></riposte>\n");
    riposte.start();
    REQUIRE(test::wait_until([&] { return (*first)->agents().size() == 1 && (*first)->agents()[0].keepalives > 0; }));
    const simulator::KeyEntry key = (*first)->agents()[0].key;
    (*second)->add_agent(key);
    (*first)->stop();
    REQUIRE((*second)->wait_for_agent(key.id, [](const AgentView& view) { return view.keepalives > 0; }));
    REQUIRE(ok((*second)->send_execd(key.id, wazuh4("block600", address(1)))));
    REQUIRE(test::wait_until([&] { return place.count_acts("add") == 1; }));
    // And back, though the first one's counters are below the second's.
    REQUIRE(ok((*first)->start_again()));
    (*second)->stop();
    const std::uint64_t before = (*first)->agent(key.id)->startups;
    REQUIRE((*first)->wait_for_agent(key.id, [&](const AgentView& view) { return view.startups > before; }));
    REQUIRE(test::wait_until([&] {
        static_cast<void>((*first)->send_execd(key.id, wazuh4("block600", address(2))));
        return test::wait_until([&] { return place.count_acts("add") == 2; }, 2s);
    }));
}

// Responses of a manager that wait behind a full queue until they are let go.
class HeldResponses {
  public:
    static constexpr int kCount = 40;

    HeldResponses(Driven& driven, const std::string& response)
        : place_(driven.place()), go_(driven.place().file("go")) {
        // Held scripts print nothing until they are let go, so keys_deadline must outlast the test.
        place_.write(place_.config(), Place::read(place_.config()) +
                                          "<riposte><queue>2</queue><max_running>2</max_running>"
                                          "<keys_deadline>50s</keys_deadline></riposte>\n");
        place_.add("block", "read-line wait-for " + go_.string() + " keys-from-srcip read-answer " + place_.act());
        id = driven.connect();
        for (int i = 0; i < kCount; ++i) REQUIRE(ok(driven.manager().send_execd(id, wazuh4(response, address(i)))));
    }
    void let_go() { place_.write(go_, ""); }

    std::string id;  // the agent's

  private:
    const Place& place_;
    fs::path go_;
};

TEST_CASE("while the queue is full the manager's responses wait, and none is refused") {
    Driven driven({}, "tcp", "wazuh4");
    HeldResponses held(driven, "block600");
    REQUIRE(test::wait_until([&] { return driven.link_number("requests") == HeldResponses::kCount; }));
    CHECK(driven.riposte().engine_number("received") < HeldResponses::kCount);
    held.let_go();
    CHECK(test::wait_until([&] { return driven.place().count_acts("add") == HeldResponses::kCount; }));
    CHECK(driven.place().events("refused").empty());
}

TEST_CASE("SIGKILL while the manager's responses wait: the next run carries them out, each once") {
    Options options;
    options.overtake_after = 1s;
    Driven driven(options, "tcp", "wazuh4");
    HeldResponses held(driven, "block2");
    // Its answer comes behind them all: they have arrived.
    REQUIRE(ok(driven.manager().request(held.id, "com getconfig active-response", 10s)));
    REQUIRE(driven.riposte().engine_number("received") < HeldResponses::kCount);
    driven.riposte().kill9();
    held.let_go();
    driven.riposte().start();
    std::map<std::string, int> adds;
    std::set<std::string> seen;
    // Those that were running when it was killed are only undone.
    CHECK(test::wait_until([&] {
        adds.clear();
        seen.clear();
        for (const Act& act : driven.place().acts()) {
            seen.insert(act.address);
            if (act.verb == "add") ++adds[act.address];
        }
        return seen.size() == HeldResponses::kCount;
    }));
    for (const auto& entry : adds) {
        const auto& target = entry.first;
        const auto& count = entry.second;
        CAPTURE(target);
        CHECK(count == 1);
    }
    CHECK(test::wait_until([&] { return driven.riposte().pending().empty(); }));
}

// ---- by hand ----

TEST_CASE("enrolment by hand: the key is for this account only, a second one is asked for by force only") {
    Options options;
    options.password = "correct horse";
    options.groups = {"default", "web"};
    auto manager = ManagerSimulator::start(options);
    REQUIRE(ok(manager));
    Place place;
    Riposte riposte(place, "<ossec_config></ossec_config>\n");
    const std::string port = std::to_string((*manager)->enrolment_port());
    const auto enroll = [&](std::vector<std::string> more) {
        std::vector<std::string> words{"enroll", "--manager", "127.0.0.1", "--port", port, "--name", "web02"};
        words.insert(words.end(), more.begin(), more.end());
        return riposte.run(words);
    };
    place.write(place.file("wrong"), "battery staple\n");
    const Ran refused = enroll({"--password-file", place.file("wrong").string()});
    CHECK(refused.code == 1);
    CHECK(refused.err.find("nvalid password") != std::string::npos);
    CHECK(refused.err.find("battery") == std::string::npos);
    place.write(place.file("right"), "correct horse\r\n");
    const Ran done = enroll({"--password-file", place.file("right").string(), "--groups", "web"});
    CHECK_MESSAGE(done.code == 0, done.err);
    const auto told = done.json().as_object();
    CHECK(text(told, "name") == "web02");
    const std::string keys = Place::read(place.state() / "client.keys");
    const auto agent = (*manager)->agent(text(told, "id"));
    REQUIRE(agent);
    CHECK(keys == agent->key.line() + "\n");
    CHECK(done.out.find(agent->key.key) == std::string::npos);
    const fs::perms mode = fs::status(place.state() / "client.keys").permissions();
    if (test::file_features().modes) {
        CHECK((mode & fs::perms::others_all) == fs::perms::none);
    } else {
        test::skip("the mode of the keys: on this system the access list of their directory keeps others out");
    }
    CHECK(enroll({}).code == 4);
    CHECK(riposte.run({"enroll"}).code == 2);
}

TEST_CASE("with a CA only a manager of it and of that name is believed") {
    const simulator::Certificate authority = simulator::make_authority("Example CA");
    const simulator::Certificate stranger = simulator::make_authority("Another CA");
    struct Case {
        const char* what;
        std::string ca;
        simulator::CertificateNames names;
        int code;
    };
    for (const Case& one :
         {Case{"right", authority.certificate, {"manager", {}, {"127.0.0.1"}}, 0},
          Case{"another CA", stranger.certificate, {"manager", {}, {"127.0.0.1"}}, 1},
          Case{"another name", authority.certificate, {"other", {"other.example"}, {"192.0.2.1"}}, 1}}) {
        CAPTURE(one.what);
        Options options;
        options.certificate = simulator::issue_certificate(authority, one.names);
        auto manager = ManagerSimulator::start(options);
        REQUIRE(ok(manager));
        Place place;
        Riposte riposte(place, "<ossec_config></ossec_config>\n");
        place.write(place.file("ca.pem"), one.ca);
        const Ran ran =
            riposte.run({"enroll", "--manager", "127.0.0.1", "--port", std::to_string((*manager)->enrolment_port()),
                         "--name", "web03", "--ca", place.file("ca.pem").string()});
        CHECK_MESSAGE(ran.code == one.code, ran.err);
        CHECK((ran.err.find("server_ca_path") != std::string::npos) == (one.code != 0));
        CHECK((*manager)->enrolments().empty() == (one.code != 0));
        CHECK(fs::exists(place.state() / "client.keys") == (one.code == 0));
    }
}

TEST_CASE("a manager that wants to see a certificate is shown one") {
    const simulator::Certificate authority = simulator::make_authority("Example CA");
    const simulator::Certificate own = simulator::issue_certificate(authority, {"web04", {}, {"127.0.0.1"}});
    Options options;
    options.client_authority = authority.certificate;
    auto manager = ManagerSimulator::start(options);
    REQUIRE(ok(manager));
    Place place;
    Riposte riposte(place, "<ossec_config></ossec_config>\n");
    place.write(place.file("own.pem"), own.certificate);
    place.write(place.file("own.key"), own.key, 0600);
    std::vector<std::string> words{
        "enroll", "--manager", "127.0.0.1", "--port", std::to_string((*manager)->enrolment_port()), "--name", "web04"};
    CHECK(riposte.run(words).code == 1);
    const std::string certificate = place.file("own.pem").string();
    words.insert(words.end(), {"--certificate", certificate});
    CHECK(riposte.run(words).code == 2);
    words.insert(words.end(), {"--key", place.file("own.key").string()});
    const Ran ran = riposte.run(words);
    CHECK_MESSAGE(ran.code == 0, ran.err);
}

TEST_CASE("Wazuh 5 enrols over HTTPS, with a password and whatever the clocks say") {
    Options options;
    options.kind = Kind::Wazuh5;
    options.https = true;
    options.password = "correct horse";
    options.clock_offset = -900s;
    auto manager = ManagerSimulator::start(options);
    REQUIRE(ok(manager));
    Place place;
    Riposte riposte(place, "<ossec_config></ossec_config>\n");
    const auto enroll = [&](const char* password) {
        place.write(place.file("password"), password);
        return riposte.run({"enroll", "--https", "--manager", "127.0.0.1", "--port",
                            std::to_string((*manager)->https_port()), "--name", "web05", "--password-file",
                            place.file("password").string()});
    };
    CHECK(enroll("battery staple\n").code == 1);
    const Ran ran = enroll("correct horse\n");
    CHECK_MESSAGE(ran.code == 0, ran.err);
    REQUIRE((*manager)->enrolments().size() >= 1);
    CHECK((*manager)->enrolments().back().over_https);
    CHECK(text(ran.json().as_object(), "name") == "web05");
}
