// SPDX-License-Identifier: Apache-2.0
#include "src/config/config.h"

#include "src/config/findings.h"
#include "src/config/sections.h"
#include "src/config/text_file.h"
#include "src/config/xml_tree.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace riposte {
namespace {

constexpr std::size_t kMaxFileBytes = 4 * 1024 * 1024;

// Sections of Wazuh's and OSSEC's that are none of Riposte's business (Wazuh v4.14.7 src/config/config.c, OSSEC the
// same).
constexpr std::array<std::string_view, 38> kForeignSections{"agent-key-polling",
                                                            "agent-upgrade",
                                                            "agentless",
                                                            "alerts",
                                                            "anti_tampering",
                                                            "auth",
                                                            "client",
                                                            "client_buffer",
                                                            "cluster",
                                                            "database_output",
                                                            "email_alerts",
                                                            "fluent-forward",
                                                            "gcp-bucket",
                                                            "gcp-pubsub",
                                                            "github",
                                                            "global",
                                                            "indexer",
                                                            "integration",
                                                            "labels",
                                                            "localfile",
                                                            "logging",
                                                            "ms-graph",
                                                            "office365",
                                                            "remote",
                                                            "reports",
                                                            "rootcheck",
                                                            "rule_test",
                                                            "rules",
                                                            "ruleset",
                                                            "sca",
                                                            "socket",
                                                            "syscheck",
                                                            "syslog_output",
                                                            "task-manager",
                                                            "vulnerability-detection",
                                                            "vulnerability-detector",
                                                            "wdb",
                                                            "wodle"};

// Reads the roots of one file.
class FileReader {
  public:
    FileReader(Findings& findings, const XmlElement& tree, bool own_file)
        : findings_(findings), tree_(tree), own_file_(own_file) {}

    Config read() {
        bins_ = known_bins(home());
        if (!tree_.text.empty()) {
            findings_.error(tree_.text_line, in_quotes(tree_.text) + " stands outside of all sections: remove it");
        }
        for (const XmlElement& root : tree_.children) read_root(root);
        finish_riposte(findings_, riposte_);
        for (auto& reading : responses_) finish_response(reading);
        config_.settings = std::move(riposte_.settings);
        return std::move(config_);
    }

  private:
    // Asked for before anything is read: an executable may be written with the home's bin directory in front.
    std::string home() const {
        for (const XmlElement& root : tree_.children) {
            if (root.name == "riposte") {
                if (auto found = home_in(root); !found.empty()) return found;
            }
            for (const XmlElement& section : root.children) {
                if (section.name != "riposte") continue;
                if (auto found = home_in(section); !found.empty()) return found;
            }
        }
        return {};
    }

    static std::string home_in(const XmlElement& riposte) {
        const auto is_home = [](const XmlElement& child) { return child.name == "home"; };
        const auto found = std::find_if(riposte.children.begin(), riposte.children.end(), is_home);
        return found == riposte.children.end() ? std::string() : found->text;
    }

    void read_root(const XmlElement& root) {
        if (root.name == "riposte") return read_riposte_section(root);
        if (root.name != "ossec_config" && root.name != "agent_config") {
            const bool is_section = root.name == "command" || root.name == "active-response";
            const auto* remedy =
                is_section ? "put it into <ossec_config>" : "allowed are <ossec_config>, <agent_config> and <riposte>";
            findings_.error(root.line, tag(root.name) + " cannot stand by itself in a file: " + remedy);
            return;
        }
        report_text(findings_, root);
        for (const XmlElement& section : root.children) read_part(root, section);
    }

    void read_part(const XmlElement& root, const XmlElement& section) {
        if (section.name == "command") return read_command_section(section);
        if (section.name == "active-response") return read_response_section(section);
        if (section.name == "riposte") return read_riposte_section(section);
        if (std::find(kForeignSections.begin(), kForeignSections.end(), section.name) != kForeignSections.end()) return;
        std::string hint = "it is ignored; check its spelling";
        if (section.name == "active_response") hint = "did you mean <active-response>?";
        if (section.name == "commands") hint = "did you mean <command>?";
        findings_.warning(section.line,
                          tag(section.name) + " is no section of " + tag(root.name) + " that Riposte knows: " + hint);
    }

    void read_riposte_section(const XmlElement& section) {
        if (own_file_) return read_riposte(findings_, section, riposte_);
        findings_.error(section.line,
                        "<riposte> stands in an agent's file, where the agent refuses it as unknown: move it to "
                        "Riposte's own file");
    }

    void read_command_section(const XmlElement& section) {
        report_attributes(findings_, section);
        std::string name;
        auto command = read_command(findings_, section, bins_, name);
        if (name.empty()) return;
        const auto [earlier, inserted] = command_lines_.try_emplace(name, section.line);
        if (!inserted) {
            findings_.error(section.line, "the command " + in_quotes(name) + " was defined before, at line " +
                                              std::to_string(earlier->second) + ": rename or remove one of the two");
            return;
        }
        if (command) config_.commands.push_back(std::move(*command));
    }

    void read_response_section(const XmlElement& section) {
        report_attributes(findings_, section);
        if (auto reading = read_active_response(findings_, section)) responses_.push_back(std::move(*reading));
    }

    // Needs all commands, which may stand behind the active responses.
    void finish_response(ActiveResponseReading& reading) {
        ActiveResponse& response = reading.response;
        if (!response.command.empty() && !command_lines_.contains(response.command)) {
            findings_.error(reading.command_line, "<active-response> names the command " + in_quotes(response.command) +
                                                      ", which this file does not define: " + defined_commands());
            return;
        }
        const Command* command = config_.find_command(response.command);
        if (command && !command->timeout_allowed && response.timeout.count() > 0) {
            response.ignored_timeout = std::exchange(response.timeout, std::chrono::seconds(0));
            response.ignored_timeout_line = reading.timeout_line;
            findings_.notice(reading.timeout_line, ignored_timeout_text(response));
        }
        config_.active_responses.push_back(std::move(response));
    }

    std::string defined_commands() const {
        if (command_lines_.empty()) return "add a <command> of that name";
        std::vector<std::string_view> names;
        for (const auto& [name, line] : command_lines_) {
            if (names.size() < 10) names.emplace_back(name);
        }
        const bool all = names.size() == command_lines_.size();
        return std::string(all ? "defined are " : "defined are, among others, ") + any_of(names);
    }

    Findings& findings_;
    const XmlElement& tree_;
    bool own_file_;
    std::vector<std::string> bins_;
    Config config_;
    RiposteReading riposte_;
    std::map<std::string, int> command_lines_;
    std::vector<ActiveResponseReading> responses_;
};

// In the order of the lines, though some are found only when all is read.
void sort_by_line(Diagnostics& found, std::size_t from) {
    std::stable_sort(found.begin() + static_cast<std::ptrdiff_t>(from), found.end(),
                     [](const Diagnostic& left, const Diagnostic& right) { return left.line < right.line; });
}

}  // namespace

const Command* Config::find_command(std::string_view name) const {
    const auto found =
        std::find_if(commands.begin(), commands.end(), [&](const Command& each) { return each.name == name; });
    return found == commands.end() ? nullptr : &*found;
}

Config load_config(const std::filesystem::path& file, Diagnostics& found, bool own_file) {
    const auto text = read_text_file(file, kMaxFileBytes);
    if (!text) {
        found.push_back(
            {Diagnostic::Severity::Error, file.string(), 0, "the file cannot be read: " + text.error().text()});
        return {};
    }
    return parse_config(*text, file.string(), found, own_file);
}

Config parse_config(std::string_view text, const std::string& name, Diagnostics& found, bool own_file) {
    Findings findings(name, found);
    if (text.size() > kMaxFileBytes) {
        findings.error(
            0, "the file is larger than 4 MiB, and nothing of it was read: a configuration file is far smaller");
        return {};
    }
    const auto first = found.size();
    const auto tree = read_xml_tree(text);
    if (!tree) {
        findings.error(tree.error().line, tree.error().what + " (nothing of this file was read)");
        return {};
    }
    if (tree->children.empty() && tree->text.empty()) {
        findings.warning(0, "the file holds no section: all settings have their defaults, and no command is defined");
    }
    auto config = FileReader(findings, *tree, own_file).read();
    sort_by_line(found, first);
    return config;
}

}  // namespace riposte
