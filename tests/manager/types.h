// SPDX-License-Identifier: Apache-2.0
// The values that go in and out of the manager simulator: what kind of manager it plays, and what it has seen.
#pragma once

#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace riposte::simulator {

// Wazuh5 is the manager of the 5.x lines that keep the classic protocol; those that deliver over HTTPS are the same
// with Options::https.
enum class Kind { Wazuh4, Wazuh5, Ossec };

// How a message is enciphered. AesIv is OSSEC's layout, Aes Wazuh's.
enum class Method { Blowfish, Aes, AesIv };

std::string_view name_of(Kind kind);
std::string_view name_of(Method method);
std::optional<Kind> kind_named(std::string_view name);

// PEM texts.
struct Certificate {
    std::string certificate;
    std::string key;
};

// A line of client.keys.
struct KeyEntry {
    std::string id;
    std::string name;
    std::string ip = "any";
    std::string key;

    std::string line() const { return id + " " + name + " " + ip + " " + key; }
};

// When an enrolment may take the place of an agent of the same name (Wazuh's <force>).
struct ReplacePolicy {
    bool enabled = true;
    bool key_mismatch = true;  // not if the agent shows that it holds the key that the manager has
    std::chrono::seconds disconnected_time = std::chrono::hours(1);
    std::chrono::seconds after_registration_time = std::chrono::hours(1);
};

// A port of 0 is chosen by the system.
struct Options {
    Kind kind = Kind::Wazuh4;
    std::string version;  // such as "v4.14.7"; empty: the newest known of the kind
    std::string address = "127.0.0.1";

    std::uint16_t port = 0;
    bool tcp = true;  // OSSEC has UDP only, whatever this says
    bool udp = true;

    bool enrolment = true;
    std::uint16_t enrolment_port = 0;
    std::string password;                           // empty: none is asked for
    std::vector<std::string> groups = {"default"};  // those that exist
    ReplacePolicy replace;
    bool use_source_ip = false;                     // keys get the agent's address instead of "any"
    std::optional<Certificate> certificate;         // none: self-signed, made at start
    std::string client_authority;                   // PEM; agents must show a certificate of it
    std::chrono::milliseconds key_update_delay{0};  // an enrolled agent is unknown to the session for so long

    // HTTPS of Wazuh 5 (Wazuh5 only).
    bool https = false;
    std::uint16_t https_port = 0;

    std::optional<bool> verify_message_ids;  // none: as the kind does by default
    std::chrono::milliseconds overtake_after = std::chrono::seconds(60);
    std::chrono::milliseconds disconnected_after = std::chrono::seconds(900);
    std::chrono::milliseconds request_repeat = std::chrono::seconds(1);  // over UDP, until there is an answer
    std::chrono::milliseconds udp_push_pause = std::chrono::seconds(1);  // after every 30 messages of a file
    std::vector<std::string> ar_conf;                                    // lines; Wazuh 5 has none
    std::map<std::string, std::string> shared_files;                     // name and content, pushed beside ar.conf
    std::chrono::seconds clock_offset{0};                                // of this manager's clock
    std::uint64_t seed = 1;                                              // of everything random that faults do

    // Told of everything that happens, on the simulator's own thread: {"happened":WHAT, ...}.
    std::function<void(const boost::json::object&)> listener;
};

// The manager's record of one agent: its key, its connection, its last messages and counts of its messages.
struct AgentView {
    KeyEntry key;
    bool connected = false;
    std::string transport;         // "tcp", "udp", "https"; empty: never heard of
    std::optional<Method> method;  // of its last message
    std::string startup_version;   // what the startup message said
    std::string version;           // what the last keepalive said, such as "Wazuh v4.14.7"
    std::string system;            // the uname of the last keepalive
    std::string merged_sum;        // of the last keepalive
    std::map<std::string, std::string> labels;
    std::string keepalive;  // the last one, whole
    std::uint64_t startups = 0;
    std::uint64_t keepalives = 0;
    std::uint64_t shutdowns = 0;
    std::uint64_t events = 0;
    std::uint64_t pushes = 0;                     // of merged.mg, ended
    std::uint64_t replays = 0;                    // messages refused for their counter
    std::uint64_t tasks = 0;                      // that wait to be fetched over HTTPS
    std::chrono::milliseconds heard_ago{-1};      // negative: never
    std::chrono::milliseconds keepalive_ago{-1};  // negative: never
};

struct Event {
    std::string agent;  // its id
    char queue = 0;
    std::string location;
    std::string text;
};

struct Enrolment {
    std::string name;
    std::string version;
    std::string groups;
    std::string ip;
    std::string key_hash;
    bool over_https = false;
    std::string answer;  // a key line, or the error
    bool accepted = false;
};

// Work for an agent over HTTPS.
struct Task {
    std::string id;          // empty: one is made up
    std::string type;        // "active_response", "agent_restart", "agent_reload", "remote_upgrade"
    std::string payload;     // JSON
    bool as_object = false;  // else in a string, as the manager's database gives it
};

struct Counts {
    std::uint64_t connections = 0;     // accepted
    std::uint64_t open = 0;            // now
    std::uint64_t unknown = 0;         // messages of nobody that is known, or from a wrong address
    std::uint64_t undecipherable = 0;  // messages that the key does not open
    std::uint64_t replayed = 0;
    std::uint64_t key_in_use = 0;  // connections closed for another one of the same agent
    std::uint64_t bad_frames = 0;
    std::uint64_t pings = 0;
    std::uint64_t invalid = 0;      // messages that were opened and make no sense
    std::uint64_t lost_events = 0;  // beyond what is kept
    std::uint64_t https_requests = 0;
    std::uint64_t https_refused = 0;  // for their credentials
};

}  // namespace riposte::simulator
