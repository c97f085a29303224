// SPDX-License-Identifier: Apache-2.0
// Measures the latency that the manager's channel adds over the agent's socket, from the sending of a response to the
// start of its executable. One run sends through both in turn. Then it measures the cost of an idle link: wake-ups, CPU
// time, keepalives and memory.
#include "tests/bench/floor_loop.h"
#include "tests/bench/subject.h"
#include "tests/manager/manager_simulator.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

using namespace bench;
namespace fs = std::filesystem;

std::string manager_section(const riposte::simulator::ManagerSimulator& manager) {
    return "<riposte><manager><server><address>127.0.0.1</address><port>" + std::to_string(manager.port()) +
           "</port><protocol>tcp</protocol></server><kind>wazuh4</kind><enrollment><port>" +
           std::to_string(manager.enrolment_port()) +
           "</port><agent_name>bench</agent_name></enrollment></manager></riposte>\n";
}

std::string address(int number) {
    return "198.18." + std::to_string(number / 250 % 250) + "." + std::to_string(number % 250);
}

// The executable's start is told on the same clock.
template <class Send>
double start_ms(Subject& subject, int number, Send send) {
    const std::string target = address(number);
    const std::string message = request_line(kTimed, target);
    const std::int64_t sent = now_ns();
    send(message);
    const double took = static_cast<double>(subject.began_ns(target) - sent) / 1e6;
    for (Subject::Counts counts = subject.counts(); counts.running + counts.queued > 0; counts = subject.counts()) {
        pause_ms(1);
    }
    pause_ms(4);
    return took;
}

void print(const char* name, const std::vector<double>& values) {
    std::printf("%-8s p50 %.3f ms   p99 %.3f ms\n", name, median(values), percentile(values, 0.99));
}

int argument(int argc, char** argv, int index, int otherwise) {
    return index < argc ? static_cast<int>(std::strtol(argv[index], nullptr, 10)) : otherwise;
}

}  // namespace

int main(int argc, char** argv) {
    const int rounds = argument(argc, argv, 1, 400);
    const int idle_s = argument(argc, argv, 2, 30);
    const fs::path build = fs::read_symlink("/proc/self/exe").parent_path();
    auto started = riposte::simulator::ManagerSimulator::start({});
    if (!started) fail(started.error().text());
    riposte::simulator::ManagerSimulator& manager = **started;
    const Place place(fs::temp_directory_path() / ("riposte-bench-link-" + std::to_string(::getpid())),
                      build / "bench_child", manager_section(manager));
    Subject subject(build / "riposte", place);
    while (manager.agents().empty() || manager.agents()[0].keepalives == 0) pause_ms(5);
    const std::string id = manager.agents()[0].key.id;
    std::vector<double> link;
    std::vector<double> execq;
    int number = 0;
    for (int round = 0; round < rounds; ++round) {
        execq.push_back(start_ms(subject, number++, [&](const std::string& message) { subject.send(message); }));
        link.push_back(start_ms(subject, number++, [&](const std::string& message) {
            if (const auto sent = manager.send_execd(id, message); !sent) fail(sent.error().text());
        }));
    }
    print("execq", execq);
    print("link", link);
    std::printf("link - execq at p50: %.3f ms (at most 1)\n", median(link) - median(execq));
    const Subject::Usage before = subject.usage();
    const std::uint64_t keepalives = manager.agents()[0].keepalives;
    pause_ms(idle_s * 1000.0);
    const Subject::Usage after = subject.usage();
    std::printf("idle for %d s: %lld wake-ups, %.1f ms of CPU, %llu keepalives; resident %.1f MiB (at most 25)\n",
                idle_s, static_cast<long long>(after.wakeups - before.wakeups), after.cpu_ms - before.cpu_ms,
                static_cast<unsigned long long>(manager.agents()[0].keepalives - keepalives), subject.resident_mib());
    return 0;
}
