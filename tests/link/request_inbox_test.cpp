// SPDX-License-Identifier: Apache-2.0
#include "src/link/request_inbox.h"

#include "tests/support/files.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

using namespace riposte;

namespace {

// The core as the inbox sees it: it has room or not, and a ledger.
struct Core {
    bool has_room = true;
    std::set<ActionId> ledger;
    std::vector<std::string> taken;
    std::vector<std::function<void()>> settle;
    ActionId last_id = 100;

    RequestInbox::Core side() {
        return {
            [this] { return ++last_id; },
            [this](const KeptRequest& request, std::function<void()> settled) {
                if (!has_room) return false;
                taken.push_back(request.body);
                settle.push_back(std::move(settled));
                return true;
            },
            [this](ActionId id, const std::function<void(std::optional<bool>)>& done) { done(ledger.contains(id)); }};
    }
};

class Ground {
    // The last to go: what is below has timers on the loop and files in the directory.
    test::TemporaryDirectory directory_;
    boost::asio::io_context loop_;

  public:
    Ground() {
        std::string set_aside;
        store_ = *LinkStore::open(directory_ / "link.db", set_aside);
        begin();
    }
    // As a new run of Riposte.
    void begin() {
        inbox_ = std::make_unique<RequestInbox>(
            loop_, system_clock(), *store_, core_.side(), std::chrono::minutes(10), [this] { ++rooms_; },
            [this](const std::string& text) { complaints_.push_back(text); });
        inbox_->start();
    }
    bool receive(const std::string& body) {
        KeptRequest request = inbox_->number(body);
        ReplayCheck none;
        REQUIRE(store_->remember_received("m", none, &request).has_value());
        return inbox_->take(std::move(request));
    }
    std::size_t kept() const { return store_->kept_requests()->size(); }
    void run() {
        loop_.restart();
        loop_.run_for(std::chrono::seconds(5));
    }

    Core core_;
    std::unique_ptr<LinkStore> store_;
    std::unique_ptr<RequestInbox> inbox_;
    std::vector<std::string> complaints_;
    int rooms_ = 0;
};

}  // namespace

TEST_CASE("a request leaves the store when the ledger has it, not before") {
    Ground ground;
    CHECK(ground.receive("one"));
    CHECK(ground.core_.taken == std::vector<std::string>{"one"});
    CHECK(ground.kept() == 1);
    ground.core_.settle[0]();
    CHECK(ground.kept() == 0);
}

TEST_CASE("what the core has no room for waits, in its order") {
    Ground ground;
    ground.core_.has_room = false;
    CHECK(ground.receive("one"));
    CHECK(ground.receive("two"));
    CHECK(ground.core_.taken.empty());
    CHECK(ground.rooms_ == 0);
    ground.core_.has_room = true;
    ground.run();
    CHECK(ground.core_.taken == std::vector<std::string>{"one", "two"});
    CHECK(ground.rooms_ == 1);
}

TEST_CASE("beyond the bound the manager has to wait") {
    Ground ground;
    ground.core_.has_room = false;
    const std::string large(RequestInbox::kMaxWaitingBytes / 2, 'x');
    CHECK(ground.receive(large));
    CHECK(ground.receive(large));
    CHECK_FALSE(ground.receive("more"));
    ground.inbox_->stop();
}

TEST_CASE(
    "after a crash what the ledger has is not run again, what it does not have is, and what is stale is refused") {
    Ground ground;
    ground.core_.has_room = false;
    ground.receive("in the ledger");
    ground.receive("lost with the process");
    const KeptRequest old{99, "of yesterday", system_clock().wall_time() - std::chrono::hours(24)};
    ReplayCheck none;
    REQUIRE(ground.store_->remember_received("m", none, &old).has_value());
    ground.core_.ledger.insert(101);
    ground.core_.has_room = true;
    ground.inbox_.reset();
    ground.begin();
    CHECK(ground.core_.taken == std::vector<std::string>{"lost with the process"});
    REQUIRE(ground.complaints_.size() == 1);
    CHECK(ground.complaints_[0].find("stale_after") != std::string::npos);
    CHECK(ground.kept() == 1);
    ground.core_.settle[0]();
    CHECK(ground.kept() == 0);
}

TEST_CASE("what waits at a stop is left for the next run") {
    Ground ground;
    ground.core_.has_room = false;
    ground.receive("one");
    ground.inbox_->stop();
    ground.core_.has_room = true;
    ground.run();
    CHECK(ground.core_.taken.empty());
    ground.begin();
    CHECK(ground.core_.taken == std::vector<std::string>{"one"});
}
