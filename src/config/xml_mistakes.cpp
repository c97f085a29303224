// SPDX-License-Identifier: Apache-2.0
#include "src/config/xml_mistakes.h"

#include "src/request/utf8.h"

#include <algorithm>
#include <string>

namespace riposte {
namespace {

constexpr std::string_view kKnownEntities = "&lt; &gt; &amp; &quot; &apos;";

bool is_name_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
           static_cast<unsigned char>(c) >= 0x80;
}

bool is_name_character(char c) {
    return is_name_start(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '#';
}

class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text) {}

    std::optional<XmlProblem> first_mistake() {
        while (!problem_ && at_ < text_.size()) {
            if (text_[at_] == '<') {
                markup();
            } else {
                character();
            }
        }
        return problem_;
    }

  private:
    std::string_view rest() const { return text_.substr(at_); }

    void report(std::size_t offset, std::string what) {
        const auto line = 1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(offset), '\n');
        problem_ = XmlProblem{static_cast<int>(line), std::move(what)};
    }

    void markup() {
        if (rest().starts_with("<!--")) return comment();
        if (rest().starts_with("<![CDATA[")) return pass_to("]]>", "a CDATA section has no end: add ]]>");
        if (rest().starts_with("<?")) return pass_to("?>", "a processing instruction has no end: add ?>");
        if (rest().starts_with("<!")) {
            return report(at_,
                          "document types and entity declarations (<!DOCTYPE, <!ENTITY) are not read: remove them");
        }
        const char next = rest().size() > 1 ? rest()[1] : '\0';
        const bool escaped = at_ > 0 && text_[at_ - 1] == '\\';
        // A value that ends in a backslash ("C:\</path>") is sound.
        if (next == '/' || (is_name_start(next) && !escaped)) return tag();
        report(at_,
               std::string(escaped ? "\"\\<\"" : "a \"<\"") + " that begins no tag: write &lt; for a \"<\" in a value");
    }

    void comment() {
        const auto dashes = text_.find("--", at_ + 4);
        if (dashes == std::string_view::npos) return report(at_, "a comment has no end: add -->");
        if (text_.substr(dashes, 3) != "-->") {
            return report(dashes, "\"--\" stands inside a comment, which XML does not allow: replace or remove it");
        }
        at_ = dashes + 3;
    }

    void pass_to(std::string_view end, const char* missing) {
        const auto found = text_.find(end, at_);
        if (found == std::string_view::npos) return report(at_, missing);
        at_ = found + end.size();
    }

    void tag() {
        const auto start = at_++;
        char quote = '\0';
        while (!problem_ && at_ < text_.size()) {
            const char c = text_[at_];
            if (quote == '\0' && c == '>') return void(++at_);
            if (c == '<') return report(start, "a tag has no end: add > (or write &lt; if no tag was meant)");
            if (quote != '\0' && c == quote) {
                quote = '\0';
            } else if (quote == '\0' && (c == '"' || c == '\'')) {
                quote = c;
            }
            character();
        }
        if (!problem_) report(start, "a tag has no end: add >");
    }

    void character() {
        const char c = text_[at_];
        if (c == '&') return reference();
        if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') {
            return report(at_, "a control character (code " + std::to_string(int{c}) + ") stands here: remove it");
        }
        ++at_;
    }

    void reference() {
        const auto end = std::find_if_not(rest().begin() + 1, rest().end(), is_name_character);
        const auto length = static_cast<std::size_t>(end - rest().begin());
        if (length == 1 || end == rest().end() || *end != ';') {
            return report(at_, "an \"&\" stands alone: write &amp; for an \"&\" in a value");
        }
        const auto whole = rest().substr(0, length + 1);
        if (whole[1] != '#' && kKnownEntities.find(whole) == std::string_view::npos) {
            const auto shown = std::string(whole.substr(0, 40));
            return report(at_, shown + " is not known: only " + std::string(kKnownEntities) + " are");
        }
        at_ += whole.size();
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::optional<XmlProblem> problem_;
};

}  // namespace

std::optional<XmlProblem> find_xml_mistake(std::string_view text) {
    return Scanner(text).first_mistake();
}

std::optional<XmlProblem> find_encoding_mistake(std::string_view text) {
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
        return XmlProblem{1, "the file is UTF-16: save it as UTF-8"};
    }
    int line = 1;
    for (std::size_t at = 0; at < text.size();) {
        const auto length = first_code_point(text.substr(at)).bytes;
        if (text[at] == '\0') return XmlProblem{line, "a byte of 0 stands here: save the file as UTF-8 text"};
        if (length == 0) return XmlProblem{line, "a byte stands here that is not UTF-8: save the file as UTF-8"};
        if (text[at] == '\n') ++line;
        at += length;
    }
    return std::nullopt;
}

}  // namespace riposte
