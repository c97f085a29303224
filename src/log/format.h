// SPDX-License-Identifier: Apache-2.0
// How one message of the service's log looks. For log.cpp and its test.
#pragma once

#include <Poco/Message.h>

#include <string>

namespace riposte {

// "2026-01-02 03:04:05 warning: text", or, for the journal, which has the time and wants the priority, "<4>text". One
// line with its newline, whatever the text holds.
std::string format_log_line(const Poco::Message& message, bool for_journal);

}  // namespace riposte
