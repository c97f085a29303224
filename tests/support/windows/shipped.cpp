// SPDX-License-Identifier: Apache-2.0
#include "tests/support/shipped.h"

#include "platform/include/command_line.h"
#include "platform/windows/unique_handle.h"
#include "platform/windows/wide.h"
#include "tests/platform/windows/wine.h"
#include "tests/support/files.h"
#include "tests/support/os.h"
#include "tests/support/windows/inherited_file.h"

#include <stdexcept>

namespace riposte::test {
namespace {

constexpr DWORD kLongestRunMs = 60'000;

// Wine 8 fails to start one process in some hundreds with this code, before anything of it has run.
constexpr DWORD kNotStarted = ERROR_INTERNAL_ERROR;
constexpr int kAttempts = 3;

PROCESS_INFORMATION start(const std::string& program, const std::string& line, STARTUPINFOW& startup) {
    for (int attempt = 1;; ++attempt) {
        std::wstring command_line = wide(line);
        PROCESS_INFORMATION started{};
        if (::CreateProcessW(wide(program).c_str(), command_line.data(), nullptr, nullptr, TRUE, 0, nullptr, nullptr,
                             &startup, &started) != 0)
            return started;
        const DWORD code = ::GetLastError();
        if (code != kNotStarted || attempt == kAttempts || !is_wine())
            throw std::runtime_error(os_error(code, "run " + program).text());
    }
}

ShippedRun run(const std::string& program, const std::vector<std::string>& arguments, const std::string& input) {
    const TemporaryDirectory directory;
    write_file(directory / "in", input);
    std::vector<std::string> words{program};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const auto line = c_runtime_command_line(words);
    if (!line) throw std::runtime_error(line.error().text());
    const UniqueHandle in = open_inherited(directory / "in", GENERIC_READ, OPEN_EXISTING);
    const UniqueHandle out = open_inherited(directory / "out", FILE_APPEND_DATA, CREATE_ALWAYS);
    STARTUPINFOW startup{};
    startup.cb = sizeof startup;
    startup.dwFlags = STARTF_USESTDHANDLES;
    startup.hStdInput = in.get();
    startup.hStdOutput = startup.hStdError = out.get();
    const PROCESS_INFORMATION started = start(program, *line, startup);
    const UniqueHandle thread(started.hThread);
    const UniqueHandle process(started.hProcess);
    if (::WaitForSingleObject(process.get(), kLongestRunMs) != WAIT_OBJECT_0) {
        ::TerminateProcess(process.get(), 1);
        throw std::runtime_error(program + " did not end");
    }
    DWORD code = 0;
    ::GetExitCodeProcess(process.get(), &code);
    return {static_cast<int>(code), read_file(directory / "out")};
}

}  // namespace

ShippedRun run_shipped(const std::string& name, const std::vector<std::string>& arguments, const std::string& input) {
    const Variable by_riposte("RUN_BY_RIPOSTE", "yes");
    return run(narrow(shipped_file(name)), arguments, input);
}

ShippedRun run_as_another(const std::filesystem::path& file, const std::vector<std::string>& arguments,
                          const std::string& input) {
    return run(narrow(file), arguments, input);
}

std::filesystem::path shipped_file(const std::string& name) {
    return std::filesystem::path(RESPONSES) / (name + ".exe");
}

}  // namespace riposte::test
