// SPDX-License-Identifier: Apache-2.0
#include "platform/linux/shadow_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

namespace riposte {
namespace {

constexpr std::size_t kPasswordField = 1;
constexpr std::size_t kExpiryField = 7;
constexpr std::size_t kFields = 9;

struct Line {
    std::size_t start = 0;
    std::size_t size = 0;
    std::array<std::string_view, kFields> fields;
};

std::optional<std::array<std::string_view, kFields>> split(std::string_view line) {
    std::array<std::string_view, kFields> fields;
    for (std::size_t i = 0; i < kFields; ++i) {
        const std::size_t colon = line.find(':');
        if ((colon == std::string_view::npos) != (i + 1 == kFields)) return std::nullopt;
        fields.at(i) = line.substr(0, colon);
        line.remove_prefix(colon == std::string_view::npos ? line.size() : colon + 1);
    }
    return fields;
}

std::optional<Line> find_line(std::string_view shadow, std::string_view user) {
    if (user.empty()) return std::nullopt;
    for (std::size_t start = 0; start < shadow.size();) {
        const std::size_t end = std::min(shadow.find('\n', start), shadow.size());
        const std::string_view line = shadow.substr(start, end - start);
        if (line.starts_with(user) && line.substr(user.size()).starts_with(':')) {
            const auto fields = split(line);
            if (!fields || fields->front() != user) return std::nullopt;
            return Line{start, line.size(), *fields};
        }
        start = end + 1;
    }
    return std::nullopt;
}

}  // namespace

std::optional<ShadowLogin> find_login(std::string_view shadow, std::string_view user) {
    const auto line = find_line(shadow, user);
    if (!line) return std::nullopt;
    return ShadowLogin{std::string(line->fields[kPasswordField]), std::string(line->fields[kExpiryField])};
}

std::string with_login(std::string_view shadow, std::string_view user, const ShadowLogin& login) {
    auto line = find_line(shadow, user);
    if (!line) return std::string(shadow);
    line->fields[kPasswordField] = login.password;
    line->fields[kExpiryField] = login.expires;
    std::string text(shadow.substr(0, line->start));
    for (const std::string_view field : line->fields) {
        text += field;
        text += ':';
    }
    text.pop_back();
    return text.append(shadow.substr(line->start + line->size));
}

// As the shadow tools and PAM read it: 0 and what is no number mean never.
bool has_expired(const ShadowLogin& login, long today) {
    long day = 0;
    const char* const end = login.expires.data() + login.expires.size();
    const auto [last, code] = std::from_chars(login.expires.data(), end, day);
    return code == std::errc() && last == end && day > 0 && today >= day;
}

}  // namespace riposte
