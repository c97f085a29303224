// SPDX-License-Identifier: Apache-2.0
#include "tests/support/os.h"

#include "platform/windows/sid.h"
#include "platform/windows/unique_handle.h"
#include "platform/windows/wide.h"
#include "tests/platform/windows/wine.h"

#include <cstdlib>
#include <sddl.h>
#include <system_error>
#include <windows.h>

namespace riposte::test {

namespace {

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(static_cast<int>(::GetLastError()), std::system_category(), what);
}

// A security descriptor from its text; freed at the end.
class Descriptor {
  public:
    explicit Descriptor(const wchar_t* text) {
        if (!::ConvertStringSecurityDescriptorToSecurityDescriptorW(text, SDDL_REVISION_1, &descriptor_, nullptr))
            fail("ConvertStringSecurityDescriptorToSecurityDescriptor");
    }
    ~Descriptor() { ::LocalFree(descriptor_); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    PSECURITY_DESCRIPTOR get() const { return descriptor_; }

  private:
    PSECURITY_DESCRIPTOR descriptor_ = nullptr;
};

}  // namespace

const char* system_name() {
    return "windows";
}

bool is_root() {
    return is_administrator();
}

std::int64_t process_id() {
    return ::GetCurrentProcessId();
}

bool process_exists(std::int64_t id) {
    const UniqueHandle process(::OpenProcess(SYNCHRONIZE, FALSE, static_cast<DWORD>(id)));
    return process && ::WaitForSingleObject(process.get(), 0) == WAIT_TIMEOUT;
}

bool end_process(std::int64_t id) {
    const UniqueHandle process(::OpenProcess(PROCESS_TERMINATE, FALSE, static_cast<DWORD>(id)));
    return process && ::TerminateProcess(process.get(), kEndedAtOnce);
}

// Wine 8 does not always.
bool tells_resets() {
    return !is_wine();
}

bool tells_what_is_unread() {
    return false;
}

void end_at_once() {
    ::TerminateProcess(::GetCurrentProcess(), kEndedAtOnce);
    for (;;) ::Sleep(INFINITE);
}

std::size_t open_handles() {
    DWORD count = 0;
    if (!::GetProcessHandleCount(::GetCurrentProcess(), &count)) fail("GetProcessHandleCount");
    return count;
}

void set_variable(const std::string& name, const std::string& value) {
    // The C library's copy, which also changes the system's. An empty value removes the variable there.
    ::_wputenv_s(wide(name).c_str(), wide(value).c_str());
    // Makes the narrow copy that std::getenv reads, where the wide one came first.
    static_cast<void>(std::getenv(name.c_str()));
}

void unset_variable(const std::string& name) {
    set_variable(name, "");
}

void create_private_directory(const std::filesystem::path& directory) {
    const Descriptor descriptor(L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;OW)");
    SECURITY_ATTRIBUTES attributes{sizeof attributes, descriptor.get(), FALSE};
    if (!::CreateDirectoryW(directory.c_str(), &attributes)) fail("CreateDirectory " + directory.string());
}

void let_everybody_write(const std::filesystem::path& path) {
    const Descriptor descriptor(L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;WD)");
    if (!::SetFileSecurityW(path.c_str(), DACL_SECURITY_INFORMATION, descriptor.get()))
        fail("SetFileSecurity " + path.string());
}

void append_text(const std::filesystem::path& file, const std::string& text) {
    // Wine 8 looks for the end of the file and then writes there, in two steps. The mutex makes them one.
    const UniqueHandle turn(::CreateMutexW(nullptr, FALSE, L"riposte-test-append"));
    const UniqueHandle stream(::CreateFileW(file.c_str(), FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr,
                                            OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr));
    if (!turn || !stream) fail("open " + file.string());
    ::WaitForSingleObject(turn.get(), INFINITE);
    DWORD written = 0;
    const BOOL done = ::WriteFile(stream.get(), text.data(), static_cast<DWORD>(text.size()), &written, nullptr);
    const DWORD error = ::GetLastError();
    ::ReleaseMutex(turn.get());
    ::SetLastError(error);
    if (done == 0 || written != text.size()) fail("append to " + file.string());
}

FileFeatures file_features() {
    return {false, false, false};
}

}  // namespace riposte::test
