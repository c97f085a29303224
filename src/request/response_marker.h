// SPDX-License-Identifier: Apache-2.0
// How an executable says that it answers questions: it holds this text anywhere in its file.
#pragma once

#include <string_view>

namespace riposte {

// It may be run, outside of any action and with an empty stdin, as
//   EXECUTABLE --check               exit code 0: what it needs is here
//                                    3: it is not, and stdout says what and the remedy
//   EXECUTABLE --status TARGET...    exit code 0: all of them (values of its keys) are in force
//                                    4: those on stdout, one a line, are not
//                                    any other: it could not find out
// Whatever does not hold the text is never run so: it might take the words for something to do.
inline constexpr std::string_view kResponseMarker = "riposte-response: check status";

inline constexpr int kNotAvailableHere = 3;
inline constexpr int kNotInForce = 4;

}  // namespace riposte
