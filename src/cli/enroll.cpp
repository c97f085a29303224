// SPDX-License-Identifier: Apache-2.0
#include "platform/include/file_security.h"
#include "platform/include/host.h"
#include "platform/include/utf8_path.h"
#include "src/cli/places.h"
#include "src/cli/save_manager.h"
#include "src/cli/subcommands.h"
#include "src/link/enrolment.h"
#include "src/link/store.h"

#include <boost/asio/io_context.hpp>
#include <boost/json/serialize.hpp>

#include <charconv>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

namespace riposte {
namespace {

namespace fs = std::filesystem;

constexpr std::uint16_t kClassicPort = 1515;
constexpr std::uint16_t kHttpsPort = 1517;

std::optional<std::uint16_t> parse_port(const std::string& text) {
    std::uint16_t port = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), port);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || port == 0) return std::nullopt;
    return port;
}

// The configuration with the command line on top of it. An Error is a sentence for the person at the terminal.
Result<ManagerSettings> settings_of(const Invocation& invocation, const Setup& setup) {
    ManagerSettings settings = setup.config.settings.manager.value_or(ManagerSettings{});
    const Arguments& given = invocation.arguments;
    if (const auto host = given.get("manager")) settings.servers = {ManagerSettings::Server{*host, 0, ""}};
    if (settings.servers.empty()) {
        return failure("no manager is named: add --manager HOST, or <manager><server><address> to " +
                       setup.config_file.string());
    }
    ManagerSettings::Enrollment& enrollment = settings.enrollment;
    if (given.has("https")) enrollment.port = kHttpsPort;
    if (given.has("https") && given.has("manager")) settings.servers.front().protocol = "https";
    if (const auto port = given.get("port")) {
        const auto parsed = parse_port(*port);
        if (!parsed) return failure("--port is " + *port + ": write a number from 1 to 65535");
        enrollment.port = *parsed;
    } else if (given.has("manager") && !given.has("https")) {
        enrollment.port = kClassicPort;
    }
    const auto take = [&](const char* option, std::string& target) {
        if (const auto value = given.get(option)) target = *value;
    };
    // A path on the command line is relative to the working directory, one in the configuration to the state directory.
    const auto take_path = [&](const char* option, std::string& target) {
        if (const auto value = given.get(option)) target = fs::absolute(utf8_path(*value)).string();
    };
    take("name", enrollment.agent_name);
    take("groups", enrollment.groups);
    take_path("password-file", enrollment.authorization_pass_path);
    take_path("ca", enrollment.server_ca_path);
    take_path("certificate", enrollment.agent_certificate_path);
    take_path("key", enrollment.agent_key_path);
    if (enrollment.agent_certificate_path.empty() != enrollment.agent_key_path.empty()) {
        return failure("--certificate and --key belong together: give both or neither");
    }
    return settings;
}

Result<AgentKey> ask(const EnrolmentOptions& plan) {
    boost::asio::io_context loop(1);
    Result<AgentKey> result = failure("no answer");
    const auto enrolment = Enrolment::start(loop, plan, [&](Result<AgentKey> key) { result = std::move(key); });
    loop.run();
    return result;
}

int tell(const Invocation& invocation, const AgentKey& key, const fs::path& file) {
    if (invocation.json()) {
        invocation.out() << boost::json::serialize(boost::json::object{
                                {"id", key.id}, {"name", key.name}, {"ip", key.ip}, {"keys", file.string()}})
                         << "\n";
    } else {
        invocation.out() << "enrolled as " << key.id << " " << key.name << "; the key is in " << file.string() << "\n";
    }
    return kDone;
}

Result<void> forget_counters(const fs::path& state) {
    std::string set_aside;
    const Result<std::unique_ptr<LinkStore>> store = LinkStore::open(state / "link.db", set_aside);
    if (!store) return store.error();
    return (*store)->forget_received();
}

int only_forget_counters(const Invocation& invocation, const fs::path& state) {
    if (const Result<void> done = forget_counters(state); !done) return invocation.fail(kFailed, done.error().text());
    if (invocation.json()) {
        invocation.out() << R"({"forgotten":true})"
                         << "\n";
    } else {
        invocation.out() << "messages of a manager that counts from the start again are taken from the next "
                            "connection on (riposte reload makes one)\n";
    }
    return kDone;
}

int do_enroll(Invocation& invocation) {
    const Setup setup = load_setup(invocation.arguments);
    if (const Result<void> made = make_private_directory(setup.state); !made) {
        return invocation.fail(kFailed, made.error().text());
    }
    if (invocation.arguments.has("forget-counters")) return only_forget_counters(invocation, setup.state);
    const Result<ManagerSettings> settings = settings_of(invocation, setup);
    if (!settings) return invocation.fail(kBadUsage, settings.error().text());
    if (invocation.arguments.has("save")) {
        const Result<bool> saved = save_manager(setup, *settings);
        if (!saved) return invocation.fail(kFailed, saved.error().text());
        invocation.err() << "riposte: " << setup.config_file.string()
                         << (*saved ? ": <manager> was added\n" : " has a <manager> already, which is left as it is\n");
    }
    const fs::path file = setup.state / utf8_path(settings->keys);
    const Result<AgentKey> present = load_agent_key(file);
    if (present && !invocation.arguments.has("force")) {
        return invocation.fail(kRefused, file.string() + " holds the key of " + present->id + " " + present->name +
                                             " already; --force asks for a new one");
    }
    EnrolmentOptions plan;
    plan.host = settings->servers.front().address;
    plan.port = settings->enrollment.port;
    plan.https = invocation.arguments.has("https");
    plan.tls = tls_settings(*settings, setup.state);
    Result<Secret> password = read_enrolment_password(*settings, setup.state);
    if (!password) return invocation.fail(kFailed, password.error().text());
    plan.request =
        enrol_request(*settings, host_system().name, present ? std::optional<AgentKey>(*present) : std::nullopt);
    plan.request.password = std::move(*password);
    const Result<AgentKey> key = ask(plan);
    if (!key) return invocation.fail(kFailed, key.error().text());
    if (const Result<void> stored = store_agent_key(file, *key); !stored) {
        return invocation.fail(kFailed, stored.error().text());
    }
    if (const Result<void> forgotten = forget_counters(setup.state); !forgotten) {
        return invocation.fail(kFailed, forgotten.error().text());
    }
    return tell(invocation, *key, file);
}

}  // namespace

Subcommand enroll_subcommand() {
    Subcommand subcommand;
    subcommand.name = "enroll";
    subcommand.summary = "get this agent's key from a manager";
    subcommand.usage = "[--manager HOST]";
    subcommand.description =
        "Asks the manager for a key over TLS and stores it in STATE/client.keys, with which the service then "
        "connects.\n"
        "What is not given is taken from <manager> of the configuration. The service enrols by itself when it starts\n"
        "without a key, unless <enrollment> is switched off. Without --ca whoever answers is believed, as with\n"
        "Wazuh's own agents.";
    subcommand.options = {{"manager", "HOST", "the manager's name or address"},
                          {"port", "N", "the port of its enrolment (1515; with --https 1517)"},
                          {"https", "", "Wazuh 5's enrolment over HTTPS"},
                          {"name", "NAME", "this agent's name (the host's)"},
                          {"groups", "A,B", "groups of the manager to join"},
                          {"password-file", "FILE", "a file whose first line is the enrolment password"},
                          {"ca", "FILE", "PEM; the manager's certificate must be from it and for HOST"},
                          {"certificate", "FILE", "PEM; shown to a manager that asks for one"},
                          {"key", "FILE", "PEM; the certificate's private key"},
                          {"save", "", "first add <manager> to the configuration, unless it has one"},
                          {"force", "", "ask for a new key although there is one"},
                          {"forget-counters", "",
                           "only: take messages again of a manager that was set up anew and counts from the start"}};
    subcommand.examples =
        "  riposte enroll --manager manager.example --password-file authd.pass --save\n"
        "  riposte enroll --manager manager.example --ca rootCA.pem --groups web,dmz --name web01\n"
        "  riposte enroll --manager manager.example --https\n";
    subcommand.run = do_enroll;
    return subcommand;
}

}  // namespace riposte
