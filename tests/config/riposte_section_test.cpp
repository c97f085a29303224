// SPDX-License-Identifier: Apache-2.0
#include "src/config/config.h"
#include "tests/config/config_text.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

using namespace riposte;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

Settings sound_settings(const std::string& text) {
    return sound_config(text).settings;
}

std::string riposte_section(const std::string& tags) {
    return "<riposte>\n" + tags + "\n</riposte>";
}

// A manager whose other tags stand at line 4.
std::string manager(const std::string& tags) {
    return "<riposte>\n<manager>\n<server><address>m.example</address></server>\n" + tags + "\n</manager></riposte>";
}

}  // namespace

TEST_CASE("every setting is read") {
    const std::string home = std::filesystem::absolute("/srv/riposte").string();
    const auto settings =
        sound_settings("<riposte>\n<home>" + home +
                       R"(</home><on_stop>reverse</on_stop><on_boot>reapply</on_boot><ad_hoc>no</ad_hoc>
<max_running>4</max_running><queue>100</queue><deadline>90</deadline><keys_deadline>2s</keys_deadline>
<stale_after>5m</stale_after><forget_offenders_after>7d</forget_offenders_after><drift_check>1h</drift_check>
<count>blocks</count>
<control><group>soc</group></control>
<protect><address>10.0.0.0/8</address><address>2001:db8::1</address><user>backup</user><user>Jo Ann</user></protect>
<limit><requests_per_minute>120</requests_per_minute><in_force>5000</in_force></limit>
<command name="custom_command"><deadline>5m</deadline><dialect>ossec</dialect><on_boot>reverse</on_boot><dry_run>yes</dry_run>
  <protect>no</protect><limit><requests_per_minute>10</requests_per_minute></limit></command>
<command name="other"/>
</riposte>)");
    CHECK(settings.home == home);
    CHECK(settings.on_stop == OnStop::Reverse);
    CHECK(settings.on_boot == OnBoot::Reapply);
    CHECK_FALSE(settings.ad_hoc);
    CHECK(settings.max_running == 4);
    CHECK(settings.queue == 100);
    CHECK(settings.deadline == seconds(90));
    CHECK(settings.keys_deadline == seconds(2));
    CHECK(settings.stale_after == minutes(5));
    CHECK(settings.forget_offenders_after == hours(7 * 24));
    CHECK(settings.drift_check == hours(1));
    CHECK(settings.offenders_count_blocks_only);
    CHECK(settings.control_group == "soc");
    CHECK(settings.protect.addresses == std::vector<std::string>{"10.0.0.0/8", "2001:db8::1"});
    CHECK(settings.protect.users == std::vector<std::string>{"backup", "Jo Ann"});
    CHECK(settings.limits.requests_per_minute == 120);
    CHECK(settings.limits.in_force == 5'000);
    CHECK_FALSE(settings.manager.has_value());
    REQUIRE(settings.commands.size() == 2);
    const CommandSettings& custom = settings.commands.at("custom_command");
    CHECK(custom.deadline == minutes(5));
    CHECK(custom.dialect == Dialect::Ossec);
    CHECK(custom.on_boot == OnBoot::Reverse);
    CHECK(custom.dry_run);
    CHECK_FALSE(custom.protect);
    CHECK(custom.limits.requests_per_minute == 10);
    CHECK_FALSE(settings.commands.at("other").deadline.has_value());
    CHECK(settings.commands.at("other").protect);
}

TEST_CASE("the link to a manager is read") {
    const auto settings = sound_settings(R"(<riposte><manager>
<server><address>manager.example</address><port>1600</port><protocol>udp</protocol></server>
<server><address>2001:db8::1</address></server>
<kind>wazuh5</kind><crypto_method>blowfish</crypto_method><keys>my.keys</keys><notify_time>10s</notify_time>
<time-reconnect>2m</time-reconnect>
<enrollment><enabled>no</enabled><port>1516</port><agent_name>web-1.example</agent_name><groups>web,linux</groups>
<authorization_pass_path>authd.pass</authorization_pass_path><server_ca_path>ca.pem</server_ca_path>
<agent_certificate_path>a.pem</agent_certificate_path><agent_key_path>a.key</agent_key_path></enrollment>
</manager></riposte>)");
    REQUIRE(settings.manager.has_value());
    const ManagerSettings& link = *settings.manager;
    REQUIRE(link.servers.size() == 2);
    CHECK(link.servers[0].address == "manager.example");
    CHECK(link.servers[0].port == 1600);
    CHECK(link.servers[0].protocol == "udp");
    CHECK(link.servers[1].address == "2001:db8::1");
    CHECK(link.servers[1].port == 0);
    CHECK(link.servers[1].protocol.empty());
    CHECK(link.kind == "wazuh5");
    CHECK(link.crypto_method == "blowfish");
    CHECK(link.keys == "my.keys");
    CHECK(link.notify_time == seconds(10));
    CHECK(link.time_reconnect == minutes(2));
    CHECK_FALSE(link.enrollment.enabled);
    CHECK(link.enrollment.port == 1516);
    CHECK(link.enrollment.agent_name == "web-1.example");
    CHECK(link.enrollment.groups == "web,linux");
    CHECK(link.enrollment.authorization_pass_path == "authd.pass");
    CHECK(link.enrollment.server_ca_path == "ca.pem");
    CHECK(link.enrollment.agent_certificate_path == "a.pem");
    CHECK(link.enrollment.agent_key_path == "a.key");
}

TEST_CASE("several sections add up to one") {
    const auto settings = sound_settings(
        "<riposte><limit><in_force>5</in_force></limit><protect><user>a</user></protect>"
        "<manager><server><address>a</address></server></manager></riposte>"
        "<ossec_config><riposte><limit><requests_per_minute>6</requests_per_minute></limit><protect><user>b</user></"
        "protect>"
        "<queue>7</queue><manager><server><address>b</address></server><kind>ossec</kind></manager></riposte></"
        "ossec_config>");
    CHECK(settings.limits.in_force == 5);
    CHECK(settings.limits.requests_per_minute == 6);
    CHECK(settings.protect.users.size() == 2);
    CHECK(settings.queue == 7);
    CHECK(settings.manager->servers.size() == 2);
    CHECK(settings.manager->kind == "ossec");
}

TEST_CASE("a setting that is given twice is an error, wherever the second stands") {
    const struct {
        std::string text;
        std::vector<Finding> expected;
    } cases[] = {
        {"<riposte><queue>5</queue></riposte>\n<riposte>\n<queue>5</queue></riposte>",
         {{3, kError, "given before, at line 1"}}},
        {"<riposte><limit><in_force>5</in_force></limit>\n<limit><in_force>6</in_force></limit></riposte>",
         {{2, kError, "<in_force> of <limit> was given before, at line 1"}}},
        {"<riposte><control><group>a</group></control>\n<control><group>b</group></control></riposte>",
         {{2, kError, "<group>"}}},
        {"<riposte><command name='a'/>\n<command name='a'/></riposte>", {{2, kError, "given before, at line 1"}}},
        {"<riposte><manager><server><address>a</address>\n<address>b</address></server></manager></riposte>",
         {{2, kError, "<address> of <server>"}}},
    };
    for (const auto& each : cases) {
        CAPTURE(each.text);
        check_found(parse(each.text).found, each.expected);
    }
}

TEST_CASE("every wrong setting is an error that says what is allowed") {
    const struct {
        std::string tags;
        std::string part;
    } cases[] = {
        {"<nothing>1</nothing>", "<nothing> is not known in <riposte>: allowed are <home>, <on_stop>"},
        {"<home>relative</home>", "write the full path"},
        {"<home/>", "<home> is empty"},
        {"<on_stop>undo</on_stop>", "\"undo\": write keep or reverse"},
        {"<on_boot>keep</on_boot>", "write reverse or reapply"},
        {"<ad_hoc>1</ad_hoc>", "write yes or no"},
        {"<max_running>0</max_running>", "from 1 to 1024"},
        {"<max_running>1025</max_running>", "from 1 to 1024"},
        {"<queue>many</queue>", "a whole number from 1 to 1000000"},
        {"<deadline>0s</deadline>", "a duration from 1s to 7d"},
        {"<deadline>1.5m</deadline>", "with s, m, h or d behind it"},
        {"<deadline>8d</deadline>", "from 1s to 7d"},
        {"<keys_deadline>5 s</keys_deadline>", "\"5 s\""},
        {"<stale_after>-1</stale_after>", "\"-1\""},
        {"<forget_offenders_after>1y</forget_offenders_after>", "\"1y\""},
        {"<drift_check></drift_check>", "is empty"},
        {"<count>both</count>", "write requests or blocks"},
        {"<control><group>a/b</group></control>", "a group's name"},
        {"<control>root</control>", "\"root\" stands between the tags of <control>"},
        {"<protect><address>10.0.0.0/33</address></protect>", "write an IPv4 or IPv6 address or network"},
        {"<protect><address>localhost</address></protect>", "\"localhost\""},
        {"<protect><user></user></protect>", "<user> is empty"},
        {"<protect><group>a</group></protect>", "allowed are <address> and <user>"},
        {"<limit><in_force>-1</in_force></limit>", "from 0 to 10000000"},
        {"<command><deadline>5m</deadline></command>", "write <command name="},
        {"<command name=''/>", "write <command name="},
        {"<command name='a' executable='b'/>", "only name is known"},
        {"<command name='a'><dialect>wazuh3</dialect></command>", "write wazuh4, wazuh5 or ossec"},
        {"<command name='a'><protect><address>::1</address></protect></command>", "<address> stands inside <protect>"},
        {"<command name='a'><queue>5</queue></command>", "allowed are <deadline>, <dialect>, <on_boot>, <dry_run>"},
        {"<manager/>", "<manager> has no <server>"},
        {"<manager><server><port>5</port></server></manager>", "<server> has no <address>"},
    };
    for (const auto& each : cases) {
        CAPTURE(each.tags);
        check_found(parse(riposte_section(each.tags)).found, {{2, kError, each.part}});
    }
}

TEST_CASE("every wrong setting of the link is an error that says what is allowed") {
    const struct {
        std::string tags;
        std::string part;
    } cases[] = {
        {"<kind>wazuh</kind>", "write auto, wazuh4, wazuh5 or ossec"},
        {"<crypto_method>des</crypto_method>", "write aes or blowfish"},
        {"<keys> </keys>", "<keys> is empty"},
        {"<notify_time>0</notify_time>", "from 1s to 1d"},
        {"<time_reconnect>5</time_reconnect>",
         "allowed are <server>, <kind>, <crypto_method>, <keys>, <notify_time>, <time-reconnect>"},
        {"<server><address>a b</address></server>", "a host name or an address"},
        {"<server><address>b</address><port>65536</port></server>", "from 1 to 65535"},
        {"<server><address>b</address><protocol>sctp</protocol></server>", "write tcp, udp or https"},
        {"<enrollment><enabled>maybe</enabled></enrollment>", "yes or no"},
        {"<enrollment><agent_name>a b</agent_name></enrollment>", "a name of letters, digits"},
        {"<enrollment><agent_key_path>a.key</agent_key_path></enrollment>", "give both or neither"},
        {"<enrollment><delay>5</delay></enrollment>", "<delay> is not known in <enrollment>"},
    };
    for (const auto& each : cases) {
        CAPTURE(each.tags);
        check_found(parse(manager(each.tags)).found, {{4, kError, each.part}});
    }
}

TEST_CASE("settings that contradict each other are warned of") {
    check_found(parse("<riposte>\n<deadline>5s</deadline>\n<keys_deadline>5s</keys_deadline></riposte>").found,
                {{3, kWarning, "<keys_deadline> is not shorter than <deadline>"}});
    check_found(parse(manager("<server><address>m.example</address></server>")).found,
                {{4, kWarning, "a second time"}});
}
