// SPDX-License-Identifier: Apache-2.0
// The input of an executable, its question for keys, and the answer to it.
#pragma once

#include "platform/include/result.h"
#include "src/request/dialect.h"
#include "src/request/request.h"

#include <string>
#include <string_view>
#include <vector>

namespace riposte {

// Everything that does not change between applying and reversing, so that it can be stored and told again.
struct ChildInput {
    Dialect dialect = Dialect::Wazuh4;  // the executable's, which may differ from the request's
    // JSON dialects: the request with origin.module, parameters.program and all extra arguments set, as JSON
    // text; its root "command" is an empty string, which line() and answer() fill in.
    std::string document;
    // Ossec: what follows the verb in argv.
    std::vector<std::string> arguments;

    // argv without argv[0].
    std::vector<std::string> argv(Verb verb) const;
    // The line for stdin, final newline included; empty for ossec.
    std::string line(Verb verb) const;
    // The same line as an answer to check_keys.
    std::string answer(bool proceed) const;  // continue, abort
};

// Maps the request's fields where the dialects differ (srcip <-> data.srcip <-> source.ip, user, file).
// `program` is argv[0]; `local_extra_args` is the command's own, appended to those of the request, its {references}
// filled in: members of the alert under the names of the request's dialect or of wazuh4. Errors: an extra argument
// whose quotes do not close, an unknown reference, or an ossec argument that would be an option.
//
// In the ossec dialect an absent field is "-"; the words are those of a text request. In wazuh5, extra_arguments is one
// string: it stays as sent, and local arguments follow it, each behind a space; from other dialects the request's
// arguments are joined the same way. A request without a timeout maps to a wazuh5 response of type `stateless`, so who
// has looked the timeout up sets request.timeout first.
//
// The request's document becomes what is told where the dialects are the same: the request may be without it
// afterwards.
Result<ChildInput> build_child_input(Request& request, Dialect dialect, const std::string& program,
                                     const std::string& local_extra_args);

// For the ledger: one JSON line and back.
std::string serialize_child_input(const ChildInput& input);
Result<ChildInput> parse_child_input(std::string_view text);

// The keys of a check_keys line: {"command":"check_keys","parameters":{"keys":["1.2.3.4"]}} (Wazuh v4.14.7
// src/active-response/active_responses.c). An Error for any other line, saying what is wrong with it.
Result<std::vector<std::string>> parse_check_keys(std::string_view line);

// Splits at white space; "..." and '...' group, a backslash takes the next character as it is (inside '...' it is
// ordinary). Then each {a.b.c} is replaced by that member of the alert, as one part of the same argument, never split
// again; a "{{" stands for "{", and so does a brace behind a backslash. Errors: an open quote, a final backslash, a
// reference with no "}", a member that is absent or no string or number, a value that would start an option ("-x"),
// more than 128 KiB in all.
Result<std::vector<std::string>> split_extra_args(std::string_view text, const Document& alert);

}  // namespace riposte
