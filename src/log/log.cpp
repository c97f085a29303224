// SPDX-License-Identifier: Apache-2.0
#include "src/log/log.h"

#include "platform/include/system_log.h"
#include "src/action/text.h"
#include "src/log/format.h"
#include "src/request/utf8.h"

#include <Poco/AutoPtr.h>
#include <Poco/Channel.h>
#include <Poco/Message.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <mutex>
#include <utility>

namespace riposte {
namespace {

constexpr std::size_t kMaxLogText = 16'384;

const char* priority_name(Poco::Message::Priority priority) {
    switch (priority) {
        case Poco::Message::PRIO_FATAL:
            return "fatal";
        case Poco::Message::PRIO_CRITICAL:
            return "critical";
        case Poco::Message::PRIO_ERROR:
            return "error";
        case Poco::Message::PRIO_WARNING:
            return "warning";
        case Poco::Message::PRIO_NOTICE:
            return "notice";
        case Poco::Message::PRIO_INFORMATION:
            return "information";
        case Poco::Message::PRIO_DEBUG:
            return "debug";
        case Poco::Message::PRIO_TRACE:
            return "trace";
    }
    return "information";
}

class StandardErrorChannel : public Poco::Channel {
  public:
    void log(const Poco::Message& message) override {
        const std::string line = format_log_line(message);
        const std::lock_guard<std::mutex> lock(mutex_);
        std::fwrite(line.data(), 1, line.size(), stderr);
    }

  private:
    std::mutex mutex_;
};

class SystemLogChannel : public Poco::Channel {
  public:
    explicit SystemLogChannel(std::unique_ptr<SystemLog> log) : log_(std::move(log)) {}

    void log(const Poco::Message& message) override { log_->write(syslog_priority(message), format_log_text(message)); }

  private:
    const std::unique_ptr<SystemLog> log_;
};

Poco::AutoPtr<Poco::Channel> open_channel() {
    if (std::unique_ptr<SystemLog> system = open_system_log()) {
        return Poco::AutoPtr<Poco::Channel>(new SystemLogChannel(std::move(system)));
    }
    return Poco::AutoPtr<Poco::Channel>(new StandardErrorChannel());
}

int priority_of(const std::string& level) {
    if (level == "error") return Poco::Message::PRIO_ERROR;
    if (level == "warning") return Poco::Message::PRIO_WARNING;
    if (level == "debug") return Poco::Message::PRIO_DEBUG;
    return Poco::Message::PRIO_INFORMATION;
}

}  // namespace

std::string format_log_line(const Poco::Message& message) {
    const WallTime time = wall_time_of(message.getTime().epochMicroseconds() / 1000);
    return local_time(time, '-') + " " + priority_name(message.getPriority()) + ": " + format_log_text(message) + "\n";
}

std::string format_log_text(const Poco::Message& message) {
    return printable(message.getText(), kMaxLogText);
}

int syslog_priority(const Poco::Message& message) {
    // Poco's priorities are syslog's, but for one that syslog lacks.
    return std::min<int>(message.getPriority(), Poco::Message::PRIO_DEBUG);
}

void start_log(const std::string& level) {
    log().setChannel(open_channel());
    log().setLevel(priority_of(level));
}

Poco::Logger& log() {
    static Poco::Logger& logger = Poco::Logger::get("riposte");
    return logger;
}

}  // namespace riposte
