// SPDX-License-Identifier: Apache-2.0
// The command line: a table of subcommands, their options, and the help that follows from both.
#pragma once

#include "platform/include/result.h"
#include "platform/include/service.h"

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace riposte {

enum ExitCode : int {
    kDone = 0,
    kFailed = 1,     // the action failed, or errors were found
    kBadUsage = 2,   // the command line makes no sense
    kNoService = 3,  // the service is not running or cannot be reached
    kRefused = 4,    // the request was refused; nothing matched
};

struct OptionSpec {
    std::string name;      // without "--"
    std::string argument;  // what stands for its value in the help; empty: a flag
    std::string help;
    bool repeatable = false;
};

// The arguments of the command line, checked against the subcommand's options.
class Arguments {
  public:
    bool has(const std::string& name) const { return values_.contains(name); }
    // The last one given.
    std::optional<std::string> get(const std::string& name) const;
    std::vector<std::string> all(const std::string& name) const;
    const std::vector<std::string>& positional() const { return positional_; }

    void add(const std::string& name, std::string value) { values_[name].push_back(std::move(value)); }
    void add_positional(std::string value) { positional_.push_back(std::move(value)); }

  private:
    std::map<std::string, std::vector<std::string>> values_;
    std::vector<std::string> positional_;
};

// Where a subcommand reads and writes.
struct Streams {
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
    Terminal terminal;
};

struct Invocation {
    Streams& streams;
    Arguments arguments;
    std::ostream& out() const { return streams.out; }
    std::ostream& err() const { return streams.err; }
    bool json() const { return arguments.has("json"); }
    // Prints "riposte: TEXT" to standard error and returns the code.
    int fail(int code, const std::string& text) const;
};

struct Subcommand {
    std::string name;
    std::string summary;      // one line
    std::string usage;        // what follows the name, without options
    std::string description;  // paragraphs
    std::string examples;     // lines of a shell
    std::vector<OptionSpec> options;
    std::size_t max_positional = 0;
    std::function<int(Invocation&)> run;
};

// Options that every subcommand takes.
const std::vector<OptionSpec>& common_options();

// An Error is a sentence that names the argument and, where one is near, what was surely meant.
Result<Arguments> parse_arguments(const Subcommand& subcommand, const std::vector<std::string>& words);

std::string help_text(const Subcommand& subcommand);
std::string overview(const std::vector<Subcommand>& subcommands);

// The candidate that is a typing mistake away; nothing if none is.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

// `words` without the program's name. Returns the exit code.
int run_command_line(const std::vector<Subcommand>& subcommands, const std::vector<std::string>& words,
                     Streams& streams);

}  // namespace riposte
