// SPDX-License-Identifier: Apache-2.0
#include "tests/support/shipped.h"

#include "platform/include/command_line.h"
#include "platform/windows/unique_handle.h"
#include "platform/windows/wide.h"
#include "tests/support/files.h"

#include <stdexcept>

namespace riposte::test {
namespace {

constexpr DWORD kLongestRunMs = 60'000;

UniqueHandle open_file(const std::filesystem::path& path, DWORD access, DWORD disposition) {
    SECURITY_ATTRIBUTES inherited{sizeof inherited, nullptr, TRUE};
    UniqueHandle file(::CreateFileW(path.c_str(), access, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited, disposition,
                                    FILE_ATTRIBUTE_NORMAL, nullptr));
    if (!file) throw std::runtime_error("open " + narrow(path));
    return file;
}

}  // namespace

ShippedRun run_shipped(const std::string& name, const std::vector<std::string>& arguments, const std::string& input) {
    const TemporaryDirectory directory;
    write_file(directory / "in", input);
    const std::string program = std::string(RESPONSES) + "/" + name + ".exe";
    std::vector<std::string> words{program};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const auto line = c_runtime_command_line(words);
    if (!line) throw std::runtime_error(line.error().text());
    const UniqueHandle in = open_file(directory / "in", GENERIC_READ, OPEN_EXISTING);
    const UniqueHandle out = open_file(directory / "out", FILE_APPEND_DATA, CREATE_ALWAYS);
    STARTUPINFOW startup{};
    startup.cb = sizeof startup;
    startup.dwFlags = STARTF_USESTDHANDLES;
    startup.hStdInput = in.get();
    startup.hStdOutput = startup.hStdError = out.get();
    PROCESS_INFORMATION started{};
    std::wstring command_line = wide(*line);
    if (::CreateProcessW(wide(program).c_str(), command_line.data(), nullptr, nullptr, TRUE, 0, nullptr, nullptr,
                         &startup, &started) == 0)
        throw std::runtime_error(os_error(::GetLastError(), "run " + program).text());
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

}  // namespace riposte::test
