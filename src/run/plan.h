// SPDX-License-Identifier: Apache-2.0
// Admission, as far as it needs no state: from the bytes of a message to what would be run, or why not.
#pragma once

#include "platform/include/file_security.h"
#include "src/action/key.h"
#include "src/action/refusal.h"
#include "src/config/catalog.h"
#include "src/config/config.h"
#include "src/request/request.h"
#include "src/request/told.h"
#include "src/run/protection.h"

#include <filesystem>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace riposte {

struct Plan {
    Request request;
    Resolved response;
    EffectiveSettings settings;
    std::string program;  // argv[0]
    Told told;
    Key alert_key;  // stands for the action until the executable names its keys
    TrustedExecutable executable;
};

// The configuration in force: the files' content and what follows from it. Rebuilt as a whole at a reload.
class Configuration {
  public:
    // This host's addresses are added to what is protected, the managers' by protection().set_managers(). The path of
    // ar.conf follows from the home.
    Configuration(Config config, std::filesystem::path home, const Clock& clock);
    Configuration(const Configuration&) = delete;
    Configuration& operator=(const Configuration&) = delete;

    const Config& config() const { return config_; }
    const Catalog& catalog() const { return *catalog_; }
    Protection& protection() { return protection_; }
    const std::filesystem::path& home() const { return home_; }
    // Reads ar.conf again if it changed since it was last read; true if it did. Its findings go to `found`.
    bool reload_ar_conf(Diagnostics& found);

    // Decodes, then checks in this order: name, disabled, executable, expected fields, extra arguments, protection.
    std::variant<Plan, Refusal> plan(std::string_view message);
    // The second half alone, for a request that is decoded already (also one recorded before a restart).
    std::variant<Plan, Refusal> plan(Request request);
    // Why the keys that an executable named must not be acted on, if so.
    std::optional<std::string> protected_key(const std::vector<std::string>& keys);

  private:
    std::variant<Resolved, Refusal> look_up(const Request& request);
    std::optional<std::string> protected_target(const Resolved& response, const Request& request);

    Config config_;
    std::filesystem::path home_;
    std::unique_ptr<Catalog> catalog_;
    Protection protection_;
    std::filesystem::file_time_type ar_conf_time_{};
};

}  // namespace riposte
