// SPDX-License-Identifier: Apache-2.0
#include "platform/include/utf8_path.h"
#include "src/cli/client.h"
#include "src/cli/event_printer.h"
#include "src/cli/subcommands.h"
#include "src/cli/submit.h"
#include "src/config/text_file.h"
#include "src/request/request.h"
#include "src/request/utf8.h"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <istream>
#include <ostream>

namespace riposte {
namespace {

constexpr std::size_t kMaxLinesBytes = std::size_t{64} * 1024 * 1024;
// Each request to the service is one line of its protocol, which is at most 1 MiB long.
constexpr std::size_t kMaxBatchBytes = 900 * 1024;
constexpr std::size_t kMaxBatchMessages = 1000;

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::string line = text.substr(at, end - at);
        if (line.ends_with('\r')) line.pop_back();
        if (line.find_first_not_of(" \t") != std::string::npos) lines.push_back(std::move(line));
        at = end + 1;
    }
    return lines;
}

// The service takes bytes as JSON strings, which must be UTF-8; a message that is not would be refused there as well.
Result<void> check_message(const std::string& message) {
    if (message.size() > kMaxRequestBytes) {
        return failure("the message has " + std::to_string(message.size()) +
                       " bytes; at most 65536 are allowed. With --lines, each line is one");
    }
    if (!is_utf8(message)) return failure("the message is no UTF-8: " + first_bytes(message));
    return {};
}

Result<std::vector<std::string>> read_messages(const Invocation& invocation) {
    const auto& files = invocation.arguments.positional();
    const bool lines = invocation.arguments.has("lines");
    std::vector<std::string> messages;
    for (const std::string& file : files.empty() ? std::vector<std::string>{"-"} : files) {
        Result<std::string> text = read_input(invocation, file, lines ? kMaxLinesBytes : kMaxRequestBytes);
        if (!text) return text.error();
        if (!lines) {
            messages.push_back(std::move(*text));
            continue;
        }
        for (std::string& line : lines_of(*text)) messages.push_back(std::move(line));
    }
    for (const std::string& message : messages) {
        if (const Result<void> checked = check_message(message); !checked) return checked.error();
    }
    if (messages.empty()) return failure("there is no message to send");
    return messages;
}

int do_send(Invocation& invocation) {
    const Result<std::vector<std::string>> messages = read_messages(invocation);
    if (!messages) return invocation.fail(kBadUsage, messages.error().text());
    return submit_messages(invocation, *messages, invocation.arguments.has("follow"));
}

std::size_t size_in_json(const std::string& text) {
    std::size_t size = 3;
    for (const char c : text) size += c == '"' || c == '\\' ? 2 : static_cast<unsigned char>(c) < 0x20 ? 6 : 1;
    return size;
}

// As many of the messages from `at` on as one request may hold.
boost::json::array batch(const std::vector<std::string>& messages, std::size_t& at) {
    boost::json::array taken;
    std::size_t bytes = 0;
    while (at < messages.size() && taken.size() < kMaxBatchMessages) {
        bytes += size_in_json(messages[at]);
        if (!taken.empty() && bytes > kMaxBatchBytes) break;
        taken.emplace_back(messages[at++]);
    }
    return taken;
}

void append(boost::json::array& all, const boost::json::object& done) {
    const boost::json::value* actions = done.if_contains("actions");
    if (actions == nullptr || !actions->is_array()) return;
    all.insert(all.end(), actions->get_array().begin(), actions->get_array().end());
}

}  // namespace

int submit_messages(const Invocation& invocation, const std::vector<std::string>& messages, bool follow) {
    Connection connection = connect_or_say_why(invocation);
    if (!connection.client) return connection.exit_code;
    EventPrinter printer(invocation, messages.size() > 1, true);
    bool refusals_told = false;
    const auto each = [&](std::string_view kind, const boost::json::object& event) {
        if (kind != "event") return true;
        if (text_of(event, "event") == "refused") refusals_told = true;
        printer.print(event);
        return true;
    };
    boost::json::array actions;
    for (std::size_t at = 0; at < messages.size();) {
        const Result<Answer> answer =
            connection.client->call({{"op", "submit"}, {"messages", batch(messages, at)}, {"follow", follow}}, each);
        if (const auto code = report(invocation, answer)) return *code;
        append(actions, answer->done);
    }
    const bool refused = std::any_of(actions.begin(), actions.end(), [](const boost::json::value& action) {
        return action.is_object() && text_of(action.get_object(), "verdict") == "refused";
    });
    // A refusal by a limit has no event of its own each time.
    return conclude(invocation, actions, follow && (!refused || refusals_told));
}

Result<std::string> read_input(const Invocation& invocation, const std::string& name, std::size_t limit) {
    std::string text;
    if (name != "-") {
        Result<std::string> file = read_text_file(utf8_path(name), limit);
        if (!file) return file.error();
        text = std::move(*file);
    } else {
        std::array<char, 65'536> buffer{};
        std::istream& in = invocation.streams.in;
        while (text.size() <= limit && (in.read(buffer.data(), buffer.size()) || in.gcount() > 0)) {
            text.append(buffer.data(), static_cast<std::size_t>(in.gcount()));
        }
    }
    if (text.size() > limit)
        return failure((name == "-" ? "standard input" : name) + " holds more than " + std::to_string(limit) +
                       " bytes");
    return text;
}

Subcommand send_subcommand() {
    Subcommand subcommand;
    subcommand.name = "send";
    subcommand.summary = "give the service a message as a manager would send it";
    subcommand.usage = "[FILE]...";
    subcommand.description =
        "Sends what is in the files, or in standard input, unchanged: JSON of Wazuh 4 or 5, or the text of OSSEC. "
        "Prints\n"
        "the number of the action and whether it runs, or why it was refused (exit code 4). riposte run builds such a\n"
        "message for you.";
    subcommand.options = {{"lines", "", "each line is a message, not each file"},
                          {"follow", "", "tell what happens until all is undone"}};
    subcommand.examples =
        "  riposte send message.json --follow\n"
        "  echo 'firewall-drop600 - 203.0.113.7 - -' | riposte send\n"
        "  riposte send --lines recorded-messages.jsonl --json\n";
    subcommand.max_positional = 1000;
    subcommand.run = do_send;
    return subcommand;
}

}  // namespace riposte
