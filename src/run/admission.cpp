// SPDX-License-Identifier: Apache-2.0
#include "src/run/admission.h"

#include "platform/include/paths.h"

#include <chrono>
#include <optional>
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

std::variant<Resolved, Refusal> look_up(Configuration& configuration, const Request& request) {
    const Catalog& catalog = configuration.catalog();
    if (request.ad_hoc) {
        if (!configuration.config().settings.ad_hoc) {
            return Refusal{RefusalReason::AdHocOff,
                           "!" + request.name + " names an executable itself, which <ad_hoc>no</ad_hoc> forbids"};
        }
        return catalog.for_executable(request.name, request.name, std::chrono::seconds(0));
    }
    if (!request.executable.empty()) return catalog.for_executable(request.name, request.executable, request.timeout);
    if (const Resolved* known = catalog.find(request.name)) return *known;
    // A manager may have pushed a new ar.conf since.
    const bool is_new = configuration.reload_ar_conf();
    if (const Resolved* known = is_new ? configuration.catalog().find(request.name) : nullptr) return *known;
    return Refusal{RefusalReason::Unknown, "no command answers to " + request.name + " in " +
                                               ar_conf_path(configuration.home()).string() +
                                               " or the local configuration"};
}

// A request is about its user only when it has no address, or when the command expects a user: an attack on root's
// account names root too, and its address must be blocked all the same. The keys that the executable names are checked
// again.
std::optional<std::string> protected_target(Configuration& configuration, const Resolved& response,
                                            const Request& request) {
    Protection& protection = configuration.protection();
    const bool only_user = response.expects_user && !response.expects_srcip;
    if (!request.srcip.empty() && !only_user) {
        if (auto reason = protection.reason_for_address(request.srcip)) return reason;
    }
    if (!request.user.empty() && (request.srcip.empty() || response.expects_user)) {
        if (auto reason = protection.reason_for_user(request.user)) return reason;
    }
    // With an empty alert, as the manager's API sends it, the target is an argument.
    if (request.srcip.empty() && request.user.empty()) return configuration.protected_key(request.extra_args);
    return std::nullopt;
}

std::variant<Admission, Refusal> check_decoded(Configuration& configuration, Request request) {
    auto found = look_up(configuration, request);
    if (auto* refused = std::get_if<Refusal>(&found)) return std::move(*refused);
    Admission admission;
    admission.response = std::move(std::get<Resolved>(found));
    admission.settings =
        effective_settings(configuration.config().settings, admission.response.command, admission.response.executable);
    if (admission.response.disabled)
        return Refusal{RefusalReason::Disabled, admission.response.command + " is disabled in the configuration"};

    Result<TrustedExecutable> executable =
        open_trusted_executable(bin_directory(configuration.home()), admission.response.executable);
    if (!executable) {
        const bool is_missing = executable.error().code == std::errc::no_such_file_or_directory;
        return Refusal{is_missing ? RefusalReason::Missing : RefusalReason::Unsafe, executable.error().text()};
    }
    admission.executable = std::move(*executable);
    if (const auto field = missing_field(admission.response, request)) {
        return Refusal{RefusalReason::ExpectedField,
                       admission.response.command + " expects " + *field + ", which the alert does not have"};
    }
    admission.program = program_name(admission.response.executable);
    // A Wazuh 5 executable is told the timeout in its message, wherever that came from.
    request.timeout = admission.response.timeout;
    const Dialect dialect = admission.settings.dialect.value_or(request.dialect);
    Result<ChildInput> input =
        build_child_input(request, dialect, admission.program, admission.response.local_extra_args);
    if (!input) return Refusal{RefusalReason::ExtraArgs, input.error().text()};
    admission.input = std::move(*input);
    if (admission.settings.protect) {
        if (const auto reason = protected_target(configuration, admission.response, request))
            return Refusal{RefusalReason::Protected, *reason};
    }
    admission.alert_key = alert_key(admission.response, request);
    admission.request = std::move(request);
    return admission;
}
}  // namespace

std::variant<Admission, Refusal> check_admission(Configuration& configuration, std::string_view message) {
    Result<Request> request = decode_request(message);
    if (!request) return Refusal{RefusalReason::Malformed, request.error().text()};
    return check_decoded(configuration, std::move(*request));
}

}  // namespace riposte
