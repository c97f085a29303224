// SPDX-License-Identifier: Apache-2.0
// Shared by all stock executables: the command line, the conversation with the runner, the exit codes. A main
// describes itself in a Response and hands over to run_response().
#pragma once

#include "platform/include/result.h"
#include "src/request/request.h"
#include "src/responses/own_log.h"

#include <boost/system/result.hpp>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace riposte {

enum class ExitCode {
    Done = 0,
    Failed = 1,
    BadInput = 2,      // the request or the command line
    NotAvailable = 3,  // what the executable needs is not on this system
    NotInForce = 4,    // --status only
};

// `text` is one sentence without a final period.
struct Failure {
    ExitCode code = ExitCode::Failed;
    std::string text;
};

template <class T>
using Answer = boost::system::result<T, Failure>;

inline Failure bad_input(std::string text) {
    return {ExitCode::BadInput, std::move(text)};
}
inline Failure not_available(std::string text) {
    return {ExitCode::NotAvailable, std::move(text)};
}
// The platform's not_supported is NotAvailable, every other error is Failed.
Failure failed(const Error& error);

struct Option {
    std::string_view name;   // "--directory"
    std::string_view value;  // "DIR"; empty: the option takes none
    std::string_view help;   // half a line
    // Whether a request may set it too, in its extra_args. The manager decides those, so nothing that could point the
    // executable at a file of the system may be set there.
    bool from_request = false;
};

// The options that were given, by name; the command line's win over the request's.
using Settings = std::map<std::string, std::string, std::less<>>;
bool is_set(const Settings& settings, std::string_view option);
std::filesystem::path path_setting(const Settings& settings, std::string_view option, std::filesystem::path otherwise);

// The task of one run.
struct Task {
    Request request;  // of --status and --check: empty
    Settings settings;
    // For what a success leaves to be said: one sentence, which goes to the standard error and to the response log.
    std::function<void(const std::string&)> tell = [](const std::string&) {};
};

using Keys = std::vector<std::string>;

struct Response {
    std::string_view name;     // "firewall-drop"
    std::string_view summary;  // one line: "drops what comes from an address or network"
    std::string_view details;  // lines for --help: what it needs, what it acts on, what the undo does; may be empty
    std::vector<Option> options;

    // The keys of the request, which say what it acts on; checked before anything is done, on add and on delete. They
    // must not depend on the state of the system. An empty list: the runner is asked nothing.
    std::function<Answer<Keys>(const Task&)> keys;
    // Both are idempotent: adding twice is once, deleting what is gone is success.
    std::function<Answer<void>(const Task&)> add;
    std::function<Answer<void>(const Task&)> reverse;
    // For each target, in their order, whether it is in force. Targets are keys, but from the command line: untrusted.
    // None: the executable leaves nothing in force.
    std::function<Answer<std::vector<bool>>(const Task&, const std::vector<std::string>& targets)> status;
    // Whether what is needed is here; the text of success says what was found ("nftables").
    std::function<Answer<std::string>(const Task&)> check;
};

// Where the conversation takes place, the standard streams in a real run, and where a line says what came of it.
struct Streams {
    std::FILE* in = stdin;
    std::FILE* out = stdout;
    std::FILE* errors = stderr;
    OwnLog log = {};
};

// The whole executable; returns its exit code. Never throws.
//
// No verb among the arguments: one line is read from `in`; on add the keys are named and the answer awaited, and only
// "continue" lets the executable act ("abort" is success, anything else a failure). With add or delete as the first
// argument behind the options: the OSSEC form, in which nothing behind the verb is an option. --check, --status,
// --help and --version answer and end, and are not logged.
int run_response(const Response& response, const std::vector<std::string>& arguments, const Streams& streams = {});
// With the standard streams and own_log().
int run_response(const Response& response, int argc, char** argv);

// One line without its newline; the last may lack it. Errors: end of input before anything, more than kMaxOrderBytes, a
// NUL byte.
Result<std::string> read_line(std::FILE* in);

// Whether the runner's answer to check_keys lets the executable act. An Error for a line that is no answer.
Result<bool> decode_answer(std::string_view line);

// The line that names the keys, with its newline (Wazuh v4.14.7 src/active-response/active_responses.c).
std::string check_keys_line(std::string_view name, const Keys& keys);

}  // namespace riposte
