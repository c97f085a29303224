// SPDX-License-Identifier: Apache-2.0
// The service through bad times: no disk space, a damaged ledger, wrong configurations, restarts under load.
#include "platform/include/paths.h"
#include "tests/service/service_fixture.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace riposte;
using namespace riposte::testing;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

std::string address(int number) {
    return "203.0.113." + std::to_string(number);
}

// Until the file system has no byte left.
void fill(const fs::path& file) {
    std::ofstream out(file, std::ios::binary | std::ios::app);
    const std::string block(4096, 'f');
    while (out.write(block.data(), static_cast<std::streamsize>(block.size())) && out.flush()) {
    }
    out.clear();
    while (out.put('f') && out.flush()) {
    }
}

std::string verdict_reason(const Riposte& riposte, const std::string& message) {
    const auto rows = riposte.run({"send"}, message).json().as_array();
    return text(rows.at(0).as_object(), "reason");
}

// A request whose record takes room.
std::string large_request(int number) {
    std::string message = wazuh4("block600", address(number));
    message.insert(message.size() - 4, R"(,"full_log":")" + std::string(30'000, 'x') + "\"");
    return message;
}

// The socket as a service manager holds it: it stays when the service goes.
class HeldSocket {
  public:
    explicit HeldSocket(const fs::path& path) : descriptor_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        fs::create_directories(path.parent_path());
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        const std::string text = path.string();
        REQUIRE(text.size() < sizeof name.sun_path);
        std::memcpy(name.sun_path, text.data(), text.size());
        REQUIRE(::bind(descriptor_, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
    }
    ~HeldSocket() { ::close(descriptor_); }
    HeldSocket(const HeldSocket&) = delete;
    HeldSocket& operator=(const HeldSocket&) = delete;
    int descriptor() const { return descriptor_; }

  private:
    int descriptor_;
};

}  // namespace

TEST_CASE("on a full disk stateful requests are refused, stateless ones run, and it recovers by itself") {
    Place place;
    fs::create_directory(place.state());
    if (::mount("riposte", place.state().c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "size=4m,mode=0700") != 0) {
        MESSAGE("skipped: only root can mount a small file system");
        return;
    }
    const std::shared_ptr<void> unmount(nullptr, [&](void*) { ::umount2(place.state().c_str(), MNT_DETACH); });
    place.add("block", place.asks_and_acts());
    place.add("note", "read-line " + place.act());
    Riposte riposte(place, command("block", "block") + command("note", "note", false));
    riposte.start();
    const std::int64_t in_force = riposte.send(wazuh4("block5", address(200)));
    REQUIRE(test::wait_until([&] { return place.said("armed", in_force); }));

    fill(place.state() / "filler");
    // What the ledger had reserved is used up first.
    int target = 0;
    REQUIRE(test::wait_until([&] {
        return ++target > 190 || verdict_reason(riposte, large_request(target)) == "ledger" ||
               !riposte.status().at("ledger").as_object().at("writable").as_bool();
    }));
    REQUIRE(target <= 190);
    REQUIRE(test::wait_until([&] { return verdict_reason(riposte, large_request(191)) == "ledger"; }));
    const std::size_t before = place.count_acts("add");
    CHECK(verdict_reason(riposte, large_request(192)) == "ledger");
    CHECK(number(riposte.status().at("engine").as_object().at("refused").as_object(), "ledger") >= 2);
    CHECK_FALSE(text(riposte.status().at("ledger").as_object(), "problem").empty());
    CHECK(place.count_acts("add") == before);
    CHECK(place.log().find("cannot record") != std::string::npos);
    // What needs no undo is done, and what was promised is undone.
    riposte.send(wazuh4("note0", address(193)));
    CHECK(test::wait_until([&] { return place.count_acts("add") == before + 1; }));
    CHECK(test::wait_until([&] { return place.count_acts("delete") == 1; }));

    fs::remove(place.state() / "filler");
    CHECK(test::wait_until([&] { return riposte.status().at("ledger").as_object().at("writable").as_bool(); }));
    CHECK(verdict_reason(riposte, large_request(194)).empty());
    CHECK(test::wait_until([&] { return place.count_acts("add") == before + 2; }));
    CHECK(place.acts().back().address == address(194));
    CHECK(riposte.stop() == 0);
}

TEST_CASE("a damaged ledger is set aside, what can be read of it is carried over, and it is said aloud") {
    constexpr int kBlocks = 30;
    Place place;
    place.add("block", place.asks_and_acts());
    Riposte riposte(place, command("block", "block"));
    riposte.start();
    Sender sender(place.home(), place.state());
    for (int i = 0; i < kBlocks; ++i) REQUIRE(sender.send(wazuh4("block600", address(i))));
    REQUIRE(test::wait_until([&] { return riposte.engine_number("in_force") == kBlocks; }));
    // A stop brings everything into the file itself.
    REQUIRE(riposte.stop() == 0);
    {
        std::fstream ledger(place.state() / "ledger.db", std::ios::in | std::ios::out | std::ios::binary);
        REQUIRE(ledger.seekp(20).good());
        ledger << std::string(60, 'X');
    }
    riposte.start();
    bool is_set_aside = false;
    for (const auto& entry : fs::directory_iterator(place.state())) {
        is_set_aside |= entry.path().filename().string().starts_with("ledger.db.damaged-");
    }
    CHECK(is_set_aside);
    CHECK(place.log().find("the ledger was damaged") != std::string::npos);
    REQUIRE(test::wait_until([&] { return place.events("ledger").size() == 1; }));
    const auto told = place.events("ledger");
    CHECK(text(told[0], "text") == "damaged");
    CHECK(number(told[0], "carried_over") + number(told[0], "lost") == kBlocks);
    CHECK(number(told[0], "carried_over") > 0);
    CHECK(std::ssize(riposte.pending()) == number(told[0], "carried_over"));
    CHECK(riposte.run({"undo", "--all"}).code == 0);
    CHECK(static_cast<std::int64_t>(place.count_acts("delete")) == number(told[0], "carried_over"));
}

TEST_CASE("without a service the command line reads the ledger itself, or says what is missing") {
    Place place;
    place.add("block", place.asks_and_acts());
    Riposte riposte(place, command("block", "block"));
    riposte.start();
    const std::int64_t id = riposte.send(wazuh4("block600", address(1)));
    REQUIRE(test::wait_until([&] { return place.said("armed", id); }));
    SUBCASE("after a stop") {
        REQUIRE(riposte.stop() == 0);
    }
    SUBCASE("after a crash") {
        riposte.kill9();
    }
    const Ran pending = riposte.run({"pending"});
    CHECK(pending.code == 0);
    CHECK(pending.err.find("no service runs") != std::string::npos);
    const auto rows = pending.json().as_array();
    REQUIRE(rows.size() == 1);
    CHECK(number(rows[0].as_object(), "id") == id);
    CHECK(number(rows[0].as_object(), "left_ms") > 0);
    CHECK(riposte.rows({"history"}).size() == 1);
    for (const std::string word : {"status", "reload"}) {
        CAPTURE(word);
        CHECK(riposte.run({word}).code == 3);
    }
    CHECK(riposte.run({"undo", std::to_string(id)}).code == 3);
    CHECK(riposte.run({"send"}, wazuh4("block600", address(2))).code == 3);
    CHECK(place.acts().size() == 1);
}

TEST_CASE("a connected sender survives restarts when the socket is held by the service manager") {
    constexpr int kRequests = 1000;
    constexpr int kRestarts = 20;
    Place place;
    place.add("note", "read-line " + place.act());
    const HeldSocket held(place.execq());
    Riposte riposte(place, command("note", "note", false));
    riposte.launch(held.descriptor());
    std::atomic<int> sent = 0;
    std::atomic<int> allowed = 0;
    std::atomic<bool> failed = false;
    std::thread sending([&] {
        Sender sender(place.home(), place.state());
        for (int i = 0; i < kRequests; ++i) {
            // A share of them for each restart, so that there is none without requests on their way.
            for (int now = allowed; now <= i; now = allowed) allowed.wait(now);
            // All through one connection: a second one would hide that the first broke.
            if (!sender.send(wazuh4("note0", "198.18." + std::to_string(i / 250) + "." + std::to_string(i % 250)))) {
                failed = true;
                return;
            }
            ++sent;
        }
    });
    const auto allow = [&](int number) {
        allowed = number;
        allowed.notify_one();
    };
    const std::shared_ptr<void> join(nullptr, [&](void*) {
        allow(kRequests);
        sending.join();
    });
    for (int restart = 1; restart <= kRestarts; ++restart) {
        CAPTURE(restart);
        REQUIRE(test::wait_until([&] { return riposte.answers(); }));
        allow(kRequests * restart / kRestarts);
        CHECK(riposte.stop() == 0);
        riposte.launch(held.descriptor());
    }
    CHECK(test::wait_until([&] { return sent == kRequests || failed; }));
    CHECK_FALSE(failed);
    CHECK(test::wait_until([&] { return place.acts().size() == kRequests; }, 60s));
    std::set<std::string> distinct;
    for (const Act& act : place.acts()) distinct.insert(act.address);
    CHECK(distinct.size() == kRequests);
    REQUIRE(test::wait_until([&] { return riposte.answers(); }));
    CHECK(riposte.stop() == 0);
    CHECK(place.acts().size() == kRequests);
    // It belongs to the manager.
    CHECK(fs::exists(place.execq()));
}

TEST_CASE("a reload with errors keeps the running configuration") {
    Place place;
    place.add("block", place.asks_and_acts());
    Riposte riposte(place, command("block", "block"));
    riposte.start();
    place.write(place.config(), "<ossec_config>\n  <command>\n    <name>other</name>\n  </command>\n</ossec_config>\n");
    const Ran ran = riposte.run({"reload"});
    CHECK(ran.code == 1);
    const auto told = ran.json().as_object();
    CHECK_FALSE(told.at("reloaded").as_bool());
    const auto& findings = told.at("diagnostics").as_array();
    REQUIRE_FALSE(findings.empty());
    CHECK(text(findings[0].as_object(), "file") == place.config().string());
    CHECK(number(findings[0].as_object(), "line") > 0);
    const std::int64_t id = riposte.send(wazuh4("block600", address(1)));
    CHECK(test::wait_until([&] { return place.said("armed", id); }));

    place.add("other", "read-line " + place.act());
    place.write(place.config(), command("other", "other", false));
    riposte.signal(SIGHUP);
    REQUIRE(test::wait_until([&] { return place.events("config").size() == 2; }));
    CHECK(verdict_reason(riposte, wazuh4("block600", address(2))) == "unknown");
    CHECK(verdict_reason(riposte, wazuh4("other0", address(2))).empty());
    CHECK(test::wait_until([&] { return place.count_acts("add") == 2; }));
    // It was applied by a command that is not configured any more, and is undone all the same.
    CHECK(riposte.run({"undo", std::to_string(id)}).code == 0);
    CHECK(place.count_acts("delete") == 1);
}

TEST_CASE("it refuses to start with errors and names file and line of each") {
    Place place;
    const Riposte riposte(place,
                          "<ossec_config>\n"
                          "  <command>\n"
                          "    <name>block</name>\n"
                          "    <executable>../block</executable>\n"
                          "  </command>\n"
                          "  <active-response>\n"
                          "    <level>high</level>\n"
                          "  </active-response>\n"
                          "</ossec_config>\n");
    const Ran ran = riposte.run({"serve"});
    CHECK(ran.code == 1);
    CHECK(ran.err.find(place.config().string() + ":4") != std::string::npos);
    CHECK(ran.err.find(place.config().string() + ":7") != std::string::npos);
    CHECK_FALSE(fs::exists(place.state() / "ledger.db"));
    CHECK_FALSE(fs::exists(place.execq()));
}

TEST_CASE("the control socket and the ledger are for the service's user only") {
    Place place;
    Riposte riposte(place, "<ossec_config></ossec_config>\n");
    riposte.start();
    struct stat status {};
    REQUIRE(::stat(control_endpoint(place.state()).c_str(), &status) == 0);
    CHECK(S_ISSOCK(status.st_mode));
    CHECK((status.st_mode & 07777) == 0600);
    CHECK(status.st_uid == ::geteuid());
    REQUIRE(::stat((place.state() / "ledger.db").c_str(), &status) == 0);
    CHECK((status.st_mode & 0077) == 0);
    REQUIRE(::stat(place.state().c_str(), &status) == 0);
    CHECK((status.st_mode & 0022) == 0);
    CHECK(riposte.stop() == 0);
    CHECK_FALSE(fs::exists(place.execq()));
}

TEST_CASE("of two instances the second names the first's process and leaves it alone") {
    Place place;
    place.add("block", place.asks_and_acts());
    Riposte riposte(place, command("block", "block"));
    riposte.start();
    const Ran second = riposte.run({"serve"});
    CHECK(second.code == 1);
    CHECK(second.err.find(std::to_string(riposte.id())) != std::string::npos);
    REQUIRE(Sender(place.home(), place.state()).send(wazuh4("block600", address(1))));
    CHECK(test::wait_until([&] { return place.count_acts("add") == 1; }));
    // The lock ends with its holder, however that ended.
    riposte.kill9();
    riposte.start();
    CHECK(riposte.pending().size() == 1);
}
