// SPDX-License-Identifier: Apache-2.0
// The shipped program as a service of this Windows: installed, started and stopped by the service manager, spoken to by
// the command line. There is one service manager and one name, so these tests run alone and leave nothing behind.
#include "platform/windows/service_manager.h"

#include "platform/include/paths.h"
#include "platform/include/service_control.h"
#include "platform/include/utf8_path.h"
#include "platform/windows/event_messages.h"
#include "platform/windows/local_memory.h"
#include "platform/windows/wide.h"
#include "tests/platform/support.h"
#include "tests/support/skip.h"
#include "tests/support/wait.h"

#include <Poco/Pipe.h>
#include <Poco/PipeStream.h>
#include <Poco/Process.h>
#include <Poco/StreamCopier.h>
#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>
#include <windows.h>

using namespace riposte;
namespace fs = std::filesystem;

namespace {

struct Ran {
    int code = -1;
    std::string output;
    bool says(const std::string& text) const { return output.find(text) != std::string::npos; }
};

Ran run(const std::string& program, const std::vector<std::string>& words) {
    Poco::Pipe output;
    const Poco::ProcessHandle process = Poco::Process::launch(program, words, nullptr, &output, &output);
    Poco::PipeInputStream stream(output);
    Ran ran;
    Poco::StreamCopier::copyToString(stream, ran.output);
    ran.code = process.wait();
    CAPTURE(ran.output);
    return ran;
}

struct Act {
    std::string verb, address;
    std::int64_t wall_ms = 0;
};

// Home, state and configuration of the service, with a name that is not in every code page.
class Place {
  public:
    Place() {
        fs::create_directories(bin_directory(home()));
        test::write_file(config(),
                         "<riposte><on_stop>keep</on_stop></riposte>\n"
                         "<ossec_config>\n" +
                             command("block") + command("slow") + "</ossec_config>\n");
    }

    fs::path home() const { return root_.path() / utf8_path("h\xc3\xb6me \xe6\xbc\xa2"); }
    fs::path state() const { return root_ / "state"; }
    fs::path config() const { return root_ / "riposte.conf"; }

    static std::string command(const std::string& name) {
        return "<command><name>" + name + "</name><executable>" + name +
               ".exe</executable><timeout_allowed>yes</timeout_allowed></command>\n";
    }
    // An executable that carries out a role of tests/fake_response, in the home.
    void add(const std::string& name, const std::string& role) const {
        const fs::path file = bin_directory(home()) / (name + ".exe");
        fs::copy_file(FAKE_RESPONSE, file);
        fs::path script = file;
        test::write_file(script += ".role", role);
    }
    std::vector<Act> acts() const {
        std::vector<Act> acts;
        std::istringstream lines(test::read_file(home() / "acts"));
        for (std::string line; std::getline(lines, line);) {
            Act act;
            std::istringstream(line) >> act.verb >> act.address >> act.wall_ms;
            acts.push_back(act);
        }
        return acts;
    }
    std::string events() const { return test::read_file(state() / "events.jsonl"); }

    Ran riposte(std::vector<std::string> words) const {
        words.insert(words.end(),
                     {"--config", config().string(), "--home", home().string(), "--state", state().string()});
        return run(RIPOSTE_PROGRAM, words);
    }

  private:
    test::TemporaryDirectory root_;
};

// Installed for as long as it lives.
class Installed {
  public:
    explicit Installed(const Place& place) : ran_(place.riposte({"service", "install"})) {}
    ~Installed() { static_cast<void>(remove_service()); }
    Installed(const Installed&) = delete;
    Installed& operator=(const Installed&) = delete;
    const Ran& ran() const { return ran_; }

  private:
    Ran ran_;
};

ServiceStatus status() {
    const auto status = service_status();
    REQUIRE(status);
    return *status;
}

bool can_install() {
    if (status().phase != ServiceStatus::Phase::NotInstalled) {
        test::skip("a service named Riposte is installed here already");
        return false;
    }
    const SC_HANDLE manager = ::OpenSCManagerW(nullptr, nullptr, SC_MANAGER_CREATE_SERVICE);
    if (manager == nullptr) {
        test::skip("to install a service takes an administrator's rights");
        return false;
    }
    ::CloseServiceHandle(manager);
    return true;
}

// Sends a control; the error that the service manager gives.
DWORD send_control(DWORD control, DWORD right) {
    const SC_HANDLE manager = ::OpenSCManagerW(nullptr, nullptr, SC_MANAGER_CONNECT);
    const SC_HANDLE service = ::OpenServiceW(manager, kServiceName, right);
    SERVICE_STATUS now{};
    const DWORD error = ::ControlService(service, control, &now) != 0 ? ERROR_SUCCESS : ::GetLastError();
    ::CloseServiceHandle(service);
    ::CloseServiceHandle(manager);
    return error;
}

}  // namespace

TEST_CASE("installed, started, stopped and started again, Riposte reverses in time, and is removed") {
    if (!can_install()) return;
    const Place place;
    place.add("block", "read-line keys-from-srcip read-answer act acts");
    Installed installed(place);
    REQUIRE_MESSAGE(installed.ran().code == 0, installed.ran().output);
    CHECK(status().phase == ServiceStatus::Phase::Stopped);
    CHECK(status().starts_by_itself);
    CHECK(place.riposte({"service", "install"}).says("is installed already"));
    CHECK(place.riposte({"service", "status"}).code == 3);

    const Ran started = run("net.exe", {"start", "Riposte"});
    CAPTURE(started.output);
    REQUIRE(test::wait_until([] { return status().phase == ServiceStatus::Phase::Running; }));
    CHECK(status().pid != 0);
    CHECK(place.riposte({"service", "status"}).code == 0);
    CHECK(place.riposte({"service", "start"}).code == 0);
    const Ran applied = place.riposte({"run", "block", "--srcip", "192.0.2.7", "--timeout", "12", "--no-follow"});
    REQUIRE_MESSAGE(applied.code == 0, applied.output);
    REQUIRE(test::wait_until([&] { return place.acts().size() == 1; }));
    CHECK(place.riposte({"pending"}).says("192.0.2.7"));

    const Ran stopped = place.riposte({"service", "stop"});
    REQUIRE_MESSAGE(stopped.code == 0, stopped.output);
    CHECK(status().phase == ServiceStatus::Phase::Stopped);
    CHECK(status().exit_code == 0);
    CHECK(place.events().find(R"("state":"stopped")") != std::string::npos);
    CHECK(place.riposte({"status"}).code == 3);
    CHECK(place.acts().size() == 1);

    REQUIRE(place.riposte({"service", "start"}).code == 0);
    REQUIRE(test::wait_until([&] { return place.acts().size() == 2; }));
    const std::vector<Act> acts = place.acts();
    CHECK(acts[0].verb == "add");
    CHECK(acts[1].verb == "delete");
    CHECK(acts[1].address == "192.0.2.7");
    CHECK(acts[1].wall_ms - acts[0].wall_ms >= 11'900);
    CHECK(acts[1].wall_ms - acts[0].wall_ms < 30'000);

    // While it runs: it is stopped first.
    const Ran removed = place.riposte({"service", "remove"});
    CHECK_MESSAGE(removed.code == 0, removed.output);
    CHECK(status().phase == ServiceStatus::Phase::NotInstalled);
    CHECK(place.riposte({"status"}).code == 3);
    CHECK(place.riposte({"service", "remove"}).code == 3);
}

TEST_CASE("a stop waits for the end of what runs") {
    if (!can_install()) return;
    const Place place;
    place.add("slow", "read-line keys-from-srcip read-answer touch running sleep-ms 3000 act acts");
    Installed installed(place);
    REQUIRE_MESSAGE(installed.ran().code == 0, installed.ran().output);
    REQUIRE(start_service());
    REQUIRE(place.riposte({"run", "slow", "--srcip", "192.0.2.8", "--timeout", "600", "--no-follow"}).code == 0);
    REQUIRE(test::wait_until([&] { return fs::exists(place.home() / "running"); }));
    CHECK(place.acts().empty());
    const auto begin = std::chrono::steady_clock::now();
    REQUIRE(stop_service());
    CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::seconds(1));
    REQUIRE(place.acts().size() == 1);
    CHECK(place.acts()[0].verb == "add");
    // It was recorded as well: the next start knows what is in force.
    REQUIRE(start_service());
    CHECK(place.riposte({"pending"}).says("192.0.2.8"));
}

TEST_CASE("the service manager's parameter change reloads, and a pause is refused") {
    if (!can_install()) return;
    const Place place;
    place.add("block", "read-line");
    Installed installed(place);
    REQUIRE_MESSAGE(installed.ran().code == 0, installed.ran().output);
    REQUIRE(start_service());
    CHECK_FALSE(place.riposte({"commands"}).says("fresh"));
    test::write_file(place.config(),
                     "<ossec_config>" + Place::command("block") + Place::command("fresh") + "</ossec_config>\n");
    CHECK(send_control(SERVICE_CONTROL_PARAMCHANGE, SERVICE_PAUSE_CONTINUE) == ERROR_SUCCESS);
    CHECK(test::wait_until([&] { return place.riposte({"commands"}).says("fresh"); }));
    CHECK(send_control(SERVICE_CONTROL_PAUSE, SERVICE_PAUSE_CONTINUE) != ERROR_SUCCESS);
    CHECK(send_control(SERVICE_CONTROL_INTERROGATE, SERVICE_INTERROGATE) == ERROR_SUCCESS);
    CHECK(status().phase == ServiceStatus::Phase::Running);
}

TEST_CASE("a service that cannot start says so with its exit code") {
    if (!can_install()) return;
    const Place place;
    test::write_file(place.config(), "<ossec_config><bad></ossec_config>\n");
    Installed installed(place);
    REQUIRE_MESSAGE(installed.ran().code == 0, installed.ran().output);
    const Ran started = place.riposte({"service", "start"});
    CHECK(started.code == 1);
    CHECK_MESSAGE(started.says("it ended with exit code 1"), started.output);
    CHECK(status().phase == ServiceStatus::Phase::Stopped);
    CHECK(status().exit_code == 1);
}

TEST_CASE("the service restarts after a failure, starts late and has time at a shutdown") {
    if (!can_install()) return;
    const Place place;
    Installed installed(place);
    REQUIRE_MESSAGE(installed.ran().code == 0, installed.ran().output);
    // `install` names every setting that the service manager refused (Wine refuses most); those are skipped.
    struct Setting {
        DWORD level;
        const char* said;
        std::function<bool(const void*)> is_right;
    };
    const std::vector<Setting> settings{
        {SERVICE_CONFIG_DESCRIPTION, "set the service's description",
         [](const void* found) {
             const auto* text = static_cast<const SERVICE_DESCRIPTIONW*>(found)->lpDescription;
             return text != nullptr && narrow(std::wstring_view(text)).find("active responses") != std::string::npos;
         }},
        {SERVICE_CONFIG_DELAYED_AUTO_START_INFO, "delay the service's start",
         [](const void* found) {
             return static_cast<const SERVICE_DELAYED_AUTO_START_INFO*>(found)->fDelayedAutostart != FALSE;
         }},
        {SERVICE_CONFIG_FAILURE_ACTIONS, "have the service restarted",
         [](const void* found) {
             const auto* actions = static_cast<const SERVICE_FAILURE_ACTIONSW*>(found);
             return actions->cActions == 3 && actions->lpsaActions[0].Type == SC_ACTION_RESTART &&
                    actions->lpsaActions[0].Delay == 5'000 && actions->lpsaActions[2].Delay == 60'000;
         }},
        {SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, "have the service restarted after an exit code",
         [](const void* found) {
             return static_cast<const SERVICE_FAILURE_ACTIONS_FLAG*>(found)->fFailureActionsOnNonCrashFailures != FALSE;
         }},
        {SERVICE_CONFIG_PRESHUTDOWN_INFO, "have the system's shutdown wait",
         [](const void* found) {
             return static_cast<const SERVICE_PRESHUTDOWN_INFO*>(found)->dwPreshutdownTimeout == 40'000;
         }},
    };
    const SC_HANDLE manager = ::OpenSCManagerW(nullptr, nullptr, SC_MANAGER_CONNECT);
    const SC_HANDLE service = ::OpenServiceW(manager, kServiceName, SERVICE_QUERY_CONFIG);
    REQUIRE(service != nullptr);
    for (const Setting& setting : settings) {
        CAPTURE(std::string(setting.said));
        if (installed.ran().says(std::string(setting.said) + ":")) {
            test::skip("this service manager refuses, as install said, to " + std::string(setting.said));
            continue;
        }
        alignas(8) std::vector<BYTE> buffer(8192);
        DWORD needed = 0;
        if (::QueryServiceConfig2W(service, setting.level, buffer.data(), static_cast<DWORD>(buffer.size()), &needed) ==
            0) {
            MESSAGE("error " << ::GetLastError());
            test::skip("this service manager does not show whether it was told to " + std::string(setting.said));
            continue;
        }
        CHECK(setting.is_right(buffer.data()));
    }
    ::CloseServiceHandle(service);
    ::CloseServiceHandle(manager);
}

TEST_CASE("the program's file holds the texts of the event log, and the log knows the file") {
    const HMODULE program = ::LoadLibraryExW(fs::absolute(RIPOSTE_PROGRAM).c_str(), nullptr, LOAD_LIBRARY_AS_DATAFILE);
    REQUIRE(program != nullptr);
    for (const unsigned long id : {kErrorEvent, kWarningEvent, kInformationEvent}) {
        CAPTURE(id);
        wchar_t* text = nullptr;
        CHECK(::FormatMessageW(
                  FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_IGNORE_INSERTS, program,
                  id, 0, reinterpret_cast<wchar_t*>(&text), 0, nullptr) != 0);
        const LocalPointer<wchar_t> owner(text);
        CHECK(std::wstring(text == nullptr ? L"" : text).starts_with(L"%1"));
    }
    ::FreeLibrary(program);
    if (!can_install()) return;
    const Place place;
    const auto registered = [] {
        wchar_t value[1024] = L"";
        DWORD size = sizeof(value);
        ::RegGetValueW(HKEY_LOCAL_MACHINE, L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\Riposte",
                       L"EventMessageFile", RRF_RT_REG_SZ, nullptr, value, &size);
        return fs::path(value).filename().string();
    };
    {
        Installed installed(place);
        REQUIRE_MESSAGE(installed.ran().code == 0, installed.ran().output);
        CHECK(registered() == "riposte.exe");
    }
    CHECK(registered().empty());
    test::skip("what the event log received, which Wine only pretends to keep");
}
