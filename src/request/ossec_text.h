// SPDX-License-Identifier: Apache-2.0
// The end of a text request, behind the rule id: "LOCATION... FILENAME", with spaces in either.
#pragma once

#include <string>
#include <vector>

namespace riposte {

struct OssecTail {
    std::string location;  // empty: absent
    std::string filename;  // empty: absent
};

// `words` is everything behind the request's name. A location is "(name) ip->source" or one word; a file name that is
// told is the last word, or all that follows where the source is syscheck's, the only one that names files and has no
// spaces.
OssecTail split_ossec_tail(const std::vector<std::string>& words);

}  // namespace riposte
