// SPDX-License-Identifier: Apache-2.0
#include "platform/linux/netlink.h"

#include "platform/linux/unique_fd.h"

#include <cerrno>
#include <memory>
#include <sys/socket.h>

namespace riposte {
namespace {

constexpr std::size_t kReceiveBuffer = 65'536;

// Goes through one datagram. True: the exchange is over.
Result<bool> take_answers(const char* data, int size, unsigned last, const std::string& what,
                          const std::function<void(const nlmsghdr&)>& each) {
    for (const auto* message = reinterpret_cast<const nlmsghdr*>(data); ::mnl_nlmsg_ok(message, size);
         message = ::mnl_nlmsg_next(message, &size)) {
        if (message->nlmsg_seq > last) continue;
        if ((message->nlmsg_flags & NLM_F_DUMP_INTR) != 0) return os_error(EINTR, what);
        if (message->nlmsg_type == NLMSG_DONE) return true;
        if (message->nlmsg_type != NLMSG_ERROR) {
            if (each) each(*message);
            continue;
        }
        const auto* answer = static_cast<const nlmsgerr*>(::mnl_nlmsg_get_payload(message));
        if (answer->error != 0) return os_error(-answer->error, what);
        if (message->nlmsg_seq == last) return true;
    }
    return false;
}

// libmnl's own loops are macros that only C accepts.
void for_each_between(const nlattr* attribute, const char* tail, const std::function<void(const nlattr&)>& visit) {
    while (::mnl_attr_ok(attribute, static_cast<int>(tail - reinterpret_cast<const char*>(attribute)))) {
        visit(*attribute);
        attribute = ::mnl_attr_next(attribute);
    }
}

}  // namespace

void* NetlinkMessages::begin(unsigned type, unsigned flags, std::size_t extra) {
    used_ = size();
    current_ = ::mnl_nlmsg_put_header(buffer_.data() + used_);
    current_->nlmsg_type = static_cast<std::uint16_t>(type);
    current_->nlmsg_flags = static_cast<std::uint16_t>(flags | NLM_F_REQUEST);
    current_->nlmsg_seq = ++number_;
    if ((flags & (NLM_F_ACK | NLM_F_DUMP)) != 0) last_answered_ = number_;
    return ::mnl_nlmsg_put_extra_header(current_, extra);
}

void NetlinkMessages::put(unsigned type, const std::string& text) {
    ::mnl_attr_put_strz(current_, static_cast<std::uint16_t>(type), text.c_str());
}

void NetlinkMessages::put_bytes(unsigned type, const void* data, std::size_t size) {
    ::mnl_attr_put(current_, static_cast<std::uint16_t>(type), size, data);
}

void NetlinkMessages::nest(unsigned type, const std::function<void()>& inside) {
    nlattr* const start = ::mnl_attr_nest_start(current_, static_cast<std::uint16_t>(type));
    inside();
    ::mnl_attr_nest_end(current_, start);
}

Result<void> netlink_exchange(int bus, const NetlinkMessages& messages, const std::string& what,
                              const std::function<void(const nlmsghdr&)>& each) {
    const std::unique_ptr<mnl_socket, int (*)(mnl_socket*)> socket(::mnl_socket_open2(bus, SOCK_CLOEXEC),
                                                                   &::mnl_socket_close);
    if (!socket) return os_error(errno, what);
    if (::mnl_socket_sendto(socket.get(), messages.data(), messages.size()) < 0) return os_error(errno, what);
    std::vector<char> buffer(kReceiveBuffer);
    for (;;) {
        const ssize_t count = ::mnl_socket_recvfrom(socket.get(), buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return os_error(errno, what);
        const auto over = take_answers(buffer.data(), static_cast<int>(count), messages.last_answered(), what, each);
        if (!over) return over.error();
        if (*over) return {};
    }
}

const nlattr* find_attribute(const nlmsghdr& message, std::size_t extra, unsigned type) {
    const nlattr* found = nullptr;
    for_each_between(static_cast<const nlattr*>(::mnl_nlmsg_get_payload_offset(&message, extra)),
                     static_cast<const char*>(::mnl_nlmsg_get_payload_tail(&message)), [&](const nlattr& attribute) {
                         if (found == nullptr && ::mnl_attr_get_type(&attribute) == type) found = &attribute;
                     });
    return found;
}

const nlattr* find_attribute(const nlattr* nest, unsigned type) {
    const nlattr* found = nullptr;
    for_each_attribute(nest, [&](const nlattr& attribute) {
        if (found == nullptr && ::mnl_attr_get_type(&attribute) == type) found = &attribute;
    });
    return found;
}

void for_each_attribute(const nlattr* nest, const std::function<void(const nlattr&)>& visit) {
    if (nest == nullptr) return;
    const char* const tail = static_cast<const char*>(::mnl_attr_get_payload(nest)) + ::mnl_attr_get_payload_len(nest);
    for_each_between(static_cast<const nlattr*>(::mnl_attr_get_payload(nest)), tail, visit);
}

std::string attribute_bytes(const nlattr* attribute) {
    if (attribute == nullptr) return {};
    return {static_cast<const char*>(::mnl_attr_get_payload(attribute)), ::mnl_attr_get_payload_len(attribute)};
}

std::string attribute_text(const nlattr* attribute) {
    const std::string bytes = attribute_bytes(attribute);
    return bytes.substr(0, bytes.find('\0'));
}

}  // namespace riposte
