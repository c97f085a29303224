// SPDX-License-Identifier: Apache-2.0
// Measures the cost of a block: one firewall-drop process per address, compared with one nft and one iptables process
// per address, each tool on a host of its own (a network namespace). Then it measures how much that many blocks slow
// down packets that are not blocked. Needs root.
//   bench_firewall             10,000 addresses; the rules of iptables are loaded in one step, and only the cost of one
//                              more address is measured for it
//   bench_firewall full        starts a process for each address with iptables too (most of an hour)
//   bench_firewall ADDRESSES   another number of addresses
#include "platform/include/program.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <functional>
#include <memory>
#include <netinet/in.h>
#include <sched.h>
#include <spawn.h>
#include <string>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

using Words = std::vector<std::string>;
using Seconds = std::chrono::duration<double>;
using SteadyClock = std::chrono::steady_clock;

[[noreturn]] void give_up(const std::string& what) {
    std::fprintf(stderr, "bench_firewall: %s\n", what.c_str());
    std::exit(1);
}

std::string tool(const std::string& name) {
    const auto path = riposte::find_program(name);
    if (!path) give_up(path.error().text());
    return *path;
}

void run_once(const std::string& name, const Words& arguments, const std::string& input = {}) {
    const auto result = riposte::run_program(name, arguments, input, std::chrono::minutes(5));
    if (!result) give_up(result.error().text());
    if (!result->success()) give_up(riposte::describe(name, *result));
}

// Nothing of the bench's own is in the way: posix_spawn, no pipes.
void spawn_and_wait(Words words) {
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    std::array<char*, 1> environment{};
    pid_t pid = -1;
    if (::posix_spawn(&pid, words.front().c_str(), nullptr, nullptr, arguments.data(), environment.data()) != 0)
        give_up("cannot start " + words.front());
    int status = 0;
    ::waitpid(pid, &status, 0);
    if (status != 0) give_up(words.front() + " failed");
}

// A thread in a network namespace of its own does what it is asked for.
class OwnHost {
  public:
    void operator()(const std::function<void()>& work) const {
        std::thread([&] {
            if (::setns(namespace_, CLONE_NEWNET) != 0) give_up("cannot enter a network namespace");
            work();
        }).join();
    }
    OwnHost() {
        std::thread([this] {
            if (::unshare(CLONE_NEWNET) != 0) give_up("network namespaces need root");
            namespace_ = ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
            run_once("ip", {"link", "set", "lo", "up"});
        }).join();
    }
    OwnHost(const OwnHost&) = delete;
    OwnHost& operator=(const OwnHost&) = delete;
    ~OwnHost() { ::close(namespace_); }

  private:
    int namespace_ = -1;
};

std::string address(int number) {
    return "10." + std::to_string(number >> 16 & 255) + "." + std::to_string(number >> 8 & 255) + "." +
           std::to_string(number & 255);
}

// One way to block, on its own host.
struct Contender {
    std::string name;
    std::function<Words(const std::string&)> block;
    std::function<Words(const std::string&)> unblock;
    // Blocks that many at once, in place of a process each, which would take iptables most of an hour.
    std::function<void(int)> fill;
    OwnHost host;
    double block_all = 0;  // seconds
    double unblock_all = 0;
    std::vector<double> block_one, unblock_one;  // seconds, with all the others there
};

double seconds_for(const Contender& contender, const std::function<void()>& work) {
    double seconds = 0;
    contender.host([&] {
        const auto start = SteadyClock::now();
        work();
        seconds = Seconds(SteadyClock::now() - start).count();
    });
    return seconds;
}

double all(const Contender& contender, const std::function<Words(const std::string&)>& words, int count) {
    return seconds_for(contender, [&] {
        for (int i = 0; i < count; ++i) spawn_and_wait(words(address(i)));
    });
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values.empty() ? 0 : values[values.size() / 2];
}

// In turns, so that whatever else the machine does meets all of them alike.
void measure_one_by_one(std::vector<std::unique_ptr<Contender>>& contenders, int count, int samples) {
    for (int i = 0; i < samples; ++i) {
        const std::string fresh = address(count + i);
        for (const auto& contender : contenders) {
            contender->block_one.push_back(seconds_for(*contender, [&] { spawn_and_wait(contender->block(fresh)); }));
            contender->unblock_one.push_back(
                seconds_for(*contender, [&] { spawn_and_wait(contender->unblock(fresh)); }));
        }
    }
}

std::vector<std::unique_ptr<Contender>> make_contenders(const std::string& firewall_drop) {
    const std::string nft = tool("nft");
    const std::string iptables = tool("iptables");
    std::vector<std::unique_ptr<Contender>> contenders;
    const auto add = [&](const char* name, auto block, auto unblock) {
        contenders.push_back(std::make_unique<Contender>());
        contenders.back()->name = name;
        contenders.back()->block = block;
        contenders.back()->unblock = unblock;
    };
    add(
        "firewall-drop",
        [=](const std::string& ip) {
            return Words{firewall_drop, "add", "-", ip};
        },
        [=](const std::string& ip) {
            return Words{firewall_drop, "delete", "-", ip};
        });
    const auto element = [=](const char* verb, const std::string& ip) {
        return Words{nft, verb, "element", "inet", "bench", "blocked", "{ " + ip + " }"};
    };
    add(
        "nft element", [=](const std::string& ip) { return element("add", ip); },
        [=](const std::string& ip) { return element("delete", ip); });
    add(
        "iptables -I", [=](const std::string& ip) { return Words{iptables, "-I", "INPUT", "-s", ip, "-j", "DROP"}; },
        [=](const std::string& ip) { return Words{iptables, "-D", "INPUT", "-s", ip, "-j", "DROP"}; });
    contenders[1]->host([] {
        run_once("nft", {"-f", "-"},
                 "table inet bench {\n"
                 "  set blocked { type ipv4_addr; flags timeout; }\n"
                 "  chain input { type filter hook input priority -300; ip saddr @blocked counter drop; }\n"
                 "  chain forward { type filter hook forward priority -300; ip saddr @blocked counter drop; }\n"
                 "}\n");
    });
    return contenders;
}

void fill_iptables(int count) {
    std::string rules = "*filter\n";
    for (int i = 0; i < count; ++i) rules += "-I INPUT -s " + address(i) + " -j DROP\n";
    run_once("iptables-restore", {"--noflush"}, rules + "COMMIT\n");
}

std::string seconds_text(double seconds) {
    if (seconds == 0) return "-";
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f s", seconds);
    return text.data();
}

void compare_costs(const std::string& firewall_drop, int count, bool full) {
    auto contenders = make_contenders(firewall_drop);
    if (!full) contenders.back()->fill = fill_iptables;
    for (const auto& contender : contenders) {
        if (contender->fill) {
            contender->host([&] { contender->fill(count); });
        } else {
            contender->block_all = all(*contender, contender->block, count);
        }
    }
    measure_one_by_one(contenders, count, 100);
    for (const auto& contender : contenders) {
        if (!contender->fill) contender->unblock_all = all(*contender, contender->unblock, count);
    }

    std::printf("%d addresses, a process each          with %d present, median of 100\n", count, count);
    std::printf("%-15s %10s %10s %12s %12s %10s\n", "", "block all", "undo all", "block one", "undo one", "ratio");
    const Contender& own = *contenders.front();
    const double own_pair = median(own.block_one) + median(own.unblock_one);
    for (const auto& contender : contenders) {
        const double pair = median(contender->block_one) + median(contender->unblock_one);
        std::printf("%-15s %10s %10s %9.2f ms %9.2f ms %9.2fx\n", contender->name.c_str(),
                    seconds_text(contender->block_all).c_str(), seconds_text(contender->unblock_all).c_str(),
                    median(contender->block_one) * 1e3, median(contender->unblock_one) * 1e3, pair / own_pair);
    }
}

// ---- packets ----

// Sends small datagrams to itself through the host's input hook for a moment; packets per second.
double packet_rate(const OwnHost& host) {
    double rate = 0;
    host([&] {
        const int receiver = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        const int sender = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        sockaddr_in local{};
        local.sin_family = AF_INET;
        local.sin_port = htons(9);
        local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::bind(receiver, reinterpret_cast<sockaddr*>(&local), sizeof local) != 0 ||
            ::connect(sender, reinterpret_cast<sockaddr*>(&local), sizeof local) != 0)
            give_up("no loopback");
        std::array<char, 64> bytes{};
        constexpr int kPackets = 4'000;
        const auto start = SteadyClock::now();
        // Taken at once: on loopback a datagram has passed the hooks when send() returns.
        for (int i = 0; i < kPackets; ++i) {
            if (::send(sender, bytes.data(), bytes.size(), 0) < 0 ||
                ::recv(receiver, bytes.data(), bytes.size(), MSG_DONTWAIT) < 0)
                give_up("a packet did not pass");
        }
        rate = kPackets / Seconds(SteadyClock::now() - start).count();
        ::close(sender);
        ::close(receiver);
    });
    return rate;
}

void block_many(const OwnHost& host, const std::string& firewall_drop, int count) {
    host([&] {
        for (int i = 0; i < count; ++i) spawn_and_wait({firewall_drop, "add", "-", address(i)});
    });
}

void compare_packets(const std::string& firewall_drop, int count) {
    const OwnHost few;
    const OwnHost many;
    block_many(few, firewall_drop, 10);
    block_many(many, firewall_drop, count);
    std::vector<double> few_rates, many_rates, ratios;
    for (int i = 0; i < 200; ++i) {
        // Which of the two comes first alternates.
        double few_rate = i % 2 == 0 ? packet_rate(few) : 0;
        const double many_rate = packet_rate(many);
        if (i % 2 != 0) few_rate = packet_rate(few);
        few_rates.push_back(few_rate);
        many_rates.push_back(many_rate);
        ratios.push_back(many_rate / few_rate);
    }
    std::printf(
        "\npackets that pass, median of 200 turns: %.0f/s beside 10 blocked addresses, %.0f/s beside %d (%+.1f %%)\n",
        median(few_rates), median(many_rates), count, (median(ratios) - 1) * 100);
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    const bool full = std::ranges::find(words, "full") != words.end();
    const int count =
        !words.empty() && !full ? static_cast<int>(std::strtol(words.front().c_str(), nullptr, 10)) : 10'000;
    if (count < 10 || count > 1'000'000) give_up("between 10 and 1000000 addresses");
    const std::string firewall_drop = std::string(RESPONSES) + "/firewall-drop";
    compare_costs(firewall_drop, count, full);
    compare_packets(firewall_drop, count);
}
