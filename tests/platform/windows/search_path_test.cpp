// SPDX-License-Identifier: Apache-2.0
#include "platform/include/search_path.h"

#include "platform/windows/wide.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <windows.h>

using namespace riposte;
namespace fs = std::filesystem;

namespace {

std::wstring machine_path() {
    std::array<wchar_t, 8192> value{};
    auto size = static_cast<DWORD>(sizeof(value));
    // As it is written, with %SystemRoot% in it.
    const LSTATUS code =
        ::RegGetValueW(HKEY_LOCAL_MACHINE, L"SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment", L"Path",
                       RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND, nullptr, value.data(), &size);
    REQUIRE(code == ERROR_SUCCESS);
    return value.data();
}

}  // namespace

TEST_CASE("a directory is put into the system's Path once, and taken out again") {
    const std::wstring before = machine_path();
    const fs::path directory = L"C:\\Program Files\\R\u00edposte test";
    const auto added = add_to_search_path(directory);
    REQUIRE_MESSAGE(added.has_value(), added.error().text());
    CHECK(machine_path() == before + L";" + directory.native());
    // However it is written.
    REQUIRE(add_to_search_path(L"c:\\program files\\R\u00cdPOSTE Test\\").has_value());
    CHECK(machine_path() == before + L";" + directory.native());
    REQUIRE(remove_from_search_path(directory).has_value());
    CHECK(machine_path() == before);
    REQUIRE(remove_from_search_path(directory).has_value());
    CHECK(machine_path() == before);
}
