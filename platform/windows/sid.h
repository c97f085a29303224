// SPDX-License-Identifier: Apache-2.0
// Security identifiers: who owns and who may. Private to platform/windows.
#pragma once

#include "platform/include/result.h"

#include <string>
#include <vector>
#include <windows.h>

namespace riposte {

// A copy of a SID that owns its bytes; never empty.
class Sid {
  public:
    // `sid` is valid.
    explicit Sid(PSID sid);
    static Sid well_known(WELL_KNOWN_SID_TYPE type);

    PSID get() const { return const_cast<unsigned char*>(bytes_.data()); }
    bool operator==(const Sid& other) const { return ::EqualSid(get(), other.get()) != 0; }
    // "S-1-5-18".
    std::string text() const;
    // The account's name as this machine has it, in its language; empty if it has none.
    std::string account_name() const;

  private:
    std::vector<unsigned char> bytes_;
};

// The user that this process runs as.
Result<Sid> own_user();
// True if the rights of an administrator are in force in this process: SYSTEM, or elevated.
bool is_administrator();

}  // namespace riposte
