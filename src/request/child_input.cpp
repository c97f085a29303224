// SPDX-License-Identifier: Apache-2.0
#include "src/request/child_input.h"

#include "src/request/mapping.h"
#include "src/request/reader.h"
#include "src/request/utf8.h"

#include <cstddef>
#include <utility>

namespace riposte {
namespace {

// How a document without a verb is stored: the member stands in its place, and line() fills it in.
constexpr std::string_view kVerbless = R"("command":"")";

// Just behind the string that starts at `at`.
std::size_t skip_string(std::string_view text, std::size_t at) {
    for (++at; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\') ++at;
    }
    return at + 1;
}

// Where the verb goes: inside the empty string of the root's own "command", not of another object's.
std::size_t find_verb_place(std::string_view document) {
    int depth = 0;
    for (std::size_t i = 0; i < document.size();) {
        const char c = document[i];
        if (c == '"') {
            if (depth == 1 && document.substr(i).starts_with(kVerbless)) return i + kVerbless.size() - 1;
            i = skip_string(document, i);
            continue;
        }
        if (c == '{' || c == '[') ++depth;
        if (c == '}' || c == ']') --depth;
        ++i;
    }
    return std::string_view::npos;
}

std::string with_verb(const ChildInput& input, std::string_view verb) {
    if (input.dialect == Dialect::Ossec) return {};
    const std::size_t place = find_verb_place(input.document);
    if (place == std::string_view::npos) return input.document + '\n';
    std::string line;
    line.reserve(input.document.size() + verb.size() + 1);
    line.append(input.document, 0, place).append(verb).append(input.document, place).append(1, '\n');
    return line;
}

std::string_view verb_name(Dialect dialect, Verb verb) {
    if (dialect == Dialect::Wazuh5) return verb == Verb::Apply ? "enable" : "disable";
    return verb == Verb::Apply ? "add" : "delete";
}

Document string_array(const std::vector<std::string>& strings) {
    Document array = Document::array();
    for (const std::string& text : strings) array.add(Document::string(text));
    return array;
}

Document& object_at(Document& parent, std::string_view name) {
    Document* present = parent.find(name);
    return present != nullptr && present->is_object() ? *present : parent.set(name, Document::object());
}

Document wazuh4_document(Request& request, const std::string& program, const std::vector<std::string>& local) {
    const bool same = request.dialect == Dialect::Wazuh4;
    Document document = same ? std::exchange(request.document, {}) : Document::object();
    if (!same) document.append("version", Document::number("1"));
    Document& origin = object_at(document, "origin");
    if (origin.find("name") == nullptr) origin.append("name", Document::string(""));
    origin.set("module", Document::string("wazuh-execd"));
    document.set("command", Document::string(""));

    Document& parameters = object_at(document, "parameters");
    std::vector<std::string> extra_args = request.extra_args;
    extra_args.insert(extra_args.end(), local.begin(), local.end());
    parameters.set("extra_args", string_array(extra_args));
    if (!same) parameters.append("alert", alert_for_wazuh4(request));
    parameters.set("program", Document::string(program));
    return document;
}

void append_extra_arguments(Document& event, const std::vector<std::string>& local) {
    if (local.empty()) return;
    Document& response = object_at(object_at(event, "wazuh"), "active_response");
    const Document* present = response.find("extra_arguments");
    std::string text = present != nullptr && present->is_string() ? present->text() : std::string();
    for (const std::string& argument : local) text += (text.empty() ? "" : " ") + argument;
    response.set("extra_arguments", Document::string(text));
}

Document wazuh5_document(const Request& request, const std::string& program, const std::vector<std::string>& local) {
    Document event = event_for_wazuh5(request);
    append_extra_arguments(event, local);
    object_at(event, "parameters").set("program", Document::string(program));

    // The verb goes first, where line() finds it without reading the event.
    Document document = Document::object();
    document.append("command", Document::string(""));
    for (auto& [name, value] : event.members()) document.append(std::move(name), std::move(value));
    return document;
}

Result<std::vector<std::string>> ossec_arguments(const Request& request, const std::vector<std::string>& local) {
    std::vector<std::string> arguments = words_for_ossec(request);
    for (const std::string& word : arguments) {
        if (word.size() > 1 && word.front() == '-')
            return failure("the argument " + quoted(word) +
                           " from the alert starts with a hyphen: it would be an option");
        if (has_control_characters(word))
            return failure("the argument " + quoted(word) + " from the alert has control characters");
    }
    arguments.insert(arguments.end(), request.extra_args.begin(), request.extra_args.end());
    arguments.insert(arguments.end(), local.begin(), local.end());
    for (const std::string& argument : arguments) {
        if (argument.find('\0') != std::string::npos)
            return failure("the extra argument " + quoted(argument) + " has a NUL byte, which no argument can hold");
    }
    return arguments;
}

// A reference finds its member under the name that the request's dialect gives it, or under wazuh4's.
Result<std::vector<std::string>> local_arguments(const Request& request, const std::string& text) {
    const bool refers = text.find('{') != std::string::npos;
    if (!refers || request.dialect == Dialect::Wazuh4) return split_extra_args(text, request.alert());
    return split_extra_args(text, alert_for_wazuh4(request));
}

Result<ChildInput> parse_arguments(ChildInput input, const Document* arguments) {
    if (arguments == nullptr || !arguments->is_array()) return failure("a stored request lacks its arguments");
    for (const Document& argument : arguments->items()) {
        if (!argument.is_string()) return failure("an argument of a stored request is no string");
        input.arguments.push_back(argument.text());
    }
    return input;
}

}  // namespace

std::vector<std::string> ChildInput::argv(Verb verb) const {
    std::vector<std::string> result;
    if (dialect != Dialect::Ossec) return result;
    result.reserve(arguments.size() + 1);
    result.emplace_back(verb_name(dialect, verb));
    result.insert(result.end(), arguments.begin(), arguments.end());
    return result;
}

std::string ChildInput::line(Verb verb) const {
    return with_verb(*this, verb_name(dialect, verb));
}

std::string ChildInput::answer(bool proceed) const {
    return with_verb(*this, proceed ? "continue" : "abort");
}

Result<ChildInput> build_child_input(Request& request, Dialect dialect, const std::string& program,
                                     const std::string& local_extra_args) {
    const auto local = local_arguments(request, local_extra_args);
    if (!local) return local.error();
    ChildInput input;
    input.dialect = dialect;
    if (dialect == Dialect::Ossec) {
        auto arguments = ossec_arguments(request, *local);
        if (!arguments) return arguments.error();
        input.arguments = std::move(*arguments);
    } else {
        const Document document = dialect == Dialect::Wazuh4 ? wazuh4_document(request, program, *local)
                                                             : wazuh5_document(request, program, *local);
        input.document = document.serialize();
    }
    return input;
}

std::string serialize_child_input(const ChildInput& input) {
    Document stored = Document::object();
    stored.append("dialect", Document::string(std::string(to_string(input.dialect))));
    if (input.dialect == Dialect::Ossec) {
        stored.append("arguments", string_array(input.arguments));
    } else {
        stored.append("document", Document::string(input.document));
    }
    return stored.serialize();
}

Result<ChildInput> parse_child_input(std::string_view text) {
    const auto stored = Document::parse(text);
    if (!stored) return failure("a stored request cannot be read: " + stored.error().text());
    Reader reader;
    const std::string dialect_name = reader.string(&*stored, "dialect", Reader::Need::Required);
    const std::string document = reader.string(&*stored, "document");
    const Document* arguments = reader.member(&*stored, "arguments");
    if (reader.error()) return failure("a stored request cannot be read: " + reader.error()->text());
    const auto dialect = dialect_from_string(dialect_name);
    if (!dialect) return failure("a stored request has the unknown dialect " + quoted(dialect_name));

    ChildInput input;
    input.dialect = *dialect;
    if (*dialect == Dialect::Ossec) return parse_arguments(std::move(input), arguments);
    if (find_verb_place(document) == std::string_view::npos)
        return failure("the document of a stored request has no place for the verb");
    input.document = document;
    return input;
}

}  // namespace riposte
