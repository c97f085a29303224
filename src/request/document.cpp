// SPDX-License-Identifier: Apache-2.0
#include "src/request/document.h"

#include "src/request/utf8.h"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace riposte {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxDepth = 128;

// Builds the tree as the parser reports it. While a container is open its parent does not change, so a pointer to it
// holds.
class Builder {
  public:
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

    Document take() { return std::move(root_); }

    bool on_document_begin(json::error_code&) { return true; }
    bool on_document_end(json::error_code&) { return true; }
    bool on_object_begin(json::error_code&) { return open(Document::object()); }
    bool on_object_end(std::size_t, json::error_code&) { return close(); }
    bool on_array_begin(json::error_code&) { return open(Document::array()); }
    bool on_array_end(std::size_t, json::error_code&) { return close(); }
    bool on_key_part(json::string_view part, std::size_t, json::error_code&) { return collect(part); }
    bool on_key(json::string_view rest, std::size_t, json::error_code&) {
        key_ = finish(rest);
        return true;
    }
    bool on_string_part(json::string_view part, std::size_t, json::error_code&) { return collect(part); }
    bool on_string(json::string_view rest, std::size_t, json::error_code&) {
        return put(Document::string(finish(rest)));
    }
    bool on_number_part(json::string_view part, json::error_code&) { return collect(part); }
    bool on_int64(std::int64_t, json::string_view rest, json::error_code&) { return put_number(rest); }
    bool on_uint64(std::uint64_t, json::string_view rest, json::error_code&) { return put_number(rest); }
    bool on_double(double, json::string_view rest, json::error_code&) { return put_number(rest); }
    bool on_bool(bool value, json::error_code&) { return put(Document::boolean(value)); }
    bool on_null(json::error_code&) { return put(Document{}); }
    bool on_comment_part(json::string_view, json::error_code&) { return false; }
    bool on_comment(json::string_view, json::error_code&) { return false; }

  private:
    bool collect(json::string_view part) {
        text_.append(part.data(), part.size());
        return true;
    }

    std::string finish(json::string_view rest) {
        collect(rest);
        return std::exchange(text_, {});
    }

    bool put_number(json::string_view rest) { return put(Document::number(finish(rest))); }

    bool put(Document value) {
        place(std::move(value));
        return true;
    }

    bool open(Document container) {
        open_.push_back(&place(std::move(container)));
        return true;
    }

    bool close() {
        open_.pop_back();
        return true;
    }

    Document& place(Document value) {
        if (open_.empty()) return root_ = std::move(value);
        if (open_.back()->is_array()) return open_.back()->add(std::move(value));
        return open_.back()->append(std::exchange(key_, {}), std::move(value));
    }

    Document root_;
    std::vector<Document*> open_;
    std::string key_;
    std::string text_;
};

std::size_t valid_utf8_prefix(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const CodePoint point = first_code_point(text.substr(at));
        if (point.bytes == 0) break;
        at += point.bytes;
    }
    return at;
}

Error parse_failure(std::string_view text, std::size_t at, const json::error_code& code) {
    const auto with_offset = [](const std::string& what, std::size_t offset) {
        return failure(what + " at byte " + std::to_string(offset));
    };
    if (text.empty()) return failure("the JSON text is empty");
    if (code == json::error::too_deep) return with_offset("the JSON is nested over 128 deep", at);
    // The parser reports invalid UTF-8 as a syntax error somewhere in the sequence, or as a cut text.
    const std::size_t invalid = valid_utf8_prefix(text);
    if (invalid < text.size() && invalid <= at + 4) return with_offset("the JSON has invalid UTF-8", invalid);
    if (code == json::error::incomplete) return with_offset("the JSON is truncated: its text ends", text.size());
    return with_offset("the text is not valid JSON (" + code.message() + ")", at);
}

void append_escaped(std::string& out, std::string_view text) {
    constexpr std::string_view kHex = "0123456789abcdef";
    constexpr std::string_view kNamed = "\b\f\n\r\t\"\\";
    constexpr std::string_view kNames = "bfnrt\"\\";
    std::size_t start = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<std::uint8_t>(text[i]);
        if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
        out.append(text, start, i - start);
        start = i + 1;
        out += '\\';
        if (const std::size_t named = kNamed.find(text[i]); named != std::string_view::npos) {
            out += kNames[named];
        } else {
            out += "u00";
            out += kHex[byte >> 4];
            out += kHex[byte & 0xF];
        }
    }
    out.append(text, start);
}

void append_string(std::string& out, std::string_view text) {
    out += '"';
    append_escaped(out, text);
    out += '"';
}

void append_document(std::string& out, const Document& document);

void append_array(std::string& out, const Document& document) {
    out += '[';
    bool first = true;
    for (const Document& item : document.items()) {
        if (!std::exchange(first, false)) out += ',';
        append_document(out, item);
    }
    out += ']';
}

void append_object(std::string& out, const Document& document) {
    out += '{';
    bool first = true;
    for (const auto& [name, value] : document.members()) {
        if (!std::exchange(first, false)) out += ',';
        append_string(out, name);
        out += ':';
        append_document(out, value);
    }
    out += '}';
}

void append_document(std::string& out, const Document& document) {
    switch (document.kind()) {
        case Document::Kind::Null:
            out += "null";
            break;
        case Document::Kind::False:
            out += "false";
            break;
        case Document::Kind::True:
            out += "true";
            break;
        case Document::Kind::Number:
            out += document.text();
            break;
        case Document::Kind::String:
            append_string(out, document.text());
            break;
        case Document::Kind::Array:
            append_array(out, document);
            break;
        case Document::Kind::Object:
            append_object(out, document);
            break;
    }
}

}  // namespace

Document Document::string(std::string text) {
    Document document;
    document.kind_ = Kind::String;
    document.text_ = std::move(text);
    return document;
}

Document Document::number(std::string text) {
    Document document;
    document.kind_ = Kind::Number;
    document.text_ = std::move(text);
    return document;
}

Document Document::boolean(bool value) {
    Document document;
    document.kind_ = value ? Kind::True : Kind::False;
    return document;
}

Document Document::array() {
    Document document;
    document.kind_ = Kind::Array;
    return document;
}

Document Document::object() {
    Document document;
    document.kind_ = Kind::Object;
    return document;
}

Result<Document> Document::parse(std::string_view text, std::size_t* consumed) {
    json::parse_options options;
    options.max_depth = kMaxDepth;
    json::basic_parser<Builder> parser(options);
    json::error_code code;
    const std::size_t end = parser.write_some(false, text.data(), text.size(), code);
    if (code) return parse_failure(text, end, code);
    if (consumed != nullptr) {
        *consumed = end;
    } else if (end != text.size()) {
        return failure("there is text behind the JSON value at byte " + std::to_string(end));
    }
    return parser.handler().take();
}

const Document* Document::find(std::string_view name) const {
    const auto found = std::ranges::find(members_, name, &Member::first);
    return found == members_.end() ? nullptr : &found->second;
}

Document* Document::find(std::string_view name) {
    return const_cast<Document*>(std::as_const(*this).find(name));
}

const Document* Document::find_path(std::string_view dotted) const {
    if (const std::size_t dot = dotted.find('.'); dot != std::string_view::npos) {
        const Document* outer = find(dotted.substr(0, dot));
        const Document* inner = outer == nullptr ? nullptr : outer->find_path(dotted.substr(dot + 1));
        if (inner != nullptr) return inner;
    }
    return find(dotted);
}

std::size_t Document::count(std::string_view name) const {
    return static_cast<std::size_t>(std::ranges::count(members_, name, &Member::first));
}

Document& Document::set(std::string_view name, Document value) {
    if (Document* present = find(name); present != nullptr) return *present = std::move(value);
    return append(std::string(name), std::move(value));
}

Document& Document::append(std::string name, Document value) {
    if (!is_object()) *this = object();
    return members_.emplace_back(std::move(name), std::move(value)).second;
}

Document& Document::add(Document item) {
    if (!is_array()) *this = array();
    return items_.emplace_back(std::move(item));
}

std::string Document::serialize() const {
    std::string out;
    append_document(out, *this);
    return out;
}

}  // namespace riposte
