// SPDX-License-Identifier: Apache-2.0
#include "platform/include/service_control.h"

#include "platform/include/command_line.h"
#include "platform/windows/service_manager.h"
#include "platform/windows/wide.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <thread>
#include <type_traits>
#include <windows.h>

namespace riposte {
namespace {

constexpr const wchar_t* kDisplayName = L"Riposte active responses";
constexpr const wchar_t* kDescription =
    L"Runs the active responses that Wazuh or OSSEC asks for on this computer, and undoes them when their time is "
    L"over.";
constexpr const wchar_t* kEventSource = L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\Riposte";
constexpr DWORD kForgetFailuresAfterS = 24 * 60 * 60;
// Longer than a stop takes: what runs may end by itself, then the ledger is closed.
constexpr DWORD kPreshutdownMs = 40'000;

struct ServiceCloser {
    void operator()(SC_HANDLE handle) const { ::CloseServiceHandle(handle); }
};
using ServiceHandle = std::unique_ptr<std::remove_pointer_t<SC_HANDLE>, ServiceCloser>;

Result<ServiceHandle> open_manager(DWORD rights) {
    ServiceHandle manager(::OpenSCManagerW(nullptr, nullptr, rights));
    if (!manager) return os_error(::GetLastError(), "open the service manager");
    return manager;
}

Result<ServiceHandle> open_service(DWORD rights) {
    const auto manager = open_manager(SC_MANAGER_CONNECT);
    if (!manager) return manager.error();
    ServiceHandle service(::OpenServiceW(manager->get(), kServiceName, rights));
    if (service) return service;
    const DWORD code = ::GetLastError();
    if (code == ERROR_SERVICE_DOES_NOT_EXIST) {
        return failure(std::errc::no_such_file_or_directory, "find the service Riposte");
    }
    return os_error(code, "open the service Riposte");
}

// ---- install ----

Result<std::wstring> own_program() {
    std::wstring path(32768, L'\0');
    const DWORD size = ::GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size()));
    if (size == 0 || size == path.size()) return os_error(::GetLastError(), "find this program's file");
    path.resize(size);
    return path;
}

Result<ServiceHandle> create_service(const std::wstring& command_line) {
    const auto manager = open_manager(SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE);
    if (!manager) return manager.error();
    // Without an account's name it runs as LocalSystem.
    ServiceHandle service(::CreateServiceW(manager->get(), kServiceName, kDisplayName, SERVICE_ALL_ACCESS,
                                           SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START, SERVICE_ERROR_NORMAL,
                                           command_line.c_str(), nullptr, nullptr, nullptr, nullptr, nullptr));
    if (service) return service;
    const DWORD code = ::GetLastError();
    if (code == ERROR_SERVICE_EXISTS) return failure(std::errc::file_exists, "create the service Riposte");
    return os_error(code, "create the service Riposte");
}

void configure(const ServiceHandle& service, DWORD level, void* setting, const char* what,
               std::vector<std::string>& not_taken) {
    if (::ChangeServiceConfig2W(service.get(), level, setting) != 0) return;
    not_taken.push_back(os_error(::GetLastError(), what).text());
}

void configure_all(const ServiceHandle& service, std::vector<std::string>& not_taken) {
    SERVICE_DESCRIPTIONW description{const_cast<wchar_t*>(kDescription)};
    configure(service, SERVICE_CONFIG_DESCRIPTION, &description, "set the service's description", not_taken);
    SERVICE_DELAYED_AUTO_START_INFO delayed{TRUE};
    configure(service, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, &delayed, "delay the service's start", not_taken);
    std::array<SC_ACTION, 3> restarts{SC_ACTION{SC_ACTION_RESTART, 5'000}, SC_ACTION{SC_ACTION_RESTART, 30'000},
                                      SC_ACTION{SC_ACTION_RESTART, 60'000}};
    SERVICE_FAILURE_ACTIONSW failures{kForgetFailuresAfterS, nullptr, nullptr, restarts.size(), restarts.data()};
    configure(service, SERVICE_CONFIG_FAILURE_ACTIONS, &failures, "have the service restarted", not_taken);
    // A service that ends with an exit code has failed as much as one that crashes.
    SERVICE_FAILURE_ACTIONS_FLAG on_any_failure{TRUE};
    configure(service, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &on_any_failure,
              "have the service restarted after an exit code", not_taken);
    SERVICE_PRESHUTDOWN_INFO preshutdown{kPreshutdownMs};
    configure(service, SERVICE_CONFIG_PRESHUTDOWN_INFO, &preshutdown, "have the system's shutdown wait", not_taken);
}

LSTATUS set_value(HKEY key, const wchar_t* name, DWORD type, const void* data, std::size_t size) {
    return ::RegSetValueExW(key, name, 0, type, static_cast<const BYTE*>(data), static_cast<DWORD>(size));
}

// The Event Viewer looks into the program's file for the messages.
void register_event_source(const std::wstring& program, std::vector<std::string>& not_taken) {
    HKEY key = nullptr;
    LSTATUS code =
        ::RegCreateKeyExW(HKEY_LOCAL_MACHINE, kEventSource, 0, nullptr, 0, KEY_SET_VALUE, nullptr, &key, nullptr);
    if (code == ERROR_SUCCESS) {
        const DWORD types = EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE;
        code =
            set_value(key, L"EventMessageFile", REG_EXPAND_SZ, program.c_str(), (program.size() + 1) * sizeof(wchar_t));
        if (code == ERROR_SUCCESS) code = set_value(key, L"TypesSupported", REG_DWORD, &types, sizeof(types));
        ::RegCloseKey(key);
    }
    if (code != ERROR_SUCCESS) {
        not_taken.push_back(os_error(static_cast<DWORD>(code), "register as a source of the event log").text());
    }
}

// ---- start and stop ----

Result<SERVICE_STATUS_PROCESS> query(const ServiceHandle& service) {
    SERVICE_STATUS_PROCESS status{};
    DWORD needed = 0;
    if (::QueryServiceStatusEx(service.get(), SC_STATUS_PROCESS_INFO, reinterpret_cast<BYTE*>(&status), sizeof(status),
                               &needed) == 0) {
        return os_error(::GetLastError(), "query the service Riposte");
    }
    return status;
}

// Waits until the service has left this state, as long as it shows signs of life in the time that it asked for.
Result<SERVICE_STATUS_PROCESS> wait_through(const ServiceHandle& service, DWORD pending) {
    using namespace std::chrono_literals;
    constexpr auto kLeast = 30s;
    constexpr auto kPause = 50ms;
    DWORD seen = 0;
    auto end = std::chrono::steady_clock::now() + kLeast;
    while (true) {
        const auto status = query(service);
        if (!status || status->dwCurrentState != pending) return status;
        const auto now = std::chrono::steady_clock::now();
        if (status->dwCheckPoint != seen) {
            seen = status->dwCheckPoint;
            end = now + std::max<std::chrono::milliseconds>(std::chrono::milliseconds(status->dwWaitHint), kLeast);
        }
        if (now > end) return failure(std::errc::timed_out, "wait for the service Riposte");
        std::this_thread::sleep_for(kPause);
    }
}

DWORD exit_code_of(const SERVICE_STATUS_PROCESS& status) {
    if (status.dwWin32ExitCode == ERROR_SERVICE_NEVER_STARTED) return 0;
    return status.dwWin32ExitCode == ERROR_SERVICE_SPECIFIC_ERROR ? status.dwServiceSpecificExitCode
                                                                  : status.dwWin32ExitCode;
}

Result<void> stop_and_wait(const ServiceHandle& service) {
    // One that is just starting takes no controls.
    if (auto started = wait_through(service, SERVICE_START_PENDING); !started) return started.error();
    SERVICE_STATUS status{};
    if (::ControlService(service.get(), SERVICE_CONTROL_STOP, &status) == 0) {
        const DWORD code = ::GetLastError();
        if (code == ERROR_SERVICE_NOT_ACTIVE) return {};
        // It is stopping already.
        if (code != ERROR_SERVICE_CANNOT_ACCEPT_CTRL) return os_error(code, "stop the service Riposte");
    }
    const auto stopped = wait_through(service, SERVICE_STOP_PENDING);
    if (!stopped) return stopped.error();
    if (stopped->dwCurrentState != SERVICE_STOPPED) return failure("stop the service Riposte: it still runs");
    return {};
}

ServiceStatus::Phase phase_of(DWORD state) {
    switch (state) {
        case SERVICE_STOPPED:
            return ServiceStatus::Phase::Stopped;
        case SERVICE_START_PENDING:
            return ServiceStatus::Phase::Starting;
        case SERVICE_STOP_PENDING:
            return ServiceStatus::Phase::Stopping;
        default:
            return ServiceStatus::Phase::Running;
    }
}

}  // namespace

Result<std::vector<std::string>> install_service(const std::vector<std::string>& arguments) {
    const auto program = own_program();
    if (!program) return program.error();
    std::vector<std::string> words{narrow(std::wstring_view(*program))};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const auto command_line = c_runtime_command_line(words);
    if (!command_line) return command_line.error();
    const auto service = create_service(wide(*command_line));
    if (!service) return service.error();
    std::vector<std::string> not_taken;
    configure_all(*service, not_taken);
    register_event_source(*program, not_taken);
    return not_taken;
}

Result<void> remove_service() {
    const auto service = open_service(SERVICE_STOP | SERVICE_QUERY_STATUS | DELETE);
    if (!service) return service.error();
    if (auto stopped = stop_and_wait(*service); !stopped) return stopped.error();
    if (::DeleteService(service->get()) == 0) return os_error(::GetLastError(), "remove the service Riposte");
    const LSTATUS code = ::RegDeleteTreeW(HKEY_LOCAL_MACHINE, kEventSource);
    if (code != ERROR_SUCCESS && code != ERROR_FILE_NOT_FOUND) {
        return os_error(static_cast<DWORD>(code), "remove the source Riposte of the event log");
    }
    return {};
}

Result<void> start_service() {
    const auto service = open_service(SERVICE_START | SERVICE_QUERY_STATUS);
    if (!service) return service.error();
    if (::StartServiceW(service->get(), 0, nullptr) == 0) {
        const DWORD code = ::GetLastError();
        if (code != ERROR_SERVICE_ALREADY_RUNNING) return os_error(code, "start the service Riposte");
    }
    const auto started = wait_through(*service, SERVICE_START_PENDING);
    if (!started) return started.error();
    if (started->dwCurrentState == SERVICE_RUNNING) return {};
    return failure("start the service Riposte: it ended with exit code " + std::to_string(exit_code_of(*started)) +
                   "; the Application event log says why");
}

Result<void> stop_service() {
    const auto service = open_service(SERVICE_STOP | SERVICE_QUERY_STATUS);
    if (!service) return service.error();
    return stop_and_wait(*service);
}

Result<ServiceStatus> service_status() {
    const auto service = open_service(SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG);
    if (!service && service.error().code == std::errc::no_such_file_or_directory) return ServiceStatus();
    if (!service) return service.error();
    const auto now = query(*service);
    if (!now) return now.error();
    // As much as the call ever needs.
    alignas(QUERY_SERVICE_CONFIGW) std::array<BYTE, 8192> buffer{};
    auto* config = reinterpret_cast<QUERY_SERVICE_CONFIGW*>(buffer.data());
    DWORD needed = 0;
    if (::QueryServiceConfigW(service->get(), config, static_cast<DWORD>(buffer.size()), &needed) == 0) {
        return os_error(::GetLastError(), "query the service Riposte");
    }
    ServiceStatus status;
    status.phase = phase_of(now->dwCurrentState);
    status.pid = now->dwProcessId;
    if (status.phase == ServiceStatus::Phase::Stopped) status.exit_code = static_cast<int>(exit_code_of(*now));
    status.command_line = narrow(std::wstring_view(config->lpBinaryPathName));
    status.starts_by_itself = config->dwStartType == SERVICE_AUTO_START;
    return status;
}

}  // namespace riposte
