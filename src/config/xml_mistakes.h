// SPDX-License-Identifier: Apache-2.0
// Mistakes that people make in configuration files because Wazuh's own reader, which is laxer than XML, takes them.
#pragma once

#include "src/config/xml_tree.h"

#include <optional>
#include <string_view>

namespace riposte {

// The first such mistake, with its remedy: an unescaped "&" or "<", "--" in a comment, a comment or tag without end, an
// unknown entity, a document type, a control character. Nothing if there is none; the text may be wrong in another way.
std::optional<XmlProblem> find_xml_mistake(std::string_view text);

// Bytes that are not UTF-8, and text that is UTF-16 as some Windows editors save it.
std::optional<XmlProblem> find_encoding_mistake(std::string_view text);

}  // namespace riposte
