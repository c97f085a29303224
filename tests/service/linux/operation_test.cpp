// SPDX-License-Identifier: Apache-2.0
// The service with what only this system has: file systems of a test's own, signals, file modes, and sockets that a
// service manager holds.
#include "platform/include/paths.h"
#include "tests/service/service_fixture.h"
#include "tests/support/skip.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <system_error>
#include <thread>
#include <unistd.h>

using namespace riposte;
using namespace riposte::testing;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

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
        MESSAGE(std::system_category().message(errno));
        test::skip("a small file system cannot be mounted here");
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
    // The ledger first uses up the space that its files already occupy, so some requests may still be accepted.
    int target = 0;
    REQUIRE(test::wait_until([&] {
        return ++target > 190 || riposte.refusal(large_request(target)) == "ledger" ||
               !riposte.status().at("ledger").as_object().at("writable").as_bool();
    }));
    REQUIRE(target <= 190);
    REQUIRE(test::wait_until([&] { return riposte.refusal(large_request(191)) == "ledger"; }));
    const std::size_t before = place.count_acts("add");
    CHECK(riposte.refusal(large_request(192)) == "ledger");
    CHECK(number(riposte.status().at("engine").as_object().at("refused").as_object(), "ledger") >= 2);
    CHECK_FALSE(text(riposte.status().at("ledger").as_object(), "problem").empty());
    CHECK(place.count_acts("add") == before);
    CHECK(place.log().find("cannot record") != std::string::npos);
    // A stateless request still runs, and the block in force is still reversed.
    riposte.send(wazuh4("note0", address(193)));
    CHECK(test::wait_until([&] { return place.count_acts("add") == before + 1; }));
    CHECK(test::wait_until([&] { return place.count_acts("delete") == 1; }));

    fs::remove(place.state() / "filler");
    CHECK(test::wait_until([&] { return riposte.status().at("ledger").as_object().at("writable").as_bool(); }));
    CHECK(riposte.refusal(large_request(194)).empty());
    CHECK(test::wait_until([&] { return place.count_acts("add") == before + 2; }));
    CHECK(place.acts().back().address == address(194));
    CHECK(riposte.stop() == 0);
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

TEST_CASE("SIGHUP reloads the configuration") {
    Place place;
    place.add("block", place.asks_and_acts());
    Riposte riposte(place, command("block", "block"));
    riposte.start();
    place.add("other", "read-line " + place.act());
    place.write(place.config(), command("other", "other", false));
    riposte.signal(SIGHUP);
    REQUIRE(test::wait_until([&] { return place.events("config").size() == 1; }));
    CHECK(riposte.refusal(wazuh4("block600", address(2))) == "unknown");
    CHECK(riposte.refusal(wazuh4("other0", address(2))).empty());
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

TEST_CASE("an executable that is owned by nobody is not run") {
    if (!test::is_root()) return test::skip("only root can give a file to another user");
    constexpr uid_t kNobody = 65534;
    Place place;
    place.add("foreign", place.asks_and_acts());
    REQUIRE(::chown(place.executable("foreign").c_str(), kNobody, 0) == 0);
    Riposte riposte(place, command("foreign", "foreign"));
    riposte.start();
    CHECK(riposte.refusal(wazuh4("foreign600", address(1))) == "unsafe");
    CHECK(place.acts().empty());
}
