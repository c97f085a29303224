// SPDX-License-Identifier: Apache-2.0
#include "platform/include/service_control.h"

#include "platform/include/command_line.h"
#include "platform/include/paths.h"
#include "platform/windows/service_handle.h"
#include "platform/windows/service_manager.h"
#include "platform/windows/wide.h"

#include <array>
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

Result<Service> open_riposte(DWORD rights) {
    return Service::open(narrow(std::wstring_view(kServiceName)), rights);
}

// ---- install ----

Result<ServiceHandle> create_service(const std::wstring& command_line) {
    const auto manager = open_service_manager(SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE);
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
    std::vector<std::string> words{narrow(*program)};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const auto command_line = c_runtime_command_line(words);
    if (!command_line) return command_line.error();
    const auto service = create_service(wide(*command_line));
    if (!service) return service.error();
    std::vector<std::string> not_taken;
    configure_all(*service, not_taken);
    register_event_source(program->native(), not_taken);
    return not_taken;
}

Result<void> remove_service() {
    const auto service = open_riposte(SERVICE_STOP | SERVICE_QUERY_STATUS | DELETE);
    if (!service) return service.error();
    if (auto stopped = service->stop(); !stopped) return stopped.error();
    if (::DeleteService(service->get()) == 0) return os_error(::GetLastError(), "remove the service Riposte");
    const LSTATUS code = ::RegDeleteTreeW(HKEY_LOCAL_MACHINE, kEventSource);
    if (code != ERROR_SUCCESS && code != ERROR_FILE_NOT_FOUND) {
        return os_error(static_cast<DWORD>(code), "remove the source Riposte of the event log");
    }
    return {};
}

Result<void> start_service() {
    const auto service = open_riposte(SERVICE_START | SERVICE_QUERY_STATUS);
    return service ? service->start() : service.error();
}

Result<void> stop_service() {
    const auto service = open_riposte(SERVICE_STOP | SERVICE_QUERY_STATUS);
    return service ? service->stop() : service.error();
}

Result<ServiceStatus> service_status() {
    const auto service = open_riposte(SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG);
    if (!service && service.error().code == std::errc::no_such_file_or_directory) return ServiceStatus();
    if (!service) return service.error();
    const auto now = service->query();
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
