// SPDX-License-Identifier: Apache-2.0
// The log that the system keeps for its services.
#pragma once

#include <memory>
#include <string>

namespace riposte {

// Safe to use from any thread.
class SystemLog {
  public:
    virtual ~SystemLog() = default;
    // `priority` as in syslog: 3 error, 4 warning, 5 notice, 6 information, 7 debug; lower ones are worse. `text` is
    // one message of UTF-8 without a time or a final newline, at most 30,000 bytes. A failure is not told: there is no
    // other place to tell it.
    virtual void write(int priority, const std::string& text) = 0;
};

// Nothing where standard error is read by somebody else: a person, a file, a parent. Linux: the journal, if standard
// error goes there (JOURNAL_STREAM). Windows: the Application event log under the source "Riposte", if this process
// runs under the service manager.
std::unique_ptr<SystemLog> open_system_log();

}  // namespace riposte
