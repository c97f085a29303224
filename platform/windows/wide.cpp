// SPDX-License-Identifier: Apache-2.0
#include "platform/windows/wide.h"

#include <boost/system/system_category.hpp>

#include <climits>
#include <windows.h>

namespace riposte {
namespace {

// Boost's table, and what it leaves out.
class WindowsCategory final : public std::error_category {
  public:
    const char* name() const noexcept override { return "windows"; }
    std::string message(int code) const override { return boost::system::system_category().message(code); }
    std::error_condition default_error_condition(int code) const noexcept override {
        switch (code) {
            case ERROR_BAD_EXE_FORMAT:
            case ERROR_EXE_MACHINE_TYPE_MISMATCH:
            case ERROR_INVALID_EXE_SIGNATURE:
            case ERROR_EXE_MARKED_INVALID:
                return std::errc::executable_format_error;
            case ERROR_BAD_PATHNAME:
                return std::errc::no_such_file_or_directory;
            case ERROR_FILENAME_EXCED_RANGE:
                return std::errc::filename_too_long;
            case ERROR_DIRECTORY:
                return std::errc::not_a_directory;
            case ERROR_PRIVILEGE_NOT_HELD:
                return std::errc::permission_denied;
            case ERROR_NO_DATA:
            case ERROR_PIPE_NOT_CONNECTED:
                return std::errc::broken_pipe;
            case ERROR_PIPE_BUSY:
                return std::errc::device_or_resource_busy;
            case ERROR_CALL_NOT_IMPLEMENTED:
                return std::errc::not_supported;
            case ERROR_SEM_TIMEOUT:
            case WAIT_TIMEOUT:
                return std::errc::timed_out;
            default:
                return boost::system::system_category().default_error_condition(code);
        }
    }
};

std::optional<std::wstring> convert(std::string_view utf8, DWORD flags) {
    if (utf8.empty()) return std::wstring();
    if (utf8.size() > INT_MAX) return std::nullopt;
    const int bytes = static_cast<int>(utf8.size());
    const int size = ::MultiByteToWideChar(CP_UTF8, flags, utf8.data(), bytes, nullptr, 0);
    if (size <= 0) return std::nullopt;
    std::wstring text(static_cast<std::size_t>(size), L'\0');
    ::MultiByteToWideChar(CP_UTF8, flags, utf8.data(), bytes, text.data(), size);
    return text;
}

}  // namespace

std::wstring wide(std::string_view utf8) {
    return convert(utf8, 0).value_or(std::wstring());
}

std::optional<std::wstring> exactly_wide(std::string_view utf8) {
    return convert(utf8, MB_ERR_INVALID_CHARS);
}

std::string narrow(std::wstring_view utf16) {
    if (utf16.empty() || utf16.size() > INT_MAX) return {};
    const int units = static_cast<int>(utf16.size());
    const int size = ::WideCharToMultiByte(CP_UTF8, 0, utf16.data(), units, nullptr, 0, nullptr, nullptr);
    std::string text(size > 0 ? static_cast<std::size_t>(size) : 0, '\0');
    ::WideCharToMultiByte(CP_UTF8, 0, utf16.data(), units, text.data(), size, nullptr, nullptr);
    return text;
}

std::string narrow(const std::filesystem::path& path) {
    return narrow(std::wstring_view(path.native()));
}

Error os_error(unsigned long code, std::string what) {
    static const WindowsCategory category;
    return Error{{static_cast<int>(code), category}, std::move(what)};
}

}  // namespace riposte
