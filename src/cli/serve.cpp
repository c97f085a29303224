// SPDX-License-Identifier: Apache-2.0
#include "platform/include/file_security.h"
#include "platform/include/service.h"
#include "src/cli/places.h"
#include "src/cli/service_run.h"
#include "src/cli/subcommands.h"
#include "src/hooks.h"
#include "src/log/log.h"

#include <array>
#include <ostream>
#include <string>
#include <utility>

namespace riposte {
namespace {

bool is_level(const std::string& level) {
    static constexpr std::array kLevels{"error", "warning", "information", "debug"};
    return std::find(kLevels.begin(), kLevels.end(), level) != kLevels.end();
}

// Says everything that is wrong, not the first thing only.
bool configuration_is_sound(const Setup& setup) {
    bool sound = true;
    if (setup.config_exists) {
        if (const Result<void> trusted = check_trusted_file(setup.config_file); !trusted) {
            log().error(trusted.error().text());
            sound = false;
        }
    }
    for (const Diagnostic& finding : setup.found) {
        switch (finding.severity) {
            case Diagnostic::Severity::Error:
                log().error(finding.text());
                break;
            case Diagnostic::Severity::Warning:
                log().warning(finding.text());
                break;
            case Diagnostic::Severity::Notice:
                log().information(finding.text());
                break;
        }
    }
    return sound && !has_errors(setup.found);
}

int serve(const Invocation& invocation, const std::string& level) {
    start_log(level);
    Setup setup = load_setup(invocation.arguments);
    if (!configuration_is_sound(setup)) {
        log().error("the service does not start with a configuration that has errors; `riposte check` lists them");
        return kFailed;
    }
    Service service(std::move(setup), config_is_named(invocation.arguments), hooks::clock());
    if (const Result<void> started = service.start(); !started) {
        log().error(started.error().text());
        return kFailed;
    }
    invocation.out() << service.greeting() << std::endl;
    service.run();
    return kDone;
}

int do_serve(Invocation& invocation) {
    const std::string level = invocation.arguments.get("log-level").value_or("information");
    if (!is_level(level)) return invocation.fail(kBadUsage, "--log-level is error, warning, information or debug");
    return run_service([&invocation, &level] { return serve(invocation, level); });
}

}  // namespace

Subcommand serve_subcommand() {
    Subcommand subcommand;
    subcommand.name = "serve";
    subcommand.summary = "run the service in the foreground";
    subcommand.description =
        "Takes requests from the agent's socket HOME/queue/alerts/execq (Windows has none) and from the command line,\n"
        "runs their executables, and undoes what they did when its time is over. Takes over what an earlier run left "
        "in\n"
        "force. Ctrl-C or SIGTERM stops (a second one at once), riposte reload or SIGHUP makes it read its "
        "configuration\n"
        "again. Actions in force outlive a stop unless <on_stop> says otherwise. It does not start with a "
        "configuration\n"
        "that has errors, and runs once only for each state directory. Started by Windows' service manager, it is a\n"
        "service (riposte help service).";
    subcommand.options = {{"log-level", "LEVEL", "error, warning, information (default) or debug"}};
    subcommand.examples =
        "  riposte serve\n"
        "  riposte serve --home /var/ossec --log-level debug\n"
        "  riposte serve --config ./riposte.conf --home ./home --state ./state     all in one place, without root\n";
    subcommand.run = do_serve;
    return subcommand;
}

}  // namespace riposte
