// SPDX-License-Identifier: Apache-2.0
// The stock executables that block an address, each as a process on a host with real neighbours.
#include "tests/responses/linux/hosts.h"
#include "tests/support/files.h"
#include "tests/support/text.h"

#include <doctest/doctest.h>

#include <future>
#include <sstream>
#include <string>

using namespace riposte;
using namespace riposte::test;

namespace {

namespace fs = std::filesystem;

struct Executable {
    const Host& host;
    std::string name;
    Words options;

    Words words() const { return Words{"env", "RUN_BY_RIPOSTE=yes", std::string(RESPONSES) + "/" + name} + options; }
    int run(const Words& arguments, const std::string& input = {}) const {
        const auto result = host.try_run(words() + arguments, input);
        REQUIRE(result.has_value());
        if (result->exit_code == 1) MESSAGE(result->output);
        return result->exit_code;
    }
    std::string output(const Words& arguments) const {
        const auto result = host.try_run(words() + arguments);
        REQUIRE(result.has_value());
        return result->output;
    }
    int add(const std::string& target) const { return run({"add", "-", target}); }
    int reverse(const std::string& target) const { return run({"delete", "-", target}); }
    // Silent: the targets that are not in force are part of the output.
    int status(const Words& targets) const {
        const auto result = host.try_run(words() + Words{"--status"} + targets);
        REQUIRE(result.has_value());
        return result->exit_code;
    }
};

bool has_v6(const std::string& target) {
    return target.find(':') != std::string::npos;
}

// Every target covers the foe.
const Words kTargets{"192.0.2.66", "192.0.2.0/25", "2001:db8:1::66", "2001:db8:1::/65"};

void check_effect(const Hosts& hosts, const Executable& executable) {
    for (const std::string& target : kTargets) {
        CAPTURE(target);
        const bool v6 = has_v6(target);
        REQUIRE(hosts.foe_passes(v6));
        CHECK(executable.status({target}) == 4);
        CHECK(executable.add(target) == 0);
        CHECK(hosts.foe_is_dropped(v6));
        CHECK(hosts.foe_passes(!v6));
        CHECK(executable.status({target}) == 0);
        CHECK(executable.add(target) == 0);
        CHECK(executable.reverse(target) == 0);
        CHECK(hosts.foe_passes(v6));
        CHECK(executable.status({target}) == 4);
        CHECK(executable.reverse(target) == 0);
    }
}

void check_overlaps(const Hosts& hosts, const Executable& executable) {
    const Words all{"192.0.2.0/25", "192.0.2.64/26", "192.0.2.66"};
    for (const std::string& last : all) {
        CAPTURE(last);
        for (const std::string& target : all) CHECK(executable.add(target) == 0);
        CHECK(executable.status(all) == 0);
        for (const std::string& target : all) {
            if (target == last) continue;
            CHECK(executable.reverse(target) == 0);
            CHECK(executable.status({target}) == 4);
            CHECK(hosts.foe_is_dropped(false));
        }
        CHECK(executable.status({last}) == 0);
        CHECK(executable.reverse(last) == 0);
        CHECK(hosts.foe_passes(false));
    }
}

std::string without_own_rules(const std::string& listing) {
    std::istringstream lines(listing);
    std::string rest;
    for (std::string line; std::getline(lines, line);) {
        if (line.find("RIPOSTE") == std::string::npos) rest += line + "\n";
    }
    return rest;
}

}  // namespace

TEST_CASE("firewall-drop with nftables drops an address or a network, and opens it again") {
    if (!may_make_namespaces()) return;
    const Hosts hosts;
    const Executable executable{hosts.here, "firewall-drop", {}};
    CHECK(executable.output({"--check"}) == "nftables through libnftables.so.1\n");
    hosts.here.run({"nft", "-f", "-"},
                   "table inet mine {\n"
                   "  set friends { type ipv4_addr; flags interval; elements = { 192.0.2.0/24 } }\n"
                   "  chain input { type filter hook input priority 0; policy accept;\n"
                   "    ip saddr @friends counter accept\n"
                   "  }\n"
                   "}\n");
    const std::string before = hosts.here.run({"nft", "-s", "list", "table", "inet", "mine"});
    check_effect(hosts, executable);
    CHECK(hosts.here.run({"nft", "-s", "list", "table", "inet", "mine"}) == before);
    check_overlaps(hosts, executable);
    CHECK(hosts.here.run({"nft", "-s", "list", "table", "inet", "mine"}) == before);
    // The listing of the ruleset can be loaded again, and the block is then in force.
    executable.add("192.0.2.0/25");
    const std::string listed = hosts.here.run({"nft", "list", "ruleset"});
    hosts.here.run({"nft", "flush", "ruleset"});
    CHECK(executable.status({"192.0.2.0/25"}) == 4);
    hosts.here.run({"nft", "-f", "-"}, listed);
    CHECK(executable.status({"192.0.2.0/25"}) == 0);
}

TEST_CASE("firewall-drop with iptables drops an address or a network, and opens it again") {
    if (!may_make_namespaces()) return;
    const Hosts hosts;
    const Executable executable{hosts.here, "firewall-drop", {"--firewall", "iptables"}};
    CHECK(executable.output({"--check"}) == "iptables and ip6tables\n");
    const Words programs{"iptables", "ip6tables"};
    std::string before;
    for (const std::string& program : programs) {
        hosts.here.run({program, "-N", "MINE"});
        hosts.here.run({program, "-A", "INPUT", "-p", "tcp", "--dport", "22", "-j", "MINE"});
        hosts.here.run({program, "-A", "MINE", "-m", "comment", "--comment", "not \"yours\"", "-j", "ACCEPT"});
        hosts.here.run({program, "-A", "INPUT", "-j", "ACCEPT"});
        before += hosts.here.run({program, "-S"});
    }
    check_effect(hosts, executable);
    check_overlaps(hosts, executable);
    std::string after;
    for (const std::string& program : programs) {
        const std::string listing = hosts.here.run({program, "-S"});
        CHECK(occurrences(listing, "-j RIPOSTE") == 2);
        after += without_own_rules(listing);
    }
    CHECK(after == before);
}

TEST_CASE("firewall-drop says what is not in force any more, and makes it whole again") {
    if (!may_make_namespaces()) return;
    const Hosts hosts;
    const Executable nftables{hosts.here, "firewall-drop", {"--firewall", "nftables"}};
    for (const Words& damage : {Words{"flush", "ruleset"}, Words{"delete", "table", "inet", "riposte"},
                                Words{"flush", "chain", "inet", "riposte", "input_address4"},
                                Words{"flush", "chain", "inet", "riposte", "forward_address4"},
                                Words{"delete", "chain", "inet", "riposte", "forward_address4"},
                                Words{"flush", "set", "inet", "riposte", "address4"},
                                Words{"add", "rule", "inet", "riposte", "input_address4", "accept"}}) {
        CAPTURE(damage.back());
        CHECK(nftables.add("192.0.2.66") == 0);
        CHECK(nftables.status({"192.0.2.66"}) == 0);
        hosts.here.run(Words{"nft"} + damage);
        CHECK(nftables.status({"192.0.2.66"}) == 4);
        CHECK(nftables.add("192.0.2.66") == 0);
        CHECK(nftables.status({"192.0.2.66"}) == 0);
        CHECK(hosts.foe_is_dropped(false));
    }
    const Executable iptables{hosts.here, "firewall-drop", {"--firewall", "iptables"}};
    CHECK(nftables.reverse("192.0.2.66") == 0);
    for (const Words& damage : {Words{"-F"}, Words{"-F", "INPUT"}, Words{"-F", "RIPOSTE"}}) {
        CHECK(iptables.add("192.0.2.66") == 0);
        CHECK(iptables.status({"192.0.2.66"}) == 0);
        hosts.here.run(Words{"iptables"} + damage);
        CHECK(iptables.status({"192.0.2.66"}) == 4);
        CHECK(iptables.add("192.0.2.66") == 0);
        CHECK(hosts.foe_is_dropped(false));
    }
    // The undo finds a block that an earlier run made with iptables.
    CHECK(Executable{hosts.here, "firewall-drop", {}}.status({"192.0.2.66"}) == 0);
    CHECK(Executable{hosts.here, "firewall-drop", {}}.reverse("192.0.2.66") == 0);
    CHECK(hosts.foe_passes(false));
}

TEST_CASE("what a request says of its time reaches the kernel") {
    if (!may_make_namespaces()) return;
    const Host host("timed");
    const Executable executable{host, "firewall-drop", {}};
    const std::string order =
        R"({"command":"enable","source":{"ip":"192.0.2.7"},"wazuh":{"active_response":{"name":"b",)"
        R"("executable":"firewall-drop","type":"stateful","stateful_timeout":600}}})"
        "\n"
        R"({"command":"continue"})"
        "\n";
    CHECK(executable.run({}, order) == 0);
    const Words list{"nft", "list", "set", "inet", "riposte", "address4"};
    CHECK(host.run(list).find("192.0.2.7 timeout 1d10m expires") != std::string::npos);
    // Without a time there is no limit, whatever was there before.
    CHECK(executable.add("192.0.2.7") == 0);
    CHECK(host.run(list).find("expires") == std::string::npos);
}

TEST_CASE("many blocks at once on a fresh host are all in force, with each rule there once") {
    if (!may_make_namespaces()) return;
    const Host host("busy");
    for (const char* firewall : {"nftables", "iptables"}) {
        CAPTURE(firewall);
        const Executable executable{host, "firewall-drop", {"--firewall", firewall}};
        std::vector<std::future<int>> runs;
        Words targets;
        for (int i = 1; i <= 12; ++i) {
            targets.push_back("198.51.100." + std::to_string(i));
            runs.push_back(std::async(std::launch::async, [&executable, target = targets.back()] {
                const auto result = executable.host.try_run(executable.words() + Words{"add", "-", target});
                return result ? result->exit_code : -1;
            }));
        }
        for (auto& run : runs) CHECK(run.get() == 0);
        CHECK(executable.status(targets) == 0);
    }
    CHECK(occurrences(host.run({"nft", "list", "table", "inet", "riposte"}), "@address4") == 2);
    CHECK(occurrences(host.run({"iptables", "-S", "RIPOSTE"}), "-j DROP") == 12);
}

TEST_CASE("route-null routes to nowhere, and leaves other routes alone") {
    if (!may_make_namespaces()) return;
    const Hosts hosts;
    const Executable executable{hosts.here, "route-null", {}};
    CHECK(executable.output({"--check"}) == "blackhole routes\n");
    hosts.here.run({"ip", "route", "add", "blackhole", "203.0.113.0/24"});
    hosts.here.run({"ip", "-6", "route", "add", "blackhole", "2001:db8:3::/48"});
    const auto routes = [&] { return hosts.here.run({"ip", "route"}) + hosts.here.run({"ip", "-6", "route"}); };
    const std::string before = routes();
    check_effect(hosts, executable);
    check_overlaps(hosts, executable);
    CHECK(routes() == before);

    // A destination that somebody else routes already, or that is a network of this host, is refused; its route stays.
    CHECK(executable.add("192.0.2.0/24") == 1);
    CHECK(executable.add("203.0.113.0/24") == 1);
    CHECK(executable.status({"203.0.113.0/24"}) == 4);
    CHECK(executable.reverse("203.0.113.0/24") == 0);
    CHECK(executable.reverse("2001:db8:3::/48") == 0);
    CHECK(executable.reverse("192.0.2.0/24") == 0);
    CHECK(routes() == before);
}

TEST_CASE("a route that outlives a reboot is not to be had on Linux, whoever asks for it") {
    if (!may_make_namespaces()) return;
    const Host host("here");
    const Executable asked{host, "route-null", {"--persistent"}};
    CHECK(asked.run({"--check"}) == 3);
    CHECK(asked.output({"--check"}).find("on_boot") != std::string::npos);
    CHECK(asked.add("192.0.2.7") == 3);
    const Executable executable{host, "route-null", {}};
    const std::string request =
        R"({"version":1,"origin":{"name":"n","module":"wazuh-execd"},"command":"add","parameters":{"extra_args":)"
        R"(["--persistent"],"alert":{"data":{"srcip":"192.0.2.7"}},"program":"active-response/bin/route-null"}})"
        "\n"
        R"({"version":1,"command":"continue","parameters":{}})"
        "\n";
    CHECK(executable.run({}, request) == 3);
    CHECK(host.run({"ip", "route"}).empty());
    // The route was never added, so its reversal succeeds: a failure would be retried for ever.
    CHECK(asked.reverse("192.0.2.7") == 0);
    CHECK(asked.status({"192.0.2.7"}) == 4);
}

TEST_CASE("block-ip takes the first way that works, and undoes just that") {
    if (!may_make_namespaces()) return;
    const Hosts hosts;
    const TemporaryDirectory state;
    const Executable executable{hosts.here, "block-ip", {"--state", state.path().string()}};
    check_effect(hosts, executable);

    CHECK(executable.add("192.0.2.66") == 0);
    const fs::path record = state / "block-ip" / "192.0.2.66";
    CHECK(read_file(record) == "nftables\n");
    CHECK((fs::status(state / "block-ip").permissions() & fs::perms(077)) == fs::perms::none);
    // The reversal leaves a block of the same address alone that another executable made.
    const Executable route{hosts.here, "route-null", {}};
    CHECK(route.add("192.0.2.66") == 0);
    CHECK(executable.reverse("192.0.2.66") == 0);
    CHECK_FALSE(fs::exists(record));
    CHECK(route.status({"192.0.2.66"}) == 0);
    CHECK(route.reverse("192.0.2.66") == 0);

    // A record that says otherwise is obeyed; one that says nothing sensible is not.
    CHECK(executable.add("192.0.2.66") == 0);
    write_file(record, "route\n");
    CHECK(executable.status({"192.0.2.66"}) == 4);
    CHECK(executable.add("192.0.2.66") == 0);
    CHECK(route.status({"192.0.2.66"}) == 0);
    CHECK(executable.reverse("192.0.2.66") == 0);
    CHECK(route.status({"192.0.2.66"}) == 4);
    CHECK(hosts.foe_is_dropped(false));
    write_file(record, "pf; reboot\n");
    CHECK(executable.reverse("192.0.2.66") == 1);
    // Without a record every way is asked.
    fs::remove(record);
    CHECK(executable.reverse("192.0.2.66") == 0);
    CHECK(hosts.foe_passes(false));
}

// firewalld itself is not run here: it needs a system bus. The stand-in keeps rules as firewalld does, answers with its
// exit codes, and records how it was called.
TEST_CASE("firewalld-drop asks firewall-cmd for rich rules in every zone in use") {
    if (!may_make_namespaces()) return;
    const TemporaryDirectory directory;
    fs::create_directory(directory / "bin");
    write_file(
        directory / "bin/firewall-cmd",
        "#!/bin/sh\n"
        "cd " +
            directory.path().string() +
            "\n"
            "printf '[%s]' \"$@\" >> calls; echo >> calls\n"
            "[ -e stopped ] && { echo 'FirewallD is not running' >&2; exit 252; }\n"
            "case $1 in\n"
            "--state) echo running;;\n"
            "--get-default-zone) echo public;;\n"
            "--get-active-zones) printf 'dmz\\n  interfaces: eth1\\npublic (default)\\n  interfaces: eth0\\n';;\n"
            "--zone=dmz|--zone=public)\n"
            "  touch \"$1\"\n"
            "  case $2 in\n"
            "  --list-rich-rules) cat ./\"$1\";;\n"
            "  --add-rich-rule=*) grep -qxF \"${2#*=}\" ./\"$1\" && exit 11; echo \"${2#*=}\" >> ./\"$1\"; echo "
            "success;;\n"
            "  --remove-rich-rule=*) grep -qxF \"${2#*=}\" ./\"$1\" || exit 12\n"
            "    grep -vxF \"${2#*=}\" ./\"$1\" > new; mv new ./\"$1\"; echo success;;\n"
            "  esac;;\n"
            "*) exit 2;;\n"
            "esac\n",
        0755);
    const std::string mount = "mount --bind " + (directory / "bin").string() + " /usr/local/sbin && exec \"$@\"";
    const auto run = [&](const std::string& name, const Words& arguments) {
        const Words words{"-m", "sh", "-c", mount, "sh", std::string(RESPONSES) + "/" + name};
        const auto result = run_program("unshare", words + arguments);
        REQUIRE(result.has_value());
        return *result;
    };
    const auto rule = [](const std::string& family, const std::string& address) {
        return "rule family=\"" + family + "\" source address=\"" + address + "\" drop\n";
    };
    const std::string name = "firewalld-drop";
    CHECK(run(name, {"--check"}).output == "firewalld through firewall-cmd\n");
    CHECK(run(name, {"add", "-", "192.0.2.7"}).exit_code == 0);
    CHECK(run(name, {"add", "-", "192.0.2.7"}).exit_code == 0);
    CHECK(run(name, {"add", "-", "2001:db8::/32"}).exit_code == 0);
    const std::string both = rule("ipv4", "192.0.2.7") + rule("ipv6", "2001:db8::/32");
    CHECK(read_file(directory / "--zone=public") == both);
    CHECK(read_file(directory / "--zone=dmz") == both);
    CHECK(run(name, {"--status", "192.0.2.7", "2001:db8::/32"}).exit_code == 0);
    CHECK(run(name, {"--status", "192.0.2.7", "192.0.2.70"}).output == "192.0.2.70\n");
    write_file(directory / "--zone=dmz", rule("ipv4", "192.0.2.7"));
    CHECK(run(name, {"--status", "2001:db8::/32"}).exit_code == 4);
    CHECK(run(name, {"delete", "-", "2001:db8::/32"}).exit_code == 0);
    CHECK(run(name, {"delete", "-", "2001:db8::/32"}).exit_code == 0);
    CHECK(read_file(directory / "--zone=public") == rule("ipv4", "192.0.2.7"));

    // block-ip prefers it, and undoes there what it did there.
    const Words state{"--state", directory.path().string()};
    CHECK(run("block-ip", state + Words{"add", "-", "192.0.2.9"}).exit_code == 0);
    CHECK(read_file(directory / "block-ip/192.0.2.9") == "firewalld\n");
    CHECK(read_file(directory / "--zone=public") == rule("ipv4", "192.0.2.7") + rule("ipv4", "192.0.2.9"));
    CHECK(run("block-ip", state + Words{"delete", "-", "192.0.2.9"}).exit_code == 0);
    CHECK(read_file(directory / "--zone=public") == rule("ipv4", "192.0.2.7"));

    write_file(directory / "stopped", "");
    CHECK(run(name, {"add", "-", "192.0.2.8"}).exit_code == 3);
    CHECK(run(name, {"--check"}).exit_code == 3);
    CHECK(run(name, {"--check"}).output == "firewalld does not run: start its service\n");
    const std::string calls = read_file(directory / "calls");
    CHECK(calls.find("[--zone=dmz][--add-rich-rule=rule family=\"ipv4\" source address=\"192.0.2.7\" drop]\n") !=
          std::string::npos);
}

TEST_CASE("without a firewall that it may use, firewall-drop says so") {
    if (!may_make_namespaces()) return;
    const Host host("bare");
    const Executable executable{host, "firewall-drop", {"--firewall", "pf"}};
    CHECK(executable.run({"add", "-", "192.0.2.7"}) == 2);
    // A user without rights: refused by the kernel, which is no reason to claim anything.
    const auto refused = host.try_run(Words{"setpriv", "--reuid=65534", "--clear-groups"} +
                                      Executable{host, "firewall-drop", {}}.words() + Words{"add", "-", "192.0.2.7"});
    REQUIRE(refused.has_value());
    CHECK(refused->exit_code == 1);
    CHECK(refused->output.find("Operation not permitted") != std::string::npos);
}
