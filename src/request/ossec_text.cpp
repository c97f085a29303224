// SPDX-License-Identifier: Apache-2.0
#include "src/request/ossec_text.h"

#include "src/request/reader.h"

#include <algorithm>
#include <cstddef>
#include <span>

namespace riposte {
namespace {

constexpr std::size_t kFixedWords = 4;  // USER SRCIP ALERT_ID RULE_ID

std::string join(std::span<const std::string> words) {
    std::string text;
    for (const std::string& word : words) {
        if (&word != &words.front()) text += ' ';
        text += word;
    }
    return text;
}

}  // namespace

OssecTail split_ossec_tail(const std::vector<std::string>& words) {
    if (words.size() <= kFixedWords) return {};
    const std::span<const std::string> tail = std::span(words).subspan(kFixedWords);
    const auto arrow =
        std::ranges::find_if(tail, [](const auto& word) { return word.find("->") != std::string::npos; });
    // Before OSSEC 2.8 no file name was sent, so the location may be all there is.
    const auto least = static_cast<std::size_t>(arrow == tail.end() ? 1 : arrow - tail.begin() + 1);
    if (least == tail.size()) return {join(tail), {}};
    if (is_absent(tail.back())) return {join(tail.first(tail.size() - 1)), {}};

    const bool from_syscheck = arrow == tail.end() || arrow->ends_with("->syscheck");
    const std::size_t location_words = from_syscheck ? least : tail.size() - 1;
    return {join(tail.first(location_words)), join(tail.subspan(location_words))};
}

}  // namespace riposte
