// SPDX-License-Identifier: Apache-2.0
#include "platform/include/paths.h"

#include "platform/include/arguments.h"
#include "platform/include/utf8_path.h"
#include "tests/platform/support.h"
#include "tests/support/skip.h"

#include <doctest/doctest.h>

#include <windows.h>

using namespace riposte;
namespace fs = std::filesystem;

namespace {

constexpr const wchar_t* kAgentService = L"SYSTEM\\CurrentControlSet\\Services\\WazuhSvc";

// An agent's entry among the services, for as long as it lives. Only where there is none.
class AgentService {
  public:
    explicit AgentService(const std::wstring& image_path) {
        HKEY key = nullptr;
        DWORD was_there = 0;
        if (::RegCreateKeyExW(HKEY_LOCAL_MACHINE, kAgentService, 0, nullptr, REG_OPTION_VOLATILE, KEY_SET_VALUE,
                              nullptr, &key, &was_there) != ERROR_SUCCESS)
            return;
        created_ = was_there == REG_CREATED_NEW_KEY;
        if (created_)
            ::RegSetValueExW(key, L"ImagePath", 0, REG_EXPAND_SZ, reinterpret_cast<const BYTE*>(image_path.c_str()),
                             static_cast<DWORD>((image_path.size() + 1) * sizeof(wchar_t)));
        ::RegCloseKey(key);
    }
    ~AgentService() {
        if (created_) ::RegDeleteTreeW(HKEY_LOCAL_MACHINE, kAgentService);
    }
    AgentService(const AgentService&) = delete;
    AgentService& operator=(const AgentService&) = delete;
    bool created() const { return created_; }

  private:
    bool created_ = false;
};

}  // namespace

TEST_CASE("the defaults lie where this machine keeps programs and their data") {
    const fs::path data = utf8_path(environment_variable("ProgramData").value_or(""));
    const fs::path programs = utf8_path(environment_variable("ProgramFiles").value_or(""));
    CHECK(default_state() == data / "Riposte");
    CHECK(default_config() == data / "Riposte" / "riposte.conf");
    if (default_home().filename() != "Riposte") return test::skip("the home: an agent is installed here");
    CHECK(default_home() == programs / "Riposte");
}

TEST_CASE("the home is an installed agent's, by its service or its folder") {
    const test::TemporaryDirectory directory;
    const fs::path agent = directory / "the agent";
    const AgentService service(L"\"" + (agent / "wazuh-agent.exe").native() + L"\" -x");
    if (!service.created()) return test::skip("an agent is installed here, or this user may not enter one");
    // A service whose directory is gone is none.
    CHECK(default_home() != agent);
    fs::create_directories(bin_directory(agent));
    CHECK(default_home() == agent);
}

TEST_CASE("a service's program may stand there without quotes and with variables") {
    const test::TemporaryDirectory directory;
    const AgentService service(L"%RIPOSTE_TEST_AGENT%\\ossec-agent.EXE -x");
    if (!service.created()) return test::skip("an agent is installed here, or this user may not enter one");
    const test::Variable variable("RIPOSTE_TEST_AGENT", directory.path().string());
    fs::create_directories(bin_directory(directory.path()));
    CHECK(default_home() == directory.path());
}

TEST_CASE("the layout below a home is the agent's") {
    const fs::path home = "C:\\h";
    CHECK(bin_directory(home).string() == "C:\\h\\active-response\\bin");
    CHECK(ar_conf_path(home).string() == "C:\\h\\shared\\ar.conf");
    CHECK(agent_config_path(home).string() == "C:\\h\\ossec.conf");
    CHECK(response_log_path(home).string() == "C:\\h\\active-response\\active-responses.log");
    CHECK(program_name("route-null.exe") == "active-response\\bin\\route-null.exe");
    CHECK(execq_paths(home).empty());
}

TEST_CASE("the control pipe is called riposte for the default state directory only, and case does not matter") {
    CHECK(control_endpoint(default_state()) == "\\\\.\\pipe\\riposte");
    const std::string upper = control_endpoint(utf8_path("C:\\ST\xc3\x84TE"));
    CHECK(upper == control_endpoint(utf8_path("c:/st\xc3\xa4te/")));
    // A stable name: another version of the program must find it.
    CHECK(control_endpoint("C:\\state") == "\\\\.\\pipe\\riposte-97e43330-b4ed-5cf1-8435-47e7e1bd1736");
}
