// SPDX-License-Identifier: Apache-2.0
// The calls on accounts that Windows has, apart from what is done with them, so that a test can stand in their place:
// Wine has no working ones. Private to platform/windows.
#pragma once

#include "platform/include/account.h"

#include <memory>
#include <string>
#include <vector>
#include <windows.h>

namespace riposte {

struct StoredUser {
    std::string name;   // as it is spelt there
    std::string sid;    // "S-1-5-21-...-1001"
    DWORD flags = 0;    // UF_...
    DWORD expires = 0;  // seconds since 1970, TIMEQ_FOREVER
};

class UserStore {
  public:
    virtual ~UserStore() = default;
    // Whether flags can be set at all; nothing is changed.
    virtual bool can_change() = 0;
    // Error no_such_file_or_directory: there is no such local account.
    virtual Result<StoredUser> read(const std::string& name) = 0;
    virtual Result<void> set_flags(const std::string& name, DWORD flags) = 0;
    // SIDs of the members of the group Administrators, whatever it is called here; groups among them are left out.
    virtual Result<std::vector<std::string>> administrators() = 0;
    // The local account of that SID; no_such_file_or_directory if it is another domain's.
    virtual Result<StoredUser> read_by_sid(const std::string& sid) = 0;
};

std::unique_ptr<UserStore> system_user_store();

// open_accounts() with this store in place of the system's.
std::unique_ptr<Accounts> accounts_of(std::unique_ptr<UserStore> store);

}  // namespace riposte
