// SPDX-License-Identifier: Apache-2.0
// Facts that this host knows about itself: the addresses and accounts that no response may ever act on, and the
// description that managers show.
#pragma once

#include "platform/include/result.h"

#include <string>
#include <vector>

namespace riposte {

// Addresses as text, IPv4 or IPv6 without zone. Asked afresh each time; costs well under a millisecond.
struct HostAddresses {
    std::vector<std::string> own;
    std::vector<std::string> default_gateways;
};
Result<HostAddresses> host_addresses();

// The description of this host with the fields that managers list. UTF-8; a field is empty where the system does not
// tell it.
struct HostSystem {
    std::string family;                     // "Linux", "Windows"
    std::string name;                       // of the host, without its domain
    std::string release, version, machine;  // of the kernel: "6.1.0-18-amd64", "#1 SMP ...", "x86_64"
    // Of what is built on it: "Debian GNU/Linux", "debian", "12", "bookworm"; "Microsoft Windows 10 Pro", "windows",
    // "10.0.19045.1234", "".
    std::string product, product_id, product_version, codename;
};
HostSystem host_system();

// Accounts that must never be acted on. Linux: root and every other name of user id 0. Windows: SYSTEM, Administrator
// and the account of relative id 500 under its local name.
std::vector<std::string> host_administrators();

// Linux: names differ by case. Windows: they do not.
bool user_names_equal(const std::string& left, const std::string& right);

}  // namespace riposte
