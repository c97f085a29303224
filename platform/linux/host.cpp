// SPDX-License-Identifier: Apache-2.0
#include "platform/include/host.h"

#include "platform/linux/unique_fd.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstdio>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <memory>
#include <pwd.h>
#include <sys/socket.h>

namespace riposte {
namespace {

void add_once(std::vector<std::string>& list, const std::string& item) {
    if (!item.empty() && std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
}

// Empty for a family that is no IP.
std::string address_text(int family, const void* bytes) {
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    if (family != AF_INET && family != AF_INET6) return {};
    return ::inet_ntop(family, bytes, buffer.data(), buffer.size()) != nullptr ? std::string(buffer.data()) : "";
}

std::string address_text(const sockaddr& address) {
    if (address.sa_family == AF_INET) {
        return address_text(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr);
    }
    if (address.sa_family == AF_INET6) {
        return address_text(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
    }
    return {};
}

Result<std::vector<std::string>> own_addresses() {
    ifaddrs* found = nullptr;
    if (::getifaddrs(&found) != 0) return os_error(errno, "list the addresses of this host");
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> list(found, &::freeifaddrs);
    std::vector<std::string> texts;
    for (const ifaddrs* entry = list.get(); entry != nullptr; entry = entry->ifa_next) {
        if (entry->ifa_addr != nullptr) add_once(texts, address_text(*entry->ifa_addr));
    }
    return texts;
}

// RTA_VIA: a gateway of another family than the route's (IPv4 through an IPv6 neighbour), its family in front.
std::string via_text(const rtattr& attribute) {
    const auto* via = static_cast<const rtvia*>(RTA_DATA(&attribute));
    const std::size_t size = RTA_PAYLOAD(&attribute) - std::min<std::size_t>(RTA_PAYLOAD(&attribute), sizeof(rtvia));
    const std::size_t expected = via->rtvia_family == AF_INET6 ? sizeof(in6_addr) : sizeof(in_addr);
    return size >= expected ? address_text(via->rtvia_family, static_cast<const void*>(via->rtvia_addr)) : "";
}

void read_gateways(int family, const rtattr* attribute, unsigned size, std::vector<std::string>& gateways);

void read_next_hops(int family, const rtattr& attribute, std::vector<std::string>& gateways) {
    const auto* hop = static_cast<const rtnexthop*>(RTA_DATA(&attribute));
    int left = static_cast<int>(RTA_PAYLOAD(&attribute));
    while (left >= static_cast<int>(sizeof(*hop)) && RTNH_OK(hop, left)) {
        read_gateways(family, RTNH_DATA(hop), hop->rtnh_len - RTNH_LENGTH(0), gateways);
        left -= static_cast<int>(RTNH_ALIGN(hop->rtnh_len));
        hop = RTNH_NEXT(hop);
    }
}

void read_gateways(int family, const rtattr* attribute, unsigned size, std::vector<std::string>& gateways) {
    const std::size_t address_size = family == AF_INET6 ? sizeof(in6_addr) : sizeof(in_addr);
    int left = static_cast<int>(size);
    for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
        if (attribute->rta_type == RTA_GATEWAY && RTA_PAYLOAD(attribute) >= address_size) {
            add_once(gateways, address_text(family, RTA_DATA(attribute)));
        }
        if (attribute->rta_type == RTA_VIA) add_once(gateways, via_text(*attribute));
        if (attribute->rta_type == RTA_MULTIPATH) read_next_hops(family, *attribute, gateways);
    }
}

// Routes of every table: a host with several uplinks keeps a default gateway in each of its tables.
void read_route(const nlmsghdr& message, std::vector<std::string>& gateways) {
    const auto* route = static_cast<const rtmsg*>(NLMSG_DATA(&message));
    if (message.nlmsg_len < NLMSG_LENGTH(sizeof(*route)) || route->rtm_dst_len != 0) return;
    read_gateways(route->rtm_family, RTM_RTA(route), static_cast<unsigned>(RTM_PAYLOAD(&message)), gateways);
}

Result<void> request_routes(int netlink) {
    struct {
        nlmsghdr header;
        rtmsg route;
    } request{};
    request.header.nlmsg_len = sizeof(request);
    request.header.nlmsg_type = RTM_GETROUTE;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.route.rtm_family = AF_UNSPEC;
    if (::send(netlink, &request, sizeof(request), 0) < 0) return os_error(errno, "ask for the routes of this host");
    return {};
}

enum class Answer { More, End, Failed };

Answer read_answer(const std::vector<char>& buffer, std::size_t size, std::vector<std::string>& gateways) {
    const auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data());
    auto left = static_cast<unsigned>(size);
    for (; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
        if (message->nlmsg_type == NLMSG_DONE) return Answer::End;
        if (message->nlmsg_type == NLMSG_ERROR) return Answer::Failed;
        if (message->nlmsg_type == RTM_NEWROUTE) read_route(*message, gateways);
    }
    return Answer::More;
}

Result<std::vector<std::string>> default_gateways() {
    const UniqueFd netlink(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (!netlink) return os_error(errno, "ask for the routes of this host");
    if (auto asked = request_routes(netlink.get()); !asked) return asked.error();
    std::vector<std::string> gateways;
    std::vector<char> buffer(32768);
    while (true) {
        const ssize_t size = ::recv(netlink.get(), buffer.data(), buffer.size(), 0);
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return os_error(errno, "read the routes of this host");
        const Answer answer = read_answer(buffer, static_cast<std::size_t>(size), gateways);
        if (answer == Answer::Failed) return failure("read the routes of this host: the kernel refused");
        if (answer == Answer::End) return gateways;
    }
}

}  // namespace

Result<HostAddresses> host_addresses() {
    auto own = own_addresses();
    if (!own) return own.error();
    auto gateways = default_gateways();
    if (!gateways) return gateways.error();
    return HostAddresses{std::move(*own), std::move(*gateways)};
}

std::vector<std::string> host_administrators() {
    std::vector<std::string> names{"root"};
    // The file and not getpwent: a directory service may take long to answer, and must not decide who is root.
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/etc/passwd", "re"), &std::fclose);
    if (!file) return names;
    passwd entry{};
    passwd* found = nullptr;
    std::vector<char> buffer(4096);
    while (true) {
        const int code = ::fgetpwent_r(file.get(), &entry, buffer.data(), buffer.size(), &found);
        if (code == ERANGE && buffer.size() < 1U << 20U) {
            buffer.resize(buffer.size() * 2);
            continue;
        }
        if (code != 0) return names;
        if (found->pw_uid == 0) add_once(names, found->pw_name);
    }
}

bool user_names_equal(const std::string& left, const std::string& right) {
    return left == right;
}

}  // namespace riposte
