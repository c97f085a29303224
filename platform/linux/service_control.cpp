// SPDX-License-Identifier: Apache-2.0
#include "platform/include/service_control.h"

namespace riposte {
namespace {

Error use_systemctl(const std::string& what, const std::string& command) {
    return failure(std::errc::not_supported, what + " the service: systemd does that here: " + command);
}

}  // namespace

Result<std::vector<std::string>> install_service(const std::vector<std::string>&) {
    return use_systemctl("install", "systemctl enable riposte.service");
}

Result<void> remove_service() {
    return use_systemctl("remove", "systemctl disable --now riposte.service");
}

Result<void> start_service() {
    return use_systemctl("start", "systemctl start riposte.service");
}

Result<void> stop_service() {
    return use_systemctl("stop", "systemctl stop riposte.service");
}

Result<ServiceStatus> service_status() {
    return use_systemctl("query", "systemctl status riposte.service");
}

}  // namespace riposte
