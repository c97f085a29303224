// SPDX-License-Identifier: Apache-2.0
#include "platform/windows/service_handle.h"

#include "platform/windows/wide.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace riposte {

Result<ServiceHandle> open_service_manager(DWORD rights) {
    ServiceHandle manager(::OpenSCManagerW(nullptr, nullptr, rights));
    if (!manager) return os_error(::GetLastError(), "open the service manager");
    return manager;
}

Result<Service> Service::open(const std::string& name, DWORD rights) {
    const auto manager = open_service_manager(SC_MANAGER_CONNECT);
    if (!manager) return manager.error();
    ServiceHandle handle(::OpenServiceW(manager->get(), wide(name).c_str(), rights));
    if (handle) return Service(std::move(handle), name);
    const DWORD code = ::GetLastError();
    if (code == ERROR_SERVICE_DOES_NOT_EXIST)
        return failure(std::errc::no_such_file_or_directory, "find the service " + name);
    return os_error(code, "open the service " + name);
}

Result<SERVICE_STATUS_PROCESS> Service::query() const {
    SERVICE_STATUS_PROCESS status{};
    DWORD needed = 0;
    if (::QueryServiceStatusEx(handle_.get(), SC_STATUS_PROCESS_INFO, reinterpret_cast<BYTE*>(&status), sizeof(status),
                               &needed) == 0) {
        return os_error(::GetLastError(), "query the service " + name_);
    }
    return status;
}

// Waits until the service has left this state, as long as it shows signs of life in the time that it asked for.
Result<SERVICE_STATUS_PROCESS> Service::wait_through(DWORD pending) const {
    using namespace std::chrono_literals;
    constexpr auto kLeast = 30s;
    constexpr auto kPause = 50ms;
    DWORD seen = 0;
    auto end = std::chrono::steady_clock::now() + kLeast;
    while (true) {
        const auto status = query();
        if (!status || status->dwCurrentState != pending) return status;
        const auto now = std::chrono::steady_clock::now();
        if (status->dwCheckPoint != seen) {
            seen = status->dwCheckPoint;
            end = now + std::max<std::chrono::milliseconds>(std::chrono::milliseconds(status->dwWaitHint), kLeast);
        }
        if (now > end) return failure(std::errc::timed_out, "wait for the service " + name_);
        std::this_thread::sleep_for(kPause);
    }
}

DWORD exit_code_of(const SERVICE_STATUS_PROCESS& status) {
    if (status.dwWin32ExitCode == ERROR_SERVICE_NEVER_STARTED) return 0;
    return status.dwWin32ExitCode == ERROR_SERVICE_SPECIFIC_ERROR ? status.dwServiceSpecificExitCode
                                                                  : status.dwWin32ExitCode;
}

Result<void> Service::stop() const {
    // One that is just starting takes no controls.
    if (auto started = wait_through(SERVICE_START_PENDING); !started) return started.error();
    SERVICE_STATUS status{};
    if (::ControlService(handle_.get(), SERVICE_CONTROL_STOP, &status) == 0) {
        const DWORD code = ::GetLastError();
        if (code == ERROR_SERVICE_NOT_ACTIVE) return {};
        // It is stopping already.
        if (code != ERROR_SERVICE_CANNOT_ACCEPT_CTRL) return os_error(code, "stop the service " + name_);
    }
    const auto stopped = wait_through(SERVICE_STOP_PENDING);
    if (!stopped) return stopped.error();
    if (stopped->dwCurrentState != SERVICE_STOPPED) return failure("stop the service " + name_ + ": it still runs");
    return {};
}

Result<void> Service::start() const {
    if (::StartServiceW(handle_.get(), 0, nullptr) == 0) {
        const DWORD code = ::GetLastError();
        if (code != ERROR_SERVICE_ALREADY_RUNNING) return os_error(code, "start the service " + name_);
    }
    const auto started = wait_through(SERVICE_START_PENDING);
    if (!started) return started.error();
    if (started->dwCurrentState == SERVICE_RUNNING) return {};
    return failure("start the service " + name_ + ": it ended with exit code " +
                   std::to_string(exit_code_of(*started)) + "; the Application event log says why");
}

}  // namespace riposte
