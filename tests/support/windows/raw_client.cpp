// SPDX-License-Identifier: Apache-2.0
#include "tests/support/raw_client.h"

#include <windows.h>

namespace riposte::test {

RawClient::RawClient(const std::string& endpoint) {
    const std::wstring name(endpoint.begin(), endpoint.end());
    const HANDLE pipe =
        ::CreateFileW(name.c_str(), GENERIC_READ | FILE_WRITE_DATA, 0, nullptr, OPEN_EXISTING, 0, nullptr);
    handle_ = reinterpret_cast<std::intptr_t>(pipe);
}

RawClient::~RawClient() {
    if (is_connected()) ::CloseHandle(reinterpret_cast<HANDLE>(handle_));
}

bool RawClient::send(std::string_view bytes) const {
    while (!bytes.empty()) {
        DWORD sent = 0;
        const auto size = static_cast<DWORD>(bytes.size());
        if (::WriteFile(reinterpret_cast<HANDLE>(handle_), bytes.data(), size, &sent, nullptr) == 0) return false;
        bytes.remove_prefix(sent);
    }
    return true;
}

}  // namespace riposte::test
