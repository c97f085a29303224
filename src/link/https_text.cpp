// SPDX-License-Identifier: Apache-2.0
#include "src/link/https_text.h"

#include "src/link/crypto.h"
#include "src/request/document.h"

#include <Poco/DateTime.h>
#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/DateTimeParser.h>
#include <Poco/Exception.h>

#include <utility>

namespace riposte {
namespace {

constexpr std::size_t kEnrolKeyBytes = 32;
constexpr std::size_t kMaxDateBytes = 64;
constexpr std::string_view kEnrolSalt("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 32);
constexpr std::string_view kEnrolInfo = "WAZUH-ENROLL-CMAC-KEY\x01";

std::string control_body(std::string_view type, Document members) {
    Document body = Document::object();
    body.append("type", Document::string(std::string(type)));
    for (auto& [name, value] : members.members()) body.append(name, std::move(value));
    return body.serialize();
}

void append_text(Document& object, const char* name, const std::string& text) {
    if (!text.empty()) object.append(name, Document::string(text));
}

}  // namespace

Result<std::string> authorization(const AgentKey& key, const SignedRequest& request) {
    const auto secret = from_hex(key.key.view());
    if (!secret) return failure("the agent's key is no hex, which Wazuh 5's HTTPS needs: enrol again");
    const std::string time = std::to_string(request.unix_seconds);
    std::string canonical = "WAZUH-REQUEST\n1\n";
    for (const std::string_view part :
         {request.method, request.target, std::string_view(key.id), std::string_view(time)})
        canonical.append(part).append("\n");
    const auto mac = aes_cmac_hex(*secret, canonical.append(request.body));
    if (!mac) return mac.error();
    return "Wazuh " + key.id + ":" + time + ":" + *mac;
}

Result<std::string> enrol_authorization(const Secret& password, std::int64_t unix_seconds, std::string_view body) {
    const auto key = hkdf_sha256(password, kEnrolSalt, kEnrolInfo, kEnrolKeyBytes);
    if (!key) return key.error();
    const std::string time = std::to_string(unix_seconds);
    const auto mac = aes_cmac_hex(*key, "WAZUH-ENROLL\n1\nPOST\n/enroll\n" + time + "\n" + std::string(body));
    if (!mac) return mac.error();
    return "WazuhEnroll " + time + ":" + *mac;
}

std::string control_startup_body(std::string_view version) {
    Document members = Document::object();
    members.append("version", Document::string(std::string(version)));
    return control_body("startup", std::move(members));
}

std::string control_notify_body(const HostNotice& facts) {
    Document os = Document::object();
    append_text(os, "name", facts.os_name);
    append_text(os, "version", facts.os_version);
    append_text(os, "platform", facts.os_platform);
    append_text(os, "type", facts.os_type);
    Document host = Document::object();
    append_text(host, "hostname", facts.hostname);
    append_text(host, "architecture", facts.architecture);
    append_text(host, "ip", facts.ip);
    if (!os.members().empty()) host.append("os", std::move(os));

    Document agent = Document::object();
    agent.append("version", Document::string(facts.version));
    Document members = Document::object();
    members.append("agent", std::move(agent));
    if (!host.members().empty()) members.append("host", std::move(host));
    return control_body("notify", std::move(members));
}

std::string control_shutdown_body() {
    return control_body("shutdown", Document::object());
}

std::optional<std::int64_t> parse_http_date(std::string_view text) {
    if (text.size() > kMaxDateBytes) return {};
    const std::string& format = Poco::DateTimeFormat::HTTP_FORMAT;
    const std::string date(text);
    Poco::DateTime time;
    int offset = 0;
    try {
        time = Poco::DateTimeParser::parse(format, date, offset);
    } catch (const Poco::Exception&) {
        return {};
    }
    // The parser makes a date of anything that begins like one.
    if (Poco::DateTimeFormatter::format(time, format) != date) return {};
    return time.timestamp().epochTime();
}

}  // namespace riposte
