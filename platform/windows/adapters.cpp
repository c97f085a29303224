// SPDX-License-Identifier: Apache-2.0
#include "platform/windows/adapters.h"

#include "platform/windows/wide.h"

namespace riposte {

Result<Adapters> list_adapters() {
    constexpr ULONG kFlags =
        GAA_FLAG_INCLUDE_GATEWAYS | GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST | GAA_FLAG_SKIP_DNS_SERVER;
    ULONG size = 16384;
    while (true) {
        Adapters buffer(size);
        auto* first = reinterpret_cast<IP_ADAPTER_ADDRESSES*>(buffer.data());
        const ULONG code = ::GetAdaptersAddresses(AF_UNSPEC, kFlags, nullptr, first, &size);
        if (code == ERROR_SUCCESS) return buffer;
        // No adapter at all, not even the loopback.
        if (code == ERROR_NO_DATA || code == ERROR_ADDRESS_NOT_ASSOCIATED) return Adapters();
        // An adapter may have come since the size was told.
        if (code != ERROR_BUFFER_OVERFLOW) return os_error(code, "list the addresses of this host");
    }
}

const IP_ADAPTER_ADDRESSES* first_adapter(const Adapters& adapters) {
    return adapters.empty() ? nullptr : reinterpret_cast<const IP_ADAPTER_ADDRESSES*>(adapters.data());
}

}  // namespace riposte
