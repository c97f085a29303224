// SPDX-License-Identifier: Apache-2.0
#include "platform/windows/start_process.h"

#include "platform/include/command_line.h"
#include "platform/windows/console.h"
#include "platform/windows/executable_kind.h"
#include "platform/windows/wide.h"

#include <algorithm>
#include <cstddef>

namespace riposte {
namespace {

// The file that CreateProcess runs, and its command line.
struct Line {
    std::wstring program;
    std::wstring text;
};

// From the system, not from an environment that may say otherwise.
std::string in_system_directory(const char* name) {
    std::array<wchar_t, MAX_PATH> buffer{};
    const UINT size = ::GetSystemDirectoryW(buffer.data(), static_cast<UINT>(buffer.size()));
    return narrow(std::wstring_view(buffer.data(), size)) + name;
}

Result<Line> make_line(const SpawnRequest& request) {
    const std::string& path = request.executable->path();
    std::string program = path;
    Result<std::string> line =
        failure(std::errc::executable_format_error, "run " + path +
                                                        " (of what can be run, its name ends with .exe, .cmd, .bat or "
                                                        ".ps1)");
    const auto rest = request.arguments.begin() + (request.arguments.empty() ? 0 : 1);
    const std::vector<std::string> arguments(rest, request.arguments.end());
    switch (executable_kind(path)) {
        case ExecutableKind::Program:
            line = c_runtime_command_line(request.arguments);
            break;
        case ExecutableKind::Batch:
            program = in_system_directory("\\cmd.exe");
            line = batch_command_line(program, path, arguments);
            break;
        case ExecutableKind::PowerShell:
            program = in_system_directory("\\WindowsPowerShell\\v1.0\\powershell.exe");
            line = powershell_command_line(program, path, arguments);
            break;
        case ExecutableKind::None:
            return line.error();
    }
    if (!line) return Error{line.error().code, "run " + path + ": " + line.error().what};
    auto text = exactly_wide(*line);
    if (!text) return failure(std::errc::invalid_argument, "run " + path + " with an argument that is not UTF-8");
    return Line{wide(program), std::move(*text)};
}

bool comes_before(const std::wstring& left, const std::wstring& right) {
    return ::CompareStringOrdinal(left.data(), static_cast<int>(left.size()), right.data(),
                                  static_cast<int>(right.size()), TRUE) == CSTR_LESS_THAN;
}

// Sorted by name, as Windows wants it; two zeros at the end also if it is empty.
Result<std::wstring> environment_block(const SpawnRequest& request) {
    std::vector<std::wstring> entries;
    for (const std::string& entry : request.environment) {
        const auto text = exactly_wide(entry);
        if (!text) return failure(std::errc::invalid_argument, "give a child an environment that is not UTF-8");
        entries.push_back(*text);
    }
    std::sort(entries.begin(), entries.end(), comes_before);
    std::wstring block;
    for (const std::wstring& entry : entries) block += entry + L'\0';
    return block.append(entries.empty() ? 2 : 1, L'\0');
}

// The list of the handles that are inherited. It points to them, so they live longer.
class HandleList {
  public:
    explicit HandleList(const std::array<HANDLE, 3>& handles) {
        SIZE_T size = 0;
        ::InitializeProcThreadAttributeList(nullptr, 1, 0, &size);
        memory_.resize(size);
        if (::InitializeProcThreadAttributeList(get(), 1, 0, &size) == 0) return;
        initialized_ = true;
        complete_ =
            ::UpdateProcThreadAttribute(get(), 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST,
                                        const_cast<HANDLE*>(handles.data()), sizeof(handles), nullptr, nullptr) != 0;
    }
    ~HandleList() {
        if (initialized_) ::DeleteProcThreadAttributeList(get());
    }
    HandleList(const HandleList&) = delete;
    HandleList& operator=(const HandleList&) = delete;

    explicit operator bool() const { return complete_; }
    LPPROC_THREAD_ATTRIBUTE_LIST get() { return reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(memory_.data()); }

  private:
    std::vector<std::byte> memory_;
    bool initialized_ = false;
    bool complete_ = false;
};

// The reason why the process was not created. Windows' own error for a bad working directory does not name the
// directory, so it is checked here.
Error creation_error(DWORD code, const SpawnRequest& request) {
    const DWORD attributes = ::GetFileAttributesW(wide(request.working_directory).c_str());
    const DWORD directory_code = attributes == INVALID_FILE_ATTRIBUTES          ? ::GetLastError()
                                 : (attributes & FILE_ATTRIBUTE_DIRECTORY) == 0 ? ERROR_DIRECTORY
                                                                                : ERROR_SUCCESS;
    const std::string& path = request.executable->path();
    if (directory_code != ERROR_SUCCESS) {
        return os_error(directory_code, "enter " + request.working_directory + " for " + path);
    }
    const bool no_interpreter = request.executable->is_script() && code == ERROR_FILE_NOT_FOUND;
    return os_error(code, "run " + path + (no_interpreter ? " (is its interpreter installed?)" : ""));
}

bool holds_nul(const std::vector<std::string>& texts) {
    return std::any_of(texts.begin(), texts.end(),
                       [](const std::string& text) { return text.find('\0') != std::string::npos; });
}

// Created suspended: it has not run one instruction.
Result<PROCESS_INFORMATION> create_suspended(const SpawnRequest& request, const std::array<HANDLE, 3>& handles) {
    auto line = make_line(request);
    if (!line) return line.error();
    auto environment = environment_block(request);
    if (!environment) return environment.error();
    const std::wstring directory = wide(request.working_directory);
    HandleList inherited(handles);
    if (!inherited) return os_error(::GetLastError(), "list a child's handles");

    STARTUPINFOEXW startup{};
    startup.StartupInfo.cb = sizeof(startup);
    startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
    startup.StartupInfo.hStdInput = handles[0];
    startup.StartupInfo.hStdOutput = handles[1];
    startup.StartupInfo.hStdError = handles[2];
    startup.lpAttributeList = inherited.get();
    constexpr DWORD kFlags =
        CREATE_SUSPENDED | CREATE_NEW_PROCESS_GROUP | CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT;
    PROCESS_INFORMATION created{};
    if (::CreateProcessW(line->program.c_str(), line->text.data(), nullptr, nullptr, TRUE, kFlags, environment->data(),
                         directory.c_str(), &startup.StartupInfo, &created) == 0) {
        return creation_error(::GetLastError(), request);
    }
    return created;
}

}  // namespace

Result<StartedProcess> start_process(const SpawnRequest& request, const std::array<HANDLE, 3>& handles) {
    if (holds_nul(request.arguments) || holds_nul(request.environment)) {
        return failure(std::errc::invalid_argument,
                       "run " + request.executable->path() + " with a NUL byte in an argument");
    }
    ensure_console();
    auto job = Job::create();
    if (!job) return job.error();
    const auto created = create_suspended(request, handles);
    if (!created) return created.error();
    const UniqueHandle thread(created->hThread);
    StartedProcess started{UniqueHandle(created->hProcess), created->dwProcessId, std::move(*job)};
    if (const auto added = started.job.add(started.process.get()); !added) {
        ::TerminateProcess(started.process.get(), 1);
        return added.error();
    }
    if (::ResumeThread(thread.get()) == static_cast<DWORD>(-1)) {
        return os_error(::GetLastError(), "start " + request.executable->path());
    }
    return started;
}

std::uint64_t creation_time(HANDLE process) {
    FILETIME created{};
    FILETIME exited{};
    FILETIME kernel{};
    FILETIME user{};
    if (::GetProcessTimes(process, &created, &exited, &kernel, &user) == 0) return 0;
    return (std::uint64_t{created.dwHighDateTime} << 32U) | created.dwLowDateTime;
}

}  // namespace riposte
