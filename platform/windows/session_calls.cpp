// SPDX-License-Identifier: Apache-2.0
#include "platform/windows/session_calls.h"

#include "platform/windows/call_probe.h"
#include "platform/windows/wide.h"

#include <cstddef>
#include <wtsapi32.h>

namespace riposte {
namespace {

struct WtsFreer {
    void operator()(void* memory) const { ::WTSFreeMemory(memory); }
};
template <class T>
using WtsPointer = std::unique_ptr<T, WtsFreer>;

// From port 0 to port 0 there is none.
DWORD end_impossible_connection() {
    MIB_TCPROW row{};
    row.dwState = MIB_TCP_STATE_DELETE_TCB;
    return ::SetTcpEntry(&row);
}

class SystemSessionCalls final : public SessionCalls {
  public:
    bool can_end_connections() override { return is_real_call(end_impossible_connection); }

    Result<std::vector<MIB_TCPROW>> connections() override {
        ULONG size = 16'384;
        for (;;) {
            std::vector<std::byte> buffer(size);
            auto* const table = reinterpret_cast<MIB_TCPTABLE*>(buffer.data());
            const DWORD code = ::GetTcpTable(table, &size, FALSE);
            // It may have grown since the size was told.
            if (code == ERROR_INSUFFICIENT_BUFFER) continue;
            if (code == ERROR_NO_DATA) return std::vector<MIB_TCPROW>();
            if (code != NO_ERROR) return os_error(code, "list the connections");
            return std::vector<MIB_TCPROW>(table->table, table->table + table->dwNumEntries);
        }
    }

    Result<void> end_connection(const MIB_TCPROW& row) override {
        MIB_TCPROW order = row;
        order.dwState = MIB_TCP_STATE_DELETE_TCB;
        const DWORD code = ::SetTcpEntry(&order);
        return code == NO_ERROR ? Result<void>() : os_error(code, "end a connection");
    }

    Result<std::vector<Login>> logins() override {
        WTS_SESSION_INFOW* listed = nullptr;
        DWORD count = 0;
        if (::WTSEnumerateSessionsW(WTS_CURRENT_SERVER_HANDLE, 0, 1, &listed, &count) == 0)
            return os_error(::GetLastError(), "list the sessions");
        const WtsPointer<WTS_SESSION_INFOW> memory(listed);
        // The services always have one.
        if (count == 0) return failure(std::errc::not_supported, "this system tells no sessions, not even its own");
        std::vector<Login> found;
        for (DWORD i = 0; i < count; ++i) {
            const DWORD session = listed[i].SessionId;
            wchar_t* name = nullptr;
            DWORD bytes = 0;
            if (session == 0 ||
                ::WTSQuerySessionInformationW(WTS_CURRENT_SERVER_HANDLE, session, WTSUserName, &name, &bytes) == 0)
                continue;
            const WtsPointer<wchar_t> name_memory(name);
            if (name != nullptr && *name != L'\0') found.push_back({session, narrow(std::wstring_view(name))});
        }
        return found;
    }

    Result<void> log_off(DWORD session) override {
        constexpr BOOL kWait = TRUE;
        if (::WTSLogoffSession(WTS_CURRENT_SERVER_HANDLE, session, kWait) != 0) return {};
        return os_error(::GetLastError(), "log off session " + std::to_string(session));
    }
};

}  // namespace

std::unique_ptr<SessionCalls> system_session_calls() {
    return std::make_unique<SystemSessionCalls>();
}

}  // namespace riposte
