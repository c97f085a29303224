// SPDX-License-Identifier: Apache-2.0
#include "tests/manager/program_options.h"

#include <charconv>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <sstream>

namespace riposte::simulator {
namespace {

// Sets an option to its value. Returns the reason if the value is invalid, else an empty text.
using Setter = std::function<std::string(ProgramOptions&, const std::string&)>;

struct ProgramOption {
    const char* name;
    const char* value;  // null: takes none
    const char* help;
    Setter set;
};

std::optional<std::string> file_text(const std::string& name) {
    std::ifstream stream(name, std::ios::binary);
    if (!stream) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(stream), {});
}

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    std::istringstream stream(text);
    for (std::string part; std::getline(stream, part, separator);) {
        if (part.ends_with('\r')) part.pop_back();
        if (!part.empty()) parts.push_back(part);
    }
    return parts;
}

template <class Number>
bool read_number(const std::string& text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
}

Setter port_of(std::uint16_t Options::*member) {
    return [member](ProgramOptions& program, const std::string& text) {
        return read_number(text, program.options.*member) ? "" : "a port is a number up to 65535";
    };
}

Setter text_of(std::string Options::*member) {
    return [member](ProgramOptions& program, const std::string& text) {
        program.options.*member = text;
        return std::string();
    };
}

std::string set_kind(ProgramOptions& program, const std::string& text) {
    const auto kind = kind_named(text);
    if (kind) program.options.kind = *kind;
    return kind ? "" : "a kind is wazuh4, wazuh5 or ossec";
}

std::string set_protocol(ProgramOptions& program, const std::string& text) {
    if (text != "tcp" && text != "udp" && text != "both") return "a protocol is tcp, udp or both";
    program.options.tcp = text != "udp";
    program.options.udp = text != "tcp";
    return {};
}

std::string add_key(ProgramOptions& program, const std::string& text) {
    KeyEntry entry;
    std::istringstream(text) >> entry.id >> entry.name >> entry.ip >> entry.key;
    if (entry.key.empty()) return "an agent is a line of client.keys: ID NAME IP KEY";
    program.agents.push_back(entry);
    return {};
}

std::string add_keys_of(ProgramOptions& program, const std::string& name) {
    const auto text = file_text(name);
    if (!text) return "the file cannot be read";
    for (const std::string& line : split(*text, '\n'))
        if (const std::string error = add_key(program, line); !error.empty()) return error;
    return {};
}

std::string set_ar_conf(ProgramOptions& program, const std::string& name) {
    const auto text = file_text(name);
    if (!text) return "the file cannot be read";
    program.options.ar_conf = split(*text, '\n');
    return {};
}

std::string set_certificate(ProgramOptions& program, const std::string& names) {
    const std::size_t comma = names.find(',');
    const auto certificate = file_text(names.substr(0, comma));
    const auto key = comma == std::string::npos ? std::nullopt : file_text(names.substr(comma + 1));
    if (!certificate || !key) return "two PEM files that can be read, with a comma between";
    program.options.certificate = Certificate{*certificate, *key};
    return {};
}

std::string set_client_authority(ProgramOptions& program, const std::string& name) {
    const auto text = file_text(name);
    if (text) program.options.client_authority = *text;
    return text ? "" : "the file cannot be read";
}

std::string set_clock(ProgramOptions& program, const std::string& text) {
    std::int64_t seconds = 0;
    if (!read_number(text, seconds)) return "a number of seconds";
    program.options.clock_offset = std::chrono::seconds(seconds);
    return {};
}

const std::vector<ProgramOption>& program_options() {
    static const std::vector<ProgramOption> all = {
        {"--kind", "KIND", "wazuh4 (default), wazuh5 or ossec", set_kind},
        {"--version", "V", "the manager's version, such as v4.9.0; agents above it are refused",
         text_of(&Options::version)},
        {"--address", "IP", "where to listen; default 127.0.0.1", text_of(&Options::address)},
        {"--port", "N", "of the session; default 0: any that is free", port_of(&Options::port)},
        {"--protocol", "P", "tcp, udp or both (default); OSSEC has udp only", set_protocol},
        {"--enrol-port", "N", "of classic enrolment; default 0: any", port_of(&Options::enrolment_port)},
        {"--no-enrolment", nullptr, "no classic enrolment",
         [](ProgramOptions& program, const std::string&) {
             program.options.enrolment = false;
             return std::string();
         }},
        {"--https-port", "N", "also speak HTTPS (wazuh5); 0: any",
         [](ProgramOptions& program, const std::string& text) {
             program.options.https = true;
             return port_of(&Options::https_port)(program, text);
         }},
        {"--password", "TEXT", "what agents must enrol with", text_of(&Options::password)},
        {"--groups", "A,B", "the groups that exist; default: default",
         [](ProgramOptions& program, const std::string& text) {
             program.options.groups = split(text, ',');
             return std::string();
         }},
        {"--certificate", "C,K", "PEM files of certificate and key; default: self-signed", set_certificate},
        {"--client-ca", "FILE", "agents must show a certificate of this authority (PEM)", set_client_authority},
        {"--agent", "LINE", "an agent that is known: a line of client.keys; may be repeated", add_key},
        {"--keys", "FILE", "the same, a whole client.keys", add_keys_of},
        {"--ar-conf", "FILE", "the ar.conf that agents get", set_ar_conf},
        {"--clock", "SECONDS", "how far this manager's clock is ahead", set_clock},
        {"--help", nullptr, "this text",
         [](ProgramOptions& program, const std::string&) {
             program.help = true;
             return std::string();
         }},
    };
    return all;
}

const ProgramOption* option_named(const std::string& name) {
    for (const ProgramOption& option : program_options())
        if (name == option.name) return &option;
    return nullptr;
}

}  // namespace

Result<ProgramOptions> parse_program_options(const std::vector<std::string>& arguments) {
    ProgramOptions program;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const ProgramOption* option = option_named(arguments[i]);
        if (option == nullptr) return failure("unknown option " + arguments[i] + "; --help tells those there are");
        std::string value;
        if (option->value != nullptr) {
            if (i + 1 == arguments.size()) return failure(arguments[i] + " needs a value: " + option->help);
            value = arguments[++i];
        }
        const std::string error = option->set(program, value);
        if (!error.empty()) return failure(std::string(option->name) + " " + value + ": " + error);
    }
    return program;
}

std::string program_help() {
    std::string text =
        "manager_simulator plays a Wazuh or OSSEC manager on this machine, to try an agent with.\n"
        "\n"
        "  manager_simulator --kind wazuh4 --port 1514 --enrol-port 1515 --password secret --ar-conf ar.conf\n"
        "\n"
        "It prints one JSON object per line for all that happens, and reads commands from its standard input.\n"
        "\nOptions:\n";
    for (const ProgramOption& option : program_options()) {
        std::string name = "  " + std::string(option.name);
        if (option.value != nullptr) name += " " + std::string(option.value);
        name.resize(std::max<std::size_t>(name.size() + 1, 24), ' ');
        text += name + option.help + "\n";
    }
    return text;
}

}  // namespace riposte::simulator
