// SPDX-License-Identifier: Apache-2.0
#include "platform/include/access_list.h"

#include <doctest/doctest.h>

using namespace riposte;
using Kind = AccessFault::Kind;

namespace {

constexpr const char* kSystem = "S-1-5-18";
constexpr const char* kAdministrators = "S-1-5-32-544";
constexpr const char* kInstaller = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";
constexpr const char* kUsers = "S-1-5-32-545";
constexpr const char* kEveryone = "S-1-1-0";
constexpr const char* kOwn = "S-1-5-21-1-2-3-1001";
constexpr const char* kOther = "S-1-5-21-1-2-3-1002";
constexpr std::uint32_t kAll = 0x001f01ff;
constexpr std::uint32_t kReadExecute = 0x001200a9;

std::optional<AccessFault> judge(std::vector<AccessEntry> entries, std::string owner = kAdministrators,
                                 const std::string& user = kSystem) {
    return find_access_fault({std::move(owner), true, std::move(entries)}, user);
}

}  // namespace

TEST_CASE("the lists that Windows gives to programs are trusted") {
    // C:\Windows\System32\cmd.exe, and a program below C:\Program Files.
    CHECK_FALSE(judge({{kInstaller, kAll, false, false},
                       {kAdministrators, kReadExecute, false, false},
                       {kSystem, kReadExecute, false, false},
                       {kUsers, kReadExecute, false, false},
                       {"S-1-15-2-1", kReadExecute, false, false}},
                      kInstaller));
    // C:\Program Files itself: what its creator-owner entry gives is for what will be made in it.
    CHECK_FALSE(judge({{kInstaller, kAll, false, false},
                       {kInstaller, 0x10000000, false, true},
                       {kSystem, 0x001301bf, false, false},
                       {kAdministrators, 0x001301bf, false, false},
                       {kUsers, 0xa0000000, false, true},
                       {"S-1-3-0", 0x10000000, false, true}},
                      kInstaller));
    // C:\ProgramData: every user may create in it.
    const auto fault = judge({{kSystem, kAll, false, false}, {kUsers, 0x00000116, false, false}}, kSystem);
    REQUIRE(fault);
    CHECK(fault->sid == kUsers);
}

TEST_CASE("only trusted owners are, whatever the list says") {
    for (const char* owner : {kSystem, kAdministrators, kInstaller}) CHECK_FALSE(judge({}, owner));
    for (const char* owner : {kOther, kUsers, kEveryone, "S-1-5-32-5440", "S-1-5-180", "S-1-5-80-1", "S-1-5-19", ""}) {
        CAPTURE(owner);
        const auto fault = judge({}, owner);
        REQUIRE(fault);
        CHECK(fault->kind == Kind::Owner);
        CHECK(fault->sid == owner);
    }
}

TEST_CASE("the user that Riposte runs as is trusted, and no other user") {
    CHECK_FALSE(judge({{kOwn, kAll, false, false}}, kOwn, kOwn));
    CHECK(judge({{kOther, kAll, false, false}}, kOwn, kOwn));
    CHECK(judge({}, kOther, kOwn));
}

TEST_CASE("an object without a list is open to everybody, one with an empty list to nobody") {
    const auto fault = find_access_fault({kSystem, false, {}}, kSystem);
    REQUIRE(fault);
    CHECK(fault->kind == Kind::NoList);
    CHECK_FALSE(find_access_fault({kSystem, true, {}}, kSystem));
}

TEST_CASE("every right that changes the object is a fault, and no other right is") {
    for (const std::uint32_t rights : {0x2U, 0x4U, 0x10U, 0x40U, 0x100U, 0x10000U, 0x40000U, 0x80000U, 0x2000000U,
                                       0x10000000U, 0x40000000U, 0x1301bfU, 0x1f01ffU, 0x120116U}) {
        CAPTURE(rights);
        const auto fault = judge({{kUsers, rights, false, false}});
        REQUIRE(fault);
        CHECK(fault->kind == Kind::Writer);
        CHECK(fault->sid == kUsers);
        CHECK_FALSE(judge({{kAdministrators, rights, false, false}}));
        CHECK_FALSE(judge({{kUsers, rights, false, true}}));
    }
    for (const std::uint32_t rights :
         {0x0U, 0x1U, 0x8U, 0x20U, 0x80U, 0x20000U, 0x100000U, 0x20000000U, 0x80000000U, 0x1200a9U, 0x120089U}) {
        CAPTURE(rights);
        CHECK_FALSE(judge({{kUsers, rights, false, false}}));
    }
}

TEST_CASE("an inherited entry counts, and the fault says that it is one") {
    const auto fault = judge({{kAdministrators, kAll, true, false}, {kEveryone, kAll, true, false}});
    REQUIRE(fault);
    CHECK(fault->inherited);
    CHECK(fault->sid == kEveryone);
    const auto own = judge({{kEveryone, kAll, false, false}});
    REQUIRE(own);
    CHECK_FALSE(own->inherited);
}

TEST_CASE("entries for the owner give nobody else a right") {
    CHECK_FALSE(judge({{"S-1-3-4", kAll, false, false}, {"S-1-3-0", kAll, false, false}}));
}
