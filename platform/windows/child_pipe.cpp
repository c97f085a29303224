// SPDX-License-Identifier: Apache-2.0
#include "platform/windows/child_pipe.h"

#include "platform/windows/wide.h"

#include <array>
#include <bcrypt.h>
#include <winternl.h>

namespace riposte {
namespace {

constexpr DWORD kBufferSize = 65536;

Result<std::wstring> random_pipe_name() {
    std::array<unsigned char, 16> bytes{};
    const NTSTATUS status =
        ::BCryptGenRandom(nullptr, bytes.data(), static_cast<ULONG>(bytes.size()), BCRYPT_USE_SYSTEM_PREFERRED_RNG);
    if (status < 0) return os_error(::RtlNtStatusToDosError(status), "name a pipe");
    std::wstring name = L"\\\\.\\pipe\\riposte-child-";
    for (const unsigned char byte : bytes) {
        name += L"0123456789abcdef"[byte >> 4U];
        name += L"0123456789abcdef"[byte & 15U];
    }
    return name;
}

Result<FILE_PIPE_LOCAL_INFORMATION> query(HANDLE pipe) {
    FILE_PIPE_LOCAL_INFORMATION information{};
    IO_STATUS_BLOCK status{};
    const NTSTATUS code =
        ::NtQueryInformationFile(pipe, &status, &information, sizeof(information), FilePipeLocalInformation);
    if (code < 0) return os_error(::RtlNtStatusToDosError(code), "look at a child's pipe");
    return information;
}

// Wine 8 says that an empty pipe has no quota left.
bool system_tells_quota() {
    static const bool tells = [] {
        const auto pipe = make_child_pipe(Direction::ToChild);
        const auto information = pipe ? query(pipe->ours.get()) : pipe.error();
        return information && information->OutboundQuota > 0 &&
               information->WriteQuotaAvailable == information->OutboundQuota;
    }();
    return tells;
}

}  // namespace

Result<ChildPipe> make_child_pipe(Direction direction) {
    const auto name = random_pipe_name();
    if (!name) return name.error();
    const bool to_child = direction == Direction::ToChild;
    ChildPipe pipe;
    pipe.ours.reset(::CreateNamedPipeW(
        name->c_str(),
        (to_child ? PIPE_ACCESS_OUTBOUND : PIPE_ACCESS_INBOUND) | FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE,
        PIPE_TYPE_BYTE | PIPE_REJECT_REMOTE_CLIENTS, 1, kBufferSize, kBufferSize, 0, nullptr));
    if (!pipe.ours) return os_error(::GetLastError(), "create a pipe");
    SECURITY_ATTRIBUTES inheritable{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
    pipe.childs.reset(::CreateFileW(name->c_str(), to_child ? GENERIC_READ : GENERIC_WRITE | FILE_READ_ATTRIBUTES, 0,
                                    &inheritable, OPEN_EXISTING, SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS, nullptr));
    if (!pipe.childs) return os_error(::GetLastError(), "open a pipe");
    return pipe;
}

std::optional<std::size_t> unread_bytes(HANDLE our_end) {
    if (!system_tells_quota()) return std::nullopt;
    const auto information = query(our_end);
    if (!information) return std::nullopt;
    return information->OutboundQuota - information->WriteQuotaAvailable;
}

}  // namespace riposte
