// SPDX-License-Identifier: Apache-2.0
// A JSON document that passes through Riposte unchanged: numbers keep their text, members their order, and duplicate
// members are seen instead of silently dropped. (boost::json::value keeps none of the three; its parser does the
// reading here.)
#pragma once

#include "platform/include/result.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace riposte {

class Document {
  public:
    enum class Kind { Null, False, True, Number, String, Array, Object };
    using Member = std::pair<std::string, Document>;

    Document() = default;  // null
    static Document string(std::string text);
    static Document number(std::string text);  // the text must be a JSON number
    static Document boolean(bool value);
    static Document array();
    static Document object();

    // Reads one value from the start of `text` (after white space) and tells in `consumed` where it ended; what follows
    // is the caller's business, or an Error if `consumed` is null. Errors name what is wrong and the byte offset: not
    // JSON, truncated, nested over 128 deep, invalid UTF-8.
    static Result<Document> parse(std::string_view text, std::size_t* consumed = nullptr);

    Kind kind() const { return kind_; }
    bool is_string() const { return kind_ == Kind::String; }
    bool is_object() const { return kind_ == Kind::Object; }
    bool is_array() const { return kind_ == Kind::Array; }
    bool is_number() const { return kind_ == Kind::Number; }
    bool is_null() const { return kind_ == Kind::Null; }
    // The string's value, or the number's text as it was written.
    const std::string& text() const { return text_; }
    const std::vector<Document>& items() const { return items_; }
    std::vector<Document>& items() { return items_; }
    const std::vector<Member>& members() const { return members_; }
    std::vector<Member>& members() { return members_; }

    // The first member of that name; nullptr if this is no object or has none.
    const Document* find(std::string_view name) const;
    Document* find(std::string_view name);
    // Walks "data.win.eventdata.ipAddress"; a flat member with the whole remaining path as its name is taken too
    // ("source.ip").
    const Document* find_path(std::string_view dotted) const;
    // How many members have that name.
    std::size_t count(std::string_view name) const;
    // Replaces the first member of that name or adds it at the end; *this becomes an object if it was something else.
    Document& set(std::string_view name, Document value);
    // Adds a member at the end without looking for others of that name. The reference lasts until the next change.
    Document& append(std::string name, Document value);
    Document& add(Document item);  // to an array

    // One line, no white space, UTF-8; control characters escaped, so it never contains a newline.
    std::string serialize() const;

  private:
    Kind kind_ = Kind::Null;
    std::string text_;
    std::vector<Document> items_;
    std::vector<Member> members_;
};

}  // namespace riposte
