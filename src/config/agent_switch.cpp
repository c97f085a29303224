// SPDX-License-Identifier: Apache-2.0
#include "src/config/agent_switch.h"

#include "src/config/xml_tree.h"

#include <optional>
#include <vector>

namespace riposte {
namespace {

constexpr std::string_view kXmlSpace = " \t\r\n";

// A tag of the text; what stands in comments and CDATA sections is none.
struct Markup {
    std::size_t begin = 0, end = 0;  // "<" to behind ">"
    std::string_view name;           // "/disabled" for a closing one
    bool is_empty = false;           // <disabled/>
};

std::size_t behind(std::string_view text, std::string_view what, std::size_t from) {
    const std::size_t found = text.find(what, from);
    return found == std::string_view::npos ? text.size() : found + what.size();
}

// Behind the ">" that ends the tag, which may stand in a quoted value too.
std::size_t end_of_tag(std::string_view text, std::size_t at) {
    char quote = 0;
    for (; at < text.size(); ++at) {
        const char character = text[at];
        if (quote != 0) {
            if (character == quote) quote = 0;
        } else if (character == '"' || character == '\'') {
            quote = character;
        } else if (character == '>') {
            return at + 1;
        }
    }
    return at;
}

std::vector<Markup> markup_of(std::string_view text) {
    std::vector<Markup> tags;
    for (std::size_t at = 0; (at = text.find('<', at)) != std::string_view::npos;) {
        const std::string_view rest = text.substr(at);
        if (rest.starts_with("<!--")) {
            at = behind(text, "-->", at + 4);
        } else if (rest.starts_with("<![CDATA[")) {
            at = behind(text, "]]>", at + 9);
        } else if (rest.starts_with("<?")) {
            at = behind(text, "?>", at + 2);
        } else {
            Markup tag{at, end_of_tag(text, at), {}, false};
            const std::string_view inside = text.substr(at + 1, tag.end - at - 2);
            tag.is_empty = inside.ends_with('/');
            tag.name = inside.substr(0, inside.find_first_of(" \t\r\n/", 1));
            tags.push_back(tag);
            at = tag.end;
        }
    }
    return tags;
}

struct SwitchSection {
    std::size_t begin = 0, inside = 0;                            // of its opening tag, and behind that
    std::optional<std::pair<std::size_t, std::size_t>> disabled;  // its first value
    bool has_command = false;
};

struct SwitchPlaces {
    std::vector<SwitchSection> sections;     // <active-response>, in the order of the text
    std::optional<std::size_t> end_of_root;  // of the last closing tag

    // Which the agent obeys, in whatever section it is.
    const SwitchSection* first_disabled() const {
        for (const SwitchSection& section : sections) {
            if (section.disabled) return &section;
        }
        return nullptr;
    }
    const SwitchSection* first_general() const {
        for (const SwitchSection& section : sections) {
            if (!section.has_command) return &section;
        }
        return nullptr;
    }
};

// Of the text's tree: roots at depth 1, sections at 2, what they hold at 3. The text is well-formed, and read as
// read_xml_tree() reads it.
SwitchPlaces switch_places(std::string_view text) {
    const std::string parsed = with_blank_declarations(text);
    SwitchPlaces places;
    SwitchSection* section = nullptr;
    std::size_t depth = 0;
    std::size_t value = 0;
    for (const Markup& tag : markup_of(parsed)) {
        const bool closes = tag.name.starts_with('/');
        if (!closes && !tag.is_empty) ++depth;
        if (tag.name == "active-response" && depth == 2 && !tag.is_empty) {
            section = &places.sections.emplace_back(SwitchSection{tag.begin, tag.end, {}, false});
        } else if (tag.name == "/active-response" && depth == 2) {
            section = nullptr;
        } else if (section != nullptr && depth == 3 && tag.name == "command") {
            section->has_command = true;
        } else if (section != nullptr && depth == 3 && tag.name == "disabled") {
            value = tag.end;
        } else if (section != nullptr && depth == 3 && tag.name == "/disabled" && !section->disabled) {
            section->disabled = {value, tag.begin};
        } else if (tag.name == "/ossec_config" && depth == 1) {
            places.end_of_root = tag.begin;
        }
        if (closes && depth > 0) --depth;
    }
    return places;
}

std::string_view without_space(std::string_view text) {
    const std::size_t first = text.find_first_not_of(kXmlSpace);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kXmlSpace) - first + 1);
}

std::string newline_of(std::string_view text) {
    return text.find("\r\n") == std::string_view::npos ? "\n" : "\r\n";
}

}  // namespace

Result<TextEdit> edit_to_switch_off(std::string_view text) {
    if (const auto tree = read_xml_tree(text); !tree)
        return failure("line " + std::to_string(tree.error().line) + ": " + tree.error().what);
    const SwitchPlaces places = switch_places(text);
    const std::string newline = newline_of(text);
    const SwitchSection* obeyed = places.first_disabled();
    if (obeyed != nullptr && !obeyed->has_command) {
        const auto [begin, end] = *obeyed->disabled;
        const std::string value(text.substr(begin, end - begin));
        return TextEdit{begin, value, without_space(value) == "yes" ? value : "yes"};
    }
    if (const SwitchSection* general = places.first_general(); general != nullptr && obeyed == nullptr)
        return TextEdit{general->inside, "", newline + "    <disabled>yes</disabled>"};
    if (!places.end_of_root) return failure("there is no <ossec_config> in it");
    const std::string section =
        "<active-response>" + newline + "    <disabled>yes</disabled>" + newline + "  </active-response>" + newline;
    // A single response's switch stays as it is: the new one is read before it.
    if (!places.sections.empty()) return TextEdit{places.sections.front().begin, "", section + "  "};
    return TextEdit{*places.end_of_root, "", "  " + section};
}

std::string edited(std::string_view text, const TextEdit& edit) {
    std::string result(text.substr(0, edit.at));
    result += edit.after;
    result += text.substr(edit.at + edit.before.size());
    return result;
}

Result<std::string> without_edit(std::string_view text, const TextEdit& edit) {
    if (edit.before.empty()) {
        const std::size_t found = text.find(edit.after);
        if (found == std::string_view::npos || text.find(edit.after, found + 1) != std::string_view::npos)
            return failure("what was added is not there any more as it was written");
        return std::string(text.substr(0, found)).append(text.substr(found + edit.after.size()));
    }
    const SwitchPlaces places = switch_places(text);
    const SwitchSection* obeyed = places.first_disabled();
    if (obeyed == nullptr) return failure("there is no <disabled> any more");
    const auto [begin, end] = *obeyed->disabled;
    if (text.substr(begin, end - begin) != edit.after) return failure("<disabled> was changed since");
    return edited(text, TextEdit{begin, edit.after, edit.before});
}

}  // namespace riposte
