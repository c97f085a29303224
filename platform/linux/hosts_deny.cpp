// SPDX-License-Identifier: Apache-2.0
#include "platform/include/hosts_deny.h"

#include "platform/include/file_edit.h"
#include "platform/network_text.h"

#include <arpa/inet.h>
#include <array>
#include <dlfcn.h>
#include <set>
#include <string_view>
#include <utility>

namespace riposte {
namespace {

constexpr const char* kSystemFile = "/etc/hosts.deny";
constexpr const char* kWrappersLibrary = "libwrap.so.0";

// Every version knows dotted masks for IPv4, and prefix lengths for IPv6 only.
std::string dotted_mask(unsigned prefix_length) {
    const in_addr mask{htonl(0xFFFFFFFFU << (32 - prefix_length))};
    std::array<char, INET_ADDRSTRLEN> text{};
    ::inet_ntop(AF_INET, &mask, text.data(), text.size());
    return text.data();
}

Result<std::string> line_for(const std::string& network) {
    const auto bytes = network_bytes(network);
    if (!bytes) return bytes.error();
    const std::string address = network.substr(0, network.find('/'));
    std::string line = "ALL:" + (bytes->is_v6() ? "[" + address + "]" : address);
    if (bytes->is_host()) return line;
    return line + "/" + (bytes->is_v6() ? std::to_string(bytes->prefix_length) : dotted_mask(bytes->prefix_length));
}

// Each line with its newline, the last maybe without.
template <class Each>
void for_each_line(std::string_view text, Each each) {
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::size_t size = end == std::string_view::npos ? text.size() : end + 1;
        each(text.substr(0, size));
        text.remove_prefix(size);
    }
}

std::string_view without_newline(std::string_view line) {
    return line.ends_with('\n') ? line.substr(0, line.size() - 1) : line;
}

bool has_line(const std::string& text, const std::string& wanted) {
    bool found = false;
    for_each_line(text, [&](std::string_view line) { found = found || without_newline(line) == wanted; });
    return found;
}

class HostsDeny final : public AddressBlocker {
  public:
    explicit HostsDeny(std::filesystem::path file)
        : needs_library_(file.empty()), file_(file.empty() ? std::filesystem::path(kSystemFile) : std::move(file)) {}

    std::string name() const override { return "hosts.deny"; }

    Result<std::string> check() override {
        if (auto there = library_is_there(); !there) return there.error();
        if (!may_change_files_in(file_.parent_path()))
            return failure(std::errc::not_supported, file_.string() + " cannot be changed: run it as root");
        return file_.string();
    }

    // At the top: a line that ends with a backslash above it would swallow it.
    Result<void> block(const std::string& network, std::chrono::seconds /*timeout*/) override {
        if (auto there = library_is_there(); !there) return there;
        const auto line = line_for(network);
        if (!line) return line.error();
        const auto changed = edit_file(
            file_, [&](const std::string& text) { return has_line(text, *line) ? text : *line + "\n" + text; });
        if (!changed) return changed.error();
        return {};
    }

    Result<bool> unblock(const std::string& network) override {
        const auto wanted = line_for(network);
        if (!wanted) return wanted.error();
        const auto text = read_small_file(file_);
        if (!text) return text.error();
        if (!has_line(*text, *wanted)) return false;
        return edit_file(file_, [&](const std::string& whole) {
            std::string kept;
            for_each_line(whole, [&](std::string_view line) {
                if (without_newline(line) != *wanted) kept += line;
            });
            return kept;
        });
    }

    Result<std::vector<bool>> blocked(const std::vector<std::string>& networks) override {
        if (auto there = library_is_there(); !there) return there.error();
        const auto text = read_small_file(file_);
        if (!text) return text.error();
        std::set<std::string_view> lines;
        for_each_line(*text, [&](std::string_view line) { lines.insert(without_newline(line)); });
        std::vector<bool> result;
        for (const std::string& network : networks) {
            const auto line = line_for(network);
            if (!line) return line.error();
            result.push_back(lines.count(*line) != 0);
        }
        return result;
    }

  private:
    Result<void> library_is_there() const {
        if (!needs_library_) return {};
        const std::unique_ptr<void, int (*)(void*)> library(::dlopen(kWrappersLibrary, RTLD_LAZY), &::dlclose);
        if (library) return {};
        return failure(std::errc::not_supported, file_.string() + " is read by nobody here: TCP wrappers (" +
                                                     kWrappersLibrary + ") are not installed");
    }

    bool needs_library_;
    std::filesystem::path file_;
};

}  // namespace

std::unique_ptr<AddressBlocker> hosts_deny(std::filesystem::path file) {
    return std::make_unique<HostsDeny>(std::move(file));
}

}  // namespace riposte
