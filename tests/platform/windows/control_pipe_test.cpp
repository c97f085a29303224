// SPDX-License-Identifier: Apache-2.0
#include "platform/include/endpoint.h"
#include "platform/windows/local_memory.h"
#include "platform/windows/sid.h"
#include "platform/windows/unique_handle.h"
#include "platform/windows/wide.h"
#include "tests/platform/recording_service.h"
#include "tests/platform/windows/wine.h"
#include "tests/support/skip.h"

#include <doctest/doctest.h>

#include <aclapi.h>
#include <future>
#include <sddl.h>

using namespace riposte;
using riposte::test::is_wine;
using riposte::test::RecordingService;
using riposte::test::TemporaryDirectory;
namespace asio = boost::asio;

namespace {

// A pipe with one instance only, as a stranger would create it, for everybody.
UniqueHandle create_pipe(const std::string& endpoint, const std::string& owner) {
    void* allocated = nullptr;
    const std::wstring text = wide("O:" + owner + "D:(A;;GA;;;WD)");
    REQUIRE(::ConvertStringSecurityDescriptorToSecurityDescriptorW(text.c_str(), SDDL_REVISION_1, &allocated,
                                                                   nullptr) != 0);
    const LocalPointer<void> descriptor(allocated);
    SECURITY_ATTRIBUTES attributes{sizeof(attributes), descriptor.get(), FALSE};
    return UniqueHandle(::CreateNamedPipeW(wide(endpoint).c_str(), PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE,
                                           PIPE_TYPE_BYTE, 1, 4096, 4096, 0, &attributes));
}

// The rights that an access list grants: "SID:MASK " for each entry in its order.
std::string granted(const std::string& endpoint, std::string& owner_text) {
    const UniqueHandle pipe(::CreateFileW(wide(endpoint).c_str(), READ_CONTROL, 0, nullptr, OPEN_EXISTING, 0, nullptr));
    REQUIRE(pipe);
    PSID owner = nullptr;
    ACL* list = nullptr;
    void* allocated = nullptr;
    REQUIRE(::GetSecurityInfo(pipe.get(), SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
                              &owner, nullptr, &list, nullptr, &allocated) == ERROR_SUCCESS);
    const LocalPointer<void> descriptor(allocated);
    owner_text = Sid(owner).text();
    REQUIRE(list != nullptr);
    std::string entries;
    for (DWORD index = 0; index < list->AceCount; ++index) {
        void* entry = nullptr;
        REQUIRE(::GetAce(list, index, &entry) != 0);
        auto* allowed = static_cast<ACCESS_ALLOWED_ACE*>(entry);
        CHECK(allowed->Header.AceType == ACCESS_ALLOWED_ACE_TYPE);
        entries += Sid(&allowed->SidStart).text() + ":" + std::to_string(allowed->Mask) + " ";
    }
    return entries;
}

}  // namespace

TEST_CASE("the control pipe is for SYSTEM, Administrators and the named group, whose members cannot serve it") {
    const std::string group = Sid::well_known(WinBuiltinUsersSid).account_name();
    const RecordingService service(group);
    std::string owner;
    const std::string entries = granted(service.endpoint, owner);
    const auto user = own_user();
    REQUIRE(user);
    constexpr DWORD kMember = FILE_GENERIC_READ | FILE_WRITE_DATA;
    static_assert((kMember & FILE_CREATE_PIPE_INSTANCE) == 0);
    const std::string all = ":" + std::to_string(FILE_ALL_ACCESS) + " ";
    CHECK(entries == "S-1-5-18" + all + "S-1-5-32-544" + all + (is_administrator() ? "" : user->text() + all) +
                         "S-1-5-32-545:" + std::to_string(kMember) + " ");
    CHECK(owner == (is_administrator() ? "S-1-5-32-544" : user->text()));
}

TEST_CASE("a pipe of this name that somebody else created keeps the service from starting") {
    const TemporaryDirectory directory;
    const std::string endpoint = control_endpoint(directory.path());
    const UniqueHandle stranger = create_pipe(endpoint, own_user()->text());
    REQUIRE(stranger);
    asio::io_context loop;
    const auto opened = ControlListener::open(loop, endpoint, "", [](const auto&) {});
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == std::errc::address_in_use);
}

TEST_CASE("a second service at the same pipe is told that it is taken") {
    if (is_wine()) {
        return riposte::test::skip(
            "Wine does not know FILE_FLAG_FIRST_PIPE_INSTANCE where a pipe may have several instances");
    }
    const RecordingService service;
    asio::io_context loop;
    const auto taken = ControlListener::open(loop, service.endpoint, "", [](const auto&) {});
    REQUIRE_FALSE(taken);
    CHECK(taken.error().code == std::errc::address_in_use);
}

TEST_CASE("a client says nothing to a pipe that is not an administrator's or its own user's") {
    const TemporaryDirectory directory;
    const std::string endpoint = control_endpoint(directory.path());
    const UniqueHandle stranger = create_pipe(endpoint, "BG");
    if (!stranger) return riposte::test::skip("this account may not create a pipe that Guests own");
    const auto client = ControlClient::connect(endpoint);
    REQUIRE_FALSE(client);
    CHECK(client.error().text().find("the pipe " + endpoint + " is not the service's: it belongs to ") == 0);
}

TEST_CASE("a client waits for an instance when all are taken") {
    const TemporaryDirectory directory;
    const std::string endpoint = control_endpoint(directory.path());
    const UniqueHandle pipe = create_pipe(endpoint, own_user()->text());
    REQUIRE(pipe);
    auto first = ControlClient::connect(endpoint);
    REQUIRE(first);
    auto second = std::async(std::launch::async, [&] { return ControlClient::connect(endpoint).has_value(); });
    CHECK(second.wait_for(std::chrono::milliseconds(200)) == std::future_status::timeout);
    REQUIRE(::DisconnectNamedPipe(pipe.get()) != 0);
    const BOOL connected = ::ConnectNamedPipe(pipe.get(), nullptr);
    CHECK((connected != 0 || ::GetLastError() == ERROR_PIPE_CONNECTED));
    CHECK(second.get());
}

TEST_CASE("what a service manager hands in, and what agents send to, does not exist here") {
    const TemporaryDirectory directory;
    const auto opened = RequestSocket::open(directory / "execq");
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == std::errc::not_supported);
    const auto adopted = RequestSocket::adopt(3);
    REQUIRE_FALSE(adopted);
    CHECK(adopted.error().code == std::errc::not_supported);
    asio::io_context loop;
    const auto listener = ControlListener::adopt(loop, 3, [](const auto&) {});
    REQUIRE_FALSE(listener);
    CHECK(listener.error().code == std::errc::not_supported);
}
