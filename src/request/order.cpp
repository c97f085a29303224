// SPDX-License-Identifier: Apache-2.0
#include "src/request/fields.h"
#include "src/request/reader.h"
#include "src/request/utf8.h"

#include <optional>
#include <utility>

namespace riposte {
namespace {

using Need = Reader::Need;

std::optional<Verb> verb_from(Dialect dialect, std::string_view word) {
    const bool is_wazuh5 = dialect == Dialect::Wazuh5;
    if (word == (is_wazuh5 ? "enable" : "add")) return Verb::Apply;
    if (word == (is_wazuh5 ? "disable" : "delete")) return Verb::Reverse;
    return std::nullopt;
}

Result<Order> decode_json_order(std::string_view line) {
    auto document = Document::parse(line);
    if (!document) return document.error();

    Reader reader;
    const std::string word = reader.string(&*document, "command", Need::Required);
    const Document* response = reader.object(reader.member(&*document, "wazuh"), "wazuh.active_response");
    if (reader.error()) return *reader.error();
    const auto verb = verb_from(response == nullptr ? Dialect::Wazuh4 : Dialect::Wazuh5, word);
    if (!verb) return failure("the command " + quoted(word) + " is not one that an executable is told");

    auto request = response == nullptr ? decode_wazuh4(*document) : decode_wazuh5(*document, *response);
    if (!request) return request.error();
    request->document = std::move(*document);
    return Order{*verb, std::move(*request)};
}

Result<Order> decode_argument_order(const std::vector<std::string>& arguments) {
    const auto verb = arguments.empty() ? std::nullopt : verb_from(Dialect::Ossec, arguments.front());
    if (!verb) return failure("the first argument must be add or delete");
    Order order{*verb, {}};
    order.request.dialect = Dialect::Ossec;
    order.request.words.assign(arguments.begin() + 1, arguments.end());
    if (order.request.words.size() < kTargetWords) order.request.words.resize(kTargetWords, "-");
    if (auto read = read_ossec_words(order.request); !read) return read.error();
    return order;
}

}  // namespace

Result<Order> decode_order(std::string_view line) {
    if (line.size() > kMaxOrderBytes)
        return failure("the line is longer than " + std::to_string(kMaxOrderBytes) + " bytes");
    return without_exceptions([&] { return decode_json_order(line); });
}

Result<Order> decode_order(const std::vector<std::string>& arguments) {
    return without_exceptions([&] { return decode_argument_order(arguments); });
}

}  // namespace riposte
