// SPDX-License-Identifier: Apache-2.0
#include "src/config/findings.h"

#include "src/config/duration.h"

namespace riposte {
namespace {

std::string joined(const std::vector<std::string>& words, std::string_view last_separator) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) text += i + 1 == words.size() ? last_separator : std::string_view(", ");
        text += words[i];
    }
    return text;
}

void report_value(Findings& findings, const XmlElement& element, const std::string& remedy) {
    findings.error(element.line, tag(element.name) + " is " + in_quotes(element.text) + ": write " + remedy);
}

}  // namespace

std::string tag(std::string_view name) {
    return "<" + std::string(name) + ">";
}

std::string any_of(const std::vector<std::string_view>& words) {
    return joined({words.begin(), words.end()}, " or ");
}

std::vector<std::string_view> split_words(std::string_view text, std::string_view separators) {
    std::vector<std::string_view> words;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find_first_of(separators, at), text.size());
        if (end > at) words.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return words;
}

std::optional<std::string> read_text(Findings& findings, const XmlElement& element) {
    if (!element.children.empty()) {
        const XmlElement& child = element.children.front();
        findings.error(child.line, tag(child.name) + " stands inside " + tag(element.name) +
                                       ", which holds text only: move or remove it");
        return std::nullopt;
    }
    if (element.text.empty()) {
        findings.error(element.line, tag(element.name) + " is empty: give it a value or remove it");
        return std::nullopt;
    }
    return element.text;
}

std::optional<bool> read_yes_no(Findings& findings, const XmlElement& element) {
    return read_choice<bool>(findings, element, {{"yes", true}, {"no", false}});
}

std::optional<std::int64_t> read_number(Findings& findings, const XmlElement& element, std::int64_t min,
                                        std::int64_t max, std::string_view of_what) {
    if (!read_text(findings, element)) return std::nullopt;
    const auto value = parse_whole_number(element.text, max);
    if (value && *value >= min) return value;
    report_value(
        findings, element,
        "a whole number" + std::string(of_what) + " from " + std::to_string(min) + " to " + std::to_string(max));
    return std::nullopt;
}

std::optional<std::chrono::seconds> read_duration(Findings& findings, const XmlElement& element,
                                                  std::chrono::seconds min, std::chrono::seconds max) {
    if (!read_text(findings, element)) return std::nullopt;
    const auto value = parse_duration(element.text);
    if (value && *value >= min && *value <= max) return value;
    report_value(findings, element,
                 "a duration from " + format_duration(min) + " to " + format_duration(max) +
                     ", as a whole number with s, m, h or d behind it (without a unit it is seconds)");
    return std::nullopt;
}

std::optional<std::size_t> read_word(Findings& findings, const XmlElement& element,
                                     const std::vector<std::string_view>& words) {
    if (!read_text(findings, element)) return std::nullopt;
    const auto found = std::find(words.begin(), words.end(), element.text);
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
    report_value(findings, element, any_of(words));
    return std::nullopt;
}

void report_unknown_tag(Findings& findings, const XmlElement& section, const XmlElement& child,
                        const std::vector<std::string_view>& allowed) {
    std::vector<std::string> tags;
    for (const auto name : allowed) tags.push_back(tag(name));
    findings.error(child.line, tag(child.name) + " is not known in " + tag(section.name) + ": allowed are " +
                                   joined(tags, " and "));
}

bool is_first(Findings& findings, const XmlElement& section, const XmlElement& child, SeenTags& seen) {
    const auto [earlier, inserted] = seen.try_emplace(child.name, child.line);
    if (inserted) return true;
    findings.error(child.line, tag(child.name) + " of " + tag(section.name) + " was given before, at line " +
                                   std::to_string(earlier->second) + ": keep one of the two");
    return false;
}

void report_text(Findings& findings, const XmlElement& section) {
    if (section.text.empty()) return;
    findings.error(section.text_line, in_quotes(section.text) + " stands between the tags of " + tag(section.name) +
                                          ", where no text belongs: remove it or put it into a tag or a comment");
}

void report_attributes(Findings& findings, const XmlElement& element) {
    for (const auto& [name, value] : element.attributes) {
        findings.warning(element.line, "the attribute " + name + "=" + in_quotes(value) + " of " + tag(element.name) +
                                           " has no effect: remove it");
    }
}

}  // namespace riposte
