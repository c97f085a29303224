// SPDX-License-Identifier: Apache-2.0
#include "platform/include/host.h"
#include "platform/windows/wide.h"

#include <array>
#include <windows.h>

// In ntdll; the headers for programs leave it out.
extern "C" NTSYSAPI LONG NTAPI RtlGetVersion(OSVERSIONINFOW* version);

namespace riposte {
namespace {

constexpr const wchar_t* kVersionKey = L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion";

std::string registry_text(const wchar_t* name) {
    std::array<wchar_t, 256> buffer{};
    DWORD bytes = sizeof(wchar_t) * (buffer.size() - 1);
    const LSTATUS got = ::RegGetValueW(HKEY_LOCAL_MACHINE, kVersionKey, name, RRF_RT_REG_SZ | RRF_SUBKEY_WOW6464KEY,
                                       nullptr, buffer.data(), &bytes);
    return got == ERROR_SUCCESS ? narrow(std::wstring_view(buffer.data())) : std::string();
}

// Fourth number of the version.
std::string update_revision() {
    DWORD value = 0;
    DWORD bytes = sizeof value;
    const LSTATUS got = ::RegGetValueW(HKEY_LOCAL_MACHINE, kVersionKey, L"UBR",
                                       RRF_RT_REG_DWORD | RRF_SUBKEY_WOW6464KEY, nullptr, &value, &bytes);
    return got == ERROR_SUCCESS ? "." + std::to_string(value) : std::string();
}

std::string host_name() {
    std::array<wchar_t, 256> buffer{};
    DWORD size = buffer.size();
    return ::GetComputerNameExW(ComputerNameDnsHostname, buffer.data(), &size) != 0
               ? narrow(std::wstring_view(buffer.data()))
               : std::string();
}

}  // namespace

HostSystem host_system() {
    HostSystem host;
    host.family = "Windows";
    host.name = host_name();
    host.machine = "x86_64";
    // GetVersionEx tells a program what its manifest was made for; this tells what runs.
    OSVERSIONINFOW version{};
    version.dwOSVersionInfoSize = sizeof version;
    if (::RtlGetVersion(&version) == 0) {
        host.release = std::to_string(version.dwMajorVersion) + "." + std::to_string(version.dwMinorVersion) + "." +
                       std::to_string(version.dwBuildNumber);
    }
    const std::string product = registry_text(L"ProductName");
    host.product = product.empty() ? "Microsoft Windows" : "Microsoft " + product;
    host.product_id = "windows";
    host.product_version = host.release + update_revision();
    host.version = registry_text(L"DisplayVersion");
    return host;
}

}  // namespace riposte
