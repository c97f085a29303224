// SPDX-License-Identifier: Apache-2.0
#include "src/responses/account_response.h"

#include "platform/include/file_edit.h"
#include "platform/include/file_security.h"
#include "platform/include/paths.h"
#include "src/request/utf8.h"
#include "src/responses/record_text.h"

#include <cstdio>
#include <optional>
#include <system_error>
#include <utility>

namespace riposte {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kState = "--state";
constexpr std::string_view kAccountTitle = "riposte-account 1";
constexpr std::size_t kLongestName = 256;

Failure about(const std::string& user, const Error& error) {
    Failure result = failed(error);
    result.text = riposte::quoted(user) + ": " + result.text;
    return result;
}

bool has_no_account(const Error& error) {
    return error.code == std::errc::no_such_file_or_directory;
}

Answer<std::string> checked_name(const std::string& user) {
    if (user.empty()) return bad_input("the request names no user");
    const bool is_name = user.size() <= kLongestName && user.front() != '-' && !has_control_characters(user) &&
                         user.find_first_of(":/\\,\"[]|<>+=;?*") == std::string::npos;
    if (!is_name) return bad_input(riposte::quoted(user) + " is no user's name");
    return user;
}

// Names as file names: all but letters of ASCII, digits and "_" in hexadecimal.
std::string file_name_of(const std::string& user) {
    std::string name = "user-";
    for (const char byte : user) {
        const bool stands = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_';
        char code[4] = {byte, 0, 0, 0};
        if (!stands) std::snprintf(code, sizeof code, "%%%02X", static_cast<unsigned char>(byte));
        name += code;
    }
    return name;
}

class Records {
  public:
    explicit Records(const Settings& settings)
        : directory_(path_setting(settings, kState, default_state()) / "disable-account") {}

    Result<DirectoryLock> lock() const {
        if (auto made = make_private_directory(directory_); !made) return made.error();
        return DirectoryLock::acquire(directory_);
    }
    Result<std::optional<AccountRecord>> read(const std::string& user) const {
        const auto text = read_small_file(file_for(user));
        if (!text) return text.error();
        if (text->empty()) return std::optional<AccountRecord>();
        auto record = parse_values(kAccountTitle, *text);
        if (!record) return failure(file_for(user).string() + ": " + record.error().text());
        return std::optional(std::move(*record));
    }
    Result<void> write(const std::string& user, const AccountRecord& record) const {
        if (auto made = make_private_directory(file_for(user).parent_path()); !made) return made;
        const auto written =
            edit_file(file_for(user), [&](const std::string&) { return serialize_values(kAccountTitle, record); });
        return written ? Result<void>() : written.error();
    }
    Result<void> remove(const std::string& user) const {
        std::error_code code;
        fs::remove_all(file_for(user).parent_path(), code);
        return code ? Result<void>(Error{code, "remove " + file_for(user).string()}) : Result<void>();
    }

  private:
    fs::path file_for(const std::string& user) const { return directory_ / file_name_of(user) / "record"; }
    fs::path directory_;
};

// An account that this executable has disabled before stays as it is, with its record.
Answer<void> add(Accounts& accounts, const Records& records, const std::string& given) {
    const auto lock = records.lock();
    if (!lock) return failed(lock.error());
    const auto found = accounts.find(given);
    if (!found) return about(given, found.error());
    const std::string& user = *found;
    const auto reason = accounts.reason_to_keep(user);
    if (!reason) return about(user, reason.error());
    if (*reason) return Failure{ExitCode::Failed, riposte::quoted(user) + " is not disabled: " + **reason};
    const auto record = records.read(user);
    if (!record) return failed(record.error());
    const auto is_disabled = accounts.is_disabled(user);
    if (!is_disabled) return about(user, is_disabled.error());
    if (*record && *is_disabled) {
        const auto is_of = accounts.is_of(user, **record);
        if (!is_of) return about(user, is_of.error());
        if (*is_of) return {};
    }
    const auto former = accounts.former(user);
    if (!former) return about(user, former.error());
    if (const auto written = records.write(user, *former); !written) return failed(written.error());
    const auto done = accounts.disable(user);
    return done ? Answer<void>() : about(user, done.error());
}

Answer<void> reverse(Accounts& accounts, const Records& records, const std::string& given) {
    const auto lock = records.lock();
    if (!lock) return failed(lock.error());
    const auto found = accounts.find(given);
    const std::string& user = found ? *found : given;
    const auto record = records.read(user);
    if (!record) return failed(record.error());
    if (!*record) return {};
    if (!found && !has_no_account(found.error())) return about(user, found.error());
    const auto is_of = found ? accounts.is_of(user, **record) : Result<bool>(false);
    if (!is_of) return about(user, is_of.error());
    if (*is_of) {
        if (const auto restored = accounts.restore(user, **record); !restored) return about(user, restored.error());
    }
    const auto removed = records.remove(user);
    return removed ? Answer<void>() : failed(removed.error());
}

Answer<bool> in_force(Accounts& accounts, const Records& records, const std::string& given) {
    const auto found = accounts.find(given);
    const auto record = records.read(found ? *found : given);
    if (!record) return failed(record.error());
    if (!*record) return false;
    // Nobody can log in to what is not there, and to disable it again cannot be done.
    if (!found && has_no_account(found.error())) return true;
    if (!found) return about(given, found.error());
    const auto is_disabled = accounts.is_disabled(*found);
    if (!is_disabled) return about(given, is_disabled.error());
    return *is_disabled;
}

}  // namespace

Answer<std::string> user_of(const Task& task) {
    return checked_name(task.request.user);
}

Response disable_account_response(const std::function<std::unique_ptr<Accounts>(const Settings&)>& open) {
    Response response;
    response.name = "disable-account";
    response.summary = "keeps a user from logging in, by password or by key.";
    response.details =
        "Key: the request's user (data.dstuser, data.srcuser, user.name, or the OSSEC form's USER).\n"
        "Needs root (an administrator). Refuses the superuser, accounts of the system and the last administrator who\n"
        "can log in. Only accounts of this machine itself; sessions that there are stay: see kill-sessions.\n"
        "The undo restores what was changed, unless somebody else has changed it since.";
    response.options = {{kState, "DIR", "where it records what it did; default: the state directory of riposte"},
                        {kAccountRoot, "DIR", "the accounts of the system in this directory (Linux)"}};
    response.keys = [](const Task& task) -> Answer<Keys> {
        auto user = user_of(task);
        if (!user) return user.error();
        return Keys{std::move(*user)};
    };
    response.add = [open](const Task& task) -> Answer<void> {
        const auto user = user_of(task);
        return user ? add(*open(task.settings), Records(task.settings), *user) : user.error();
    };
    response.reverse = [open](const Task& task) -> Answer<void> {
        const auto user = user_of(task);
        return user ? reverse(*open(task.settings), Records(task.settings), *user) : user.error();
    };
    response.status = [open](const Task& task, const std::vector<std::string>& targets) -> Answer<std::vector<bool>> {
        const auto accounts = open(task.settings);
        const Records records(task.settings);
        std::vector<bool> result;
        for (const std::string& target : targets) {
            const auto user = checked_name(target);
            if (!user) return user.error();
            const auto disabled = in_force(*accounts, records, *user);
            if (!disabled) return disabled.error();
            result.push_back(*disabled);
        }
        return result;
    };
    response.check = [open](const Task& task) -> Answer<std::string> {
        const auto found = open(task.settings)->check();
        return found ? Answer<std::string>(*found) : failed(found.error());
    };
    return response;
}

}  // namespace riposte
