// SPDX-License-Identifier: Apache-2.0
// Which recorded requests have been told to their executable, in a small mapped file beside the ledger. Setting a mark
// is a store to memory that the kernel keeps when this process is killed, so it costs nothing and can be done right
// before the line is written: the two are one step for every crash but one of the whole machine, whose executables do
// not survive it either.
#pragma once

#include "platform/include/clock.h"
#include "platform/include/result.h"
#include "platform/include/spawn.h"
#include "src/action/action.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

namespace riposte {

class RunningMarks {
  public:
    struct Mark {
        ActionId action = 0;
        ProcessIdentity process;
        BootTime told_at;
    };
    using Slot = std::size_t;

    // Creates the file (`capacity` marks of 32 bytes) or opens it; marks of an earlier run are in `left` and stay in
    // the file until clear_left(). A file of another size or format is replaced.
    static Result<std::unique_ptr<RunningMarks>> open(const std::filesystem::path& file, std::size_t capacity,
                                                      std::vector<Mark>& left);
    virtual ~RunningMarks() = default;

    // Takes a free slot and sets its mark. The capacity is never reached: it exceeds max_running by far (an error all
    // the same).
    virtual Result<Slot> set(const Mark& mark) = 0;
    // When the ledger holds how the execution ended.
    virtual void clear(Slot slot) = 0;
    virtual void clear_left() = 0;
};

}  // namespace riposte
