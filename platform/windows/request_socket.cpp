// SPDX-License-Identifier: Apache-2.0
// Agents on Windows run their executables themselves and offer no local socket to send requests to.
#include "platform/include/endpoint.h"

namespace riposte {
namespace {

Error no_request_sockets() {
    return failure(std::errc::not_supported, "open a request socket: Windows has no unix datagram sockets");
}

}  // namespace

struct RequestSocket::State {};

RequestSocket::RequestSocket(std::unique_ptr<State> state) : state_(std::move(state)) {}
RequestSocket::RequestSocket(RequestSocket&&) noexcept = default;
RequestSocket& RequestSocket::operator=(RequestSocket&&) noexcept = default;
RequestSocket::~RequestSocket() = default;

Result<RequestSocket> RequestSocket::open(const std::filesystem::path&) {
    return no_request_sockets();
}

Result<RequestSocket> RequestSocket::adopt(int) {
    return no_request_sockets();
}

// Without a socket no object ever comes to be, so nothing waits here.
std::optional<RequestSocket::Datagram> RequestSocket::receive() {
    return std::nullopt;
}

void RequestSocket::stop() {}

}  // namespace riposte
