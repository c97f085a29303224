// SPDX-License-Identifier: Apache-2.0
// The messages of platform/windows/event_messages.mc, by which the Event Viewer shows what Riposte logs: one for each
// severity, and each is the text itself. Private to platform/windows.
#pragma once

namespace riposte {

inline constexpr unsigned long kErrorEvent = 0xC0000001;
inline constexpr unsigned long kWarningEvent = 0x80000002;
inline constexpr unsigned long kInformationEvent = 0x40000003;

}  // namespace riposte
