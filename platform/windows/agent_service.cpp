// SPDX-License-Identifier: Apache-2.0
#include "platform/include/agent_service.h"

#include "platform/agent_restart.h"
#include "platform/include/command_line.h"
#include "platform/include/paths.h"
#include "platform/windows/service_handle.h"
#include "platform/windows/unique_handle.h"
#include "platform/windows/wide.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace riposte {
namespace {

constexpr std::array<std::string_view, 2> kServices{"WazuhSvc", "OssecSvc"};
constexpr DWORD kRestartRights = SERVICE_START | SERVICE_STOP | SERVICE_QUERY_STATUS;

Result<std::string> find_service(AgentKind kind, DWORD rights) {
    auto names = kServices;
    if (kind == AgentKind::Ossec) std::ranges::reverse(names);
    for (const std::string_view name : names) {
        const auto service = Service::open(std::string(name), rights);
        if (service) return std::string(name);
        if (service.error().code != std::errc::no_such_file_or_directory) return service.error();
    }
    return failure(std::errc::not_supported, "there is no agent here: neither the service WazuhSvc nor OssecSvc");
}

Result<void> restart(const std::string& name) {
    const auto service = Service::open(name, kRestartRights);
    if (!service) return service.error();
    if (auto stopped = service->stop(); !stopped) return stopped;
    return service->start();
}

// Nothing of this process is inherited, so that nobody waits for it at the end of a pipe. Out of the job if that lets
// it go, since the job may end with the service.
Result<void> start_detached(const std::vector<std::string>& words) {
    const auto line = c_runtime_command_line(words);
    if (!line) return line.error();
    const std::wstring program = wide(words.front());
    STARTUPINFOW startup{};
    startup.cb = sizeof startup;
    DWORD code = NO_ERROR;
    for (const DWORD leave : {static_cast<DWORD>(CREATE_BREAKAWAY_FROM_JOB), DWORD{0}}) {
        std::wstring command_line = wide(*line);
        PROCESS_INFORMATION started{};
        const DWORD flags = DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP | leave;
        if (::CreateProcessW(program.c_str(), command_line.data(), nullptr, nullptr, FALSE, flags, nullptr, nullptr,
                             &startup, &started) != 0) {
            const UniqueHandle thread(started.hThread);
            const UniqueHandle process(started.hProcess);
            return {};
        }
        code = ::GetLastError();
        if (code != ERROR_ACCESS_DENIED) break;
    }
    return os_error(code, "start " + words.front());
}

}  // namespace

Result<std::string> find_agent_service(AgentKind kind, const AgentPlaces& /*places*/) {
    const auto name = find_service(kind, SERVICE_QUERY_STATUS);
    if (!name) return name.error();
    return "the service " + *name;
}

Result<std::string> restart_agent_service(AgentKind kind, const AgentPlaces& /*places*/) {
    // With the rights that the restart will need, so that their lack is told here.
    const auto name = find_service(kind, kRestartRights);
    if (!name) return name.error();
    const auto program = own_program();
    if (!program) return program.error();
    if (const auto started = start_detached({narrow(*program), std::string(kContinueRestart), *name}); !started)
        return started.error();
    return "a process of its own restarts the service " + *name;
}

std::optional<Result<std::string>> continue_restart(const std::vector<std::string>& arguments) {
    if (arguments.size() != 2 || arguments.front() != kContinueRestart) return std::nullopt;
    const std::string& name = arguments.back();
    if (std::ranges::find(kServices, name) == kServices.end()) return std::nullopt;
    const auto done = try_three_times([&] { return restart(name); });
    if (!done) return done.error();
    return "restarted the service " + name;
}

}  // namespace riposte
