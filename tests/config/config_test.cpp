// SPDX-License-Identifier: Apache-2.0
#include "src/config/config.h"

#include "tests/config/config_text.h"
#include "tests/support/files.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

using namespace riposte;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

std::string with_command(const std::string& tags) {
    return "<ossec_config>\n<command>\n" + tags + "\n</command>\n</ossec_config>\n";
}

// The tags stand from line 5 on.
std::string with_response(const std::string& tags) {
    return "<ossec_config><command><name>c</name><executable>c.sh</executable>\n<timeout_allowed>yes</"
           "timeout_allowed></command>\n\n"
           "<active-response>\n" +
           tags + "\n</active-response>\n</ossec_config>\n";
}

// An agent's file as its package installs it, shortened where sections repeat themselves.
constexpr const char* kStockAgent = R"(<!--
  Wazuh - Agent - Default configuration for debian 12
  More info at: https://documentation.wazuh.com
-->

<ossec_config>
  <client>
    <server><address>192.0.2.1</address><port>1514</port><protocol>tcp</protocol></server>
    <config-profile>debian, debian12</config-profile>
    <notify_time>20</notify_time>
    <crypto_method>aes</crypto_method>
  </client>
  <client_buffer><disabled>no</disabled><queue_size>5000</queue_size></client_buffer>
  <rootcheck><disabled>no</disabled><rootkit_files>etc/shared/rootkit_files.txt</rootkit_files></rootcheck>
  <wodle name="cis-cat"><disabled>yes</disabled><timeout>1800</timeout></wodle>
  <wodle name="osquery"><disabled>yes</disabled></wodle>
  <sca><enabled>yes</enabled></sca>
  <syscheck>
    <directories>/etc,/usr/bin,/usr/sbin</directories>
    <ignore type="sregex">.log$|.swp$</ignore>
    <synchronization><enabled>yes</enabled></synchronization>
  </syscheck>
  <localfile>
    <log_format>full_command</log_format>
    <command>netstat -tulpn | sed 's/\([[:alnum:]]\+\)\ \+/\1 \2 == \3/' | sort -k 4 -g</command>
    <frequency>360</frequency>
  </localfile>

  <!-- Active response -->
  <active-response>
    <disabled>no</disabled>
    <ca_store>etc/wpk_root.pem</ca_store>
    <ca_verification>yes</ca_verification>
  </active-response>

  <!-- Choose between "plain", "json", or "plain,json" for the format of internal logs -->
  <logging><log_format>plain</log_format></logging>
</ossec_config>

<ossec_config>
  <localfile><log_format>journald</log_format><location>journald</location></localfile>
</ossec_config>

<!-- END -->
)";

constexpr const char* kManager = R"(<ossec_config>
  <global><jsonout_output>yes</jsonout_output><white_list>127.0.0.1</white_list></global>
  <alerts><log_alert_level>3</log_alert_level></alerts>
  <remote><connection>secure</connection></remote>
  <vulnerability-detection><enabled>yes</enabled></vulnerability-detection>
  <indexer><enabled>yes</enabled></indexer>
  <command>
    <name>disable-account</name>
    <executable>disable-account</executable>
    <timeout_allowed>yes</timeout_allowed>
  </command>
  <command>
    <name>restart-wazuh</name>
    <executable>restart-wazuh</executable>
  </command>
  <command>
    <name>firewall-drop</name>
    <executable>firewall-drop</executable>
    <timeout_allowed>yes</timeout_allowed>
  </command>
  <command>
    <name>win_route-null</name>
    <executable>route-null.exe</executable>
    <timeout_allowed>yes</timeout_allowed>
  </command>
  <!--
  <active-response>
    active-response options here
  </active-response>
  -->
  <active-response>
    <disabled>no</disabled>
    <command>firewall-drop</command>
    <location>local</location>
    <rules_id>5712, 5763</rules_id>
    <timeout>600</timeout>
    <repeated_offenders>30,60,120</repeated_offenders>
  </active-response>
  <active-response>
    <command>win_route-null</command>
    <location>defined-agent</location>
    <agent_id>012</agent_id>
    <level>10</level>
    <rules_group>authentication_failed|authentication_failures</rules_group>
    <timeout>900</timeout>
  </active-response>
  <auth><disabled>no</disabled><port>1515</port></auth>
  <cluster><name>wazuh</name></cluster>
</ossec_config>
)";

}  // namespace

TEST_CASE("the sample of a custom command loads") {
    const auto config = sound_config(
        "<ossec_config><command><name>custom_command</name><executable>custom_script</executable><extra_args>arg1 arg2 "
        "arg3</extra_args><timeout_allowed>yes</timeout_allowed></command></ossec_config>");
    REQUIRE(config.commands.size() == 1);
    const Command* command = config.find_command("custom_command");
    REQUIRE(command);
    CHECK(command->executable == "custom_script");
    CHECK(command->extra_args == "arg1 arg2 arg3");
    CHECK(command->timeout_allowed);
    CHECK(command->where.file == "test.conf");
    CHECK(command->where.line == 1);
    CHECK(config.find_command("custom_script") == nullptr);
}

TEST_CASE("the sample of a Windows command loads") {
    const auto config = sound_config(
        "<ossec_config><command><name>win_route-null</name><executable>route-null.exe</"
        "executable><timeout_allowed>yes</"
        "timeout_allowed></command></ossec_config>");
    REQUIRE(config.find_command("win_route-null"));
    CHECK(config.find_command("win_route-null")->executable == "route-null.exe");
    CHECK(config.find_command("win_route-null")->extra_args.empty());
}

TEST_CASE("a stock agent's file loads without a finding") {
    const auto config = sound_config(kStockAgent, false);
    CHECK(config.commands.empty());
    REQUIRE(config.active_responses.size() == 1);
    CHECK(config.active_responses[0].command.empty());
    CHECK_FALSE(config.active_responses[0].disabled);
    CHECK(config.active_responses[0].where.line == 30);
}

TEST_CASE("a manager's file loads with all of its commands and active responses") {
    const auto config = sound_config(kManager);
    CHECK(config.commands.size() == 4);
    REQUIRE(config.active_responses.size() == 2);
    const ActiveResponse& drop = config.active_responses[0];
    CHECK(drop.name() == "firewall-drop600");
    CHECK(drop.location_local);
    CHECK_FALSE(drop.location_all);
    CHECK(drop.rules_id == std::vector{5712, 5763});
    CHECK(drop.repeated_offenders == std::vector{minutes(30), minutes(60), minutes(120)});
    CHECK_FALSE(drop.level.has_value());
    const ActiveResponse& route = config.active_responses[1];
    CHECK(route.name() == "win_route-null900");
    CHECK(route.location_defined_agent);
    CHECK(route.agent_id == "012");
    CHECK(route.level == 10);
    CHECK(route.rules_group == "authentication_failed|authentication_failures");
    CHECK(config.settings.max_running == 16);
}

TEST_CASE("white space and comments around values do not count") {
    const auto config =
        sound_config(with_command("<name>\n\t a <!-- no --> </name>\n<executable> b.sh\r\n</executable>"));
    REQUIRE(config.commands.size() == 1);
    CHECK(config.commands[0].name == "a");
    CHECK(config.commands[0].executable == "b.sh");
    CHECK_FALSE(config.commands[0].timeout_allowed);
}

TEST_CASE("every mistake in a command is an error with its line") {
    const std::string sound_tags = "<name>a</name><executable>b</executable>\n";
    const struct {
        std::string tags;
        std::vector<Finding> expected;
    } cases[] = {
        {"<name>a</name>", {{2, kError, "has no <executable>"}}},
        {"<executable>a</executable>", {{2, kError, "has no <name>"}}},
        {"", {{2, kError, "has no <name>"}, {2, kError, "has no <executable>"}}},
        {"<name></name><executable>b</executable>", {{3, kError, "<name> is empty"}}},
        {"<name>a</name>\n<executable/>", {{4, kError, "<executable> is empty"}}},
        {"<name>!a</name><executable>b</executable>", {{3, kError, "must not start with \"!\""}}},
        {"<name>a/b</name><executable>b</executable>", {{3, kError, "no path separators"}}},
        {"<name>" + std::string(256, 'a') + "</name><executable>b</executable>", {{3, kError, "at most 255"}}},
        {sound_tags + "<name>c</name>", {{4, kError, "<name> of <command> was given before, at line 3"}}},
        {sound_tags + "<timeout_allowed>true</timeout_allowed>", {{4, kError, "\"true\": write yes or no"}}},
        {sound_tags + "<timeout_allowed>Yes</timeout_allowed>", {{4, kError, "\"Yes\": write yes or no"}}},
        {sound_tags + "<extra_args></extra_args>", {{4, kError, "<extra_args> is empty"}}},
        {sound_tags + "\n<time_out>5</time_out>",
         {{5, kError,
           "<time_out> is not known in <command>: allowed are <name>, <executable>, <expect>, <extra_args> and "
           "<timeout_allowed>"}}},
        {sound_tags + "<extra_args><b>x</b></extra_args>", {{4, kError, "<b> stands inside <extra_args>"}}},
        {sound_tags + "stray", {{4, kError, "\"stray\" stands between the tags of <command>"}}},
        {"<name x='y'>a</name><executable>b</executable>", {{3, kWarning, "the attribute x="}}},
        // All of them, not the first only.
        {"<timeout_allowed>1</timeout_allowed>\n<nmae>a</nmae>\n<executable>../x</executable>",
         {{2, kError, "no <name>"}, {3, kError, "yes or no"}, {4, kError, "<nmae>"}, {5, kError, "<executable>"}}},
    };
    for (const auto& each : cases) {
        CAPTURE(each.tags);
        const auto parsed = parse(with_command(each.tags));
        check_found(parsed.found, each.expected);
        CHECK(parsed.config.commands.empty() == has_errors(parsed.found));
    }
}

TEST_CASE("the bin directory in front of an executable is dropped") {
    const std::string home = std::filesystem::absolute("/srv/riposte").string();
    for (const std::string& front : std::vector<std::string>{
             "", "active-response/bin/", "/var/ossec/active-response/bin/", "/var/lib/riposte/active-response/bin/",
             home + "/active-response/bin/", "active-response\\bin\\",
             "C:\\Program Files (x86)\\ossec-agent\\active-response\\bin\\",
             "c:/Program Files/Riposte/active-response/bin/"}) {
        CAPTURE(front);
        const auto config = sound_config(with_command("<name>a</name><executable>" + front + "x.sh</executable>") +
                                         "<riposte><home>" + home + "/</home></riposte>");
        REQUIRE(config.commands.size() == 1);
        CHECK(config.commands[0].executable == "x.sh");
    }
}

TEST_CASE("every other path of an executable is an error") {
    for (const std::string path :
         {"/bin/sh", "bin/x", "./x", "../x", "..", ".", "active-response/bin/../x", "active-response/bin/",
          "/active-response/bin/x", "/var/ossec/active-response/bin/sub/x", "/var/ossec/active-response/bin/..",
          "/srv/active-response/bin/x", "C:x", "C:\\x", "\\\\host\\share\\x", "//host/share/x", "-x", "x:stream"}) {
        CAPTURE(path);
        const auto parsed = parse(with_command("<name>a</name>\n<executable>" + path + "</executable>"));
        check_found(parsed.found, {{4, kError, "bare name of a file in the bin directory"}});
    }
}

TEST_CASE("expect is read with a warning that it is deprecated") {
    const struct {
        std::string text;
        bool srcip, user, filename;
        std::string unknown;
    } cases[] = {
        {"srcip", true, false, false, ""},
        {" USER,  filename ", false, true, true, ""},
        {"username srcip", true, true, false, ""},
        {"", false, false, false, ""},
        {"dstuser,srcip", true, false, false, "dstuser"},
    };
    for (const auto& each : cases) {
        CAPTURE(each.text);
        const auto parsed =
            parse(with_command("<name>a</name><executable>b</executable>\n<expect>" + each.text + "</expect>"));
        std::vector<Finding> expected{{4, kWarning, "<expect> is deprecated"}};
        if (!each.unknown.empty()) expected.push_back({4, kWarning, "\"" + each.unknown + "\", which is ignored"});
        check_found(parsed.found, expected);
        REQUIRE(parsed.config.commands.size() == 1);
        CHECK(parsed.config.commands[0].expects_srcip == each.srcip);
        CHECK(parsed.config.commands[0].expects_user == each.user);
        CHECK(parsed.config.commands[0].expects_filename == each.filename);
    }
}

TEST_CASE("a command's name is its own") {
    const auto parsed = parse(
        "<ossec_config>\n<command><name>a</name><executable>x</executable></command>\n"
        "<command><name>a</name><executable>y</executable></command>\n</ossec_config>\n<agent_config>\n"
        "<command><name>a</name><executable>z</executable></command>\n</agent_config>");
    check_found(parsed.found, {{3, kError, "\"a\" was defined before, at line 2"}, {6, kError, "before, at line 2"}});
    REQUIRE(parsed.config.commands.size() == 1);
    CHECK(parsed.config.commands[0].executable == "x");
}

TEST_CASE("every mistake in an active response is an error with its line") {
    const std::string sound_tags = "<command>c</command><location>local</location>\n";
    const struct {
        std::string tags;
        std::vector<Finding> expected;
    } cases[] = {
        {sound_tags + "<timeout>-5</timeout>",
         {{6, kError, "\"-5\": write a whole number of seconds from 0 to 2147483647"}}},
        {sound_tags + "<timeout>5m</timeout>", {{6, kError, "\"5m\""}}},
        {sound_tags + "<timeout>2147483648</timeout>", {{6, kError, "whole number"}}},
        {sound_tags + "<timeout></timeout>", {{6, kError, "<timeout> is empty"}}},
        {sound_tags + "<disabled>maybe</disabled>", {{6, kError, "\"maybe\": write yes or no"}}},
        {sound_tags + "<level>21</level>", {{6, kError, "from 0 to 20"}}},
        {sound_tags + "<level>high</level>", {{6, kError, "from 0 to 20"}}},
        {sound_tags + "<rules_id>1-5</rules_id>", {{6, kError, "\"1-5\""}}},
        {sound_tags + "<rules_id>1,x,2,y</rules_id>", {{6, kError, "\"x\""}, {6, kError, "\"y\""}}},
        {sound_tags + "<repeated_offenders>1,2,3,4,5,6</repeated_offenders>",
         {{6, kError, "has 6 values: write 1 to 5"}}},
        {sound_tags + "<repeated_offenders>30,0</repeated_offenders>", {{6, kError, "\"0\""}}},
        {sound_tags + "<repeated_offenders>-30</repeated_offenders>", {{6, kError, "\"-30\""}}},
        {sound_tags + "<repeated_offenders>30,soon</repeated_offenders>", {{6, kError, "\"soon\""}}},
        {sound_tags + "<repeated_offenders>,</repeated_offenders>", {{6, kError, "has 0 values"}}},
        {sound_tags + "<ca_verification>1</ca_verification>", {{6, kError, "yes or no"}}},
        {sound_tags + "<location>all</location>", {{6, kError, "given before, at line 5"}}},
        {sound_tags + "<executable>x</executable>", {{6, kError, "allowed are <disabled>, <command>, <location>"}}},
        {sound_tags + "<agent_id>one</agent_id>", {{6, kError, "\"one\""}}},
        {"<command>c</command>\n<location>here</location>",
         {{6, kError, "\"here\": write local, server, defined-agent or all"}}},
        {"<command>c</command>", {{4, kError, "has no <location>"}}},
        {"<command>c</command><location>defined-agent</location>", {{4, kError, "no <agent_id>"}}},
        {"<location>local</location><level>3</level>", {{4, kError, "has <location> and no <command>"}}},
        {"\n<command>d</command><location>local</location>",
         {{6, kError, "\"d\", which this file does not define: defined are c"}}},
    };
    for (const auto& each : cases) {
        CAPTURE(each.tags);
        const auto parsed = parse(with_response(each.tags));
        check_found(parsed.found, each.expected);
        CHECK(parsed.config.commands.size() == 1);
        CHECK(parsed.config.active_responses.empty());
    }
}

TEST_CASE("active responses read what Wazuh reads") {
    const auto old =
        sound_config(with_response("<command>c</command><location>analysisd,any</location><rules_id>1 2,3</rules_id>"));
    CHECK(old.active_responses[0].location_server);
    CHECK(old.active_responses[0].location_all);
    CHECK(old.active_responses[0].rules_id == std::vector{1, 2, 3});
    const auto spaced =
        sound_config(with_response("<command>c</command><location>local</location><repeated_offenders> 1, 2,3 ,4,5"
                                   "</repeated_offenders>"));
    CHECK(spaced.active_responses[0].repeated_offenders.size() == 5);
    const auto stores =
        sound_config(with_response("<ca_store>a.pem</ca_store><ca_store>b.pem</ca_store><disabled>yes</disabled>"));
    CHECK(stores.active_responses[0].disabled);
}

TEST_CASE("an active response may stand before its command and in another root") {
    const auto config = sound_config(
        "<agent_config><active-response><command>c</command><location>local</location></active-response></"
        "agent_config>\n"
        "<ossec_config><command><name>c</name><executable>c</executable></command></ossec_config>");
    REQUIRE(config.active_responses.size() == 1);
    CHECK(config.active_responses[0].name() == "c0");
}

TEST_CASE("an active response of a command with errors causes no error of its own") {
    const auto parsed = parse(
        "<ossec_config>\n<command><name>c</name>\n<executable>/bin/sh</executable></command>\n"
        "<active-response><command>c</command><location>local</location></active-response></ossec_config>");
    check_found(parsed.found, {{3, kError, "<executable>"}});
}

TEST_CASE("a timeout that the command does not allow is ignored with a notice") {
    const auto parsed = parse(
        "<ossec_config><command><name>c</name><executable>c</executable></command>\n"
        "<active-response><command>c</command><location>local</location>\n<timeout>600</timeout></active-response></"
        "ossec_config>");
    check_found(parsed.found, {{3, kNotice, "<timeout> is 600, but the command \"c\" has no <timeout_allowed>"}});
    CHECK(parsed.config.active_responses[0].timeout == seconds(0));
    CHECK(parsed.config.active_responses[0].name() == "c0");
}

TEST_CASE("roots and sections that are not Riposte's") {
    const struct {
        std::string text;
        std::vector<Finding> expected;
    } cases[] = {
        {"\n<config/>", {{2, kError, "<config> cannot stand by itself in a file: allowed are <ossec_config>"}}},
        {"<command/>", {{1, kError, "put it into <ossec_config>"}}},
        {"<ossec_config/>\nstray", {{2, kError, "\"stray\" stands outside of all sections"}}},
        {"<ossec_config>\nstray</ossec_config>", {{2, kError, "\"stray\""}}},
        {"<ossec_config>\n<labels><label key='a'>b</label></labels><sca/><wodle name='x'/></ossec_config>", {}},
        {"<ossec_config>\n<novelty/></ossec_config>", {{2, kWarning, "<novelty> is no section of <ossec_config>"}}},
        {"<ossec_config>\n<active_response/></ossec_config>", {{2, kWarning, "did you mean <active-response>?"}}},
        {"", {{0, kWarning, "holds no section"}}},
        {"<!-- nothing -->\n", {{0, kWarning, "holds no section"}}},
        {"<ossec_config>\n<command>", {{2, kError, "nothing of this file was read"}}},
    };
    for (const auto& each : cases) {
        CAPTURE(each.text);
        check_found(parse(each.text).found, each.expected);
    }
}

TEST_CASE("only Riposte's own file may hold its settings") {
    check_found(parse("<ossec_config>\n<riposte><max_running>3</max_running></riposte></ossec_config>", false).found,
                {{2, kError, "move it to Riposte's own file"}});
    check_found(parse("\n<riposte/>", false).found, {{2, kError, "move it to Riposte's own file"}});
}

TEST_CASE("a finding is one line with file, line and severity") {
    Diagnostic diagnostic{kError, "riposte.conf", 12, "no"};
    CHECK(diagnostic.text() == "riposte.conf:12: error: no");
    diagnostic.line = 0;
    diagnostic.severity = kWarning;
    CHECK(diagnostic.text() == "riposte.conf: warning: no");
    diagnostic.severity = kNotice;
    CHECK(diagnostic.text() == "riposte.conf: notice: no");
    CHECK_FALSE(has_errors({diagnostic}));
    diagnostic.severity = kError;
    CHECK(has_errors({diagnostic}));
}

TEST_CASE("values are shown cut and on one line") {
    const auto cut = parse(with_response("<command>c</command><location>local</location><disabled>a\nb" +
                                         std::string(5'000, 'x') + "</disabled>"));
    REQUIRE(cut.found.size() == 1);
    CHECK(cut.found[0].message.size() < 200);
    CHECK(cut.found[0].message.find('\n') == std::string::npos);
}

TEST_CASE("a file is loaded from disk, or its absence is an error") {
    const test::TemporaryDirectory directory;
    const auto file = directory / "riposte.conf";
    Diagnostics found;
    load_config(file, found);
    check_found(found, {{0, kError, "cannot be read"}});
    CHECK(found[0].file == file.string());

    found.clear();
    test::write_file(file, kManager);
    CHECK(load_config(file, found).commands.size() == 4);
    CHECK(found.empty());

    load_config(directory.path(), found);
    check_found(found, {{0, kError, "no regular file"}});

    found.clear();
    std::filesystem::resize_file(file, 4 * 1024 * 1024 + 1);
    load_config(file, found);
    check_found(found, {{0, kError, "larger than 4 MiB"}});
}
