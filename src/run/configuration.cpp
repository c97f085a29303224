// SPDX-License-Identifier: Apache-2.0
#include "src/run/configuration.h"

#include "platform/include/paths.h"
#include "platform/include/utf8_path.h"
#include "src/log/log.h"

#include <system_error>
#include <utility>

namespace riposte {

Configuration::Configuration(Config config, std::filesystem::path home, const Clock& clock)
    : config_(std::move(config)), home_(std::move(home)), protection_(config_.settings.protect, clock) {
    reload_ar_conf();
}

bool Configuration::reload_ar_conf() {
    std::error_code error;
    const auto time = std::filesystem::last_write_time(ar_conf_path(home_), error);
    const auto changed_at = error ? std::filesystem::file_time_type{} : time;
    if (catalog_ && changed_at == ar_conf_time_) return false;
    ar_conf_time_ = changed_at;
    const auto exists = [bin = bin_directory(home_)](const std::string& executable) {
        std::error_code ignored;
        return std::filesystem::exists(bin / utf8_path(executable), ignored);
    };
    Diagnostics found;
    catalog_ = std::make_unique<Catalog>(config_, load_ar_conf(ar_conf_path(home_), found), exists);
    for (const Diagnostic& finding : found) log().warning(finding.text());
    return true;
}

std::optional<std::string> Configuration::protected_key(const std::vector<std::string>& keys) {
    for (const std::string& key : keys) {
        if (auto reason = protection_.reason_for_address(key)) return reason;
        if (auto reason = protection_.reason_for_user(key)) return reason;
    }
    return std::nullopt;
}

}  // namespace riposte
