// SPDX-License-Identifier: Apache-2.0
// <riposte>: Riposte's own settings.
#include "platform/include/utf8_path.h"
#include "src/config/sections.h"
#include "src/request/address.h"

#include <algorithm>
#include <filesystem>
#include <type_traits>

namespace riposte {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr hours kDay{24};
constexpr std::int64_t kMaxLimit = 10'000'000;
constexpr std::size_t kMaxGroupNameBytes = 255;

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// A name of those characters, at most 255 bytes of them; else reported.
std::optional<std::string> read_name(Findings& findings, const XmlElement& element,
                                     std::string_view besides_alphanumeric, const std::string& what) {
    auto text = read_text(findings, element);
    if (!text) return std::nullopt;
    const auto is_allowed = [&](char c) {
        return is_alphanumeric(c) || besides_alphanumeric.find(c) != std::string_view::npos;
    };
    if (text->size() <= kMaxGroupNameBytes && std::all_of(text->begin(), text->end(), is_allowed)) return text;
    findings.error(element.line, tag(element.name) + " is " + in_quotes(*text) + ": write " + what +
                                     " of letters, digits and \"" + std::string(besides_alphanumeric) +
                                     "\", up to 255");
    return std::nullopt;
}

// ---- readers of one member, for any section ----

template <auto kMember, class Target>
void text_into(Findings& findings, const XmlElement& element, Target& target) {
    if (auto text = read_text(findings, element)) target.*kMember = std::move(*text);
}

template <auto kMember, class Target>
void yes_no_into(Findings& findings, const XmlElement& element, Target& target) {
    if (const auto value = read_yes_no(findings, element)) target.*kMember = *value;
}

template <auto kMember, std::int64_t kMin, std::int64_t kMax, class Target>
void number_into(Findings& findings, const XmlElement& element, Target& target) {
    using Member = std::remove_reference_t<decltype(target.*kMember)>;
    if (const auto value = read_number(findings, element, kMin, kMax)) target.*kMember = static_cast<Member>(*value);
}

template <auto kMember, std::int64_t kMinSeconds, std::int64_t kMaxSeconds, class Target>
void duration_into(Findings& findings, const XmlElement& element, Target& target) {
    if (const auto value = read_duration(findings, element, seconds(kMinSeconds), seconds(kMaxSeconds)))
        target.*kMember = *value;
}

constexpr std::int64_t in_seconds(seconds duration) {
    return duration.count();
}
constexpr std::int64_t kMaxDeadline = in_seconds(7 * kDay);

std::optional<OnBoot> read_on_boot(Findings& findings, const XmlElement& element) {
    return read_choice<OnBoot>(findings, element, {{"reverse", OnBoot::Reverse}, {"reapply", OnBoot::Reapply}});
}

// ---- <limit> ----

constexpr Tag<Limits> kLimitTags[] = {
    {"requests_per_minute", number_into<&Limits::requests_per_minute, 0, kMaxLimit>},
    {"in_force", number_into<&Limits::in_force, 0, kMaxLimit>},
};

// ---- <protect> ----

void read_protected_address(Findings& findings, const XmlElement& element, Protected& target) {
    const auto text = read_text(findings, element);
    if (!text) return;
    if (const auto network = Network::parse(*text)) {
        target.addresses.push_back(network->text());
    } else {
        findings.error(element.line, "<address> is " + in_quotes(*text) +
                                         ": write an IPv4 or IPv6 address or network, such as 192.0.2.7 or 10.0.0.0/8");
    }
}

void read_protected_user(Findings& findings, const XmlElement& element, Protected& target) {
    const auto name = read_text(findings, element);
    if (!name) return;
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    if (name->size() > kMaxGroupNameBytes || std::any_of(name->begin(), name->end(), is_control)) {
        findings.error(element.line, "<user> is " + in_quotes(*name) + ": write one account's name");
    } else {
        target.users.push_back(*name);
    }
}

constexpr Tag<Protected> kProtectTags[] = {
    {"address", read_protected_address, true},
    {"user", read_protected_user, true},
};

// ---- <command name="..."> ----

constexpr Tag<CommandSettings> kCommandSettingsTags[] = {
    {"deadline", duration_into<&CommandSettings::deadline, 1, kMaxDeadline>},
    {"dialect",
     [](Findings& findings, const XmlElement& element, CommandSettings& settings) {
         const auto dialect = read_choice<Dialect>(
             findings, element, {{"wazuh4", Dialect::Wazuh4}, {"wazuh5", Dialect::Wazuh5}, {"ossec", Dialect::Ossec}});
         if (dialect) settings.dialect = dialect;
     }},
    {"on_boot",
     [](Findings& findings, const XmlElement& element, CommandSettings& settings) {
         if (const auto on_boot = read_on_boot(findings, element)) settings.on_boot = on_boot;
     }},
    {"dry_run", yes_no_into<&CommandSettings::dry_run>},
    {"protect", yes_no_into<&CommandSettings::protect>},
    {"limit",
     [](Findings& findings, const XmlElement& element, CommandSettings& settings) {
         SeenTags seen;
         read_section(findings, element, kLimitTags, settings.limits, seen);
     }},
};

// The one attribute, `name`; else reported.
std::optional<std::string> read_name_attribute(Findings& findings, const XmlElement& element) {
    std::optional<std::string> name;
    for (const auto& [attribute, value] : element.attributes) {
        if (attribute == "name" && !value.empty()) {
            name = value;
        } else if (attribute != "name") {
            findings.error(element.line,
                           "<command> of <riposte> has the attribute " + in_quotes(attribute) + ": only name is known");
        }
    }
    if (!name) {
        findings.error(
            element.line,
            "<command> of <riposte> does not say which command: write <command name=\"...\">. A command is defined by "
            "<command> in <ossec_config>; in <riposte> it only gets settings");
    }
    return name;
}

void read_command_settings(Findings& findings, const XmlElement& element, RiposteReading& reading) {
    const auto name = read_name_attribute(findings, element);
    CommandSettings settings;
    settings.where = findings.at(element.line);
    SeenTags seen;
    read_section(findings, element, kCommandSettingsTags, settings, seen);
    if (!name) return;
    const auto [earlier, inserted] = reading.settings.commands.try_emplace(*name, settings);
    if (!inserted) {
        findings.error(element.line, "<command name=" + in_quotes(*name) + "> was given before, at line " +
                                         std::to_string(earlier->second.where.line) +
                                         ": put all of its settings into one");
    }
}

// ---- <manager> ----

using Enrollment = ManagerSettings::Enrollment;
using Server = ManagerSettings::Server;

void read_server_address(Findings& findings, const XmlElement& element, Server& server) {
    if (const auto name = read_name(findings, element, ".-:_%", "a host name or an address")) server.address = *name;
}

constexpr Tag<Server> kServerTags[] = {
    {"address", read_server_address},
    {"port", number_into<&Server::port, 1, 65'535>},
    {"protocol",
     [](Findings& findings, const XmlElement& element, Server& server) {
         constexpr std::array<const char*, 3> kProtocols{"tcp", "udp", "https"};
         if (const auto index = read_word(findings, element, {kProtocols[0], kProtocols[1], kProtocols[2]}))
             server.protocol = kProtocols[*index];
     }},
};

void read_server(Findings& findings, const XmlElement& element, RiposteReading& reading) {
    Server server;
    SeenTags seen;
    read_section(findings, element, kServerTags, server, seen);
    if (!seen.contains("address")) findings.error(element.line, "<server> has no <address>: add the manager's");
    auto& servers = reading.settings.manager->servers;
    const auto is_same = [&](const Server& other) {
        return other.address == server.address && other.port == server.port;
    };
    if (!server.address.empty() && std::any_of(servers.begin(), servers.end(), is_same)) {
        findings.warning(element.line,
                         "<server> names " + in_quotes(server.address) + " and its port a second time: remove one");
    }
    servers.push_back(std::move(server));
}

constexpr Tag<Enrollment> kEnrollmentTags[] = {
    {"enabled", yes_no_into<&Enrollment::enabled>},
    {"port", number_into<&Enrollment::port, 1, 65'535>},
    {"agent_name",
     [](Findings& findings, const XmlElement& element, Enrollment& enrollment) {
         if (const auto name = read_name(findings, element, "-_.", "a name")) enrollment.agent_name = *name;
     }},
    {"groups",
     [](Findings& findings, const XmlElement& element, Enrollment& enrollment) {
         if (const auto groups = read_name(findings, element, "-_.,", "names, separated by commas,"))
             enrollment.groups = *groups;
     }},
    {"authorization_pass_path", text_into<&Enrollment::authorization_pass_path>},
    {"server_ca_path", text_into<&Enrollment::server_ca_path>},
    {"agent_certificate_path", text_into<&Enrollment::agent_certificate_path>},
    {"agent_key_path", text_into<&Enrollment::agent_key_path>},
};

// `words` as they are stored.
template <auto kMember>
void word_into(Findings& findings, const XmlElement& element, RiposteReading& reading,
               const std::vector<std::string_view>& words) {
    if (const auto index = read_word(findings, element, words)) (*reading.settings.manager).*kMember = words[*index];
}

template <auto kMember>
void manager_duration(Findings& findings, const XmlElement& element, RiposteReading& reading) {
    duration_into<kMember, 1, in_seconds(kDay)>(findings, element, *reading.settings.manager);
}

constexpr Tag<RiposteReading> kManagerTags[] = {
    {"server", read_server, true},
    {"kind",
     [](Findings& findings, const XmlElement& element, RiposteReading& reading) {
         word_into<&ManagerSettings::kind>(findings, element, reading, {"auto", "wazuh4", "wazuh5", "ossec"});
     }},
    {"crypto_method",
     [](Findings& findings, const XmlElement& element, RiposteReading& reading) {
         word_into<&ManagerSettings::crypto_method>(findings, element, reading, {"aes", "blowfish"});
     }},
    {"keys",
     [](Findings& findings, const XmlElement& element, RiposteReading& reading) {
         text_into<&ManagerSettings::keys>(findings, element, *reading.settings.manager);
     }},
    {"notify_time", manager_duration<&ManagerSettings::notify_time>},
    {"time-reconnect", manager_duration<&ManagerSettings::time_reconnect>},
    {"enrollment",
     [](Findings& findings, const XmlElement& element, RiposteReading& reading) {
         reading.enrollment_line = element.line;
         read_section(findings, element, kEnrollmentTags, reading.settings.manager->enrollment,
                      reading.enrollment_seen);
     },
     true},
};

void read_manager(Findings& findings, const XmlElement& element, RiposteReading& reading) {
    if (!reading.settings.manager) {
        reading.settings.manager.emplace();
        reading.manager_line = element.line;
    }
    read_section(findings, element, kManagerTags, reading, reading.manager_seen);
}

// ---- <riposte> itself ----

constexpr Tag<RiposteReading> kControlTags[] = {
    {"group",
     [](Findings& findings, const XmlElement& element, RiposteReading& reading) {
         if (const auto name = read_name(findings, element, "-_.$ ", "a group's name"))
             reading.settings.control_group = *name;
     }},
};

void read_home(Findings& findings, const XmlElement& element, RiposteReading& reading) {
    const auto text = read_text(findings, element);
    if (!text) return;
    const std::filesystem::path home = utf8_path(*text);
    if (home.is_absolute()) {
        reading.settings.home = home;
    } else {
        findings.error(element.line, "<home> is " + in_quotes(*text) + ": write the full path of the directory");
    }
}

// Hands the general setting to its reader, which knows Settings only.
template <void (*kRead)(Findings&, const XmlElement&, Settings&)>
void setting(Findings& findings, const XmlElement& element, RiposteReading& reading) {
    kRead(findings, element, reading.settings);
}

constexpr std::int64_t kTenYears = in_seconds(3650 * kDay);

constexpr Tag<RiposteReading> kRiposteTags[] = {
    {"home", read_home},
    {"on_stop",
     [](Findings& findings, const XmlElement& element, RiposteReading& reading) {
         const auto value =
             read_choice<OnStop>(findings, element, {{"keep", OnStop::Keep}, {"reverse", OnStop::Reverse}});
         if (value) reading.settings.on_stop = *value;
     }},
    {"on_boot",
     [](Findings& findings, const XmlElement& element, RiposteReading& reading) {
         if (const auto value = read_on_boot(findings, element)) reading.settings.on_boot = *value;
     }},
    {"ad_hoc", setting<yes_no_into<&Settings::ad_hoc>>},
    {"max_running", setting<number_into<&Settings::max_running, 1, 1'024>>},
    {"queue", setting<number_into<&Settings::queue, 1, 1'000'000>>},
    {"deadline", setting<duration_into<&Settings::deadline, 1, kMaxDeadline>>},
    {"keys_deadline", setting<duration_into<&Settings::keys_deadline, 1, kMaxDeadline>>},
    {"stale_after", setting<duration_into<&Settings::stale_after, 1, kTenYears>>},
    {"forget_offenders_after", setting<duration_into<&Settings::forget_offenders_after, 1, kTenYears>>},
    {"drift_check", setting<duration_into<&Settings::drift_check, 0, in_seconds(30 * kDay)>>},
    {"count",
     [](Findings& findings, const XmlElement& element, RiposteReading& reading) {
         const auto value = read_choice<bool>(findings, element, {{"requests", false}, {"blocks", true}});
         if (value) reading.settings.offenders_count_blocks_only = *value;
     }},
    {"protect",
     [](Findings& findings, const XmlElement& element, RiposteReading& reading) {
         SeenTags seen;
         read_section(findings, element, kProtectTags, reading.settings.protect, seen);
     },
     true},
    {"limit",
     [](Findings& findings, const XmlElement& element, RiposteReading& reading) {
         read_section(findings, element, kLimitTags, reading.settings.limits, reading.limit_seen);
     },
     true},
    {"control",
     [](Findings& findings, const XmlElement& element, RiposteReading& reading) {
         read_section(findings, element, kControlTags, reading, reading.control_seen);
     },
     true},
    {"command", read_command_settings, true, true},
    {"manager", read_manager, true},
};

void finish_manager(Findings& findings, const RiposteReading& reading) {
    const ManagerSettings& manager = *reading.settings.manager;
    if (manager.servers.empty()) {
        findings.error(reading.manager_line, "<manager> has no <server>: add <server><address>...</address></server>");
    }
    for (const Server& server : manager.servers) {
        const bool https = server.protocol == "https";
        if ((manager.kind == "ossec" && !server.protocol.empty() && server.protocol != "udp") ||
            (https && manager.kind != "wazuh5" && manager.kind != "auto")) {
            findings.error(reading.manager_line, "<protocol> is " + in_quotes(server.protocol) + " and <kind> is " +
                                                     in_quotes(manager.kind) +
                                                     ": OSSEC speaks udp only, and only Wazuh 5 speaks https");
        }
    }
    const auto& enrollment = manager.enrollment;
    if (enrollment.agent_certificate_path.empty() != enrollment.agent_key_path.empty()) {
        findings.error(
            reading.enrollment_line,
            "<enrollment> has only one of <agent_certificate_path> and <agent_key_path>: give both or neither");
    }
}

}  // namespace

void read_riposte(Findings& findings, const XmlElement& section, RiposteReading& reading) {
    report_attributes(findings, section);
    read_section(findings, section, kRiposteTags, reading, reading.seen);
}

void finish_riposte(Findings& findings, RiposteReading& reading) {
    if (reading.settings.manager) finish_manager(findings, reading);
    const auto keys_deadline = reading.seen.find("keys_deadline");
    if (keys_deadline != reading.seen.end() && reading.settings.keys_deadline >= reading.settings.deadline) {
        findings.warning(keys_deadline->second,
                         "<keys_deadline> is not shorter than <deadline>, which ends the executable first: shorten it");
    }
}

}  // namespace riposte
