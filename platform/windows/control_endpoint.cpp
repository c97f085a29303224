// SPDX-License-Identifier: Apache-2.0
// A connection closes with CloseHandle() and never with DisconnectNamedPipe(): that would drop what the peer has not
// read yet, where closing leaves it to be read to its end.
#include "platform/line_connection.h"
#include "platform/windows/local_memory.h"
#include "platform/windows/sid.h"
#include "platform/windows/unique_handle.h"
#include "platform/windows/wide.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/windows/overlapped_ptr.hpp>
#include <boost/asio/windows/stream_handle.hpp>

#include <aclapi.h>
#include <algorithm>
#include <array>
#include <chrono>
#include <sddl.h>
#include <string_view>
#include <vector>
#include <windows.h>

namespace riposte {
namespace {

namespace asio = boost::asio;
using Stream = asio::windows::stream_handle;

// Instances that wait for a client at any time; each that one takes is replaced at once.
constexpr std::size_t kWaiting = 4;
constexpr DWORD kPipeBuffer = 65536;
constexpr std::chrono::milliseconds kOfferPause{100};
// How long a client waits while every instance is taken.
constexpr std::chrono::seconds kBusyLimit{5};

// ---- who may connect ----

using Descriptor = LocalPointer<void>;

// Members may read and write, but not create instances of their own, which would answer other clients in the service's
// place: FILE_GENERIC_WRITE holds that right.
constexpr const char* kMemberRights = "0x0012008b";  // FILE_GENERIC_READ | FILE_WRITE_DATA

Result<Sid> find_group(const std::string& name) {
    std::array<unsigned char, SECURITY_MAX_SID_SIZE> sid{};
    std::array<wchar_t, 256> domain{};
    auto sid_size = static_cast<DWORD>(sid.size());
    auto domain_size = static_cast<DWORD>(domain.size());
    SID_NAME_USE use = SidTypeUnknown;
    const BOOL found =
        ::LookupAccountNameW(nullptr, wide(name).c_str(), sid.data(), &sid_size, domain.data(), &domain_size, &use);
    if (found == 0 || (use != SidTypeGroup && use != SidTypeAlias && use != SidTypeWellKnownGroup)) {
        return failure("the group " + name + " of the control endpoint does not exist: create it (net localgroup " +
                       name + " /add) or name another");
    }
    return Sid(sid.data());
}

// SYSTEM and Administrators, the user that Riposte runs as if that is neither, and the named group. The owner is what
// clients know the service by.
Result<Descriptor> make_descriptor(const std::string& group) {
    std::string owner = "BA";
    std::string text = "D:P(A;;FA;;;SY)(A;;FA;;;BA)";
    if (!is_administrator()) {
        const auto user = own_user();
        if (!user) return user.error();
        owner = user->text();
        text += "(A;;FA;;;" + owner + ")";
    }
    if (!group.empty()) {
        const auto members = find_group(group);
        if (!members) return members.error();
        text += "(A;;" + std::string(kMemberRights) + ";;;" + members->text() + ")";
    }
    void* descriptor = nullptr;
    const std::wstring whole = wide("O:" + owner + text);
    if (::ConvertStringSecurityDescriptorToSecurityDescriptorW(whole.c_str(), SDDL_REVISION_1, &descriptor, nullptr) ==
        0) {
        return os_error(::GetLastError(), "describe who may use the control endpoint");
    }
    return Descriptor(descriptor);
}

// ---- listening ----

class Listener final : public ControlListener {
  public:
    Listener(asio::io_context& loop, const std::string& endpoint, Descriptor descriptor, Accept accept)
        : state_(std::make_shared<State>(loop, endpoint, std::move(descriptor), std::move(accept))) {}
    ~Listener() override {
        state_->accept = nullptr;
        state_->waiting.clear();
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    Result<void> start() {
        // The first one must be the first of this name: whoever was there before answers in the service's place.
        if (auto offered = state_->offer(FILE_FLAG_FIRST_PIPE_INSTANCE); !offered) return offered.error();
        state_->fill();
        return {};
    }

  private:
    struct State : std::enable_shared_from_this<State> {
        State(asio::io_context& its_loop, const std::string& its_endpoint, Descriptor its_descriptor, Accept its_accept)
            : loop(its_loop),
              pause(its_loop),
              endpoint(its_endpoint),
              descriptor(std::move(its_descriptor)),
              accept(std::move(its_accept)) {}

        Result<UniqueHandle> create(DWORD flags) {
            SECURITY_ATTRIBUTES attributes{sizeof(attributes), descriptor.get(), FALSE};
            UniqueHandle pipe(
                ::CreateNamedPipeW(wide(endpoint).c_str(), PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | flags,
                                   PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS,
                                   PIPE_UNLIMITED_INSTANCES, kPipeBuffer, kPipeBuffer, 0, &attributes));
            if (pipe) return pipe;
            const DWORD code = ::GetLastError();
            const bool is_taken = flags != 0 && (code == ERROR_ACCESS_DENIED || code == ERROR_PIPE_BUSY);
            if (is_taken) return failure(std::errc::address_in_use, "create the pipe " + endpoint);
            return os_error(code, "create the pipe " + endpoint);
        }

        // Creates an instance and waits for its client.
        Result<void> offer(DWORD flags = 0) {
            auto pipe = create(flags);
            if (!pipe) return pipe.error();
            auto stream = std::make_unique<Stream>(loop);
            boost::system::error_code error;
            stream->assign(pipe->get(), error);
            if (error) return Error{error, "watch the control endpoint"};
            pipe->release();
            await(*stream);
            waiting.push_back(std::move(stream));
            return {};
        }

        void await(Stream& stream) {
            asio::windows::overlapped_ptr operation(
                loop, [weak = weak_from_this(), which = &stream](const boost::system::error_code& error, std::size_t) {
                    const auto self = weak.lock();
                    if (self && self->accept) self->on_connected(*which, error);
                });
            const BOOL done = ::ConnectNamedPipe(stream.native_handle(), operation.get());
            const DWORD code = done != 0 ? ERROR_SUCCESS : ::GetLastError();
            if (code == ERROR_IO_PENDING) {
                operation.release();
                return;
            }
            // A client was faster than the call.
            const DWORD failed = code == ERROR_PIPE_CONNECTED ? ERROR_SUCCESS : code;
            operation.complete({static_cast<int>(failed), asio::error::get_system_category()}, 0);
        }

        void on_connected(const Stream& which, const boost::system::error_code& error) {
            const auto found = std::find_if(waiting.begin(), waiting.end(),
                                            [&which](const auto& stream) { return stream.get() == &which; });
            if (found == waiting.end()) return;
            const std::unique_ptr<Stream> stream = std::move(*found);
            waiting.erase(found);
            fill();
            if (error) return;  // a client that went away at once
            const auto handler = accept;
            handler(std::make_shared<LineConnection<Stream>>(std::move(*stream)));
        }

        void fill() {
            while (waiting.size() < kWaiting) {
                if (!offer()) return fill_later();
            }
        }

        void fill_later() {
            pause.expires_after(kOfferPause);
            pause.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
                const auto self = weak.lock();
                if (self && !error && self->accept) self->fill();
            });
        }

        asio::io_context& loop;
        asio::steady_timer pause;
        std::string endpoint;
        Descriptor descriptor;
        Accept accept;
        std::vector<std::unique_ptr<Stream>> waiting;
    };

    std::shared_ptr<State> state_;
};

}  // namespace

Result<std::unique_ptr<ControlListener>> ControlListener::open(asio::io_context& loop, const std::string& endpoint,
                                                               const std::string& group, Accept accept) {
    auto descriptor = make_descriptor(group);
    if (!descriptor) return descriptor.error();
    auto listener = std::make_unique<Listener>(loop, endpoint, std::move(*descriptor), std::move(accept));
    if (auto started = listener->start(); !started) return started.error();
    return std::unique_ptr<ControlListener>(std::move(listener));
}

Result<std::unique_ptr<ControlListener>> ControlListener::adopt(asio::io_context&, int, Accept) {
    return failure(std::errc::not_supported, "adopt a control endpoint: no service manager of Windows hands one in");
}

// ---- the client ----

namespace {

// SECURITY_IDENTIFICATION: whoever answers may learn who asks, but not act in that name.
Result<UniqueHandle> open_pipe(const std::string& endpoint) {
    const std::wstring name = wide(endpoint);
    const auto end = std::chrono::steady_clock::now() + kBusyLimit;
    while (true) {
        UniqueHandle pipe(::CreateFileW(name.c_str(), GENERIC_READ | FILE_WRITE_DATA, 0, nullptr, OPEN_EXISTING,
                                        SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, nullptr));
        if (pipe) return pipe;
        const DWORD code = ::GetLastError();
        if (code != ERROR_PIPE_BUSY) return os_error(code, "connect to " + endpoint);
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        if (left.count() <= 0) return failure(std::errc::connection_refused, "connect to " + endpoint);
        // Whatever it says, the next try tells.
        ::WaitNamedPipeW(name.c_str(), static_cast<DWORD>(left.count()));
    }
}

// Any user may create a pipe whose name is free. Only an administrator's process can create one that Administrators or
// SYSTEM own.
Result<void> check_owner(HANDLE pipe, const std::string& endpoint) {
    PSID owner = nullptr;
    void* allocated = nullptr;
    const DWORD code = ::GetSecurityInfo(pipe, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION, &owner, nullptr, nullptr,
                                         nullptr, &allocated);
    const Descriptor descriptor(allocated);
    if (code != ERROR_SUCCESS) return os_error(code, "read the owner of " + endpoint);
    const auto user = own_user();
    if (!user) return user.error();
    const Sid found(owner);
    if (found == Sid::well_known(WinBuiltinAdministratorsSid) || found == Sid::well_known(WinLocalSystemSid) ||
        found == *user) {
        return {};
    }
    const std::string name = found.account_name();
    return failure("the pipe " + endpoint + " is not the service's: it belongs to " +
                   (name.empty() ? found.text() : name) + ", and nothing was sent to it");
}

bool is_end(DWORD code) {
    return code == ERROR_BROKEN_PIPE || code == ERROR_PIPE_NOT_CONNECTED || code == ERROR_NO_DATA;
}

}  // namespace

struct ControlClient::State {
    UniqueHandle pipe;
    ReceivedLines lines;
};

ControlClient::ControlClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
ControlClient::ControlClient(ControlClient&&) noexcept = default;
ControlClient& ControlClient::operator=(ControlClient&&) noexcept = default;
ControlClient::~ControlClient() = default;

Result<ControlClient> ControlClient::connect(const std::string& endpoint) {
    auto pipe = open_pipe(endpoint);
    if (!pipe) return pipe.error();
    if (auto checked = check_owner(pipe->get(), endpoint); !checked) return checked.error();
    auto state = std::make_unique<State>();
    state->pipe = std::move(*pipe);
    return ControlClient(std::move(state));
}

Result<void> ControlClient::send(std::string_view line) {
    std::string text(line);
    text += '\n';
    std::string_view left = text;
    while (!left.empty()) {
        DWORD sent = 0;
        const auto size = static_cast<DWORD>(std::min<std::size_t>(left.size(), kMostQueued));
        if (::WriteFile(state_->pipe.get(), left.data(), size, &sent, nullptr) == 0) {
            return os_error(::GetLastError(), "send to the service");
        }
        left.remove_prefix(sent);
    }
    return {};
}

Result<std::optional<std::string>> ControlClient::receive() {
    std::array<char, kReadSize> chunk;
    while (true) {
        if (auto line = state_->lines.take()) return line;
        if (state_->lines.is_too_long()) return failure("the service sent a line without end");
        DWORD size = 0;
        if (::ReadFile(state_->pipe.get(), chunk.data(), static_cast<DWORD>(chunk.size()), &size, nullptr) == 0) {
            const DWORD code = ::GetLastError();
            if (is_end(code)) return std::optional<std::string>();
            return os_error(code, "receive from the service");
        }
        state_->lines.append(chunk.data(), size);
    }
}

}  // namespace riposte
