// SPDX-License-Identifier: Apache-2.0
// A service that does nothing but note its starts and stops in the file that is its only argument. A start fails if
// there is a file of that name with ".fail" behind it, which is removed.
#include <string>
#include <string_view>
#include <windows.h>

namespace {

const wchar_t* file = nullptr;
HANDLE stopped = nullptr;
SERVICE_STATUS_HANDLE handle = nullptr;

void note(std::string_view line) {
    const HANDLE log = ::CreateFileW(file, FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr, OPEN_ALWAYS,
                                     FILE_ATTRIBUTE_NORMAL, nullptr);
    DWORD written = 0;
    ::WriteFile(log, line.data(), static_cast<DWORD>(line.size()), &written, nullptr);
    ::CloseHandle(log);
}

void tell(DWORD state) {
    SERVICE_STATUS status{};
    status.dwServiceType = SERVICE_WIN32_OWN_PROCESS;
    status.dwCurrentState = state;
    status.dwControlsAccepted = state == SERVICE_RUNNING ? SERVICE_ACCEPT_STOP : 0;
    ::SetServiceStatus(handle, &status);
}

DWORD WINAPI control(DWORD code, DWORD, void*, void*) {
    if (code == SERVICE_CONTROL_STOP) {
        tell(SERVICE_STOP_PENDING);
        ::SetEvent(stopped);
    }
    return NO_ERROR;
}

void WINAPI serve(DWORD, wchar_t**) {
    handle = ::RegisterServiceCtrlHandlerExW(L"", control, nullptr);
    if (::DeleteFileW((std::wstring(file) + L".fail").c_str()) != 0) {
        note("fail\n");
        tell(SERVICE_STOPPED);
        return;
    }
    note("start\n");
    tell(SERVICE_RUNNING);
    ::WaitForSingleObject(stopped, INFINITE);
    note("stop\n");
    tell(SERVICE_STOPPED);
}

}  // namespace

int wmain(int argc, wchar_t** argv) {
    if (argc != 2) return 2;
    file = argv[1];
    stopped = ::CreateEventW(nullptr, TRUE, FALSE, nullptr);
    wchar_t name[] = L"";
    const SERVICE_TABLE_ENTRYW table[] = {{name, serve}, {nullptr, nullptr}};
    return ::StartServiceCtrlDispatcherW(table) != 0 ? 0 : 1;
}
