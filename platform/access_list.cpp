// SPDX-License-Identifier: Apache-2.0
#include "platform/include/access_list.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace riposte {
namespace {

constexpr std::array<std::string_view, 3> kTrusted{
    "S-1-5-18",                                                         // SYSTEM
    "S-1-5-32-544",                                                     // Administrators
    "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"};  // TrustedInstaller
// Stands for the owner, who is looked at anyway.
constexpr std::string_view kOwnerRights = "S-1-3-4";
// Replaced by the creator when an entry is inherited; itself nobody.
constexpr std::string_view kCreatorOwner = "S-1-3-0";
constexpr std::string_view kCreatorGroup = "S-1-3-1";

constexpr std::uint32_t kWriteRights = 0x00000002 |  // write data, add a file
                                       0x00000004 |  // append data, add a directory
                                       0x00000010 |  // write extended attributes
                                       0x00000040 |  // delete what is in a directory
                                       0x00000100 |  // write attributes: also to make it a reparse point
                                       0x00010000 |  // delete
                                       0x00040000 |  // write the list
                                       0x00080000 |  // take ownership
                                       0x02000000 |  // all that can be had
                                       0x10000000 |  // generic all
                                       0x40000000;   // generic write

bool is_trusted(const std::string& sid, const std::string& own_user) {
    return sid == own_user || std::find(kTrusted.begin(), kTrusted.end(), sid) != kTrusted.end();
}

bool lets_nobody_else(const AccessEntry& entry, const std::string& own_user) {
    return entry.inherit_only || (entry.rights & kWriteRights) == 0 || is_trusted(entry.sid, own_user) ||
           entry.sid == kOwnerRights || entry.sid == kCreatorOwner || entry.sid == kCreatorGroup;
}

}  // namespace

std::optional<AccessFault> find_access_fault(const AccessList& list, const std::string& own_user) {
    if (!is_trusted(list.owner, own_user)) return AccessFault{AccessFault::Kind::Owner, list.owner, false};
    if (!list.exists) return AccessFault{AccessFault::Kind::NoList, {}, false};
    for (const AccessEntry& entry : list.entries) {
        if (!lets_nobody_else(entry, own_user)) {
            return AccessFault{AccessFault::Kind::Writer, entry.sid, entry.inherited};
        }
    }
    return std::nullopt;
}

}  // namespace riposte
