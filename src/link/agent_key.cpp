// SPDX-License-Identifier: Apache-2.0
#include "src/link/agent_key.h"

#include "src/link/crypto.h"
#include "src/request/address.h"

#include <algorithm>
#include <array>
#include <optional>

namespace riposte {
namespace {

constexpr std::size_t kMaxIdDigits = 8;
constexpr std::size_t kMinNameBytes = 2;
constexpr std::size_t kNameDigestPart = 15;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_name_character(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
}

Result<void> check_key_text(std::string_view key) {
    if (key.empty() || key.size() > kMaxKeyFieldBytes) return failure("the key is empty or longer than 127 bytes");
    const bool printable = std::ranges::all_of(key, [](char c) { return c > ' ' && c <= '~'; });
    if (!printable) return failure("the key has white space or other characters that no key has");
    return {};
}

// Exactly four fields with one space between each two.
std::optional<std::array<std::string_view, 4>> split_fields(std::string_view line) {
    std::array<std::string_view, 4> fields;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const auto space = line.find(' ');
        const bool is_last = i + 1 == fields.size();
        if (is_last != (space == std::string_view::npos)) return {};
        fields[i] = line.substr(0, space);
        if (!is_last) line.remove_prefix(space + 1);
    }
    return fields;
}

// Lines that the managers' own reader skips silently: empty ones, those that start with "#" or a space, and removed
// agents (a name that starts with "!" or "#").
bool is_no_entry(std::string_view line) {
    if (line.empty() || line.front() == '#' || line.front() == ' ') return true;
    const auto name = line.find(' ');
    return name != std::string_view::npos &&
           (line.substr(name).starts_with(" !") || line.substr(name).starts_with(" #"));
}

std::string_view take_line(std::string_view& text) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

}  // namespace

Result<void> check_agent_id(std::string_view id) {
    if (id.empty() || id.size() > kMaxIdDigits || !std::ranges::all_of(id, is_digit))
        return failure("the agent's id is not 1 to 8 digits");
    return {};
}

Result<void> check_agent_name(std::string_view name) {
    if (name.size() < kMinNameBytes || name.size() > kMaxKeyFieldBytes)
        return failure("the agent's name does not have 2 to 127 characters");
    if (!std::ranges::all_of(name, is_name_character) || name.front() == '.')
        return failure("the agent's name may have the characters A-Z a-z 0-9 - _ . only and not start with a dot");
    return {};
}

Result<void> check_agent_ip(std::string_view ip) {
    if (ip == "any" || (ip.size() <= kMaxKeyFieldBytes && Network::parse(ip))) return {};
    return failure("the agent's address is neither \"any\" nor an IP address or network");
}

Result<void> check_agent_key(const AgentKey& key) {
    if (auto checked = check_agent_id(key.id); !checked) return checked;
    if (auto checked = check_agent_name(key.name); !checked) return checked;
    if (auto checked = check_agent_ip(key.ip); !checked) return checked;
    return check_key_text(key.key.view());
}

Result<AgentKey> parse_agent_key(std::string_view line) {
    const auto fields = split_fields(line);
    if (!fields) return failure("not four fields (id, name, address, key) with one space between each two");
    const auto& [id, name, ip, text] = *fields;
    AgentKey key{std::string(id), std::string(name), std::string(ip), Secret(text)};
    if (auto checked = check_agent_key(key); !checked) return checked.error();
    return key;
}

Result<AgentKey> parse_client_keys(std::string_view text) {
    if (text.size() > kMaxClientKeysBytes) return failure("larger than 1 MiB: this is no agent's client.keys");
    std::optional<Error> first_bad;
    for (int number = 1; !text.empty(); ++number) {
        const std::string_view line = take_line(text);
        if (is_no_entry(line)) continue;
        auto key = parse_agent_key(line);
        if (key) return key;
        if (!first_bad) first_bad = failure("line " + std::to_string(number) + ": " + key.error().text());
    }
    if (first_bad) return *first_bad;
    return failure("there is no agent's key in it");
}

Secret client_keys_line(const AgentKey& key) {
    Secret line;
    for (const std::string_view part :
         {std::string_view(key.id), std::string_view(" "), std::string_view(key.name), std::string_view(" "),
          std::string_view(key.ip), std::string_view(" "), key.key.view(), std::string_view("\n")}) {
        line.append(part);
    }
    return line;
}

Result<Secret> derive_cipher_key(const AgentKey& key) {
    const auto name = md5_hex(key.name);
    const auto id = md5_hex(key.id);
    auto secret = md5_hex(key.key.view());
    if (!name || !id || !secret) return failure("compute MD5, which the manager's protocol needs: OpenSSL refuses it");
    const auto both = md5_hex(*name + *id);
    if (!both) return both.error();
    Secret result(*secret);
    result.append(std::string_view(*both).substr(0, kNameDigestPart));
    wipe(*secret);
    return result;
}

Result<std::string> agent_key_hash(const AgentKey& key) {
    Secret text(key.id);
    text.append(key.name);
    text.append(key.key.view());
    return sha1_hex(text.view());
}

}  // namespace riposte
