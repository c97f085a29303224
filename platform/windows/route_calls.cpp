// SPDX-License-Identifier: Apache-2.0
#include "platform/windows/route_calls.h"

#include "platform/windows/adapters.h"
#include "platform/windows/call_probe.h"
#include "platform/windows/system_tool.h"
#include "platform/windows/wide.h"

#include <ipifcons.h>

namespace riposte {
namespace {

struct TableFreer {
    void operator()(MIB_IPFORWARD_TABLE2* table) const { ::FreeMibTable(table); }
};

// A route that leads nowhere, over no interface.
MIB_IPFORWARD_ROW2 impossible_route() {
    MIB_IPFORWARD_ROW2 row;
    ::InitializeIpForwardEntry(&row);
    return row;
}

DWORD add_impossible_route() {
    const MIB_IPFORWARD_ROW2 row = impossible_route();
    return ::CreateIpForwardEntry2(&row);
}

DWORD remove_impossible_route() {
    const MIB_IPFORWARD_ROW2 row = impossible_route();
    return ::DeleteIpForwardEntry2(&row);
}

class SystemRouteCalls final : public RouteCalls {
  public:
    bool can_change() override { return is_real_call(add_impossible_route) && is_real_call(remove_impossible_route); }

    Result<NET_LUID> loopback(ADDRESS_FAMILY family) override {
        const auto adapters = list_adapters();
        if (!adapters) return adapters.error();
        for (const auto* each = first_adapter(*adapters); each != nullptr; each = each->Next) {
            const DWORD index = family == AF_INET ? each->IfIndex : each->Ipv6IfIndex;
            if (each->IfType == IF_TYPE_SOFTWARE_LOOPBACK && index != 0) return each->Luid;
        }
        return failure(std::errc::not_supported,
                       family == AF_INET ? "no loopback interface has IPv4" : "no loopback interface has IPv6");
    }

    Result<std::vector<MIB_IPFORWARD_ROW2>> routes(ADDRESS_FAMILY family) override {
        MIB_IPFORWARD_TABLE2* table = nullptr;
        const DWORD code = ::GetIpForwardTable2(family, &table);
        if (code == ERROR_NOT_FOUND) return std::vector<MIB_IPFORWARD_ROW2>();
        if (code != NO_ERROR) return os_error(code, "read the routes");
        const std::unique_ptr<MIB_IPFORWARD_TABLE2, TableFreer> owner(table);
        const MIB_IPFORWARD_ROW2* const first = table->Table;
        return std::vector<MIB_IPFORWARD_ROW2>(first, first + table->NumEntries);
    }

    Result<void> add(const MIB_IPFORWARD_ROW2& row) override {
        MIB_IPFORWARD_ROW2 order;
        ::InitializeIpForwardEntry(&order);
        order.InterfaceLuid = row.InterfaceLuid;
        order.DestinationPrefix = row.DestinationPrefix;
        order.NextHop = row.NextHop;
        order.Metric = row.Metric;
        order.Protocol = row.Protocol;
        const DWORD code = ::CreateIpForwardEntry2(&order);
        if (code == ERROR_OBJECT_ALREADY_EXISTS) return failure(std::errc::file_exists, "add a route");
        return code == NO_ERROR ? Result<void>() : os_error(code, "add a route");
    }

    Result<void> remove(const MIB_IPFORWARD_ROW2& row) override {
        const DWORD code = ::DeleteIpForwardEntry2(&row);
        return code == NO_ERROR || code == ERROR_NOT_FOUND ? Result<void>() : os_error(code, "remove a route");
    }

    Result<void> add_for_good(const MIB_IPFORWARD_ROW2& row, const std::string& prefix) override {
        return run_netsh("add", row, prefix, {"metric=" + std::to_string(row.Metric)});
    }

    Result<void> remove_for_good(const MIB_IPFORWARD_ROW2& row, const std::string& prefix) override {
        return run_netsh("delete", row, prefix, {});
    }

  private:
    // The words are in no language but netsh's own; of its answer only the exit code is read.
    static Result<void> run_netsh(const std::string& verb, const MIB_IPFORWARD_ROW2& row, const std::string& prefix,
                                  const std::vector<std::string>& more) {
        NET_IFINDEX index = 0;
        if (const DWORD code = ::ConvertInterfaceLuidToIndex(&row.InterfaceLuid, &index); code != NO_ERROR)
            return os_error(code, "find the loopback interface");
        const bool is_v6 = row.DestinationPrefix.Prefix.si_family == AF_INET6;
        std::vector<std::string> words{"interface",
                                       is_v6 ? "ipv6" : "ipv4",
                                       verb,
                                       "route",
                                       "prefix=" + prefix,
                                       "interface=" + std::to_string(index),
                                       std::string("nexthop=") + (is_v6 ? "::" : "0.0.0.0"),
                                       "store=persistent"};
        words.insert(words.end(), more.begin(), more.end());
        const auto code = run_system_tool(L"netsh.exe", words);
        if (!code) return code.error();
        if (*code == 0) return {};
        return failure("netsh interface " + words[1] + " " + verb + " route " + prefix + ": exit code " +
                       std::to_string(*code));
    }
};

}  // namespace

std::unique_ptr<RouteCalls> system_route_calls() {
    return std::make_unique<SystemRouteCalls>();
}

}  // namespace riposte
