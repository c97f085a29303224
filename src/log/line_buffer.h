// SPDX-License-Identifier: Apache-2.0
// Lines for a log that gather for a moment: what is said within it costs one write.
#pragma once

#include "src/alive.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace riposte {

// Runs what it is given soon, on the thread that gave it and never inside the call. Empty: nothing can be run later.
using Later = std::function<void(std::function<void()>)>;

class LineBuffer {
  public:
    using Write = std::function<void(std::string text, std::size_t lines)>;
    // Above this they wait no longer.
    static constexpr std::size_t kMaxBytes = 256 * 1024;

    // Without `later` each line is written as it comes.
    LineBuffer(Later later, Write write);
    // The owner flushes what is left, while what `write` needs is still there.
    ~LineBuffer() = default;
    LineBuffer(const LineBuffer&) = delete;
    LineBuffer& operator=(const LineBuffer&) = delete;

    void add(std::string_view line);
    void flush();

  private:
    const Later later_;
    const Write write_;
    std::string text_;
    std::size_t lines_ = 0;
    bool asked_ = false;
    // A flush that was asked for may come after this object's end.
    Alive alive_;
};

}  // namespace riposte
