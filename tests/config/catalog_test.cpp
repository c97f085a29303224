// SPDX-License-Identifier: Apache-2.0
#include "src/config/catalog.h"

#include "tests/config/config_text.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

using namespace riposte;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr const char* kConfig = R"(<ossec_config>
<command><name>fw</name><executable>firewall-drop</executable><extra_args>-x 1</extra_args><expect>srcip</expect>
  <timeout_allowed>yes</timeout_allowed></command>
<command><name>fw1</name><executable>other</executable></command>
<command><name>restart</name><executable>restart-agent</executable></command>
<command><name>off</name><executable>off.sh</executable><timeout_allowed>yes</timeout_allowed></command>
<active-response><command>fw</command><location>local</location><level>6</level><timeout>600</timeout>
  <repeated_offenders>30,60</repeated_offenders></active-response>
<active-response><command>off</command><location>local</location><level>6</level><timeout>60</timeout>
  <disabled>yes</disabled></active-response>
<active-response><repeated_offenders>5</repeated_offenders></active-response>
</ossec_config>)";

Catalog catalog(const Config& config, const std::string& ar_conf = "", const std::set<std::string>& files = {}) {
    Diagnostics found;
    auto entries = parse_ar_conf(ar_conf, "ar.conf", found);
    REQUIRE(found.empty());
    return Catalog(config, std::move(entries), [files](const std::string& name) { return files.count(name) > 0; });
}

Config config_of(const std::string& text) {
    auto parsed = parse(text);
    CAPTURE(all_text(parsed.found));
    REQUIRE_FALSE(has_errors(parsed.found));
    return std::move(parsed.config);
}

}  // namespace

TEST_CASE("a name is found in ar.conf first, then among the local ones") {
    const auto config = config_of(kConfig);
    const auto names = catalog(config, "fw600 - from-manager - 600\nfw_other5 - fw_other - 5\n");
    const struct {
        const char* name;
        const char* command;
        const char* executable;
        int timeout;
    } cases[] = {
        {"fw600", "fw", "from-manager", 600},       // ar.conf wins over the local response of that name
        {"fw_other5", "fw_other5", "fw_other", 5},  // known to ar.conf only
        {"off60", "off", "off.sh", 60},             // a local response's name
        {"fw0", "fw", "firewall-drop", 0},          // a command and a number of seconds
        {"fw7200", "fw", "firewall-drop", 7'200},
        {"fw10", "fw1", "other", 0},          // the longest command first: "fw1" with 0, not "fw" with 10
        {"fw15", "fw", "firewall-drop", 15},  // "fw1" allows no timeout
        {"restart0", "restart", "restart-agent", 0},
        {"restart", "restart", "restart-agent", 0},
        {"fw", "fw", "firewall-drop", 600},  // a bare name has its response's timeout
        {"fw1", "fw", "firewall-drop", 1},   // a number wins over a bare name
    };
    for (const auto& each : cases) {
        CAPTURE(each.name);
        const Resolved* resolved = names.find(each.name);
        REQUIRE(resolved);
        CHECK(resolved->command == each.command);
        CHECK(resolved->executable == each.executable);
        CHECK(resolved->timeout == seconds(each.timeout));
        CHECK(resolved->stateful() == (each.timeout > 0));
        const bool is_managers = std::string(each.name) == "fw600" || std::string(each.name) == "fw_other5";
        CHECK(resolved->from_ar_conf == is_managers);
    }
}

TEST_CASE("a name that nothing stands for is unknown") {
    const auto config = config_of(kConfig);
    const auto names = catalog(config);
    for (const std::string name :
         {"", "0", "600", "nothing", "restart60", "fw-1", "fw007", "fw2147483648", "fw600 ", "FW600", "fw1x"}) {
        CAPTURE(name);
        CHECK(names.find(name) == nullptr);
    }
    CHECK(names.find(std::string(100'000, '1')) == nullptr);
    CHECK(names.find("fw" + std::string(100'000, '0')) == nullptr);
}

TEST_CASE("an entry of ar.conf takes the local command's settings") {
    const auto config = config_of(kConfig);
    const auto names = catalog(config, "fw900 - from-manager - 900\nunknown5 - x - 5\n");
    const Resolved* entry = names.find("fw900");
    REQUIRE(entry);
    CHECK(entry->local_extra_args == "-x 1");
    CHECK(entry->from_ar_conf);
    CHECK(entry->expects_srcip);
    CHECK_FALSE(entry->expects_user);
    CHECK(entry->repeated_offenders == std::vector{minutes(30), minutes(60)});
    const Resolved* unknown = names.find("unknown5");
    REQUIRE(unknown);
    CHECK(unknown->local_extra_args.empty());
    CHECK(unknown->repeated_offenders == std::vector{minutes(5)});  // the block without command
}

TEST_CASE("of several lines of one name the first whose executable is here counts") {
    const Config config;
    const std::string lines = "r0 - r.sh - 0\nr0 - r.cmd - 0\nr0 - r - 0\nr0 - r.exe - 0\n";
    const struct {
        std::set<std::string> files;
        const char* expected;
    } cases[] = {{{"r", "r.exe"}, "r"}, {{"r.exe"}, "r.exe"}, {{"r.sh", "r"}, "r.sh"}, {{}, "r.sh"}};
    for (const auto& each : cases) {
        const auto names = catalog(config, lines, each.files);
        REQUIRE(names.find("r0"));
        CHECK(names.find("r0")->executable == each.expected);
    }
}

TEST_CASE("disabled responses are found and marked") {
    const auto config = config_of(kConfig);
    const auto names = catalog(config, "off5 - off.sh - 5\nfw5 - x - 5\n");
    for (const std::string name : {"off60", "off5", "off0", "off"}) {
        CAPTURE(name);
        REQUIRE(names.find(name));
        CHECK(names.find(name)->disabled);
    }
    for (const std::string name : {"fw5", "fw600", "fw", "restart"}) {
        CAPTURE(name);
        REQUIRE(names.find(name));
        CHECK_FALSE(names.find(name)->disabled);
    }
}

TEST_CASE("of two responses of one name an enabled one is enough") {
    const std::string command = "<ossec_config><command><name>a</name><executable>a</executable></command>";
    const std::string on = "<active-response><command>a</command><location>local</location></active-response>";
    const std::string off =
        "<active-response><disabled>yes</disabled><command>a</command><location>local</location></active-response>";
    const auto both = config_of(command + off + on + "</ossec_config>");
    REQUIRE(catalog(both).find("a0"));
    CHECK_FALSE(catalog(both).find("a0")->disabled);
    const auto none = config_of(command + off + off + "</ossec_config>");
    REQUIRE(catalog(none).find("a0"));
    CHECK(catalog(none).find("a0")->disabled);
}

TEST_CASE("a disabled block without command disables everything") {
    const auto config = config_of(
        "<ossec_config><active-response><disabled>yes</disabled></active-response>"
        "<command><name>a</name><executable>a</executable></command></ossec_config>");
    const auto names = catalog(config, "b5 - b - 5\n");
    CHECK(names.find("a0")->disabled);
    CHECK(names.find("b5")->disabled);
    CHECK(names.for_executable("c", "c", seconds(0)).disabled);
}

TEST_CASE("a request that names an executable gets the settings of the command that has it") {
    const auto config = config_of(kConfig);
    const auto names = catalog(config);
    const auto by_name = names.for_executable("fw", "block-ip", seconds(60));
    CHECK(by_name.command == "fw");
    CHECK(by_name.executable == "block-ip");
    CHECK(by_name.timeout == seconds(60));
    CHECK(by_name.local_extra_args == "-x 1");
    CHECK(by_name.repeated_offenders == std::vector{minutes(30), minutes(60)});
    const auto by_executable = names.for_executable("firewall-drop", "firewall-drop", seconds(0));
    CHECK(by_executable.command == "fw");
    CHECK(by_executable.expects_srcip);
    CHECK_FALSE(by_executable.stateful());
    const auto unknown = names.for_executable("x", "x.sh", seconds(1));
    CHECK(unknown.command == "x");
    CHECK(unknown.executable == "x.sh");
    CHECK(unknown.local_extra_args.empty());
    CHECK(names.for_executable("off", "off.sh", seconds(9)).disabled);
}

TEST_CASE("names are sorted and listed once") {
    const auto config = config_of(kConfig);
    const auto names = catalog(config, "zz0 - zz - 0\nfw600 - x - 600\nfw600 - y - 600\n").names();
    CHECK(names == std::vector<std::string>{"fw", "fw1", "fw600", "off", "off60", "restart", "zz0"});
}

TEST_CASE("the settings of a command come from its name, its executable or the general ones") {
    const auto config = config_of(R"(<riposte><deadline>90s</deadline><on_boot>reapply</on_boot>
<limit><in_force>7</in_force></limit>
<command name="fw"><deadline>5m</deadline><dialect>ossec</dialect><dry_run>yes</dry_run><limit><in_force>3</in_force></limit></command>
<command name="script.sh"><on_boot>reverse</on_boot><protect>no</protect></command></riposte>)");
    const auto fw = effective_settings(config.settings, "fw", "script.sh");
    CHECK(fw.deadline == minutes(5));
    CHECK(fw.dialect == Dialect::Ossec);
    CHECK(fw.on_boot == OnBoot::Reapply);
    CHECK(fw.dry_run);
    CHECK(fw.protect);
    CHECK(fw.limits.in_force == 3);
    const auto script = effective_settings(config.settings, "other", "script.sh");
    CHECK(script.deadline == seconds(90));
    CHECK_FALSE(script.dialect.has_value());
    CHECK(script.on_boot == OnBoot::Reverse);
    CHECK_FALSE(script.protect);
    CHECK(script.limits.in_force == 0);
    const auto general = effective_settings(config.settings, "x", "y");
    CHECK(general.deadline == seconds(90));
    CHECK(general.on_boot == OnBoot::Reapply);
    CHECK_FALSE(general.dry_run);
    CHECK(general.protect);
}
