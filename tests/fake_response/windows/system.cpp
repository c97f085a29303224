// SPDX-License-Identifier: Apache-2.0
#include "tests/fake_response/system.h"

#include <array>
#include <cstdlib>
#include <stdexcept>
#include <windows.h>

namespace fake {
namespace {

constexpr DWORD kLongestLifeMs = 60000;
// Handles are numbered in steps of four; a process of three pipes stays far below.
constexpr std::uintptr_t kHighestHandle = 0x2000;

std::wstring wide(std::string_view text) {
    const int bytes = static_cast<int>(text.size());
    std::wstring result(text.size(), L'\0');
    const int size = text.empty() ? 0 : ::MultiByteToWideChar(CP_UTF8, 0, text.data(), bytes, result.data(), bytes);
    result.resize(static_cast<std::size_t>(size));
    return result;
}

std::string narrow(std::wstring_view text) {
    const int units = static_cast<int>(text.size());
    std::string result(text.size() * 3, '\0');
    const int size = text.empty() ? 0
                                  : ::WideCharToMultiByte(CP_UTF8, 0, text.data(), units, result.data(),
                                                          static_cast<int>(result.size()), nullptr, nullptr);
    result.resize(static_cast<std::size_t>(size));
    return result;
}

HANDLE handle_of(int stream) {
    constexpr std::array<DWORD, 3> kNames{STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
    return ::GetStdHandle(kNames[static_cast<std::size_t>(stream)]);
}

void write_to(HANDLE handle, std::string_view text) {
    while (!text.empty()) {
        DWORD written = 0;
        if (!::WriteFile(handle, text.data(), static_cast<DWORD>(text.size()), &written, nullptr)) return;
        text.remove_prefix(written);
    }
}

std::string read_from(HANDLE handle) {
    std::array<char, 65536> buffer;
    DWORD size = 0;
    if (!::ReadFile(handle, buffer.data(), static_cast<DWORD>(buffer.size()), &size, nullptr)) size = 0;
    return {buffer.data(), size};
}

HANDLE open_file(const std::string& file, DWORD access, DWORD disposition) {
    return ::CreateFileW(wide(file).c_str(), access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                         disposition, 0, nullptr);
}

BOOL WINAPI swallow(DWORD) {
    return TRUE;
}

std::wstring own_path() {
    std::wstring path(32768, L'\0');
    path.resize(::GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size())));
    return path;
}

long start_hanging(DWORD flags) {
    const std::wstring path = own_path();
    std::wstring command_line = L"\"" + path + L"\" --role hang";
    STARTUPINFOW startup{};
    startup.cb = sizeof(startup);
    startup.dwFlags = STARTF_USESTDHANDLES;
    startup.hStdInput = handle_of(kInput);
    startup.hStdOutput = handle_of(kOutput);
    startup.hStdError = handle_of(kErrors);
    PROCESS_INFORMATION process{};
    if (!::CreateProcessW(path.c_str(), command_line.data(), nullptr, nullptr, TRUE, flags, nullptr, nullptr, &startup,
                          &process)) {
        return -1;
    }
    ::CloseHandle(process.hThread);
    ::CloseHandle(process.hProcess);
    return static_cast<long>(process.dwProcessId);
}

void echo_files() {
    for (std::uintptr_t number = 4; number < kHighestHandle; number += 4) {
        const HANDLE handle = reinterpret_cast<HANDLE>(number);
        std::wstring path(32768, L'\0');
        if (::GetFileType(handle) != FILE_TYPE_DISK) continue;
        path.resize(::GetFinalPathNameByHandleW(handle, path.data(), static_cast<DWORD>(path.size()), 0));
        if (!path.empty()) write_all(kOutput, narrow(path) + "\n");
    }
}

void echo_console() {
    std::array<DWORD, 1> first{};
    const bool has_console = ::GetConsoleProcessList(first.data(), 1) != 0;
    const HWND window = ::GetConsoleWindow();
    // Loaded only here: it takes as long to load as the rest of the program, which is started by the thousand.
    const HMODULE user32 = ::LoadLibraryW(L"user32.dll");
    const FARPROC is_visible = user32 == nullptr ? nullptr : ::GetProcAddress(user32, "IsWindowVisible");
    if (is_visible == nullptr) throw std::runtime_error("user32.dll has no IsWindowVisible");
    const bool visible = window != nullptr &&
                         reinterpret_cast<decltype(&::IsWindowVisible)>(reinterpret_cast<void*>(is_visible))(window);
    write_all(kOutput, std::string(has_console ? "console" : "no console") + (visible ? " visible\n" : "\n"));
}

}  // namespace

void write_all(int stream, std::string_view text) {
    write_to(handle_of(stream), text);
}

std::string read_some(int stream) {
    return read_from(handle_of(stream));
}

void close_stream(int stream) {
    ::CloseHandle(handle_of(stream));
}

void append(const std::string& file, std::string_view text) {
    const HANDLE handle = open_file(file, FILE_APPEND_DATA, OPEN_ALWAYS);
    if (handle == INVALID_HANDLE_VALUE) return write_all(kErrors, "cannot open " + file + "\n");
    // To append is no single step in every system that runs this.
    OVERLAPPED from_start{};
    ::LockFileEx(handle, LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &from_start);
    write_to(handle, text);
    ::UnlockFileEx(handle, 0, 1, 0, &from_start);
    ::CloseHandle(handle);
}

bool exists(const std::string& file) {
    return ::GetFileAttributesW(wide(file).c_str()) != INVALID_FILE_ATTRIBUTES;
}

bool read_file(const std::string& file, std::string& text) {
    const HANDLE handle = open_file(file, GENERIC_READ, OPEN_EXISTING);
    if (handle == INVALID_HANDLE_VALUE) return false;
    for (std::string part; !(part = read_from(handle)).empty();) text += part;
    ::CloseHandle(handle);
    return true;
}

// Not ExitProcess: nothing of this process shall run or be written any more.
void leave(int code) {
    ::TerminateProcess(::GetCurrentProcess(), static_cast<UINT>(code));
    std::abort();
}

void hang() {
    ::Sleep(kLongestLifeMs);
    leave(99);
}

void ignore_term() {
    ::SetConsoleCtrlHandler(swallow, TRUE);
}

// In a process group of its own no Ctrl-Break reaches it.
long start_grandchild(bool ignores_term, bool own_session) {
    const DWORD group = ignores_term || own_session ? CREATE_NEW_PROCESS_GROUP : 0;
    return start_hanging(group | (own_session ? DETACHED_PROCESS : 0));
}

long process_id() {
    return static_cast<long>(::GetCurrentProcessId());
}

std::vector<std::string> environment() {
    std::vector<std::string> entries;
    wchar_t* const block = ::GetEnvironmentStringsW();
    for (const wchar_t* entry = block; *entry != L'\0';) {
        const std::wstring_view text(entry);
        entries.push_back(narrow(text));
        entry += text.size() + 1;
    }
    ::FreeEnvironmentStringsW(block);
    return entries;
}

std::string working_directory() {
    std::wstring path(32768, L'\0');
    path.resize(::GetCurrentDirectoryW(static_cast<DWORD>(path.size()), path.data()));
    return narrow(path);
}

bool own_word(const std::string& word, const std::function<std::string()>& next) {
    if (word == "kill-self")
        ::TerminateProcess(::GetCurrentProcess(), static_cast<UINT>(std::strtoul(next().c_str(), nullptr, 10)));
    else if (word == "break-away")
        write_all(kOutput, start_hanging(CREATE_BREAKAWAY_FROM_JOB) > 0 ? "outside the job\n" : "refused\n");
    else if (word == "echo-files")
        echo_files();
    else if (word == "echo-console")
        echo_console();
    else if (word == "echo-command-line")
        write_all(kOutput, narrow(::GetCommandLineW()) + "\n");
    else
        return false;
    return true;
}

}  // namespace fake

// The C runtime's own parsing of the command line is part of what the tests look at; patterns stay as they are.
extern "C" {
int _dowildcard = 0;
}

int wmain(int argc, wchar_t** argv) {
    std::vector<std::string> arguments;
    for (int index = 0; index < argc; ++index) arguments.push_back(fake::narrow(argv[index]));
    return fake::run(arguments);
}
