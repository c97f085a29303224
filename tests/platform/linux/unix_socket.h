// SPDX-License-Identifier: Apache-2.0
// Addresses of unix sockets, shared by the tests that use them.
#pragma once

#include <doctest/doctest.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace riposte::test {

inline sockaddr_un address_of(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    // A long path is reached from its directory, which this process then stands in.
    const std::string text = path.string().size() < sizeof(address.sun_path) ? path.string() : path.filename().string();
    REQUIRE(text.size() < sizeof(address.sun_path));
    std::memcpy(address.sun_path, text.data(), text.size());
    return address;
}

}  // namespace riposte::test
