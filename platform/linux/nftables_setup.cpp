// SPDX-License-Identifier: Apache-2.0
// libnftables is loaded when it is needed, not linked: most runs only change elements of sets that are there, and
// loading it would be more than half of their time; and a host without it can still use iptables.
#include "platform/linux/nftables_setup.h"

#include <arpa/inet.h>
#include <array>
#include <dlfcn.h>
#include <memory>
#include <nftables/libnftables.h>
#include <string_view>

namespace riposte {
namespace {

constexpr const char* kLibrary = "libnftables.so.1";

struct Library {
    std::unique_ptr<void, int (*)(void*)> handle{nullptr, &::dlclose};
    decltype(&::nft_ctx_new) ctx_new = nullptr;
    decltype(&::nft_ctx_free) ctx_free = nullptr;
    decltype(&::nft_ctx_buffer_error) ctx_buffer_error = nullptr;
    decltype(&::nft_ctx_get_error_buffer) ctx_get_error_buffer = nullptr;
    decltype(&::nft_run_cmd_from_buffer) run_cmd_from_buffer = nullptr;
};

template <class Function>
bool load(void* handle, const char* name, Function& function) {
    function = reinterpret_cast<Function>(::dlsym(handle, name));
    return function != nullptr;
}

Result<Library> load_library() {
    Library library;
    library.handle.reset(::dlopen(kLibrary, RTLD_NOW));
    void* const handle = library.handle.get();
    if (handle == nullptr)
        return failure(std::errc::not_supported,
                       std::string(kLibrary) + " is not here: install the system's package of nftables");
    const bool complete = load(handle, "nft_ctx_new", library.ctx_new) &&
                          load(handle, "nft_ctx_free", library.ctx_free) &&
                          load(handle, "nft_ctx_buffer_error", library.ctx_buffer_error) &&
                          load(handle, "nft_ctx_get_error_buffer", library.ctx_get_error_buffer) &&
                          load(handle, "nft_run_cmd_from_buffer", library.run_cmd_from_buffer);
    if (!complete) return failure(std::errc::not_supported, std::string(kLibrary) + " lacks a function");
    return library;
}

// The first line: "Error: Could not process rule: Operation not permitted".
std::string first_line(const char* text) {
    const std::string_view all = text == nullptr ? "" : text;
    return std::string(all.substr(0, all.find('\n')));
}

Result<void> run_commands(const std::string& commands) {
    const auto library = load_library();
    if (!library) return library.error();
    const std::unique_ptr<nft_ctx, decltype(library->ctx_free)> context(library->ctx_new(NFT_CTX_DEFAULT),
                                                                        library->ctx_free);
    if (!context) return failure("libnftables does not start");
    library->ctx_buffer_error(context.get());
    if (library->run_cmd_from_buffer(context.get(), commands.c_str()) == 0) return {};
    return failure("make the table of nftables: " + first_line(library->ctx_get_error_buffer(context.get())));
}

// "" for whole addresses, else " & 255.255.255.0".
std::string mask(const NftSet& set) {
    const unsigned longest = set.is_v6 ? 128 : 32;
    if (set.prefix_length == longest) return {};
    std::array<unsigned char, 16> bytes{};
    for (unsigned bit = 0; bit < set.prefix_length; ++bit)
        bytes.at(bit / 8) = static_cast<unsigned char>(bytes.at(bit / 8) | (0x80U >> (bit % 8)));
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(set.is_v6 ? AF_INET6 : AF_INET, bytes.data(), text.data(), text.size());
    return std::string(" & ") + text.data();
}

std::string chain_commands(const NftSet& set, const std::string& chain, const std::string& hook) {
    const std::string where = std::string(" inet ") + kNftTable + " ";
    return "add chain" + where + chain + " { type filter hook " + hook + " priority -300; policy accept; }\n" +
           "flush chain" + where + chain + "\n" +  //
           "add rule" + where + chain + (set.is_v6 ? " ip6" : " ip") + " saddr" + mask(set) + " @" + set.name() +
           " counter drop\n";
}

}  // namespace

std::string NftSet::name() const {
    const std::string family = is_v6 ? "6" : "4";
    if (prefix_length == (is_v6 ? 128 : 32)) return "address" + family;
    return "network" + family + "_" + std::to_string(prefix_length);
}

Result<void> set_up_nftables(const NftSet& set) {
    const std::string table = std::string(" inet ") + kNftTable;
    return run_commands("add table" + table + "\n" +                                        //
                        "add set" + table + " " + set.name() + " { type " +                 //
                        (set.is_v6 ? "ipv6_addr" : "ipv4_addr") + "; flags timeout; }\n" +  //
                        chain_commands(set, set.input_chain(), "input") +                   //
                        chain_commands(set, set.forward_chain(), "forward"));
}

Result<std::string> find_libnftables() {
    const auto library = load_library();
    if (!library) return library.error();
    return std::string(kLibrary);
}

}  // namespace riposte
