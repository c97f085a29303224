// SPDX-License-Identifier: Apache-2.0
// restart-wazuh and restart-ossec, with a stand-in for systemctl and for the agent's control program.
#include "tests/platform/support.h"
#include "tests/support/files.h"
#include "tests/support/requests.h"
#include "tests/support/shipped.h"
#include "tests/support/skip.h"

#include <doctest/doctest.h>

#include <string>
#include <unistd.h>

using namespace riposte;
using namespace riposte::test;

namespace {

namespace fs = std::filesystem;

const std::string kOrder = order("add", "{}");

struct Agent {
    TemporaryDirectory directory;
    std::string systemctl = (directory / "systemctl").string();
    std::string home = (directory / "home").string();

    Agent() {
        fs::create_directory(home);
        create_private_directory(fs::path(home) / "bin");
        // Knows the units that have a file beside it, active if the file says so, and notes what else it is told.
        write_file(systemctl,
                   "#!/bin/sh\n"
                   "here=${0%/*}\n"
                   "case \"$1 $2\" in\n"
                   "'show --property=LoadState') [ -e \"$here/$4\" ] && echo loaded || echo not-found; exit 0 ;;\n"
                   "'show --property=ActiveState') cat \"$here/$4\"; exit 0 ;;\n"
                   "esac\n"
                   "echo \"$*\" >>\"$here/told\"\n"
                   "rm \"$here/refuse-once\" 2>/dev/null && exit 1\n"
                   "[ ! -e \"$here/refuse\" ] || { echo 'Access denied' >&2; exit 4; }\n",
                   0755);
    }
    void add_unit(const std::string& name, const std::string& state = "active") const {
        write_file(directory / name, state + "\n");
    }
    void add_control(const std::string& name, const std::string& script) const {
        write_file(fs::path(home) / "bin" / name, "#!/bin/sh\n" + script, 0755);
    }
    void add_systemd_run() const {
        write_file(directory / "systemd-run",
                   "#!/bin/sh\n"
                   "echo \"$*\" >>\"${0%/*}/run\"\n"
                   "while [ \"$1\" != -- ]; do shift; done; shift\n"
                   "exec \"$@\"\n",
                   0755);
    }
    ShippedRun run(const std::string& name, std::vector<std::string> words, const std::string& input = {}) const {
        words.insert(words.begin(), {"--systemctl", systemctl, "--home", home});
        return run_shipped(name, words, input);
    }
    std::string told() const { return read_file(directory / "told"); }
};

}  // namespace

TEST_CASE("systemd restarts the agent's unit, and nobody waits for it") {
    const Agent agent;
    agent.add_unit("wazuh-agent.service");
    ShippedRun run = agent.run("restart-wazuh", {"--check"});
    CHECK(run.code == 0);
    CHECK(run.output == "the unit wazuh-agent.service by systemctl\n");
    CHECK(agent.told().empty());
    run = agent.run("restart-wazuh", {}, kOrder);
    CHECK(run.code == 0);
    CHECK(run.output == "restart-wazuh: systemd was asked to restart the unit wazuh-agent.service\n");
    CHECK(agent.told() == "--no-block restart wazuh-agent.service\n");
    CHECK(agent.run("restart-wazuh", {"delete", "-", "-"}).code == 0);
    CHECK(agent.run("restart-wazuh", {"--status", "x"}).code == 3);
    CHECK(agent.told() == "--no-block restart wazuh-agent.service\n");
}

TEST_CASE("what systemd refuses is asked for three times") {
    const Agent agent;
    const std::string once = "--no-block restart wazuh-agent.service\n";
    agent.add_unit("wazuh-agent.service");
    write_file(agent.directory / "refuse-once", "");
    CHECK(agent.run("restart-wazuh", {"add", "-", "-"}).code == 0);
    CHECK(agent.told() == once + once);

    write_file(agent.directory / "refuse", "");
    const ShippedRun run = agent.run("restart-wazuh", {"add", "-", "-"});
    CHECK(run.code == 1);
    CHECK(run.output.find("Access denied") != std::string::npos);
    CHECK(agent.told() == once + once + once + once + once);
}

TEST_CASE("no other service is the agent, least of all Riposte's own") {
    const Agent agent;
    for (const char* unit : {"riposte.service", "ossec-server.service", "wazuh-indexer.service"}) agent.add_unit(unit);
    CHECK(agent.run("restart-wazuh", {"--check"}).code == 3);
    CHECK(agent.run("restart-ossec", {}, kOrder).code == 3);
    CHECK(agent.told().empty());
}

TEST_CASE("where systemd runs, the control program runs in a scope of its own, and what came of it is logged") {
    if (!is_root()) return skip("only root can make a control program that is root's");
    const Agent agent;
    agent.add_systemd_run();
    const fs::path file = fs::path(agent.home) / "active-response" / "bin" / "restart-wazuh";
    const fs::path log = fs::path(agent.home) / "logs" / "active-responses.log";
    fs::create_directories(file.parent_path());
    fs::create_directory(log.parent_path());
    fs::copy_file(shipped_file("restart-wazuh"), file);
    // Fails once.
    agent.add_control("wazuh-control", "[ -e \"$0.tried\" ] || { : >\"$0.tried\"; exit 1; }\n");
    const std::string control = agent.home + "/bin/wazuh-control";

    CHECK(run_as_another(file, {"--systemctl", agent.systemctl}, kOrder).code == 0);
    const auto logged = [&](const std::string& text) {
        return fs::exists(log) && read_file(log).find(text) != std::string::npos;
    };
    CHECK(wait_until([&] { return logged(": restarted the agent by " + control + "\n"); }));
    CHECK(logged("a process of its own restarts the agent by " + control));
    const std::string once = "--scope --quiet -- " + control + " restart\n";
    CHECK(read_file(agent.directory / "run") == once + once);

    agent.add_control("wazuh-control", "echo 'no disk'; exit 1\n");
    CHECK(run_as_another(file, {"--systemctl", agent.systemctl}, kOrder).code == 0);
    CHECK(wait_until([&] { return logged("the agent was not restarted: "); }));
    CHECK(logged("no disk"));
}

TEST_CASE("each looks for its own agent first, and then for the other") {
    const Agent agent;
    agent.add_unit("ossec.service");
    CHECK(agent.run("restart-wazuh", {"--check"}).output == "the unit ossec.service by systemctl\n");
    agent.add_unit("wazuh-manager.service");
    CHECK(agent.run("restart-wazuh", {"--check"}).output == "the unit wazuh-manager.service by systemctl\n");
    CHECK(agent.run("restart-ossec", {"add", "-", "-"}).code == 0);
    CHECK(agent.told() == "--no-block restart ossec.service\n");
}

TEST_CASE("an agent that was started without its unit is restarted as it was started") {
    if (!is_root()) return skip("only root can make a control program that is root's");
    const Agent agent;
    agent.add_unit("wazuh-agent.service", "inactive");
    CHECK(agent.run("restart-wazuh", {"--check"}).output == "the unit wazuh-agent.service by systemctl\n");
    agent.add_control("wazuh-control", "exit 0\n");
    CHECK(agent.run("restart-wazuh", {"--check"}).output == "the agent by " + agent.home + "/bin/wazuh-control\n");
    agent.add_unit("ossec.service");
    CHECK(agent.run("restart-wazuh", {"--check"}).output == "the unit ossec.service by systemctl\n");
}

TEST_CASE("without a unit the control program does it, and outlives what started it") {
    if (!is_root()) return skip("only root can make a control program that is root's");
    const Agent agent;
    const ShippedRun none = agent.run("restart-wazuh", {"--check"});
    CHECK(none.code == 3);
    CHECK(none.output.find("there is no agent here") != std::string::npos);
    CHECK(agent.run("restart-wazuh", {}, kOrder).code == 3);

    const std::string out = (agent.directory / "out").string();
    // Its own session, so that what ends the tree of the executable does not reach it.
    agent.add_control("ossec-control",
                      "read -r pid name state parent group session rest </proc/$$/stat\n"
                      "echo started >'" +
                          out +
                          "'\n"
                          "while [ ! -e '" +
                          out +
                          ".go' ]; do sleep 0.05; done\n"
                          "echo \"$1 in session $session\" >'" +
                          out + "'\n");
    CHECK(agent.run("restart-wazuh", {"--check"}).output == "the agent by " + agent.home + "/bin/ossec-control\n");
    CHECK(agent.run("restart-ossec", {}, kOrder).code == 0);
    CHECK(wait_until([&] { return read_file(out) == "started\n"; }));
    write_file(out + ".go", "");
    CHECK(wait_until([&] { return read_file(out).starts_with("restart in session "); }));
    CHECK(read_file(out) != "restart in session " + std::to_string(::getsid(0)) + "\n");
}

TEST_CASE("a control program that others can write is not run") {
    const Agent agent;
    const std::string out = (agent.directory / "out").string();
    agent.add_control("wazuh-control", "echo ran >'" + out + "'\n");
    let_everybody_write(fs::path(agent.home) / "bin" / "wazuh-control");
    CHECK(agent.run("restart-wazuh", {"--check"}).code == 1);
    CHECK(agent.run("restart-wazuh", {}, kOrder).code == 1);
    CHECK_FALSE(fs::exists(out));
}
