// SPDX-License-Identifier: Apache-2.0
// The accounts of this machine, and keeping one of them from logging in.
#pragma once

#include "platform/include/result.h"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace riposte {

// The account's state before it was disabled: only the fields that disabling changes, as the system words them, and the
// account's identity (Linux: the user id; Windows: the SID). Holds no secret: of the password field of Linux only a
// digest.
using AccountRecord = std::map<std::string, std::string>;

// Blocking calls, one thread. Names are untrusted: one that no account has is an Error, whatever is in it.
class Accounts {
  public:
    virtual ~Accounts() = default;

    // Whether it can work here, without changing anything; says what was found. Error not_supported: it cannot.
    virtual Result<std::string> check() = 0;
    // Its name as the system spells it. Error no_such_file_or_directory: there is no such account of this machine's
    // own.
    virtual Result<std::string> find(const std::string& user) = 0;
    // Why the account must stay usable, half a sentence; nothing if it need not: the superuser, accounts of the system,
    // the last administrator who can log in.
    virtual Result<std::optional<std::string>> reason_to_keep(const std::string& user) = 0;
    virtual Result<bool> is_disabled(const std::string& user) = 0;
    // The record to keep before disable(), for restore(): it holds the fields that disable() would change now. Changes
    // nothing.
    virtual Result<AccountRecord> former(const std::string& user) = 0;
    // Whether it is the account that the record is of, and not a later one of the same name.
    virtual Result<bool> is_of(const std::string& user, const AccountRecord& record) = 0;
    // Neither by password nor by key. Sessions that there are stay. Done already is success.
    virtual Result<void> disable(const std::string& user) = 0;
    // Gives the fields that disable() changed their former values. A field that somebody else has changed since then
    // stays as it is.
    virtual Result<void> restore(const std::string& user, const AccountRecord& record) = 0;
};

// Linux: the files of ROOT/etc (empty: /etc). The password is locked with a "!" in front and the account expires, both
// in one replacement of the shadow file under the lock that passwd, usermod and PAM use. Windows: the flag "account is
// disabled"; a root is not_supported.
std::unique_ptr<Accounts> open_accounts(const std::filesystem::path& root);

}  // namespace riposte
