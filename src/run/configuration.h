// SPDX-License-Identifier: Apache-2.0
// The configuration in force: the content of the files and all that follows from it. Rebuilt as a whole at a reload.
#pragma once

#include "platform/include/clock.h"
#include "src/config/catalog.h"
#include "src/config/config.h"
#include "src/run/protection.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace riposte {

class Configuration {
  public:
    // This host's addresses are added to the protected ones, the managers' by protection().set_managers(). The path of
    // ar.conf follows from the home.
    Configuration(Config config, std::filesystem::path home, const Clock& clock);
    Configuration(const Configuration&) = delete;
    Configuration& operator=(const Configuration&) = delete;

    const Config& config() const { return config_; }
    const Catalog& catalog() const { return *catalog_; }
    Protection& protection() { return protection_; }
    const std::filesystem::path& home() const { return home_; }
    // Reads ar.conf again if it changed since it was last read; true if it did. Its findings go to the log.
    bool reload_ar_conf();
    // Why the keys that an executable named must not be acted on, if so.
    std::optional<std::string> protected_key(const std::vector<std::string>& keys);

  private:
    Config config_;
    std::filesystem::path home_;
    std::unique_ptr<Catalog> catalog_;
    Protection protection_;
    std::filesystem::file_time_type ar_conf_time_{};
};

}  // namespace riposte
