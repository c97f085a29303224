// SPDX-License-Identifier: Apache-2.0
// The console that Riposte shares with its children. Private to platform/windows.
#pragma once

#include <windows.h>

namespace riposte {

// Ctrl-Break reaches only processes on the caller's own console, and a service has none. So a process without one gets
// one, once, with its window hidden; children are put on it and see no window. Events that are for the console's
// processes, such as a user's log-off, then end Riposte no more than before. A process that has a console (`riposte
// serve` in a terminal) keeps it.
//
// Why not a console per child (CREATE_NO_WINDOW): Ctrl-Break would have to be sent from that console, and to leave
// one's own for it is a change to the whole process; and each child would cost another process, its console's host.
void ensure_console();

// Sends Ctrl-Break to the process group that this process leads. False if it cannot get it: a program without a
// console, or one that has left ours.
bool send_break(DWORD group);

}  // namespace riposte
