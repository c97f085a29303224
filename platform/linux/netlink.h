// SPDX-License-Identifier: Apache-2.0
// Messages to the kernel and its answers. Private to platform/linux.
#pragma once

#include "platform/include/result.h"

#include <functional>
#include <libmnl/libmnl.h>
#include <string>
#include <vector>

namespace riposte {

// Messages that are sent together.
class NetlinkMessages {
  public:
    // Starts a message; `extra` is what follows its header (struct nfgenmsg, struct rtmsg). Flags beside NLM_F_REQUEST.
    template <class Extra>
    void start(unsigned type, unsigned flags, const Extra& extra) {
        *static_cast<Extra*>(begin(type, flags, sizeof extra)) = extra;
    }
    void put(unsigned type, const std::string& text);  // a string with its NUL
    void put_bytes(unsigned type, const void* data, std::size_t size);
    template <class Value>
    void put_value(unsigned type, const Value& value) {
        put_bytes(type, &value, sizeof value);
    }
    // Calls `inside`, whose attributes become the members of a nested one.
    void nest(unsigned type, const std::function<void()>& inside);

    const void* data() const { return buffer_.data(); }
    std::size_t size() const { return used_ + (current_ == nullptr ? 0 : current_->nlmsg_len); }
    // Of the last message that the kernel answers: one with NLM_F_ACK or NLM_F_DUMP.
    unsigned last_answered() const { return last_answered_; }

  private:
    void* begin(unsigned type, unsigned flags, std::size_t extra);

    std::vector<char> buffer_ = std::vector<char>(8192);
    std::size_t used_ = 0;
    nlmsghdr* current_ = nullptr;
    unsigned number_ = 0;
    unsigned last_answered_ = 0;
};

// Sends the messages to `bus` (NETLINK_NETFILTER or NETLINK_ROUTE) and reads until the last answer; `each` gets what
// the kernel tells meanwhile. The code of an Error is the kernel's for the first message that failed; a dump that
// changed while it was read is interrupted (EINTR). `what` begins the Error's text. A socket of its own each time: the
// answers that a failed batch leaves unread cannot be taken for others.
Result<void> netlink_exchange(int bus, const NetlinkMessages& messages, const std::string& what,
                              const std::function<void(const nlmsghdr&)>& each = {});

// The first attribute of that type among those behind the message's extra header, or inside a nested one.
const nlattr* find_attribute(const nlmsghdr& message, std::size_t extra, unsigned type);
const nlattr* find_attribute(const nlattr* nest, unsigned type);
// The attributes inside a nested one; none if there is no such.
void for_each_attribute(const nlattr* nest, const std::function<void(const nlattr&)>& visit);
// An attribute's payload; empty if there is none.
std::string attribute_bytes(const nlattr* attribute);
// The same up to the NUL.
std::string attribute_text(const nlattr* attribute);

}  // namespace riposte
