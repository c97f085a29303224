// SPDX-License-Identifier: Apache-2.0
// One pipe between Riposte and a child. Private to platform/windows.
#pragma once

#include "platform/include/result.h"
#include "platform/windows/unique_handle.h"

#include <cstddef>
#include <optional>

namespace riposte {

// Our end is made for overlapped calls, as the loop wants it; the child's end is not, since programs read and write
// their standard handles plainly. An anonymous pipe has no overlapped end, so this is a named one that nobody else can
// open: its name is random, and its only instance is taken when this returns.
struct ChildPipe {
    UniqueHandle ours;
    UniqueHandle childs;  // may be inherited
};

enum class Direction { ToChild, FromChild };
Result<ChildPipe> make_child_pipe(Direction direction);

// Bytes that were written to our end and not read yet, or more: a read that the child waits in takes as much of the
// pipe's quota as its buffer is large. So 0 is certain, and more than 0 is not. Nothing where the system does not tell.
std::optional<std::size_t> unread_bytes(HANDLE our_end);

}  // namespace riposte
