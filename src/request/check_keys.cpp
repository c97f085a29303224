// SPDX-License-Identifier: Apache-2.0
#include "src/request/child_input.h"
#include "src/request/reader.h"
#include "src/request/utf8.h"

#include <cstddef>

namespace riposte {
namespace {

constexpr std::size_t kMaxLineBytes = 65'536;

Result<std::vector<std::string>> key_list(const Document& keys) {
    if (!keys.is_array()) return failure("the parameters.keys of a check_keys line must be an array of strings");
    if (keys.items().empty()) return failure("the parameters.keys of a check_keys line are empty");
    std::vector<std::string> result;
    for (const Document& key : keys.items()) {
        if (!key.is_string()) return failure("a key in parameters.keys is no string: " + quoted(key.serialize()));
        result.push_back(key.text());
    }
    return result;
}

}  // namespace

Result<std::vector<std::string>> parse_check_keys(std::string_view line) {
    if (line.size() > kMaxLineBytes) return failure("the check_keys line is longer than 65536 bytes");
    const auto document = Document::parse(line);
    if (!document) return failure("the line is no check_keys: " + document.error().text());
    if (!document->is_object()) return failure("the line is no check_keys: it is no JSON object");

    Reader reader;
    const std::string command = reader.string(&*document, "command", Reader::Need::Required);
    const Document* parameters = reader.object(&*document, "parameters", Reader::Need::Required);
    const Document* keys = reader.member(parameters, "parameters.keys", Reader::Need::Required);
    if (reader.error()) return failure("the line is no check_keys: " + reader.error()->text());
    if (command != "check_keys")
        return failure("the line is no check_keys: its command is " + quoted(command) + ", not \"check_keys\"");
    return key_list(*keys);
}

}  // namespace riposte
