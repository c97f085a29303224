// SPDX-License-Identifier: Apache-2.0
#include "src/cli/managers.h"

#include "src/backoff.h"
#include "src/config/text_file.h"
#include "src/config/xml_tree.h"
#include "src/log/log.h"
#include "src/request/address.h"

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace riposte {
namespace {

constexpr std::size_t kMaxConfigBytes = std::size_t{4} * 1024 * 1024;

void collect_servers(const XmlElement& client, std::vector<std::string>& names) {
    for (const XmlElement& element : client.children) {
        if (element.name == "server-ip" || element.name == "server-hostname") names.push_back(element.text);
        if (element.name != "server") continue;
        for (const XmlElement& member : element.children) {
            if (member.name == "address") names.push_back(member.text);
        }
    }
}

}  // namespace

std::vector<std::string> agent_managers(const std::filesystem::path& agent_config) {
    std::vector<std::string> names;
    const Result<std::string> text = read_text_file(agent_config, kMaxConfigBytes);
    if (!text) return names;
    const auto tree = read_xml_tree(*text);
    if (!tree) return names;
    for (const XmlElement& root : tree->children) {
        for (const XmlElement& section : root.children) {
            if (section.name == "client") collect_servers(section, names);
        }
    }
    std::erase_if(names, [](const std::string& name) { return name.empty(); });
    return names;
}

void ManagerAddresses::resolve(const std::vector<std::string>& names) {
    stop();
    addresses_.clear();
    unresolved_.clear();
    failures_ = 0;
    for (const std::string& name : names) {
        if (Network::parse(name)) {
            addresses_.insert(name);
        } else {
            unresolved_.insert(name);
        }
    }
    known_({addresses_.begin(), addresses_.end()});
    for (const std::string& name : unresolved_) ask(name);
}

void ManagerAddresses::stop() {
    ++round_;
    resolver_.cancel();
    retry_.cancel();
}

void ManagerAddresses::ask(const std::string& name) {
    resolver_.async_resolve(name, "",
                            [weak = weak_from_this(), name, round = round_](const auto& error, const auto& found) {
                                const auto self = weak.lock();
                                if (self && self->round_ == round) self->answered(name, error, found);
                            });
}

void ManagerAddresses::answered(const std::string& name, const boost::system::error_code& error,
                                const boost::asio::ip::tcp::resolver::results_type& found) {
    if (error) {
        if (reported_.insert(name).second) {
            log().warning("the manager " + name + " cannot be resolved (" + error.message() +
                          "), so its address is not protected yet; it is tried again");
        }
        return try_again_later();
    }
    for (const auto& entry : found) addresses_.insert(entry.endpoint().address().to_string());
    unresolved_.erase(name);
    reported_.erase(name);
    known_({addresses_.begin(), addresses_.end()});
}

void ManagerAddresses::try_again_later() {
    constexpr Backoff kRetries{std::chrono::seconds(5), std::chrono::minutes(10)};
    if (retry_.expires_after(kRetries.pause_after(failures_ + 1)) == 0) ++failures_;
    retry_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (error || !self) return;
        for (const std::string& name : self->unresolved_) self->ask(name);
    });
}

}  // namespace riposte
