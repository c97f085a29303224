// SPDX-License-Identifier: Apache-2.0
// Riposte in the system's list of services; src/cli/service_run.h is the service itself.
#include "platform/include/file_security.h"
#include "platform/include/paths.h"
#include "platform/include/search_path.h"
#include "platform/include/service_control.h"
#include "src/cli/client.h"
#include "src/cli/places.h"
#include "src/cli/subcommands.h"
#include "src/cli/table.h"
#include "src/request/utf8.h"

#include <boost/json/serialize.hpp>

#include <array>
#include <ostream>
#include <string>
#include <system_error>

namespace riposte {
namespace {

int say_why(const Invocation& invocation, const Error& error) {
    if (error.code == std::errc::no_such_file_or_directory)
        return invocation.fail(kNoService, "the service is not installed; riposte service install enters it");
    if (error.code == std::errc::file_exists)
        return invocation.fail(kFailed, "the service is installed already; riposte service remove removes it");
    if (error.code == std::errc::permission_denied)
        return invocation.fail(kFailed, error.text() + "; this takes an administrator's rights");
    return invocation.fail(kFailed, error.code == std::errc::not_supported ? error.what : error.text());
}

int finish(const Invocation& invocation, const Result<void>& result, const std::string& done) {
    if (!result) return say_why(invocation, result.error());
    if (invocation.json()) {
        invocation.out() << boost::json::serialize(boost::json::object{{"done", done}}) << "\n";
    } else {
        invocation.out() << "the service is " << done << "\n";
    }
    return kDone;
}

void warn(const Invocation& invocation, const std::string& text) {
    invocation.err() << "riposte: warning: " << text << "\n";
}

// A service that cannot be found by its program's name alone works as well, so that it is a warning only.
void change_search_path(const Invocation& invocation, Result<void> (*change)(const std::filesystem::path&)) {
    if (!invocation.arguments.has("path")) return;
    const auto program = own_program();
    const Result<void> changed = program ? change(program->parent_path()) : program.error();
    if (!changed) warn(invocation, changed.error().text());
}

int install(const Invocation& invocation) {
    std::vector<std::string> arguments{"serve"};
    for (std::string& word : named_places(invocation.arguments)) arguments.push_back(std::move(word));
    const auto installed = install_service(arguments);
    if (!installed) return say_why(invocation, installed.error());
    for (const std::string& text : *installed) warn(invocation, text);
    // The service makes it as well; until then a configuration has nowhere to be.
    if (const auto made = make_private_directory(state_directory(invocation.arguments)); !made)
        warn(invocation, made.error().text());
    change_search_path(invocation, add_to_search_path);
    return finish(invocation, {}, "installed");
}

int remove(const Invocation& invocation) {
    const Result<void> removed = remove_service();
    if (removed) change_search_path(invocation, remove_from_search_path);
    return finish(invocation, removed, "removed");
}

const char* phase_name(ServiceStatus::Phase phase) {
    switch (phase) {
        case ServiceStatus::Phase::NotInstalled:
            return "not installed";
        case ServiceStatus::Phase::Stopped:
            return "stopped";
        case ServiceStatus::Phase::Starting:
            return "starting";
        case ServiceStatus::Phase::Running:
            return "running";
        case ServiceStatus::Phase::Stopping:
            return "stopping";
    }
    return "unknown";
}

void show(const Invocation& invocation, const ServiceStatus& status) {
    if (invocation.json()) {
        invocation.out() << boost::json::serialize(boost::json::object{{"state", phase_name(status.phase)},
                                                                       {"pid", status.pid},
                                                                       {"exit_code", status.exit_code},
                                                                       {"command_line", status.command_line},
                                                                       {"starts_by_itself", status.starts_by_itself}})
                         << "\n";
        return;
    }
    invocation.out() << "the service is " << phase_name(status.phase);
    if (status.pid != 0) invocation.out() << ", process " << status.pid;
    if (status.exit_code != 0) invocation.out() << "; it ended with exit code " << status.exit_code;
    invocation.out() << "\n";
    if (status.phase == ServiceStatus::Phase::NotInstalled) return;
    invocation.out() << (status.starts_by_itself ? "starts with the system: " : "does not start with the system: ")
                     << cell_text(status.command_line) << "\n";
}

int tell_status(const Invocation& invocation) {
    const auto status = service_status();
    if (!status) return say_why(invocation, status.error());
    show(invocation, *status);
    return status->phase == ServiceStatus::Phase::Running ? kDone : kNoService;
}

int do_service(Invocation& invocation) {
    struct Action {
        const char* name;
        int (*run)(const Invocation&);
    };
    static constexpr std::array kActions{
        Action{"install", install}, Action{"remove", remove},
        Action{"start", [](const Invocation& asked) { return finish(asked, start_service(), "running"); }},
        Action{"stop", [](const Invocation& asked) { return finish(asked, stop_service(), "stopped"); }},
        Action{"status", tell_status}};
    const std::vector<std::string>& words = invocation.arguments.positional();
    if (words.empty()) return invocation.fail(kBadUsage, "service needs one of install, remove, start, stop, status");
    for (const Action& action : kActions) {
        if (words.front() == action.name) return action.run(invocation);
    }
    return invocation.fail(
        kBadUsage, "service does install, remove, start, stop or status, not " + riposte::quoted(words.front()));
}

}  // namespace

Subcommand service_subcommand() {
    Subcommand subcommand;
    subcommand.name = "service";
    subcommand.summary = "install, remove, start and stop the Windows service";
    subcommand.usage = "install | remove | start | stop | status";
    subcommand.description =
        "Enters this program among the services of Windows, under the name Riposte, and controls it there. It starts\n"
        "some time after the system, runs as LocalSystem, logs to the Application event log, and is started again "
        "when\n"
        "it fails. install makes the state directory, for SYSTEM and administrators alone, and keeps the places that "
        "are\n"
        "given to it (--config, --home, --state) for the service. remove\n"
        "stops it first; what is in force stays so: riposte undo --all ends that before. Each waits until it is done.\n"
        "status exits with 3 unless the service runs. On Linux systemd does all this: systemctl status riposte.";
    subcommand.options = {{"path", "", "with install and remove: this program's directory in the system's Path"}};
    subcommand.examples =
        "  riposte service install --path\n"
        "  riposte service install --state D:\\Riposte\n"
        "  riposte service start\n"
        "  riposte service status --json\n";
    subcommand.max_positional = 1;
    subcommand.run = do_service;
    return subcommand;
}

}  // namespace riposte
