// SPDX-License-Identifier: Apache-2.0
#include "platform/include/arguments.h"

#include "platform/windows/local_memory.h"
#include "platform/windows/wide.h"

#include <shellapi.h>
#include <windows.h>

namespace riposte {

std::vector<std::string> program_arguments(int, const char* const*) {
    int count = 0;
    const LocalPointer<wchar_t*> words(::CommandLineToArgvW(::GetCommandLineW(), &count));
    std::vector<std::string> arguments;
    for (int index = 1; words && index < count; ++index) {
        arguments.push_back(narrow(std::wstring_view(words.get()[index])));
    }
    return arguments;
}

std::optional<std::string> environment_variable(const char* name) {
    const std::wstring wide_name = wide(name);
    std::wstring value(256, L'\0');
    while (true) {
        ::SetLastError(ERROR_SUCCESS);
        const DWORD size = ::GetEnvironmentVariableW(wide_name.c_str(), value.data(), static_cast<DWORD>(value.size()));
        if (size == 0 && ::GetLastError() == ERROR_ENVVAR_NOT_FOUND) return std::nullopt;
        if (size < value.size()) return narrow(std::wstring_view(value.data(), size));
        value.resize(size);
    }
}

}  // namespace riposte
