// SPDX-License-Identifier: Apache-2.0
// How one message of the service's log looks. For log.cpp and its test.
#pragma once

#include <Poco/Message.h>

#include <string>

namespace riposte {

// "2026-01-02 03:04:05 warning: text": one line with its newline, whatever the text holds.
std::string format_log_line(const Poco::Message& message);

// The same without time, priority and newline, for a log that has places of its own for them.
std::string format_log_text(const Poco::Message& message);
int syslog_priority(const Poco::Message& message);

}  // namespace riposte
