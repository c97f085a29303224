// SPDX-License-Identifier: Apache-2.0
// restart-wazuh and restart-ossec with a stand-in for the agent's service, under the service manager of this system.
#include "platform/include/paths.h"
#include "platform/windows/service_handle.h"
#include "platform/windows/wide.h"
#include "tests/platform/support.h"
#include "tests/support/files.h"
#include "tests/support/requests.h"
#include "tests/support/shipped.h"
#include "tests/support/skip.h"

#include <doctest/doctest.h>

#include <string>

using namespace riposte;
using namespace riposte::test;

namespace {

const std::string kOrder = order("add", "{}", "[]", "x.exe");

// Its first line.
std::string checked(const std::string& name) {
    const std::string output = run_shipped(name, {"--check"}).output;
    return output.substr(0, output.find_first_of("\r\n"));
}

bool is_there(const std::string& name) {
    return Service::open(name, SERVICE_QUERY_STATUS).has_value();
}

// tests/service/windows/fake_service.cpp under that name, as long as it lives.
class StandIn {
  public:
    StandIn(const std::string& name, const std::filesystem::path& log) : name_(name) {
        const auto manager = open_service_manager(SC_MANAGER_CREATE_SERVICE);
        REQUIRE(manager.has_value());
        const std::wstring line = L"\"" + wide(FAKE_SERVICE) + L"\" \"" + log.wstring() + L"\"";
        const ServiceHandle made(::CreateServiceW(
            manager->get(), wide(name).c_str(), wide(name).c_str(), SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS,
            SERVICE_DEMAND_START, SERVICE_ERROR_IGNORE, line.c_str(), nullptr, nullptr, nullptr, nullptr, nullptr));
        REQUIRE(made);
    }
    ~StandIn() {
        const auto service = Service::open(name_, SERVICE_STOP | SERVICE_QUERY_STATUS | DELETE);
        if (!service) return;
        static_cast<void>(service->stop());
        ::DeleteService(service->get());
    }
    StandIn(const StandIn&) = delete;
    StandIn& operator=(const StandIn&) = delete;

    void start() const {
        const auto service = Service::open(name_, SERVICE_START | SERVICE_QUERY_STATUS);
        REQUIRE(service.has_value());
        REQUIRE_MESSAGE(service->start().has_value(), name_);
    }

  private:
    std::string name_;
};

}  // namespace

TEST_CASE("the service manager restarts the agent's service, which the executable does not wait for") {
    if (is_there("WazuhSvc") || is_there("OssecSvc")) return skip("this machine has a real agent");
    for (const char* name : {"restart-wazuh", "restart-ossec"}) {
        CAPTURE(name);
        CHECK(run_shipped(name, {"--check"}).code == 3);
        const ShippedRun none = run_shipped(name, {}, kOrder);
        CHECK(none.code == 3);
        CHECK(none.output.find("there is no agent here") != std::string::npos);
    }

    const TemporaryDirectory directory;
    const StandIn wazuh("WazuhSvc", directory / "wazuh");
    wazuh.start();
    REQUIRE(read_file(directory / "wazuh") == "start\n");
    CHECK(checked("restart-wazuh") == "the service WazuhSvc");
    CHECK(checked("restart-ossec") == "the service WazuhSvc");
    CHECK(run_shipped("restart-wazuh", {}, kOrder).code == 0);
    CHECK(wait_until([&] { return read_file(directory / "wazuh") == "start\nstop\nstart\n"; }));

    // A start that fails is tried again, and what came of it is logged.
    const std::filesystem::path home = directory / "home";
    const std::filesystem::path file = bin_directory(home) / "restart-wazuh.exe";
    std::filesystem::create_directories(file.parent_path());
    std::filesystem::copy_file(shipped_file("restart-wazuh"), file);
    write_file(directory / "wazuh.fail", "");
    CHECK(run_as_another(file, {}, kOrder).code == 0);
    CHECK(wait_until([&] { return read_file(directory / "wazuh") == "start\nstop\nstart\nstop\nfail\nstart\n"; }));
    const auto logged = [&](const std::string& text) {
        const std::filesystem::path log = response_log_path(home);
        return std::filesystem::exists(log) && read_file(log).find(text) != std::string::npos;
    };
    CHECK(wait_until([&] { return logged("active-response/bin/restart-wazuh.exe: restarted the service WazuhSvc"); }));
    CHECK(logged("a process of its own restarts the service WazuhSvc"));
    const std::string seen = read_file(directory / "wazuh");

    // One that does not run is started; each has its own agent first.
    const StandIn ossec("OssecSvc", directory / "ossec");
    CHECK(checked("restart-ossec") == "the service OssecSvc");
    CHECK(run_shipped("restart-ossec", {"add", "-", "-"}).code == 0);
    CHECK(wait_until([&] { return read_file(directory / "ossec") == "start\n"; }));
    CHECK(checked("restart-wazuh") == "the service WazuhSvc");
    CHECK(run_shipped("restart-wazuh", {"delete", "-", "-"}).code == 0);
    CHECK(run_shipped("restart-wazuh", {"--continue-restart", "EventLog"}).code == 2);
    CHECK(run_shipped("restart-wazuh", {"--continue-restart", "Riposte"}).code == 2);
    CHECK(read_file(directory / "wazuh") == seen);
}
