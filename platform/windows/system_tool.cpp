// SPDX-License-Identifier: Apache-2.0
#include "platform/windows/system_tool.h"

#include "platform/include/command_line.h"
#include "platform/windows/unique_handle.h"
#include "platform/windows/wide.h"

#include <array>
#include <filesystem>

namespace riposte {
namespace {

constexpr DWORD kLongestRunMs = 20'000;

std::filesystem::path system_directory() {
    std::array<wchar_t, MAX_PATH> path{};
    ::GetSystemDirectoryW(path.data(), static_cast<UINT>(path.size()));
    return path.data();
}

}  // namespace

Result<unsigned long> run_system_tool(const wchar_t* name, const std::vector<std::string>& arguments) {
    const std::filesystem::path program = system_directory() / name;
    std::vector<std::string> words{narrow(program)};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const auto line = c_runtime_command_line(words);
    if (!line) return line.error();
    std::wstring command_line = wide(*line);
    STARTUPINFOW startup{};
    startup.cb = sizeof startup;
    PROCESS_INFORMATION started{};
    if (::CreateProcessW(program.c_str(), command_line.data(), nullptr, nullptr, FALSE, CREATE_NO_WINDOW, nullptr,
                         nullptr, &startup, &started) == 0) {
        const DWORD code = ::GetLastError();
        if (code == ERROR_FILE_NOT_FOUND)
            return failure(std::errc::not_supported, "this system has no " + narrow(program));
        return os_error(code, "start " + narrow(program));
    }
    const UniqueHandle thread(started.hThread);
    const UniqueHandle process(started.hProcess);
    if (::WaitForSingleObject(process.get(), kLongestRunMs) != WAIT_OBJECT_0) {
        ::TerminateProcess(process.get(), 1);
        return failure(std::errc::timed_out, narrow(program) + " was ended");
    }
    DWORD code = 1;
    if (::GetExitCodeProcess(process.get(), &code) == 0)
        return os_error(::GetLastError(), "read the exit code of " + narrow(program));
    return code;
}

}  // namespace riposte
