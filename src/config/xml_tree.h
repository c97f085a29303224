// SPDX-License-Identifier: Apache-2.0
// The XML of a configuration file as a small tree that knows its lines.
#pragma once

#include <boost/system/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace riposte {

struct XmlElement {
    std::string name;
    int line = 0;  // of the opening tag
    std::vector<std::pair<std::string, std::string>> attributes;
    std::string
        text;  // all text directly inside, entities replaced, comments left out, white space trimmed at both ends
    int text_line = 0;  // of its first character; 0 if there is none
    std::vector<XmlElement> children;
};

// Why the text is not XML that Riposte reads: what stands at that line and what to write instead.
struct XmlProblem {
    int line = 0;
    std::string what;
};

inline constexpr std::size_t kMaxXmlDepth = 32;
inline constexpr std::size_t kMaxXmlElements = 100'000;

// Reads a file's text: any number of root elements, which become the children of a nameless element; XML declarations
// and a byte order mark are passed over wherever they stand. There are no document types, so no entities but the five
// of XML itself. Does not throw on input.
boost::system::result<XmlElement, XmlProblem> read_xml_tree(std::string_view text);

// The text that it parses: each byte at its place, with blanks for the declarations and the mark.
std::string with_blank_declarations(std::string_view text);

}  // namespace riposte
