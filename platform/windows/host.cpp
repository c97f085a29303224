// SPDX-License-Identifier: Apache-2.0
#include "platform/include/host.h"

#include "platform/windows/adapters.h"
#include "platform/windows/ip_helper.h"
#include "platform/windows/sid.h"
#include "platform/windows/wide.h"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <ntsecapi.h>

namespace riposte {
namespace {

namespace ip = boost::asio::ip;

void add_once(std::vector<std::string>& list, const std::string& item) {
    if (!item.empty() && std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
}

// Empty for a family that is no IP.
std::string address_text(const SOCKET_ADDRESS& address) {
    if (address.lpSockaddr == nullptr) return {};
    if (address.lpSockaddr->sa_family == AF_INET) {
        const auto& socket = reinterpret_cast<const sockaddr_in&>(*address.lpSockaddr);
        ip::address_v4::bytes_type bytes;
        std::memcpy(bytes.data(), &socket.sin_addr, bytes.size());
        return ip::address_v4(bytes).to_string();
    }
    if (address.lpSockaddr->sa_family == AF_INET6) {
        const auto& socket = reinterpret_cast<const sockaddr_in6&>(*address.lpSockaddr);
        ip::address_v6::bytes_type bytes;
        std::memcpy(bytes.data(), &socket.sin6_addr, bytes.size());
        return ip::address_v6(bytes).to_string();
    }
    return {};
}

struct LsaFreer {
    void operator()(void* memory) const { ::LsaFreeMemory(memory); }
};
struct LsaCloser {
    void operator()(void* policy) const { ::LsaClose(policy); }
};

// The administrator's account that every Windows is installed with: relative id 500 in the machine's own accounts (a
// domain controller's: the domain's). It may have any name.
std::string first_administrator() {
    LSA_OBJECT_ATTRIBUTES attributes{};
    LSA_HANDLE opened = nullptr;
    if (::LsaOpenPolicy(nullptr, &attributes, POLICY_VIEW_LOCAL_INFORMATION, &opened) != 0) return {};
    const std::unique_ptr<void, LsaCloser> policy(opened);
    void* queried = nullptr;
    if (::LsaQueryInformationPolicy(policy.get(), PolicyAccountDomainInformation, &queried) != 0) return {};
    const std::unique_ptr<void, LsaFreer> information(queried);
    const PSID domain = static_cast<const POLICY_ACCOUNT_DOMAIN_INFO*>(information.get())->DomainSid;
    if (domain == nullptr || ::IsValidSid(domain) == 0) return {};
    std::array<unsigned char, SECURITY_MAX_SID_SIZE> bytes{};
    const UCHAR count = *::GetSidSubAuthorityCount(domain);
    if (::GetSidLengthRequired(count + 1) > bytes.size()) return {};
    ::InitializeSid(bytes.data(), ::GetSidIdentifierAuthority(domain), count + 1);
    for (DWORD index = 0; index < count; ++index) {
        *::GetSidSubAuthority(bytes.data(), index) = *::GetSidSubAuthority(domain, index);
    }
    *::GetSidSubAuthority(bytes.data(), count) = DOMAIN_USER_RID_ADMIN;
    return Sid(bytes.data()).account_name();
}

}  // namespace

Result<HostAddresses> host_addresses() {
    const auto adapters = list_adapters();
    if (!adapters) return adapters.error();
    HostAddresses found;
    const auto* adapter = first_adapter(*adapters);
    for (; adapter != nullptr; adapter = adapter->Next) {
        for (const auto* own = adapter->FirstUnicastAddress; own != nullptr; own = own->Next) {
            add_once(found.own, address_text(own->Address));
        }
        for (const auto* gateway = adapter->FirstGatewayAddress; gateway != nullptr; gateway = gateway->Next) {
            add_once(found.default_gateways, address_text(gateway->Address));
        }
    }
    return found;
}

std::vector<std::string> host_administrators() {
    // The English names too: they are what rules and people write, whatever this machine's language.
    std::vector<std::string> names{"SYSTEM", "Administrator"};
    add_once(names, Sid::well_known(WinLocalSystemSid).account_name());
    add_once(names, first_administrator());
    return names;
}

bool user_names_equal(const std::string& left, const std::string& right) {
    const std::wstring first = wide(left);
    const std::wstring second = wide(right);
    return ::CompareStringOrdinal(first.c_str(), static_cast<int>(first.size()), second.c_str(),
                                  static_cast<int>(second.size()), TRUE) == CSTR_EQUAL;
}

}  // namespace riposte
