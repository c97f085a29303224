// SPDX-License-Identifier: Apache-2.0
#include "src/cli/offline.h"

#include "platform/include/file_security.h"
#include "src/hooks.h"
#include "src/log/log.h"

#include <utility>

namespace riposte {
namespace {

bool is_usable(const Setup& setup) {
    return !has_errors(setup.found) && (!setup.config_exists || check_trusted_file(setup.config_file));
}

Setup usable(Setup setup) {
    if (is_usable(setup)) return setup;
    setup.config = {};
    setup.found.clear();
    return setup;
}

}  // namespace

OfflineService::OfflineService(Setup setup) : service_(usable(std::move(setup)), true, hooks::clock()) {}

OfflineService::~OfflineService() {
    if (!thread_.joinable()) return;
    service_.ask_to_stop();
    thread_.join();
}

Result<std::unique_ptr<OfflineService>> OfflineService::start(Setup setup) {
    start_log("error");
    std::unique_ptr<OfflineService> offline(new OfflineService(std::move(setup)));
    if (const Result<void> started = offline->service_.start(Service::Intake::CommandLine); !started)
        return started.error();
    offline->thread_ = std::thread([service = &offline->service_] { service->run(); });
    return offline;
}

}  // namespace riposte
