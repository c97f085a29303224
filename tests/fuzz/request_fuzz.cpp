// SPDX-License-Identifier: Apache-2.0
// Any bytes as a request: decoded or refused; what is told is one line, survives storage, and names no other target.
#include "src/request/child_input.h"
#include "src/request/request.h"
#include "tests/fuzz/require.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace riposte;

namespace {

void check_same_target(const Request& request, const ChildInput& told) {
    auto document = Document::parse(told.line(Verb::Apply));
    if (!document) return;  // mapping puts the alert two levels deeper than it came
    if (told.dialect == Dialect::Wazuh5)
        std::erase_if(document->members(), [](const auto& member) { return member.first == "command"; });
    const auto again = decode_request(document->serialize());
    if (!again) return;  // the rest of an event may be what the other dialect has no place for
    require(again->dialect == told.dialect, "the line is of the dialect");
    require(again->srcip == request.srcip, "the address stays the same");
    require(again->user == request.user, "the user stays the same");
    require(again->filename == request.filename, "the file name stays the same");
}

void check_line(const ChildInput& told, Verb verb, std::string_view name) {
    const std::string line = told.line(verb);
    require(line.find('\n') == line.size() - 1, "the line is one line");
    const auto document = Document::parse(line);
    require(document || document.error().text().find("nested") != std::string::npos, "the line is JSON");
    if (document) require(document->find("command")->text() == name, "the command is the verb");
    if (document) require(document->serialize() + "\n" == line, "serialising is exact");
}

void check_told(const Request& request, const ChildInput& told) {
    const auto stored = parse_child_input(serialize_child_input(told));
    require(stored.has_value(), "what is stored can be read");
    require(stored->line(Verb::Reverse) == told.line(Verb::Reverse), "the stored line is the same");
    require(stored->argv(Verb::Reverse) == told.argv(Verb::Reverse), "the stored arguments are the same");
    if (told.dialect == Dialect::Ossec) {
        for (const std::string& argument : told.arguments)
            require(argument.find('\0') == std::string::npos, "an argument has no NUL");
        return;
    }
    check_line(told, Verb::Apply, told.dialect == Dialect::Wazuh4 ? "add" : "enable");
    check_line(told, Verb::Reverse, told.dialect == Dialect::Wazuh4 ? "delete" : "disable");
    check_same_target(request, told);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto request = decode_request(bytes);
    if (!request) {
        require(!request.error().text().empty(), "a refusal has a reason");
        return 0;
    }
    for (const Dialect dialect : {Dialect::Wazuh4, Dialect::Wazuh5, Dialect::Ossec}) {
        Request copy = *request;
        const auto told = build_child_input(copy, dialect, "active-response/bin/x", "");
        if (told) check_told(*request, *told);
        require(told || dialect == Dialect::Ossec, "a JSON dialect can hold every request");
    }
    return 0;
}
