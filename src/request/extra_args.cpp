// SPDX-License-Identifier: Apache-2.0
#include "src/request/child_input.h"
#include "src/request/utf8.h"

#include <cstddef>

namespace riposte {
namespace {

constexpr std::size_t kMaxBytes =
    131'072;  // of all arguments together; a reference to a large member may stand there often

// One argument as written. A character that a backslash took is never the start of a reference.
struct Piece {
    std::string text;
    std::vector<bool> literal;

    void add(char c, bool is_literal) {
        text += c;
        literal.push_back(is_literal);
    }
};

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

Result<std::vector<Piece>> split(std::string_view text) {
    std::vector<Piece> pieces;
    bool inside = false;
    char quote = '\0';
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quote == '\0' && is_space(c)) {
            inside = false;
            continue;
        }
        if (!inside) pieces.emplace_back();
        inside = true;
        if (c == '\\' && quote != '\'') {
            if (++i == text.size()) return failure("the extra arguments " + quoted(text) + " end with a backslash");
            pieces.back().add(text[i], true);
        } else if (c == quote) {
            quote = '\0';
        } else if (quote == '\0' && (c == '"' || c == '\'')) {
            quote = c;
        } else {
            pieces.back().add(c, false);
        }
    }
    if (quote != '\0')
        return failure("the extra arguments " + quoted(text) + " have an open quote; close it with " + quote);
    return pieces;
}

Result<std::string> referenced(std::string_view path, const Document& alert) {
    const Document* found = alert.find_path(path);
    if (found == nullptr)
        return failure("the extra argument {" + printable(path, 60) + "} names no member of the alert");
    if (!found->is_string() && !found->is_number())
        return failure("the extra argument {" + printable(path, 60) + "} names a member that is no string or number");
    if (found->text().find('\0') != std::string::npos)
        return failure("the alert's value for the extra argument {" + printable(path, 60) + "} has a NUL byte");
    return found->text();
}

Result<std::string> expand(const Piece& piece, const Document& alert) {
    std::string result;
    bool starts_with_value = false;
    for (std::size_t i = 0; i < piece.text.size(); ++i) {
        if (piece.text[i] != '{' || piece.literal[i]) {
            result += piece.text[i];
            continue;
        }
        if (i + 1 < piece.text.size() && piece.text[i + 1] == '{' && !piece.literal[i + 1]) {
            result += '{';
            ++i;
            continue;
        }
        const std::size_t end = piece.text.find('}', i);
        if (end == std::string::npos)
            return failure("the extra argument " + quoted(piece.text) + " has no } behind its {; write {{ for a {");
        const auto value = referenced(std::string_view(piece.text).substr(i + 1, end - i - 1), alert);
        if (!value) return value.error();
        starts_with_value = starts_with_value || (result.empty() && !value->empty());
        result += *value;
        if (result.size() > kMaxBytes) return failure("the extra arguments are longer than 128 KiB");
        i = end;
    }
    // Values from an alert are data: they must not become options of the executable or of a program that it calls.
    if (starts_with_value && result.starts_with('-') && result.size() > 1)
        return failure("the alert would make the extra argument " + quoted(piece.text) + " the option " +
                       quoted(result));
    return result;
}

}  // namespace

Result<std::vector<std::string>> split_extra_args(std::string_view text, const Document& alert) {
    const auto pieces = split(text);
    if (!pieces) return pieces.error();
    std::vector<std::string> arguments;
    std::size_t bytes = 0;
    for (const Piece& piece : *pieces) {
        auto argument = expand(piece, alert);
        if (!argument) return argument.error();
        bytes += argument->size();
        if (bytes > kMaxBytes) return failure("the extra arguments are longer than 128 KiB");
        arguments.push_back(std::move(*argument));
    }
    return arguments;
}

}  // namespace riposte
