// SPDX-License-Identifier: Apache-2.0
// disable-account over a store of users that records what it is told, as Wine has no NetUserSetInfo.
#include "platform/windows/user_store.h"
#include "src/responses/account_response.h"
#include "tests/platform/windows/wine.h"
#include "tests/responses/run_in_process.h"
#include "tests/support/files.h"

#include <doctest/doctest.h>

#include <lm.h>
#include <map>
#include <string>
#include <vector>

using namespace riposte;
using namespace riposte::test;

namespace {

const std::string kMachine = "S-1-5-21-1-2-3-";
constexpr DWORD kOther = UF_SCRIPT | UF_NORMAL_ACCOUNT | UF_DONT_EXPIRE_PASSWD;

struct AccountMachine {
    std::map<std::string, StoredUser> users;  // by name in lower case
    std::vector<std::string> administrators;
    std::vector<std::string> calls;
    DWORD refusal = 0;
    bool can_change = true;
    bool forgets = false;  // says yes to new flags and does not have them

    void add(const std::string& name, unsigned rid, DWORD flags = kOther, DWORD expires = TIMEQ_FOREVER) {
        users[lower(name)] = {name, kMachine + std::to_string(rid), flags, expires};
    }
    static std::string lower(std::string text) {
        for (char& byte : text) byte = byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + 32) : byte;
        return text;
    }
};

class RecordingStore final : public UserStore {
  public:
    explicit RecordingStore(AccountMachine& machine) : machine_(machine) {}
    bool can_change() override { return machine_.can_change; }
    Result<StoredUser> read(const std::string& name) override {
        const auto found = machine_.users.find(AccountMachine::lower(name));
        if (found == machine_.users.end()) return failure(std::errc::no_such_file_or_directory, "find the account");
        return found->second;
    }
    Result<void> set_flags(const std::string& name, DWORD flags) override {
        if (machine_.refusal != 0) return failure(std::errc::permission_denied, "change the account's flags");
        machine_.calls.push_back(name + " " + std::to_string(flags));
        if (!machine_.forgets) machine_.users.at(AccountMachine::lower(name)).flags = flags;
        return {};
    }
    Result<std::vector<std::string>> administrators() override { return machine_.administrators; }
    Result<StoredUser> read_by_sid(const std::string& sid) override {
        for (const auto& [name, user] : machine_.users) {
            if (user.sid == sid) return user;
        }
        return failure(std::errc::no_such_file_or_directory, "find the account");
    }

  private:
    AccountMachine& machine_;
};

struct DisableAccount {
    TemporaryDirectory directory;
    AccountMachine machine;
    Response response = disable_account_response(
        [this](const Settings&) { return accounts_of(std::make_unique<RecordingStore>(machine)); });

    DisableAccount() {
        machine.add("Administrator", 500);
        machine.add("Guest", 501);
        machine.add("DefaultAccount", 503, kOther | UF_ACCOUNTDISABLE);
        machine.add("Alice", 1001);
        machine.add("bob", 1002);
        machine.add("carol", 1003);
        machine.add("off", 1004, kOther | UF_ACCOUNTDISABLE);
        machine.add("old", 1005, kOther, 1000);
        machine.administrators = {kMachine + "500",  kMachine + "1001", kMachine + "1002",
                                  kMachine + "1004", kMachine + "1005", "S-1-5-21-9-9-9-512"};
    }
    RunResult run(std::vector<std::string> words) {
        words.insert(words.begin(), {"--state", (directory / "state").string()});
        return run_in_process(response, words);
    }
    int add(const std::string& user) { return run({"add", user, "-"}).code; }
    int reverse(const std::string& user) { return run({"delete", user, "-"}).code; }
    int status(const std::string& user) { return run({"--status", user}).code; }
};

}  // namespace

TEST_CASE("an account is disabled by one flag and enabled by it again") {
    DisableAccount f;
    CHECK(f.status("carol") == 4);
    CHECK(f.add("carol") == 0);
    CHECK(f.add("CAROL") == 0);
    CHECK(f.status("Carol") == 0);
    CHECK(f.machine.calls == std::vector<std::string>{"carol " + std::to_string(kOther | UF_ACCOUNTDISABLE)});
    CHECK(f.reverse("cArol") == 0);
    CHECK(f.reverse("carol") == 0);
    CHECK(f.machine.calls.size() == 2);
    CHECK(f.machine.calls.back() == "carol " + std::to_string(kOther));
    CHECK(f.status("carol") == 4);
}

TEST_CASE("what others did to an account stays") {
    DisableAccount f;
    CHECK(f.add("off") == 0);
    CHECK(f.reverse("off") == 0);
    CHECK(f.machine.calls.empty());
    // Another flag, set meanwhile.
    CHECK(f.add("carol") == 0);
    f.machine.users["carol"].flags |= UF_SMARTCARD_REQUIRED;
    CHECK(f.reverse("carol") == 0);
    CHECK(f.machine.users["carol"].flags == (kOther | UF_SMARTCARD_REQUIRED));
    // Enabled by somebody meanwhile.
    CHECK(f.add("carol") == 0);
    f.machine.users["carol"].flags = kOther;
    CHECK(f.status("carol") == 4);
    const std::size_t calls = f.machine.calls.size();
    CHECK(f.reverse("carol") == 0);
    CHECK(f.machine.calls.size() == calls);
    // Another account of the same name.
    CHECK(f.add("carol") == 0);
    f.machine.add("carol", 1099, kOther | UF_ACCOUNTDISABLE);
    CHECK(f.reverse("carol") == 0);
    CHECK(f.machine.users["carol"].flags == (kOther | UF_ACCOUNTDISABLE));
}

TEST_CASE("the system's own accounts and the last administrator are refused") {
    DisableAccount f;
    for (const char* user : {"Administrator", "ADMINISTRATOR", "Guest", "DefaultAccount", "nosuch"}) {
        CAPTURE(user);
        CHECK(f.add(user) == 1);
        CHECK(f.status(user) == 4);
    }
    CHECK(f.machine.calls.empty());
    // The built-in one counts as long as it can log in.
    CHECK(f.add("Alice") == 0);
    CHECK(f.add("bob") == 0);
    CHECK(f.reverse("bob") == 0);
    f.machine.users["administrator"].flags |= UF_ACCOUNTDISABLE;
    CHECK(f.add("bob") == 1);
    CHECK(f.run({"add", "bob", "-"}).errors.find("last administrator") != std::string::npos);
    CHECK(f.reverse("Alice") == 0);
    CHECK(f.add("bob") == 0);
    CHECK(f.add("alice") == 1);
}

TEST_CASE("a refused change is a failure, and the next call tries again") {
    DisableAccount f;
    f.machine.refusal = 1;
    CHECK(f.add("carol") == 1);
    CHECK(f.status("carol") == 4);
    f.machine.refusal = 0;
    CHECK(f.add("carol") == 0);
    f.machine.refusal = 1;
    CHECK(f.reverse("carol") == 1);
    CHECK(f.status("carol") == 0);
    f.machine.refusal = 0;
    CHECK(f.reverse("carol") == 0);
    CHECK(f.machine.users["carol"].flags == kOther);
}

TEST_CASE("a system that does not do what it says, or has no call for it, is found out") {
    DisableAccount f;
    f.machine.forgets = true;
    CHECK(f.add("carol") == 1);
    CHECK(f.status("carol") == 4);
    f.machine.can_change = false;
    CHECK(f.run({"--check"}).code == 3);
    CHECK(f.add("carol") == 3);
    CHECK(f.machine.calls.size() == 1);
    if (is_wine()) {
        MESSAGE("Wine 8 has NetUserSetInfo by name only");
        CHECK_FALSE(system_user_store()->can_change());
        CHECK(open_accounts({})->check().error().code == std::errc::not_supported);
    }
}

TEST_CASE("Windows has no accounts of another root") {
    CHECK(open_accounts("C:\\elsewhere")->check().error().code == std::errc::not_supported);
    CHECK(open_accounts("C:\\elsewhere")->disable("carol").error().code == std::errc::not_supported);
}
