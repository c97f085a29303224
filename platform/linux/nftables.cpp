// SPDX-License-Identifier: Apache-2.0
// One set for all addresses of a family, and one for the networks of each prefix length, which its rule compares with
// the masked source address. So sets hold exact values only, in hash tables: blocks that overlap stand beside each
// other, each is undone for itself, and a lookup costs the same however many there are. (One interval set per family
// could not hold a network and an address inside it.)
//
// Elements are changed by messages to the kernel, tables through libnftables (see nftables_setup.cpp). With libnftables
// each change of an element would read the table first, all elements included where there are intervals.
#include "platform/linux/nftables.h"

#include "platform/linux/netlink.h"
#include "platform/linux/nftables_setup.h"
#include "platform/network_text.h"

#include <arpa/inet.h>
#include <cstdint>
#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <map>
#include <set>
#include <utility>

namespace riposte {
namespace {

constexpr int kNftAttempts = 4;

enum class Change { Create, Delete };

unsigned message_type(unsigned type) {
    return (NFNL_SUBSYS_NFTABLES << 8) | type;
}

nfgenmsg header(std::uint8_t family, std::uint16_t resource = 0) {
    return {family, NFNETLINK_V0, htons(resource)};
}

struct Element {
    NftSet set;
    std::string key;
    std::string text;
};

Result<Element> element_of(const std::string& network) {
    const auto bytes = network_bytes(network);
    if (!bytes) return bytes.error();
    return Element{{bytes->is_v6(), bytes->prefix_length}, bytes->address, network};
}

bool is(const Error& error, std::errc code) {
    return error.code == code;
}

// A kernel without nf_tables says so in one of these ways.
Error absent_or(Error error) {
    if (is(error, std::errc::operation_not_supported) || is(error, std::errc::protocol_not_supported) ||
        is(error, std::errc::address_family_not_supported))
        return failure(std::errc::not_supported, "this kernel has no nf_tables");
    return error;
}

Result<void> ask_kernel(const NetlinkMessages& messages, const std::string& what,
                        const std::function<void(const nlmsghdr&)>& each = {}) {
    auto result = netlink_exchange(NETLINK_NETFILTER, messages, what, each);
    if (!result) return absent_or(result.error());
    return result;
}

void put_element(NetlinkMessages& messages, const Element& element, std::chrono::milliseconds timeout) {
    messages.put(NFTA_SET_ELEM_LIST_TABLE, kNftTable);
    messages.put(NFTA_SET_ELEM_LIST_SET, element.set.name());
    messages.nest(NFTA_SET_ELEM_LIST_ELEMENTS, [&] {
        messages.nest(NFTA_LIST_ELEM, [&] {
            messages.nest(NFTA_SET_ELEM_KEY,
                          [&] { messages.put_bytes(NFTA_DATA_VALUE, element.key.data(), element.key.size()); });
            if (timeout.count() > 0)
                messages.put_value(NFTA_SET_ELEM_TIMEOUT, htobe64(static_cast<std::uint64_t>(timeout.count())));
        });
    });
}

// All of the changes or none.
Result<void> change(const Element& element, std::initializer_list<Change> changes, std::chrono::seconds timeout = {}) {
    NetlinkMessages messages;
    messages.start(NFNL_MSG_BATCH_BEGIN, 0, header(AF_UNSPEC, NFNL_SUBSYS_NFTABLES));
    for (const Change step : changes) {
        const bool create = step == Change::Create;
        messages.start(message_type(create ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM),
                       NLM_F_ACK | (create ? NLM_F_CREATE | NLM_F_EXCL : 0), header(NFPROTO_INET));
        put_element(messages, element, create ? timeout : std::chrono::seconds(0));
    }
    messages.start(NFNL_MSG_BATCH_END, 0, header(AF_UNSPEC, NFNL_SUBSYS_NFTABLES));
    return ask_kernel(messages, "change nftables for " + element.text);
}

// Blocks it from now on for `timeout`, whether it was blocked or not.
Result<void> create_or_replace(const Element& element, std::chrono::seconds timeout) {
    auto created = change(element, {Change::Create}, timeout);
    if (created || !is(created.error(), std::errc::file_exists)) return created;
    return change(element, {Change::Delete, Change::Create}, timeout);
}

// ---- reading ----

bool is_drop(const nlattr* immediate) {
    const nlattr* const verdict = find_attribute(find_attribute(immediate, NFTA_IMMEDIATE_DATA), NFTA_DATA_VERDICT);
    const nlattr* const code = find_attribute(verdict, NFTA_VERDICT_CODE);
    return code != nullptr && ntohl(::mnl_attr_get_u32(code)) == NF_DROP;
}

// The set that a rule looks the source address up in, if it then drops; else empty.
std::string dropped_set(const nlmsghdr& rule) {
    std::string set;
    bool drops = false;
    for_each_attribute(find_attribute(rule, sizeof(nfgenmsg), NFTA_RULE_EXPRESSIONS), [&](const nlattr& expression) {
        const std::string name = attribute_text(find_attribute(&expression, NFTA_EXPR_NAME));
        const nlattr* const data = find_attribute(&expression, NFTA_EXPR_DATA);
        if (name == "lookup") set = attribute_text(find_attribute(data, NFTA_LOOKUP_SET));
        if (name == "immediate") drops = is_drop(data);
    });
    return drops ? set : std::string();
}

// Whether the chain consists of the rule that drops what is in the set.
Result<bool> chain_drops(const std::string& chain, const std::string& set) {
    NetlinkMessages messages;
    messages.start(message_type(NFT_MSG_GETRULE), NLM_F_DUMP, header(NFPROTO_INET));
    messages.put(NFTA_RULE_TABLE, kNftTable);
    messages.put(NFTA_RULE_CHAIN, chain);
    std::vector<std::string> sets;
    const auto read = ask_kernel(messages, "read the rules of nftables",
                                 [&](const nlmsghdr& rule) { sets.push_back(dropped_set(rule)); });
    if (!read) return read.error();
    return sets == std::vector<std::string>{set};
}

Result<bool> rules_in_place(const NftSet& set) {
    for (const std::string& chain : {set.input_chain(), set.forward_chain()}) {
        const auto drops = chain_drops(chain, set.name());
        if (!drops || !*drops) return drops;
    }
    return true;
}

// The keys of the set; none where it does not exist.
Result<std::set<std::string>> read_keys(const NftSet& set) {
    NetlinkMessages messages;
    messages.start(message_type(NFT_MSG_GETSETELEM), NLM_F_DUMP | NLM_F_ACK, header(NFPROTO_INET));
    messages.put(NFTA_SET_ELEM_LIST_TABLE, kNftTable);
    messages.put(NFTA_SET_ELEM_LIST_SET, set.name());
    std::set<std::string> keys;
    const auto read = ask_kernel(messages, "read the sets of nftables", [&](const nlmsghdr& part) {
        for_each_attribute(find_attribute(part, sizeof(nfgenmsg), NFTA_SET_ELEM_LIST_ELEMENTS),
                           [&](const nlattr& element) {
                               const nlattr* const key = find_attribute(&element, NFTA_SET_ELEM_KEY);
                               keys.insert(attribute_bytes(find_attribute(key, NFTA_DATA_VALUE)));
                           });
    });
    if (read || is(read.error(), std::errc::no_such_file_or_directory)) return keys;
    return read.error();
}

// Another process changed the tables meanwhile.
template <class Read>
auto read_steadily(Read read) -> decltype(read()) {
    auto result = read();
    for (int attempt = 1; attempt < kNftAttempts && !result && is(result.error(), std::errc::interrupted); ++attempt)
        result = read();
    return result;
}

// The keys that are in force: none where the rules are not in place.
Result<std::set<std::string>> effective_keys(const NftSet& set) {
    const auto in_place = read_steadily([&] { return rules_in_place(set); });
    if (!in_place) return in_place.error();
    if (!*in_place) return std::set<std::string>();
    return read_steadily([&] { return read_keys(set); });
}

class Nftables final : public AddressBlocker {
  public:
    std::string name() const override { return "nftables"; }

    Result<std::string> check() override {
        NetlinkMessages messages;
        messages.start(message_type(NFT_MSG_GETGEN), NLM_F_ACK, header(AF_UNSPEC));
        const auto answered = ask_kernel(messages, "ask for nf_tables");
        if (!answered && is(answered.error(), std::errc::operation_not_permitted))
            return failure(std::errc::not_supported, "only root may change nftables: run it as root");
        if (!answered) return answered.error();
        const auto library = find_libnftables();
        if (!library) return library.error();
        return "nftables through " + *library;
    }

    Result<void> block(const std::string& network, std::chrono::seconds timeout) override {
        const auto element = element_of(network);
        if (!element) return element.error();
        Result<void> last;
        for (int attempt = 0; attempt < kNftAttempts; ++attempt) {
            last = create_or_replace(*element, timeout);
            // Gone between the two messages, or no set yet; anything else stands.
            if (!last && !is(last.error(), std::errc::no_such_file_or_directory)) return last;
            const auto in_place = read_steadily([&] { return rules_in_place(element->set); });
            if (!in_place) return in_place.error();
            if (last && *in_place) return {};
            if (*in_place) continue;
            if (const auto made = set_up_nftables(element->set); !made) return made;
            if (last) return {};
        }
        return last;
    }

    Result<bool> unblock(const std::string& network) override {
        const auto element = element_of(network);
        if (!element) return element.error();
        const auto deleted = change(*element, {Change::Delete});
        if (deleted) return true;
        if (is(deleted.error(), std::errc::no_such_file_or_directory)) return false;
        return deleted.error();
    }

    Result<std::vector<bool>> blocked(const std::vector<std::string>& networks) override {
        std::map<std::string, std::set<std::string>> keys_by_set;
        std::vector<bool> result;
        for (const std::string& network : networks) {
            const auto element = element_of(network);
            if (!element) return element.error();
            const std::string set_name = element->set.name();
            if (keys_by_set.count(set_name) == 0) {
                auto keys = effective_keys(element->set);
                if (!keys) return keys.error();
                keys_by_set.emplace(set_name, std::move(*keys));
            }
            result.push_back(keys_by_set.at(set_name).count(element->key) != 0);
        }
        return result;
    }
};

}  // namespace

std::unique_ptr<AddressBlocker> nftables_blocker() {
    return std::make_unique<Nftables>();
}

}  // namespace riposte
