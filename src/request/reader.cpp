// SPDX-License-Identifier: Apache-2.0
#include "src/request/reader.h"

#include "src/request/utf8.h"

#include <algorithm>
#include <utility>

namespace riposte {
namespace {

constexpr std::size_t kMaxIdBytes = 256;

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string_view last_part(std::string_view path) {
    return path.substr(path.rfind('.') + 1);
}

std::string_view kind_name(const Document& document) {
    switch (document.kind()) {
        case Document::Kind::Null:
            return "null";
        case Document::Kind::False:
        case Document::Kind::True:
            return "a boolean";
        case Document::Kind::Number:
            return "a number";
        case Document::Kind::String:
            return "a string";
        case Document::Kind::Array:
            return "an array";
        case Document::Kind::Object:
            return "an object";
    }
    return "unknown";
}

std::string wrong_kind(std::string_view path, const char* wanted, const Document& found) {
    return std::string(path) + " must be " + wanted + ", not " + std::string(kind_name(found));
}

}  // namespace

bool same_name(std::string_view left, std::string_view right) {
    left = left.substr(0, left.find('\0'));
    return std::ranges::equal(left, right, {}, lower, lower);
}

bool is_absent(std::string_view text) {
    return text.empty() || text == "-" || text == "(null)" || text == "null";
}

void Reader::fail(std::string what) {
    if (!error_) error_ = failure(std::move(what));
}

const Document::Member* Reader::sole(const Document* parent, std::string_view name, std::string_view path) {
    if (error_ || parent == nullptr) return nullptr;
    const Document::Member* found = nullptr;
    for (const Document::Member& member : parent->members()) {
        if (!same_name(member.first, name)) continue;
        if (found != nullptr) {
            fail("the member " + std::string(path) + " stands there twice, as " + quoted(found->first) + " and " +
                 quoted(member.first));
            return nullptr;
        }
        found = &member;
    }
    return found;
}

const Document* Reader::member(const Document* parent, std::string_view path, Need need) {
    const std::string_view name = last_part(path);
    const Document::Member* found = sole(parent, name, path);
    if (found != nullptr && found->first != name) {
        fail("the member " + std::string(path) + " is spelt " + quoted(found->first));
        return nullptr;
    }
    if (found != nullptr && !found->second.is_null()) return &found->second;
    if (need == Need::Required) fail(std::string(path) + " is missing");
    return nullptr;
}

const Document* Reader::object(const Document* parent, std::string_view path, Need need) {
    const Document* found = member(parent, path, need);
    if (found == nullptr || found->is_object()) return found;
    fail(wrong_kind(path, "an object", *found));
    return nullptr;
}

const Document* Reader::number(const Document* parent, std::string_view path, Need need) {
    const Document* found = member(parent, path, need);
    if (found == nullptr || found->is_number()) return found;
    fail(wrong_kind(path, "a number", *found));
    return nullptr;
}

std::string Reader::string(const Document* parent, std::string_view path, Need need) {
    const Document* found = member(parent, path, need);
    if (found == nullptr) return {};
    if (found->is_string()) return found->text();
    fail(wrong_kind(path, "a string", *found));
    return {};
}

const Document* Reader::field(const Document* root, std::string_view dotted, Layout layout) {
    return field_at(root, dotted, dotted, layout);
}

const Document* Reader::field_at(const Document* parent, std::string_view rest, std::string_view dotted,
                                 Layout layout) {
    const std::size_t dot = rest.find('.');
    const Document::Member* found = sole(parent, rest.substr(0, dot), dotted);
    const Document* value = found == nullptr || found->second.is_null() ? nullptr : &found->second;
    if (dot == std::string_view::npos) return value;

    if (value != nullptr && !value->is_object()) {
        fail("in " + std::string(dotted) + ", " + wrong_kind(rest.substr(0, dot), "an object", *value));
        return nullptr;
    }
    const Document* nested = field_at(value, rest.substr(dot + 1), dotted, layout);
    if (layout == Layout::Nested) return nested;
    const Document::Member* flat = sole(parent, rest, dotted);
    if (flat == nullptr || flat->second.is_null()) return nested;
    if (nested != nullptr) fail("the member " + std::string(dotted) + " stands there twice, nested and flat");
    return &flat->second;
}

std::string Reader::string_field(const Document* root, std::string_view dotted, Layout layout) {
    const Document* found = field(root, dotted, layout);
    if (error_ || found == nullptr) return {};
    if (found->is_string()) return found->text();
    fail(wrong_kind(dotted, "a string", *found));
    return {};
}

std::string Reader::id_field(const Document* root, std::string_view dotted, Layout layout) {
    const Document* found = field(root, dotted, layout);
    if (error_ || found == nullptr) return {};
    if (!found->is_string() && !found->is_number()) {
        fail(wrong_kind(dotted, "a string or a number", *found));
        return {};
    }
    if (found->text().size() > kMaxIdBytes) fail(std::string(dotted) + " is longer than 256 bytes");
    if (has_control_characters(found->text())) {
        fail(std::string(dotted) + " " + quoted(found->text()) + " has control characters");
    }
    return is_absent(found->text()) ? std::string() : found->text();
}

}  // namespace riposte
