// SPDX-License-Identifier: Apache-2.0
#include "platform/include/system_log.h"

#include "platform/windows/event_messages.h"
#include "platform/windows/service_manager.h"
#include "platform/windows/wide.h"

#include <windows.h>

namespace riposte {
namespace {

class EventLog final : public SystemLog {
  public:
    explicit EventLog(HANDLE source) : source_(source) {}
    ~EventLog() override { ::DeregisterEventSource(source_); }
    EventLog(const EventLog&) = delete;
    EventLog& operator=(const EventLog&) = delete;

    void write(int priority, const std::string& text) override {
        constexpr int kError = 3;
        constexpr int kWarning = 4;
        const std::wstring message = wide(text);
        const wchar_t* strings = message.c_str();
        const WORD type = priority <= kError     ? EVENTLOG_ERROR_TYPE
                          : priority == kWarning ? EVENTLOG_WARNING_TYPE
                                                 : EVENTLOG_INFORMATION_TYPE;
        const DWORD id = priority <= kError ? kErrorEvent : priority == kWarning ? kWarningEvent : kInformationEvent;
        ::ReportEventW(source_, type, 0, id, nullptr, 1, 0, &strings, nullptr);
    }

  private:
    HANDLE source_;
};

}  // namespace

std::unique_ptr<SystemLog> open_system_log() {
    if (!runs_under_service_manager()) return nullptr;
    const HANDLE source = ::RegisterEventSourceW(nullptr, kServiceName);
    if (source == nullptr) return nullptr;
    return std::make_unique<EventLog>(source);
}

}  // namespace riposte
