// SPDX-License-Identifier: Apache-2.0
#include "src/responses/response.h"

#include "platform/include/arguments.h"
#include "platform/include/utf8_path.h"
#include "src/request/child_input.h"
#include "src/request/reader.h"
#include "src/request/utf8.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <span>
#include <utility>

namespace riposte {
namespace {

// The runner looks for this text in an executable before it calls it with --check or --status.
constexpr std::string_view kMarker = "riposte-response: check status";
constexpr std::size_t kMaxTargets = 500;

void put(std::FILE* out, std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), out);
}

// ---- options ----

const Option* find_option(const Response& response, std::string_view name) {
    const auto found = std::ranges::find(response.options, name, &Option::name);
    return found == response.options.end() ? nullptr : &*found;
}

// Takes the option at the start of `rest`, "--name VALUE" or "--name=VALUE"; returns how many arguments it had, 0 if
// there is no such option there.
Answer<std::size_t> take_option(const Response& response, std::span<const std::string> rest, bool from_request,
                                Settings& settings) {
    const std::string_view first = rest.front();
    const std::size_t equals = first.find('=');
    const Option* option = find_option(response, first.substr(0, equals));
    if (option == nullptr || (from_request && !option->from_request)) return std::size_t{0};
    const std::string name(option->name);
    if (option->value.empty()) {
        if (equals != std::string_view::npos) return bad_input(name + " takes no value");
        settings.try_emplace(name, "yes");
        return std::size_t{1};
    }
    if (equals != std::string_view::npos) {
        settings.try_emplace(name, first.substr(equals + 1));
        return std::size_t{1};
    }
    if (rest.size() < 2) return bad_input(name + " needs a value");
    settings.try_emplace(name, rest[1]);
    return std::size_t{2};
}

// Wazuh 5 sends all extra arguments as one string.
std::vector<std::string> separate_extra_args(const Request& request) {
    if (request.dialect != Dialect::Wazuh5) return request.extra_args;
    std::vector<std::string> separate;
    for (const std::string& text : request.extra_args) {
        if (auto split = split_extra_args(text, Document()))
            separate.insert(separate.end(), split->begin(), split->end());
    }
    return separate;
}

// Words that are no option of this executable are for others that the same command may run.
Answer<void> take_request_options(const Response& response, const Request& request, Settings& settings) {
    const std::vector<std::string> extra = separate_extra_args(request);
    for (std::span<const std::string> rest = extra; !rest.empty();) {
        const auto taken = take_option(response, rest, true, settings);
        if (!taken) return taken.error();
        rest = rest.subspan(std::max<std::size_t>(*taken, 1));
    }
    return {};
}

// ---- the three ways of a run ----

int report(const Response& response, const Streams& streams, const Failure& failure) {
    put(streams.errors, std::string(response.name) + ": " + failure.text + "\n");
    return static_cast<int>(failure.code);
}

// Whether to act.
Answer<bool> ask(const Response& response, const Streams& streams, const Keys& keys) {
    put(streams.out, check_keys_line(response.name, keys));
    if (std::fflush(streams.out) != 0) return Failure{ExitCode::Failed, "the keys could not be written"};
    const auto line = read_line(streams.in);
    if (!line) return Failure{ExitCode::Failed, "the runner did not answer the keys: " + line.error().text()};
    const auto proceed = decode_answer(*line);
    if (!proceed) return Failure{ExitCode::BadInput, proceed.error().text()};
    return *proceed;
}

// Whether the runner let it act.
Answer<bool> carry_out(const Response& response, const Streams& streams, Verb verb, Task& task) {
    if (auto options = take_request_options(response, task.request, task.settings); !options) return options.error();
    const auto keys = response.keys(task);
    if (!keys) return keys.error();
    if (verb == Verb::Apply && task.request.dialect != Dialect::Ossec && !keys->empty()) {
        const auto proceed = ask(response, streams, *keys);
        if (!proceed || !*proceed) return proceed;
    }
    const auto done = verb == Verb::Apply ? response.add(task) : response.reverse(task);
    if (!done) return done.error();
    return true;
}

Answer<Order> order_of_input(const Streams& streams) {
    const auto line = read_line(streams.in);
    if (!line) return bad_input("no request on the standard input: " + line.error().text());
    auto order = decode_order(*line);
    if (!order) return bad_input(order.error().text());
    return std::move(*order);
}

Answer<Order> order_of_arguments(std::span<const std::string> arguments) {
    auto order = decode_order(std::vector<std::string>(arguments.begin(), arguments.end()));
    if (!order) return bad_input(order.error().text());
    return std::move(*order);
}

// For the log a run that could not be begun is a refusal: no rule shall say that something was blocked.
Outcome outcome_of(const Answer<bool>& answer) {
    Outcome outcome;
    if (answer) {
        if (!*answer) outcome.kind = Outcome::Kind::AlreadyInForce;
        return outcome;
    }
    const bool was_begun = answer.error().code == ExitCode::Failed;
    outcome.kind = was_begun ? Outcome::Kind::Failed : Outcome::Kind::Refused;
    outcome.exit_code = static_cast<int>(answer.error().code);
    outcome.text = answer.error().text;
    return outcome;
}

// Exceptions included, so that they are logged too.
Answer<bool> carry_out_safely(const Response& response, const Streams& streams, Verb verb, Task& task) {
    try {
        return carry_out(response, streams, verb, task);
    } catch (const std::exception& error) {
        return Failure{ExitCode::Failed, error.what()};
    }
}

int obey(const Response& response, const Streams& streams, Answer<Order> order, Settings settings) {
    const auto start = std::chrono::steady_clock::now();
    std::string told;
    Task task;
    task.settings = std::move(settings);
    task.tell = [&](const std::string& text) {
        put(streams.errors, std::string(response.name) + ": " + text + "\n");
        told += (told.empty() ? "" : "; ") + text;
    };
    const Verb verb = order ? order->verb : Verb::Apply;
    if (order) task.request = std::move(order->request);
    const Answer<bool> answer = order ? carry_out_safely(response, streams, verb, task) : order.error();
    if (!streams.log.file.empty()) {
        Outcome outcome = outcome_of(answer);
        outcome.output = std::move(told);
        const auto took = std::chrono::steady_clock::now() - start;
        outcome.duration = std::chrono::duration_cast<std::chrono::milliseconds>(took);
        // The outcome is settled before it is logged: a failure to log it is reported, and the exit code stays.
        if (const auto written = write_own_line(streams.log, task.request, verb, outcome); !written)
            put(streams.errors, std::string(response.name) + ": " + written.error().text() + "\n");
    }
    return answer ? static_cast<int>(ExitCode::Done) : report(response, streams, answer.error());
}

// ---- questions ----

// The task of a question has no request.
Task asked(Settings settings) {
    Task task;
    task.settings = std::move(settings);
    return task;
}

int answer_check(const Response& response, const Streams& streams, Settings settings) {
    const auto found = response.check(asked(std::move(settings)));
    put(streams.out, (found ? *found : found.error().text) + "\n");
    return static_cast<int>(found ? ExitCode::Done : found.error().code);
}

int answer_status(const Response& response, const Streams& streams, std::span<const std::string> rest,
                  Settings settings) {
    const std::vector<std::string> targets(rest.begin(), rest.end());
    if (targets.empty()) return report(response, streams, bad_input("--status needs a target"));
    if (targets.size() > kMaxTargets) return report(response, streams, bad_input("--status takes 500 targets at most"));
    if (!response.status) return report(response, streams, not_available("it leaves nothing in force"));
    const auto in_force = response.status(asked(std::move(settings)), targets);
    if (!in_force) return report(response, streams, in_force.error());

    ExitCode code = ExitCode::Done;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        if (in_force->at(i)) continue;
        code = ExitCode::NotInForce;
        put(streams.out, targets[i] + "\n");
    }
    return static_cast<int>(code);
}

std::string option_help(const Option& option) {
    std::string left = "  " + std::string(option.name) + " " + std::string(option.value);
    left.resize(std::max<std::size_t>(left.size() + 1, 24), ' ');
    return left + std::string(option.help) + "\n";
}

std::string help_text(const Response& response) {
    const std::string name(response.name);
    std::string text = name + " " + std::string(response.summary) + "\n\n" + "  " + name +
                       " [OPTION...]                              one request on the standard input (Wazuh 4 and 5)\n" +
                       "  " + name + " [OPTION...] add|delete USER SRCIP ...     one request as arguments (OSSEC)\n" +
                       "  " + name + " [OPTION...] --check                      is what it needs here?\n" + "  " +
                       name + " [OPTION...] --status TARGET...           is it in force? prints those that are not\n" +
                       "  " + name + " --help | --version\n";
    if (!response.details.empty()) text += "\n" + std::string(response.details) + "\n";
    if (!response.options.empty()) text += "\nOptions:\n";
    for (const Option& option : response.options) text += option_help(option);
    return text + "\nExit codes: 0 done, 1 failed, 2 bad input, 3 not available here, 4 not in force (--status).\n";
}

std::string version_text(const Response& response) {
    return std::string(response.name) + " (Riposte " RIPOSTE_VERSION ")\n" + std::string(kMarker) + "\n";
}

int run(const Response& response, std::span<const std::string> rest, const Streams& streams) {
    Settings settings;
    while (!rest.empty()) {
        const std::string& word = rest.front();
        if (word == "--help" || word == "--version") {
            put(streams.out, word == "--help" ? help_text(response) : version_text(response));
            return static_cast<int>(ExitCode::Done);
        }
        if (word == "--check") return answer_check(response, streams, std::move(settings));
        if (word == "--status") return answer_status(response, streams, rest.subspan(1), std::move(settings));
        if (!word.starts_with("--")) return obey(response, streams, order_of_arguments(rest), std::move(settings));

        const auto taken = take_option(response, rest, false, settings);
        if (!taken) return report(response, streams, taken.error());
        if (*taken == 0)
            return report(response, streams, bad_input("unknown option " + riposte::quoted(word) + "; see --help"));
        rest = rest.subspan(*taken);
    }
    return obey(response, streams, order_of_input(streams), std::move(settings));
}

}  // namespace

bool is_set(const Settings& settings, std::string_view option) {
    return settings.find(option) != settings.end();
}

std::filesystem::path path_setting(const Settings& settings, std::string_view option, std::filesystem::path otherwise) {
    const auto found = settings.find(option);
    return found == settings.end() ? std::move(otherwise) : utf8_path(found->second);
}

Failure failed(const Error& error) {
    const bool absent = error.code == std::errc::not_supported;
    return {absent ? ExitCode::NotAvailable : ExitCode::Failed, absent ? error.what : error.text()};
}

int run_response(const Response& response, const std::vector<std::string>& arguments, const Streams& streams) {
    try {
        int code = run(response, arguments, streams);
        if (std::fflush(streams.out) != 0) code = static_cast<int>(ExitCode::Failed);
        return code;
    } catch (const std::exception& error) {
        return report(response, streams, Failure{ExitCode::Failed, error.what()});
    }
}

int run_response(const Response& response, int argc, char** argv) {
    return run_response(response, program_arguments(argc, argv), {stdin, stdout, stderr, own_log()});
}

Result<std::string> read_line(std::FILE* in) {
    std::string line;
    for (int c = std::getc(in); c != '\n'; c = std::getc(in)) {
        if (c == EOF && line.empty()) return failure("the input ended");
        if (c == EOF) break;
        if (c == '\0') return failure("the line has a NUL byte");
        if (line.size() == kMaxOrderBytes) return failure("the line is longer than 1 MiB");
        line.push_back(static_cast<char>(c));
    }
    return line;
}

Result<bool> decode_answer(std::string_view line) {
    const auto document = Document::parse(line);
    if (!document) return failure("the runner's answer is no JSON: " + document.error().text());
    Reader reader;
    const std::string command = reader.string(&*document, "command", Reader::Need::Required);
    if (reader.error()) return failure("the runner's answer is none: " + reader.error()->text());
    if (command == "continue") return true;
    if (command == "abort") return false;
    return failure("the runner's answer is neither continue nor abort but " + riposte::quoted(command));
}

std::string check_keys_line(std::string_view name, const Keys& keys) {
    Document list = Document::array();
    for (const std::string& key : keys) list.add(Document::string(key));
    Document origin = Document::object();
    origin.append("name", Document::string(std::string(name)));
    origin.append("module", Document::string("active-response"));
    Document line = Document::object();
    line.append("version", Document::number("1"));
    line.append("origin", std::move(origin));
    line.append("command", Document::string("check_keys"));
    line.append("parameters", Document::object()).append("keys", std::move(list));
    return line.serialize() + "\n";
}

}  // namespace riposte
