// SPDX-License-Identifier: Apache-2.0
// Named values as text, for what an executable keeps to undo what it did.
#pragma once

#include "platform/include/result.h"

#include <map>
#include <string>
#include <string_view>

namespace riposte {

using RecordValues = std::map<std::string, std::string>;

// `title` as the first line, then one line for each value, "NAME VALUE"; in it, "%" and all bytes but printable ASCII
// stand as %0A. Nothing is left out and nothing added by the way through text.
std::string serialize_values(std::string_view title, const RecordValues& values);
// An Error for what has another title or is no such text.
Result<RecordValues> parse_values(std::string_view title, std::string_view text);

}  // namespace riposte
