// SPDX-License-Identifier: Apache-2.0
#include "src/cli/command_line.h"

#include "src/request/utf8.h"

#include <Poco/Util/Option.h>
#include <Poco/Util/OptionException.h>
#include <Poco/Util/OptionProcessor.h>
#include <Poco/Util/OptionSet.h>

#include <algorithm>
#include <cctype>
#include <numeric>
#include <ostream>

namespace riposte {
namespace {

constexpr std::size_t kHelpColumn = 22;

std::vector<OptionSpec> all_options(const Subcommand& subcommand) {
    std::vector<OptionSpec> options = subcommand.options;
    options.insert(options.end(), common_options().begin(), common_options().end());
    return options;
}

Poco::Util::OptionSet option_set(const std::vector<OptionSpec>& specs) {
    Poco::Util::OptionSet set;
    for (const OptionSpec& spec : specs) {
        Poco::Util::Option option(spec.name, spec.name == "help" ? "h" : "", spec.help);
        if (!spec.argument.empty()) option.argument(spec.argument, true);
        option.repeatable(spec.repeatable || spec.argument.empty());
        set.addOption(option);
    }
    return set;
}

// "-5m" is a duration that goes back, not an option.
bool is_negative_number(const std::string& word) {
    return word.size() > 1 && word[0] == '-' && std::isdigit(static_cast<unsigned char>(word[1])) != 0;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& candidates, const std::string& prefix) {
    const auto found = nearest(word, candidates);
    return found ? "; did you mean " + prefix + *found + "?" : "";
}

Error unknown_option(const std::string& word, const std::vector<OptionSpec>& specs, const std::string& subcommand) {
    const std::string name = word.substr(std::min(word.find_first_not_of('-'), word.size()));
    std::vector<std::string> names;
    for (const OptionSpec& spec : specs) names.push_back(spec.name);
    return failure("riposte " + subcommand + " has no option " + riposte::quoted(word) +
                   suggestion(name.substr(0, name.find('=')), names, "--"));
}

// Takes one word; returns whether the next one is its value.
bool take_word(const std::string& word, bool is_value, Poco::Util::OptionProcessor& processor, Arguments& into) {
    std::string name;
    std::string value;
    if ((!is_value && is_negative_number(word)) || !processor.process(word, name, value)) {
        into.add_positional(word);
        return false;
    }
    if (!name.empty()) into.add(name, value);
    return name.empty() && word != "--";
}

std::string option_left(const OptionSpec& option) {
    return "  --" + option.name + (option.argument.empty() ? "" : " " + option.argument);
}

void append_options(std::string& text, const std::vector<OptionSpec>& options) {
    for (const OptionSpec& option : options) {
        std::string left = option_left(option);
        if (left.size() + 2 > kHelpColumn) {
            text += left + "\n";
            left.clear();
        }
        left.resize(kHelpColumn, ' ');
        std::string help = option.help;
        for (std::size_t at = 0; (at = help.find('\n', at)) != std::string::npos; at += kHelpColumn + 1) {
            help.insert(at + 1, kHelpColumn, ' ');
        }
        text += left + help + "\n";
    }
}

std::size_t edit_distance(std::string_view left, std::string_view right) {
    std::vector<std::size_t> row(right.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < left.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < right.size(); ++j) {
            const std::size_t replaced = diagonal + (left[i] == right[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

const Subcommand* find(const std::vector<Subcommand>& subcommands, const std::string& name) {
    const auto found = std::find_if(subcommands.begin(), subcommands.end(),
                                    [&name](const Subcommand& subcommand) { return subcommand.name == name; });
    return found == subcommands.end() ? nullptr : &*found;
}

int unknown_subcommand(const std::vector<Subcommand>& subcommands, const std::string& word, Streams& streams) {
    std::vector<std::string> names{"help"};
    for (const Subcommand& subcommand : subcommands) names.push_back(subcommand.name);
    streams.err << "riposte: there is no subcommand " << riposte::quoted(word) << suggestion(word, names, "riposte ")
                << "\nriposte help lists them.\n";
    return kBadUsage;
}

int help(const std::vector<Subcommand>& subcommands, const std::vector<std::string>& words, Streams& streams) {
    const auto topic = std::find_if(words.begin(), words.end(), [](const std::string& word) { return word[0] != '-'; });
    if (topic == words.end()) {
        streams.out << overview(subcommands);
        return kDone;
    }
    const Subcommand* subcommand = find(subcommands, *topic);
    if (subcommand == nullptr) return unknown_subcommand(subcommands, *topic, streams);
    streams.out << help_text(*subcommand);
    return kDone;
}

int run_subcommand(const Subcommand& subcommand, const std::vector<std::string>& words, Streams& streams) {
    Result<Arguments> arguments = parse_arguments(subcommand, words);
    if (!arguments) {
        streams.err << "riposte: " << arguments.error().text() << "\nriposte help " << subcommand.name
                    << " shows what it takes.\n";
        return kBadUsage;
    }
    if (arguments->has("help")) {
        streams.out << help_text(subcommand);
        return kDone;
    }
    Invocation invocation{streams, std::move(*arguments)};
    return subcommand.run(invocation);
}

}  // namespace

std::optional<std::string> Arguments::get(const std::string& name) const {
    const auto found = values_.find(name);
    if (found == values_.end()) return std::nullopt;
    return found->second.back();
}

std::vector<std::string> Arguments::all(const std::string& name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? std::vector<std::string>{} : found->second;
}

int Invocation::fail(int code, const std::string& text) const {
    err() << "riposte: " << text << "\n";
    return code;
}

const std::vector<OptionSpec>& common_options() {
    static const std::vector<OptionSpec> options{
        {"config", "FILE", "Riposte's own configuration (RIPOSTE_CONFIG)"},
        {"home", "DIR", "the directory that holds active-response/bin (RIPOSTE_HOME)"},
        {"state", "DIR", "the directory of the ledger and the control socket (RIPOSTE_STATE)"},
        {"json", "", "print JSON"},
        {"help", "", "show this help"},
    };
    return options;
}

Result<Arguments> parse_arguments(const Subcommand& subcommand, const std::vector<std::string>& words) {
    const std::vector<OptionSpec> specs = all_options(subcommand);
    const Poco::Util::OptionSet set = option_set(specs);
    Poco::Util::OptionProcessor processor(set);
    processor.setUnixStyle(true);
    Arguments arguments;
    std::string current;
    try {
        bool is_value = false;
        for (const std::string& word : words) {
            if (!is_value) current = word;
            is_value = take_word(word, is_value, processor, arguments);
        }
        processor.checkRequired();
        // An option at the very end that still waits for its value; checkRequired() of older Poco does not look at it.
        if (is_value) return failure("the option " + riposte::quoted(current) + " needs a value");
    } catch (const Poco::Util::UnknownOptionException&) {
        return unknown_option(current, specs, subcommand.name);
    } catch (const Poco::Util::AmbiguousOptionException&) {
        return failure("the option " + riposte::quoted(current) + " is short for more than one; write it out");
    } catch (const Poco::Util::DuplicateOptionException&) {
        return failure("the option " + riposte::quoted(current) + " is given twice");
    } catch (const Poco::Util::UnexpectedArgumentException&) {
        return failure("the option " + riposte::quoted(current) + " takes no value");
    } catch (const Poco::Util::OptionException&) {
        return failure("the option " + riposte::quoted(current) + " needs a value");
    }
    if (arguments.positional().size() > subcommand.max_positional && !arguments.has("help")) {
        return failure("riposte " + subcommand.name + " does not take " +
                       riposte::quoted(arguments.positional()[subcommand.max_positional]));
    }
    return arguments;
}

std::string help_text(const Subcommand& subcommand) {
    std::string text = "riposte " + subcommand.name + ": " + subcommand.summary + "\n\nUsage: riposte " +
                       subcommand.name + (subcommand.usage.empty() ? "" : " " + subcommand.usage) + " [OPTION]...\n\n" +
                       subcommand.description + "\n\nOptions:\n";
    append_options(text, subcommand.options);
    append_options(text, common_options());
    if (!subcommand.examples.empty()) text += "\nExamples:\n" + subcommand.examples;
    return text +
           "\nExit codes: 0 done; 1 failed, or errors were found; 2 bad usage; 3 the service cannot be reached;\n"
           "4 refused, or nothing matched.\n";
}

std::string overview(const std::vector<Subcommand>& subcommands) {
    std::string text = "riposte " RIPOSTE_VERSION
                       ": runs active responses of Wazuh and OSSEC on this host, and undoes them in time\n\n"
                       "Usage: riposte SUBCOMMAND [ARGUMENT]... [OPTION]...\n\nSubcommands:\n";
    for (const Subcommand& subcommand : subcommands) {
        std::string left = "  " + subcommand.name;
        left.resize(13, ' ');
        text += left + subcommand.summary + "\n";
    }
    text += "\nOptions of every subcommand:\n";
    append_options(text, common_options());
    return text +
           "\nStart here:\n"
           "  riposte check                                     is the configuration sound?\n"
           "  riposte run firewall-drop600 --srcip 203.0.113.7 --dry-run\n"
           "  riposte pending                                   what is in force, and for how long?\n"
           "\nriposte help SUBCOMMAND has more, with examples. riposte --version prints the version.\n"
           "Exit codes: 0 done; 1 failed, or errors were found; 2 bad usage; 3 the service cannot be reached;\n"
           "4 refused, or nothing matched.\n";
}

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates) {
    std::optional<std::string> best;
    std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
    for (const std::string& candidate : candidates) {
        // Longer words are no typing mistakes, and the comparison grows with the square of the length.
        if (word.size() > 64 || candidate.empty()) continue;
        const std::size_t distance = edit_distance(word, candidate);
        if (distance >= best_distance || distance >= candidate.size()) continue;
        best_distance = distance;
        best = candidate;
    }
    return best;
}

int run_command_line(const std::vector<Subcommand>& subcommands, const std::vector<std::string>& words,
                     Streams& streams) {
    if (words.empty()) {
        streams.err << overview(subcommands);
        return kBadUsage;
    }
    const std::string& first = words.front();
    const std::vector<std::string> rest(words.begin() + 1, words.end());
    if (first == "help" || first == "--help" || first == "-h") return help(subcommands, rest, streams);
    if (first == "--version" || first == "version") {
        streams.out << "riposte " RIPOSTE_VERSION "\n";
        return kDone;
    }
    const Subcommand* subcommand = find(subcommands, first);
    if (subcommand == nullptr) return unknown_subcommand(subcommands, first, streams);
    return run_subcommand(*subcommand, rest, streams);
}

}  // namespace riposte
