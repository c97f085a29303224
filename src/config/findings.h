// SPDX-License-Identifier: Apache-2.0
// Reading sections of a configuration file by a table of their tags, with one finding for everything that is wrong.
#pragma once

#include "src/config/config.h"
#include "src/config/xml_tree.h"
#include "src/request/utf8.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace riposte {

// Where findings about one file go.
class Findings {
  public:
    Findings(std::string file, Diagnostics& found) : file_(std::move(file)), found_(found) {}

    void error(int line, std::string message) {
        ++errors_;
        add(Diagnostic::Severity::Error, line, std::move(message));
    }
    void warning(int line, std::string message) { add(Diagnostic::Severity::Warning, line, std::move(message)); }
    void notice(int line, std::string message) { add(Diagnostic::Severity::Notice, line, std::move(message)); }

    SourceLine at(int line) const { return {file_, line}; }
    // To see whether a part of the file was sound: did the number grow?
    std::size_t errors() const { return errors_; }

  private:
    void add(Diagnostic::Severity severity, int line, std::string message) {
        found_.push_back({severity, file_, line, std::move(message)});
    }
    std::string file_;
    Diagnostics& found_;
    std::size_t errors_ = 0;
};

// Something from the file for a message. (Unqualified, quoted() of a std::string is the standard library's.)
inline std::string in_quotes(std::string_view text) {
    return riposte::quoted(text);
}
// "<name>".
std::string tag(std::string_view name);
// "a, b or c".
std::string any_of(const std::vector<std::string_view>& words);
// Splits at the separators; empty parts are left out.
std::vector<std::string_view> split_words(std::string_view text, std::string_view separators);

// ---- values: each returns nothing when the value is not allowed, and has then reported it ----

std::optional<std::string> read_text(Findings& findings, const XmlElement& element);
std::optional<bool> read_yes_no(Findings& findings, const XmlElement& element);
// `of_what` follows "a whole number" in the message: " of seconds".
std::optional<std::int64_t> read_number(Findings& findings, const XmlElement& element, std::int64_t min,
                                        std::int64_t max, std::string_view of_what = "");
std::optional<std::chrono::seconds> read_duration(Findings& findings, const XmlElement& element,
                                                  std::chrono::seconds min, std::chrono::seconds max);

template <class T>
struct Choice {
    std::string_view word;
    T value;
};
// The index of the word that the element holds.
std::optional<std::size_t> read_word(Findings& findings, const XmlElement& element,
                                     const std::vector<std::string_view>& words);

template <class T>
std::optional<T> read_choice(Findings& findings, const XmlElement& element, std::initializer_list<Choice<T>> choices) {
    std::vector<std::string_view> words;
    for (const auto& choice : choices) words.push_back(choice.word);
    const auto index = read_word(findings, element, words);
    if (!index) return std::nullopt;
    return (choices.begin() + *index)->value;
}

// ---- sections ----

// One tag that a section may hold, and what becomes of it.
template <class Target>
struct Tag {
    std::string_view name;
    void (*read)(Findings& findings, const XmlElement& element, Target& target);
    bool repeats = false;         // may stand more than once
    bool has_attributes = false;  // `read` looks at them
};

// Tags that were there, and the line of each one's first.
using SeenTags = std::map<std::string, int, std::less<>>;

void report_unknown_tag(Findings& findings, const XmlElement& section, const XmlElement& child,
                        const std::vector<std::string_view>& allowed);
// False, and reported, if the tag was there before.
bool is_first(Findings& findings, const XmlElement& section, const XmlElement& child, SeenTags& seen);
void report_text(Findings& findings, const XmlElement& section);
void report_attributes(Findings& findings, const XmlElement& element);

// Hands every child to its tag; reports unknown tags, repeated ones, text between them and attributes that nobody
// reads.
template <class Target, std::size_t kTags>
void read_section(Findings& findings, const XmlElement& section, const Tag<Target> (&tags)[kTags], Target& target,
                  SeenTags& seen) {
    report_text(findings, section);
    std::vector<std::string_view> names;
    for (const auto& each : tags) names.push_back(each.name);
    for (const XmlElement& child : section.children) {
        const auto known = std::find(names.begin(), names.end(), child.name);
        if (known == names.end()) {
            report_unknown_tag(findings, section, child, names);
            continue;
        }
        const Tag<Target>& rule = tags[known - names.begin()];
        if (!rule.has_attributes) report_attributes(findings, child);
        if (!rule.repeats && !is_first(findings, section, child, seen)) continue;
        rule.read(findings, child, target);
    }
}

}  // namespace riposte
