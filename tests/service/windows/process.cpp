// SPDX-License-Identifier: Apache-2.0
#include "tests/service/process.h"

#include "platform/include/command_line.h"
#include "platform/include/endpoint.h"
#include "platform/include/paths.h"
#include "platform/windows/console.h"
#include "platform/windows/unique_handle.h"
#include "platform/windows/wide.h"
#include "tests/support/os.h"
#include "tests/support/windows/inherited_file.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>
#include <windows.h>

namespace riposte::testing {

namespace fs = std::filesystem;

const std::chrono::milliseconds kStartTakes{1500};

namespace {

// Ends its processes when the last handle goes, so with the test program.
HANDLE job_of_this_program() {
    static const HANDLE job = [] {
        HANDLE made = ::CreateJobObjectW(nullptr, nullptr);
        JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits{};
        limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
        ::SetInformationJobObject(made, JobObjectExtendedLimitInformation, &limits, sizeof limits);
        return made;
    }();
    return job;
}

std::map<std::int64_t, UniqueHandle>& processes() {
    static std::map<std::int64_t, UniqueHandle> all;
    return all;
}

// The handles that a child inherits.
class HandleList {
  public:
    explicit HandleList(std::array<HANDLE, 3>& handles) {
        SIZE_T size = 0;
        ::InitializeProcThreadAttributeList(nullptr, 1, 0, &size);
        memory_.resize(size);
        ::InitializeProcThreadAttributeList(get(), 1, 0, &size);
        if (!::UpdateProcThreadAttribute(get(), 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handles.data(), sizeof handles,
                                         nullptr, nullptr)) {
            throw std::runtime_error("list the handles of a child");
        }
    }
    ~HandleList() { ::DeleteProcThreadAttributeList(get()); }
    HandleList(const HandleList&) = delete;
    HandleList& operator=(const HandleList&) = delete;
    LPPROC_THREAD_ATTRIBUTE_LIST get() const {
        return reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(const_cast<char*>(memory_.data()));
    }

  private:
    std::vector<char> memory_;
};

// This process's variables as a program is given them, with those of Riposte exchanged.
std::wstring environment_block(const std::vector<std::string>& more) {
    std::wstring block;
    wchar_t* const all = ::GetEnvironmentStringsW();
    for (const wchar_t* entry = all; *entry != L'\0'; entry += std::wcslen(entry) + 1) {
        if (!std::wstring_view(entry).starts_with(L"RIPOSTE_")) block.append(entry, std::wcslen(entry) + 1);
    }
    ::FreeEnvironmentStringsW(all);
    for (const std::string& entry : more) block += wide(entry) + L'\0';
    return block + L'\0';
}

}  // namespace

std::int64_t start_process(const Start& what) {
    // Only processes on one's own console can be asked to end.
    ensure_console();
    const auto line = c_runtime_command_line(what.arguments);
    if (!line) throw std::runtime_error(line.error().text());
    const UniqueHandle input = test::open_inherited(what.input, GENERIC_READ, OPEN_EXISTING);
    const UniqueHandle output = test::open_inherited(what.output, FILE_APPEND_DATA, OPEN_ALWAYS);
    const UniqueHandle errors = test::open_inherited(what.errors, FILE_APPEND_DATA, OPEN_ALWAYS);
    // These and no others: what else this test program has open, such as a manager's sockets, is not the service's.
    std::array<HANDLE, 3> standard{input.get(), output.get(), errors.get()};
    const HandleList inherited(standard);
    STARTUPINFOEXW startup{};
    startup.StartupInfo.cb = sizeof startup;
    startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
    startup.StartupInfo.hStdInput = input.get();
    startup.StartupInfo.hStdOutput = output.get();
    startup.StartupInfo.hStdError = errors.get();
    startup.lpAttributeList = inherited.get();
    std::wstring text = wide(*line);
    std::wstring environment = environment_block(what.environment);
    PROCESS_INFORMATION info{};
    constexpr DWORD kFlags =
        CREATE_UNICODE_ENVIRONMENT | CREATE_SUSPENDED | CREATE_NEW_PROCESS_GROUP | EXTENDED_STARTUPINFO_PRESENT;
    if (!::CreateProcessW(nullptr, text.data(), nullptr, nullptr, TRUE, kFlags, environment.data(), nullptr,
                          &startup.StartupInfo, &info)) {
        throw std::runtime_error("start " + what.arguments[0] + ": " + std::to_string(::GetLastError()));
    }
    const UniqueHandle thread(info.hThread);
    processes()[info.dwProcessId] = UniqueHandle(info.hProcess);
    ::AssignProcessToJobObject(job_of_this_program(), info.hProcess);
    ::ResumeThread(info.hThread);
    return info.dwProcessId;
}

std::optional<int> ended(std::int64_t id) {
    const auto found = processes().find(id);
    if (found == processes().end()) return std::nullopt;
    DWORD code = 0;
    if (::WaitForSingleObject(found->second.get(), 0) != WAIT_OBJECT_0) return std::nullopt;
    ::GetExitCodeProcess(found->second.get(), &code);
    processes().erase(found);
    return static_cast<int>(code) == test::kEndedAtOnce ? kKilled : static_cast<int>(code);
}

void kill_process(std::int64_t id) {
    test::end_process(id);
}

bool takes_requests_to_stop() {
    return ::GetProcAddress(::GetModuleHandleW(L"ntdll.dll"), "wine_get_version") == nullptr;
}

void ask_to_stop(std::int64_t id) {
    if (!send_break(static_cast<DWORD>(id)))
        throw std::runtime_error("Ctrl-Break: " + std::to_string(::GetLastError()));
}

// They are in a job of the service's, and end with it.
void kill_processes_in(const fs::path&) {}

// ---- the way in ----

struct Sender::State {
    std::string endpoint;
    std::optional<ControlClient> client;
};

Sender::Sender(const fs::path&, const fs::path& state)
    : state_(std::make_unique<State>(State{control_endpoint(state), std::nullopt})) {}
Sender::~Sender() = default;

bool Sender::send(std::string_view message) {
    if (!state_->client) {
        Result<ControlClient> client = ControlClient::connect(state_->endpoint);
        if (!client) return false;
        state_->client.emplace(std::move(*client));
    }
    boost::json::object request{{"op", "submit"}, {"follow", false}};
    request["messages"] = boost::json::array{boost::json::string(message)};
    if (state_->client->send(boost::json::serialize(request))) {
        const auto answer = state_->client->receive();
        if (answer && *answer && (*answer)->find("\"done\"") != std::string::npos) return true;
    }
    state_->client.reset();
    return false;
}

}  // namespace riposte::testing
