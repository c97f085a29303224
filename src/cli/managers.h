// SPDX-License-Identifier: Apache-2.0
// The addresses of the managers: no response may cut this host off from them.
#pragma once

#include "src/config/config.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace riposte {

// The <server> addresses of an agent's ossec.conf, inside <client>, with OSSEC's older <server-ip> and
// <server-hostname>. An unreadable file has none.
std::vector<std::string> agent_managers(const std::filesystem::path& agent_config);

// Turns names into addresses and keeps trying with those that cannot be resolved yet, since a host may start before its
// network.
class ManagerAddresses : public std::enable_shared_from_this<ManagerAddresses> {
  public:
    using Known = std::function<void(std::vector<std::string> addresses)>;
    ManagerAddresses(boost::asio::io_context& loop, Known known)
        : resolver_(loop), retry_(loop), known_(std::move(known)) {}

    // Forgets the earlier ones. `known` is called on the loop with all addresses found so far, each time there are new
    // ones.
    void resolve(const std::vector<std::string>& names);
    void stop();

  private:
    void ask(const std::string& name);
    void answered(const std::string& name, const boost::system::error_code& error,
                  const boost::asio::ip::tcp::resolver::results_type& found);
    void try_again_later();

    boost::asio::ip::tcp::resolver resolver_;
    boost::asio::steady_timer retry_;
    Known known_;
    std::set<std::string> addresses_, unresolved_, reported_;
    unsigned round_ = 0;  // answers of an earlier one do not count
    int failures_ = 0;
};

}  // namespace riposte
