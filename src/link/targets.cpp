// SPDX-License-Identifier: Apache-2.0
#include "src/link/targets.h"

#include <array>

namespace riposte {
namespace {

constexpr std::uint16_t kClassicPort = 1514;
constexpr std::uint16_t kHttpsPort = 1517;

// The agent versions to claim, newest first. A manager refuses an agent whose version is above its own. Wazuh 5 sends
// no responses to agents below 5.0.0; 4.2.0 is the lowest version that gets them as JSON. (wazuh v4.14.7
// src/remoted/manager.c; v5.0.0-beta4 framework/wazuh/core/indexer/active_response.py)
constexpr std::array<std::string_view, 3> kVersions{"v5.0.0", "v4.3.0", "v4.2.0"};
constexpr std::size_t kFirstOfWazuh4 = 1;

std::vector<Carrier> carriers(const ManagerSettings::Server& server, const std::string& kind) {
    if (server.protocol == "tcp") return {Carrier::Tcp};
    if (server.protocol == "udp") return {Carrier::Udp};
    if (server.protocol == "https") return {Carrier::Https};
    if (kind == "wazuh4") return {Carrier::Tcp};
    if (kind == "wazuh5") return {Carrier::Https, Carrier::Tcp};
    if (kind == "ossec") return {Carrier::Udp};
    return {Carrier::Https, Carrier::Tcp, Carrier::Udp};
}

}  // namespace

std::string_view carrier_name(Carrier carrier) {
    switch (carrier) {
        case Carrier::Tcp:
            return "tcp";
        case Carrier::Udp:
            return "udp";
        case Carrier::Https:
            break;
    }
    return "https";
}

std::string Target::text() const {
    return host + " port " + std::to_string(port) + "/" + std::string(carrier_name(carrier));
}

std::vector<Target> make_targets(const ManagerSettings& settings) {
    std::vector<Target> targets;
    for (const ManagerSettings::Server& server : settings.servers) {
        for (const Carrier carrier : carriers(server, settings.kind)) {
            const bool is_https = carrier == Carrier::Https;
            // A port that was given for one protocol is that one's.
            const bool is_given = server.port != 0 && (!is_https || server.protocol == "https");
            targets.push_back({server.address, is_given ? server.port : is_https ? kHttpsPort : kClassicPort, carrier});
        }
    }
    return targets;
}

ProtocolGuess::ProtocolGuess(const ManagerSettings& settings, Carrier carrier)
    : kind_(settings.kind),
      crypto_method_(settings.crypto_method),
      carrier_(carrier),
      version_(settings.kind == "wazuh4" ? kFirstOfWazuh4 : 0),
      find_out_(settings.kind == "auto"),
      is_ossec_(settings.kind == "ossec") {}

SessionOptions ProtocolGuess::plan(const Target& target, const ManagerSettings& settings) const {
    SessionOptions plan;
    plan.host = target.host;
    plan.port = target.port;
    plan.udp = target.carrier == Carrier::Udp;
    plan.find_out = find_out_ && !is_ossec_;
    plan.version = kVersions[version_];
    plan.kind = is_ossec_ ? ManagerKind::Ossec : version_ == 0 ? ManagerKind::Wazuh5 : ManagerKind::Wazuh4;
    plan.cipher = blowfish_ || crypto_method_ == "blowfish" ? Cipher::Blowfish
                  : is_ossec_                               ? Cipher::AesOssec
                                                            : Cipher::AesWazuh;
    plan.keepalive_every = settings.notify_time;
    plan.silence_limit = settings.time_reconnect;
    return plan;
}

bool ProtocolGuess::learn(const SessionEnd& end) {
    if (end.why == SessionEnd::Why::Refused && kind_ != "wazuh5" && version_ + 1 < kVersions.size()) {
        ++version_;
        return true;
    }
    if (kind_ != "auto" || carrier_ != Carrier::Udp) return false;
    // OSSEC is silent where Wazuh answers, and silent too if the cipher is not one it knows: OSSEC before 4.0 knows
    // Blowfish only.
    if (end.why == SessionEnd::Why::NoWazuh) {
        is_ossec_ = true;
        return true;
    }
    if (end.why == SessionEnd::Why::Silent && is_ossec_) {
        blowfish_ = !blowfish_;
        if (blowfish_) return true;
        // Neither was right: it may be a Wazuh manager that was not up when it was asked.
        is_ossec_ = false;
    }
    return false;
}

void ProtocolGuess::settle(ManagerKind kind) {
    is_ossec_ = kind == ManagerKind::Ossec;
}

}  // namespace riposte
