// SPDX-License-Identifier: Apache-2.0
#include "platform/include/environment.h"

#include "platform/windows/wide.h"

#include <windows.h>

namespace riposte {
namespace {

// Asked of the system, since this process's own environment is whatever its starter made of it.
std::string directory(UINT(WINAPI* get)(wchar_t*, UINT)) {
    std::wstring path(MAX_PATH, L'\0');
    path.resize(get(path.data(), static_cast<UINT>(path.size())));
    return narrow(std::wstring_view(path));
}

std::vector<std::string> make_environment() {
    const std::string windows = directory(::GetSystemWindowsDirectoryW);
    const std::string system = directory(::GetSystemDirectoryW);
    return {
        "ComSpec=" + system + "\\cmd.exe",
        "PATH=" + system + ";" + windows + ";" + system + "\\Wbem;" + system + "\\WindowsPowerShell\\v1.0",
        "PATHEXT=.COM;.EXE;.BAT;.CMD",
        "SystemDrive=" + windows.substr(0, 2),
        "SystemRoot=" + windows,
        "TEMP=" + windows + "\\Temp",
        "TMP=" + windows + "\\Temp",
        "windir=" + windows,
    };
}

}  // namespace

const std::vector<std::string>& child_environment() {
    static const std::vector<std::string> environment = make_environment();
    return environment;
}

}  // namespace riposte
