// SPDX-License-Identifier: Apache-2.0
#include "src/run/plan.h"

#include "platform/include/paths.h"
#include "platform/include/utf8_path.h"
#include "src/log/log.h"

#include <system_error>
#include <utility>

namespace riposte {

namespace {

// An expected field that is absent, by its name in <expect>.
std::optional<std::string> missing_field(const Resolved& response, const Request& request) {
    if (response.expects_srcip && request.srcip.empty()) return "srcip";
    if (response.expects_user && request.user.empty()) return "user";
    if (response.expects_filename && request.filename.empty()) return "filename";
    return std::nullopt;
}

// With no target at all in the alert, what the request passes on is all that tells two of them apart.
Key alert_key(const Resolved& response, const Request& request) {
    Key key{response.executable, Key::Kind::Alert, {request.srcip, request.user, request.filename}};
    if (request.srcip.empty() && request.user.empty() && request.filename.empty()) {
        key.values.insert(key.values.end(), request.extra_args.begin(), request.extra_args.end());
    }
    return key;
}

}  // namespace

Configuration::Configuration(Config config, std::filesystem::path home, const Clock& clock)
    : config_(std::move(config)), home_(std::move(home)), protection_(config_.settings.protect, clock) {
    Diagnostics found;
    reload_ar_conf(found);
    for (const Diagnostic& finding : found) log().warning(finding.text());
}

bool Configuration::reload_ar_conf(Diagnostics& found) {
    std::error_code error;
    const auto time = std::filesystem::last_write_time(ar_conf_path(home_), error);
    const auto changed_at = error ? std::filesystem::file_time_type{} : time;
    if (catalog_ && changed_at == ar_conf_time_) return false;
    ar_conf_time_ = changed_at;
    const auto exists = [bin = bin_directory(home_)](const std::string& executable) {
        std::error_code ignored;
        return std::filesystem::exists(bin / utf8_path(executable), ignored);
    };
    catalog_ = std::make_unique<Catalog>(config_, load_ar_conf(ar_conf_path(home_), found), exists);
    return true;
}

std::variant<Plan, Refusal> Configuration::plan(std::string_view message) {
    Result<Request> request = decode_request(message);
    if (!request) return Refusal{RefusalReason::Malformed, request.error().text()};
    return plan(std::move(*request));
}

std::variant<Plan, Refusal> Configuration::plan(Request request) {
    auto found = look_up(request);
    if (auto* refused = std::get_if<Refusal>(&found)) return std::move(*refused);
    Plan plan;
    plan.response = std::move(std::get<Resolved>(found));
    plan.settings = effective_settings(config_.settings, plan.response.command, plan.response.executable);
    if (plan.response.disabled)
        return Refusal{RefusalReason::Disabled, plan.response.command + " is disabled in the configuration"};

    Result<TrustedExecutable> executable = open_trusted_executable(bin_directory(home_), plan.response.executable);
    if (!executable) {
        const bool is_missing = executable.error().code == std::errc::no_such_file_or_directory;
        return Refusal{is_missing ? RefusalReason::Missing : RefusalReason::Unsafe, executable.error().text()};
    }
    plan.executable = std::move(*executable);
    if (const auto field = missing_field(plan.response, request)) {
        return Refusal{RefusalReason::ExpectedField,
                       plan.response.command + " expects " + *field + ", which the alert does not have"};
    }
    plan.program = program_name(plan.response.executable);
    // A Wazuh 5 executable is told the timeout in its message, wherever that came from.
    request.timeout = plan.response.timeout;
    const Dialect dialect = plan.settings.dialect.value_or(request.dialect);
    Result<Told> told = build_told(request, dialect, plan.program, plan.response.local_extra_args);
    if (!told) return Refusal{RefusalReason::ExtraArgs, told.error().text()};
    plan.told = std::move(*told);
    if (plan.settings.protect) {
        if (const auto reason = protected_target(plan.response, request))
            return Refusal{RefusalReason::Protected, *reason};
    }
    plan.alert_key = alert_key(plan.response, request);
    plan.request = std::move(request);
    return plan;
}

std::variant<Resolved, Refusal> Configuration::look_up(const Request& request) {
    if (request.ad_hoc) {
        if (!config_.settings.ad_hoc) {
            return Refusal{RefusalReason::AdHocOff,
                           "!" + request.name + " names an executable itself, which <ad_hoc>no</ad_hoc> forbids"};
        }
        return catalog_->for_executable(request.name, request.name, std::chrono::seconds(0));
    }
    if (!request.executable.empty()) return catalog_->for_executable(request.name, request.executable, request.timeout);
    if (const Resolved* known = catalog_->find(request.name)) return *known;
    // A manager may have pushed a new ar.conf since.
    Diagnostics found;
    const bool is_new = reload_ar_conf(found);
    for (const Diagnostic& finding : found) log().warning(finding.text());
    if (const Resolved* known = is_new ? catalog_->find(request.name) : nullptr) return *known;
    return Refusal{RefusalReason::Unknown, "no command answers to " + request.name + " in " +
                                               ar_conf_path(home_).string() + " or the local configuration"};
}

// A request is about its user only when it has no address, or when the command expects a user: an attack on root's
// account names root too, and its address must be blocked all the same. The keys that the executable names are checked
// again.
std::optional<std::string> Configuration::protected_target(const Resolved& response, const Request& request) {
    const bool only_user = response.expects_user && !response.expects_srcip;
    if (!request.srcip.empty() && !only_user) {
        if (auto reason = protection_.reason_for_address(request.srcip)) return reason;
    }
    if (!request.user.empty() && (request.srcip.empty() || response.expects_user)) {
        if (auto reason = protection_.reason_for_user(request.user)) return reason;
    }
    // With an empty alert, as the manager's API sends it, the target is an argument.
    if (request.srcip.empty() && request.user.empty()) return protected_key(request.extra_args);
    return std::nullopt;
}

std::optional<std::string> Configuration::protected_key(const std::vector<std::string>& keys) {
    for (const std::string& key : keys) {
        if (auto reason = protection_.reason_for_address(key)) return reason;
        if (auto reason = protection_.reason_for_user(key)) return reason;
    }
    return std::nullopt;
}

}  // namespace riposte
