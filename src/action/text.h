// SPDX-License-Identifier: Apache-2.0
// Text and times as the logs write them.
#pragma once

#include "platform/include/clock.h"

#include <string>

namespace riposte {

// Bytes that are no UTF-8 become U+FFFD each; valid text is returned as it is.
std::string valid_utf8(std::string text);

// "2026-01-02 03:04:05" in the local time zone, with the given character between the parts of the date. From any
// thread.
std::string local_time(WallTime time, char date_separator);

// "2026-01-02T03:04:05.678Z".
std::string utc_time(WallTime time);

}  // namespace riposte
