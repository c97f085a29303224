// SPDX-License-Identifier: Apache-2.0
#include "src/log/line_buffer.h"

#include <utility>

namespace riposte {

LineBuffer::LineBuffer(Later later, Write write) : later_(std::move(later)), write_(std::move(write)) {}

void LineBuffer::add(std::string_view line) {
    text_ += line;
    ++lines_;
    if (!later_ || text_.size() >= kMaxBytes) return flush();
    if (std::exchange(asked_, true)) return;
    later_(alive_.guard([this] {
        asked_ = false;
        flush();
    }));
}

void LineBuffer::flush() {
    if (text_.empty()) return;
    write_(std::exchange(text_, {}), std::exchange(lines_, 0));
}

}  // namespace riposte
