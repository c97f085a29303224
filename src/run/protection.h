// SPDX-License-Identifier: Apache-2.0
// Protected targets, on which no response may act: the host itself, the way to it, its manager, its administrators, and
// those that the configuration lists.
#pragma once

#include "platform/include/clock.h"
#include "platform/include/host.h"
#include "platform/include/result.h"
#include "src/config/config.h"
#include "src/request/address.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace riposte {

class Protection {
  public:
    using AskHost = std::function<Result<HostAddresses>()>;
    // The host is asked for its addresses at a question, when the last answer is older than 5 s. An answer that fails
    // is said once in the log, and the last known addresses count on.
    Protection(const Protected& configured, const Clock& clock, AskHost ask_host = host_addresses,
               std::vector<std::string> administrators = host_administrators());

    // Replaces the managers' addresses. Names are not resolved here: one that is no address protects nothing.
    void set_managers(const std::vector<std::string>& addresses);

    // One sentence why the target must not be acted on, "10.1.2.3 is in the protected network 10.0.0.0/8"; empty if it
    // may, and for text that is no address or network. A network is protected if a single address in it is.
    std::optional<std::string> reason_for_address(std::string_view text);
    std::optional<std::string> reason_for_user(std::string_view name) const;

  private:
    struct Entry {
        Network network;
        std::string what;    // what the network itself is: "a protected network"
        std::string member;  // what an address in it is: "in the protected network 10.0.0.0/8"
    };
    static void add(std::vector<Entry>& entries, const std::string& text, const std::string& what);
    static std::optional<std::string> reason(const Network& target, const Entry& entry);
    void refresh_host();

    const Clock* clock_;
    AskHost ask_host_;
    std::vector<Entry> fixed_, host_, managers_;
    std::vector<std::string> administrators_, users_;
    std::optional<BootTime> asked_;
    bool host_unreadable_ = false;
};

}  // namespace riposte
