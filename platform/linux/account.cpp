// SPDX-License-Identifier: Apache-2.0
#include "platform/include/account.h"

#include "platform/include/file_edit.h"
#include "platform/linux/shadow_text.h"
#include "platform/linux/unique_fd.h"
#include "platform/sha256.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <functional>
#include <grp.h>
#include <pwd.h>
#include <set>
#include <sstream>
#include <sys/stat.h>
#include <thread>
#include <vector>

namespace riposte {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kNobody = 65534;
constexpr unsigned long kDefaultLeastUid = 1000;
constexpr std::array<std::string_view, 3> kAdministrators{"sudo", "wheel", "admin"};
// Long past. Not 0, which the tools take for never.
constexpr const char* kLongExpired = "1";

constexpr const char* kUid = "uid";
constexpr const char* kLocked = "locked";    // whether the "!" is ours
constexpr const char* kExpires = "expires";  // before
constexpr const char* kLeft = "left";        // a digest of the password field as it was left

struct User {
    std::string name, home, shell;
    uid_t uid = 0;
    gid_t gid = 0;
};

struct Group {
    std::string name;
    gid_t gid = 0;
    std::set<std::string> members;
};

// The entries of passwd(5) or group(5), read by the C library.
template <class Entry, class Item>
Result<std::vector<Item>> read_entries(const fs::path& file,
                                       int (*next)(std::FILE*, Entry*, char*, std::size_t, Entry**),
                                       const std::function<Item(const Entry&)>& copy) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(std::fopen(file.c_str(), "re"), &std::fclose);
    if (!stream) return os_error(errno, "open " + file.string());
    std::vector<Item> items;
    std::vector<char> buffer(4096);
    for (;;) {
        Entry entry{};
        Entry* found = nullptr;
        const int code = next(stream.get(), &entry, buffer.data(), buffer.size(), &found);
        if (code == ERANGE && buffer.size() < 1U << 24U) {
            buffer.resize(buffer.size() * 2);
            continue;
        }
        if (code == ENOENT || found == nullptr) return items;
        if (code != 0) return os_error(code, "read " + file.string());
        items.push_back(copy(*found));
    }
}

User copy_user(const passwd& entry) {
    return {entry.pw_name, entry.pw_dir, entry.pw_shell, entry.pw_uid, entry.pw_gid};
}

Group copy_group(const group& entry) {
    Group copied{entry.gr_name, entry.gr_gid, {}};
    for (char** member = entry.gr_mem; *member != nullptr; ++member) copied.members.insert(*member);
    return copied;
}

long today() {
    return static_cast<long>(
        std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()).time_since_epoch().count());
}

bool is_locked(const std::string& password) {
    return password.starts_with('!') || password.starts_with('*');
}

std::string digest(const std::string& text) {
    Sha256 hash;
    hash.add(text.data(), text.size());
    return hash.finish();
}

// The lock that passwd, chage, useradd and PAM take as well (lckpwdf(3), which knows no other root).
Result<UniqueFd> lock_passwords(const fs::path& etc) {
    constexpr std::chrono::seconds kPatience{15};
    const fs::path file = etc / ".pwd.lock";
    UniqueFd lock(::open(file.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!lock) return os_error(errno, "open " + file.string());
    struct flock whole {};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (::fcntl(lock.get(), F_SETLK, &whole) != 0) {
        if (errno != EAGAIN && errno != EACCES && errno != EINTR) return os_error(errno, "lock " + file.string());
        if (std::chrono::steady_clock::now() > end)
            return failure(std::errc::timed_out, "lock " + file.string() + ", which another program holds");
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return lock;
}

class FileAccounts final : public Accounts {
  public:
    explicit FileAccounts(const fs::path& root) : root_(root), etc_((root.empty() ? fs::path("/") : root) / "etc") {}

    Result<std::string> check() override {
        if (::geteuid() != 0) return failure(std::errc::not_supported, "only root may change accounts: run it as root");
        const fs::path file = shadow();
        if (::access(file.c_str(), R_OK | W_OK) != 0)
            return failure(std::errc::not_supported, file.string() + " cannot be used: run pwconv if there is none");
        return file.string();
    }

    Result<std::string> find(const std::string& user) override {
        const auto found = user_named(user);
        if (!found) return found.error();
        return found->name;
    }

    Result<std::optional<std::string>> reason_to_keep(const std::string& user) override {
        const auto found = user_named(user);
        if (!found) return found.error();
        using Reason = std::optional<std::string>;
        if (found->uid == 0) return Reason("it is the superuser");
        if (found->uid < least_uid() || found->uid == kNobody)
            return Reason("it is an account of the system, user id " + std::to_string(found->uid));
        return is_last_administrator(*found);
    }

    Result<bool> is_disabled(const std::string& user) override {
        const auto login = login_of(user);
        if (!login) return login.error();
        return is_locked(login->password) && has_expired(*login, today());
    }

    Result<AccountRecord> former(const std::string& user) override {
        const auto found = user_named(user);
        if (!found) return found.error();
        const auto login = login_of(user);
        if (!login) return login.error();
        return AccountRecord{{kUid, std::to_string(found->uid)},
                             {kLocked, is_locked(login->password) ? "no" : "yes"},
                             {kExpires, login->expires},
                             {kLeft, digest(disabled(*login).password)}};
    }

    Result<bool> is_of(const std::string& user, const AccountRecord& record) override {
        const auto found = user_named(user);
        if (!found) return found.error();
        const auto uid = record.find(kUid);
        return uid != record.end() && uid->second == std::to_string(found->uid);
    }

    Result<void> disable(const std::string& user) override {
        return change(user, [](const ShadowLogin& login) { return disabled(login); });
    }

    Result<void> restore(const std::string& user, const AccountRecord& record) override {
        for (const char* name : {kLocked, kExpires, kLeft}) {
            if (!record.contains(name)) return failure(std::string("the record lacks its ") + name);
        }
        return change(user, [&](const ShadowLogin& login) {
            ShadowLogin restored = login;
            const bool is_as_left = digest(login.password) == record.at(kLeft);
            if (is_as_left && record.at(kLocked) == "yes" && login.password.starts_with('!'))
                restored.password.erase(0, 1);
            if (login.expires == kLongExpired) restored.expires = record.at(kExpires);
            return restored;
        });
    }

  private:
    fs::path shadow() const { return etc_ / "shadow"; }

    static ShadowLogin disabled(const ShadowLogin& login) {
        return {is_locked(login.password) ? login.password : "!" + login.password,
                has_expired(login, today()) ? login.expires : kLongExpired};
    }

    Result<std::vector<User>> users() const {
        return read_entries<passwd, User>(etc_ / "passwd", &::fgetpwent_r, copy_user);
    }

    Result<User> user_named(const std::string& name) const {
        const auto all = users();
        if (!all) return all.error();
        const auto found = std::ranges::find(*all, name, &User::name);
        if (found == all->end() || name.empty())
            return failure(std::errc::no_such_file_or_directory,
                           "find the account in " + (etc_ / "passwd").string() + ", which has this machine's own");
        return *found;
    }

    Result<ShadowLogin> login_of(const std::string& user) const {
        const auto text = read_small_file(shadow());
        if (!text) return text.error();
        auto login = find_login(*text, user);
        if (!login) return failure("the account has no line in " + shadow().string() + ": run pwconv");
        return std::move(*login);
    }

    // The least user id that people have.
    unsigned long least_uid() const {
        const auto text = read_small_file(etc_ / "login.defs");
        std::istringstream lines(text ? *text : std::string());
        unsigned long least = kDefaultLeastUid;
        for (std::string line; std::getline(lines, line);) {
            std::istringstream words(line);
            std::string name, value;
            if (!(words >> name >> value) || name != "UID_MIN") continue;
            const bool is_hexadecimal = value.starts_with("0x");
            const char* const start = value.data() + (is_hexadecimal ? 2 : 0);
            std::from_chars(start, value.data() + value.size(), least, is_hexadecimal ? 16 : 10);
        }
        return least;
    }

    // Able to log in by a password, or by a key of its own.
    bool is_usable(const User& user, const std::string& shadow_text) const {
        const auto login = find_login(shadow_text, user.name);
        if (!login || has_expired(*login, today())) return false;
        if (user.shell.ends_with("/nologin") || user.shell.ends_with("/false")) return false;
        if (!is_locked(login->password)) return true;
        std::error_code code;
        const fs::path home = (root_.empty() ? fs::path("/") : root_) / fs::path(user.home).relative_path();
        return fs::file_size(home / ".ssh/authorized_keys", code) > 0 && !code;
    }

    Result<std::optional<std::string>> is_last_administrator(const User& user) const {
        const auto groups = read_entries<group, Group>(etc_ / "group", &::fgetgrent_r, copy_group);
        if (!groups) return groups.error();
        const auto all = users();
        if (!all) return all.error();
        const auto text = read_small_file(shadow());
        if (!text) return text.error();
        const auto is_administrator = [&](const User& candidate) {
            return std::ranges::any_of(*groups, [&](const Group& each) {
                return std::ranges::find(kAdministrators, each.name) != kAdministrators.end() &&
                       (each.gid == candidate.gid || each.members.contains(candidate.name));
            });
        };
        using Reason = std::optional<std::string>;
        if (!is_administrator(user)) return Reason();
        const bool has_other = std::ranges::any_of(*all, [&](const User& other) {
            return other.name != user.name && other.uid != user.uid && is_administrator(other) &&
                   is_usable(other, *text);
        });
        return has_other ? Reason() : Reason("it is the last administrator who can log in");
    }

    Result<void> change(const std::string& user, const std::function<ShadowLogin(const ShadowLogin&)>& changed) {
        const auto lock = lock_passwords(etc_);
        if (!lock) return lock.error();
        if (const auto login = login_of(user); !login) return login.error();
        const auto edited = edit_file(shadow(), [&](const std::string& text) {
            const auto login = find_login(text, user);
            return login ? with_login(text, user, changed(*login)) : text;
        });
        return edited ? Result<void>() : edited.error();
    }

    fs::path root_;
    fs::path etc_;
};

}  // namespace

std::unique_ptr<Accounts> open_accounts(const fs::path& root) {
    return std::make_unique<FileAccounts>(root);
}

}  // namespace riposte
