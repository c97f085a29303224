// SPDX-License-Identifier: Apache-2.0
#include "platform/windows/file_name.h"

#include "platform/windows/wide.h"

#include <algorithm>
#include <array>

namespace riposte {
namespace {

constexpr std::size_t kLongestName = 255;

// CON, NUL, COM1 and so on are devices in every directory, whatever follows a dot.
bool is_device_name(std::string_view name) {
    std::string stem(name.substr(0, name.find('.')));
    while (!stem.empty() && stem.back() == ' ') stem.pop_back();
    for (char& character : stem) {
        if (character >= 'a' && character <= 'z') character = static_cast<char>(character - 'a' + 'A');
    }
    constexpr std::array<std::string_view, 6> kNames{"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"};
    if (std::find(kNames.begin(), kNames.end(), stem) != kNames.end()) return true;
    if (!stem.starts_with("COM") && !stem.starts_with("LPT")) return false;
    const std::string number = stem.substr(3);
    // The superscript digits count too.
    return (number.size() == 1 && number[0] >= '0' && number[0] <= '9') || number == "\u00b9" || number == "\u00b2" ||
           number == "\u00b3";
}

}  // namespace

bool is_bare_name(std::string_view name) {
    return !name.empty() && name.size() <= kLongestName &&
           name.find_first_of("<>:\"/\\|?*") == std::string_view::npos &&
           std::all_of(name.begin(), name.end(), [](char byte) { return static_cast<unsigned char>(byte) >= 0x20; }) &&
           name.back() != '.' && name.back() != ' ' && !is_device_name(name) && exactly_wide(name).has_value();
}

Result<std::wstring> real_path(HANDLE file, const std::string& path) {
    std::wstring real(32768, L'\0');
    const DWORD size = ::GetFinalPathNameByHandleW(file, real.data(), static_cast<DWORD>(real.size()), 0);
    if (size == 0 || size >= real.size()) return os_error(::GetLastError(), "look at " + path);
    real.resize(size);
    const std::wstring prefix = L"\\\\?\\";
    if (real.starts_with(prefix)) real.erase(0, prefix.size());
    if (real.size() < 3 || real[1] != L':') return failure(path + " is on a network: use a drive of this computer");
    return real;
}

bool same_path(std::wstring_view left, std::wstring_view right) {
    return ::CompareStringOrdinal(left.data(), static_cast<int>(left.size()), right.data(),
                                  static_cast<int>(right.size()), TRUE) == CSTR_EQUAL;
}

}  // namespace riposte
