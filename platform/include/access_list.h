// SPDX-License-Identifier: Apache-2.0
// Decides from a Windows access list whether a file can be trusted. Plain text work, the same on every system.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace riposte {

// One entry that allows something. Entries that deny are left out: who may write after a denial still may in another
// group's name, so a denial never makes an unsafe list safe.
struct AccessEntry {
    std::string sid;           // "S-1-5-18"
    std::uint32_t rights = 0;  // an access mask
    bool inherited = false;
    // Counts for what will be created below only, not for the object itself.
    bool inherit_only = false;
};

struct AccessList {
    std::string owner;
    // No list at all: everybody may do everything. (An empty list: nobody may.)
    bool exists = true;
    std::vector<AccessEntry> entries;
};

// A reason not to trust the object. Owner: its owner is not a trusted user. Writer: an entry lets a user
// who is not trusted change it. NoList: it has no list, so everybody can change it.
struct AccessFault {
    enum class Kind { Owner, Writer, NoList };
    Kind kind = Kind::Owner;
    std::string sid;         // of the owner or writer
    bool inherited = false;  // the writer's entry
};

// Trusted are SYSTEM, Administrators, TrustedInstaller and `own_user`, the user that Riposte runs as. All rights count
// by which content, name, attributes, list or owner can be changed, also as generic rights; those of inherited entries
// too. The first fault in the list.
std::optional<AccessFault> find_access_fault(const AccessList& list, const std::string& own_user);

}  // namespace riposte
