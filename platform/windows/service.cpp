// SPDX-License-Identifier: Apache-2.0
#include "platform/include/service.h"

#include "platform/include/arguments.h"
#include "platform/windows/service_manager.h"
#include "platform/windows/unique_handle.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cwchar>
#include <map>
#include <mutex>
#include <tlhelp32.h>
#include <windows.h>

namespace riposte {
namespace {

namespace asio = boost::asio;

enum class Wish { Stop, Reload };

// The state that this process shares with the service manager and the console. Both call in from threads of their own,
// so a mutex guards it.
class ThisProcess {
  public:
    // ---- the service manager ----

    bool is_service() const {
        const std::lock_guard<std::mutex> lock(mutex_);
        return service_ != nullptr;
    }

    void become_service(SERVICE_STATUS_HANDLE service) {
        const std::lock_guard<std::mutex> lock(mutex_);
        service_ = service;
    }

    // Each call is a sign of life too.
    void report(DWORD state, DWORD exit_code = 0) {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (service_ == nullptr) return;
        // A reload that ends during a stop.
        if (state == SERVICE_RUNNING && status_.dwCurrentState == SERVICE_STOP_PENDING) return;
        const bool is_pending = state == SERVICE_START_PENDING || state == SERVICE_STOP_PENDING;
        status_.dwServiceType = SERVICE_WIN32_OWN_PROCESS;
        status_.dwCurrentState = state;
        status_.dwControlsAccepted = accepted_in(state);
        status_.dwWin32ExitCode = exit_code == 0 ? NO_ERROR : ERROR_SERVICE_SPECIFIC_ERROR;
        status_.dwServiceSpecificExitCode = exit_code;
        status_.dwCheckPoint = is_pending ? status_.dwCheckPoint + 1 : 0;
        status_.dwWaitHint = state == SERVICE_START_PENDING ? kStartHintMs : is_pending ? kStopHintMs : 0;
        ::SetServiceStatus(service_, &status_);
    }

    // ---- what is wished ----

    using Deliver = std::function<void(Wish)>;

    void listen(Deliver deliver) {
        const std::lock_guard<std::mutex> lock(mutex_);
        deliver_ = std::move(deliver);
    }

    // False if nobody listens.
    bool wish(Wish wish) {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (deliver_) deliver_(wish);
        return deliver_ != nullptr;
    }

  private:
    // A shutdown of the system comes to a service that is already stopping too, and then is in a hurry.
    static DWORD accepted_in(DWORD state) {
        if (state == SERVICE_STOP_PENDING) return SERVICE_ACCEPT_SHUTDOWN;
        if (state != SERVICE_RUNNING) return 0;
        return SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN | SERVICE_ACCEPT_PRESHUTDOWN | SERVICE_ACCEPT_PARAMCHANGE;
    }

    mutable std::mutex mutex_;
    SERVICE_STATUS_HANDLE service_ = nullptr;
    SERVICE_STATUS status_{};
    Deliver deliver_;
};

ThisProcess& this_process() {
    static ThisProcess process;
    return process;
}

// ---- under the service manager ----

// service_main() has no argument of its own.
struct Body {
    std::function<int()> call;
    int exit_code = 0;
};
Body* running_body = nullptr;

DWORD WINAPI on_control(DWORD control, DWORD, void*, void*) {
    switch (control) {
        case SERVICE_CONTROL_STOP:
        case SERVICE_CONTROL_SHUTDOWN:
        case SERVICE_CONTROL_PRESHUTDOWN:
            this_process().report(SERVICE_STOP_PENDING);
            this_process().wish(Wish::Stop);
            return NO_ERROR;
        case SERVICE_CONTROL_PARAMCHANGE:
            this_process().wish(Wish::Reload);
            return NO_ERROR;
        case SERVICE_CONTROL_INTERROGATE:
            return NO_ERROR;
        default:
            return ERROR_CALL_NOT_IMPLEMENTED;
    }
}

void WINAPI service_main(DWORD, wchar_t**) {
    const SERVICE_STATUS_HANDLE service = ::RegisterServiceCtrlHandlerExW(kServiceName, on_control, nullptr);
    running_body->exit_code = 1;
    if (service == nullptr) return;
    this_process().become_service(service);
    this_process().report(SERVICE_START_PENDING);
    try {
        running_body->exit_code = running_body->call();
    } catch (...) {
        // The exit code says it.
    }
    this_process().report(SERVICE_STOPPED, static_cast<DWORD>(running_body->exit_code));
}

// Asking the service manager itself (StartServiceCtrlDispatcher) is no way to find out: a process that it did not start
// waits in vain for some seconds where Windows is Wine, or takes the place of a service that is just being started.
bool was_started_by_service_manager() {
    const UniqueHandle processes(::CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0));
    if (!processes) return true;
    std::map<DWORD, PROCESSENTRY32W> found;
    PROCESSENTRY32W process{};
    process.dwSize = sizeof(process);
    for (BOOL more = ::Process32FirstW(processes.get(), &process); more != 0;
         more = ::Process32NextW(processes.get(), &process)) {
        found[process.th32ProcessID] = process;
    }
    const auto parent = found.find(found[::GetCurrentProcessId()].th32ParentProcessID);
    return parent != found.end() && ::lstrcmpiW(parent->second.szExeFile, L"services.exe") == 0;
}

// ---- in a console ----

BOOL WINAPI on_console_event(DWORD event) {
    if (!this_process().wish(Wish::Stop)) return FALSE;
    if (event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT) return TRUE;
    // The console is closed, the user logs off, the system shuts down: the process is ended when this returns, or in a
    // few seconds. Its main thread ends it before that if it can.
    ::Sleep(INFINITE);
    return TRUE;
}

}  // namespace

bool runs_under_service_manager() {
    return this_process().is_service();
}

int run_service(std::function<int()> body) {
    if (!was_started_by_service_manager()) return body();
    Body whole{std::move(body)};
    running_body = &whole;
    std::array<wchar_t, 16> name{};
    std::copy_n(kServiceName, std::wcslen(kServiceName), name.data());
    const std::array<SERVICE_TABLE_ENTRYW, 2> table{SERVICE_TABLE_ENTRYW{name.data(), service_main}, {}};
    // Fails at once, with ERROR_FAILED_SERVICE_CONTROLLER_CONNECT, if the service manager did not start this process.
    if (::StartServiceCtrlDispatcherW(table.data()) != 0) return whole.exit_code;
    return whole.call();
}

// ---- signals ----

struct ServiceSignals::State : std::enable_shared_from_this<ServiceSignals::State> {
    State(asio::io_context& its_loop, std::function<void()> its_stop, std::function<void()> its_reload)
        : loop(its_loop), alive(its_loop), stop(std::move(its_stop)), reload(std::move(its_reload)) {}

    void deliver(Wish wish) {
        asio::post(loop, [weak = weak_from_this(), wish] {
            const auto self = weak.lock();
            if (!self) return;
            if (wish == Wish::Stop) self->show_life();
            const auto handler = wish == Wish::Stop ? self->stop : self->reload;
            if (handler) handler();
        });
    }

    // From the loop, so that a service manager is not kept waiting by a process that does nothing any more.
    void show_life() {
        constexpr std::chrono::seconds kInterval{2};
        this_process().report(SERVICE_STOP_PENDING);
        alive.expires_after(kInterval);
        alive.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
            const auto self = weak.lock();
            if (self && !error) self->show_life();
        });
    }

    asio::io_context& loop;
    asio::steady_timer alive;
    std::function<void()> stop;
    std::function<void()> reload;
};

ServiceSignals::ServiceSignals(asio::io_context& loop, std::function<void()> stop, std::function<void()> reload)
    : state_(std::make_shared<State>(loop, std::move(stop), std::move(reload))) {
    this_process().listen([weak = std::weak_ptr<State>(state_)](Wish wish) {
        if (const auto state = weak.lock()) state->deliver(wish);
    });
    // A service would hear every user's logoff.
    if (!this_process().is_service()) ::SetConsoleCtrlHandler(on_console_event, TRUE);
}

ServiceSignals::~ServiceSignals() {
    this_process().listen(nullptr);
    if (!this_process().is_service()) ::SetConsoleCtrlHandler(on_console_event, FALSE);
}

// ---- the service manager ----

void service_ready(const std::string&) {
    this_process().report(SERVICE_RUNNING);
}

void service_reloading() {}

void service_stopping(const std::string&) {
    this_process().report(SERVICE_STOP_PENDING);
}

struct ServiceWatchdog::State {};
ServiceWatchdog::ServiceWatchdog(asio::io_context&) {}
ServiceWatchdog::~ServiceWatchdog() = default;

ActivatedSockets take_activated_sockets() {
    return {};
}

// ---- the terminal ----

Terminal standard_output_terminal() {
    Terminal terminal;
    const HANDLE output = ::GetStdHandle(STD_OUTPUT_HANDLE);
    DWORD mode = 0;
    terminal.is_terminal = ::GetConsoleMode(output, &mode) != 0;
    if (!terminal.is_terminal) return terminal;
    ::SetConsoleOutputCP(CP_UTF8);
    terminal.colours = environment_variable("NO_COLOR").value_or("").empty() &&
                       ::SetConsoleMode(output, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING) != 0;
    CONSOLE_SCREEN_BUFFER_INFO screen{};
    if (::GetConsoleScreenBufferInfo(output, &screen) != 0 && screen.srWindow.Right > screen.srWindow.Left) {
        terminal.columns = screen.srWindow.Right - screen.srWindow.Left + 1;
    }
    return terminal;
}

}  // namespace riposte
