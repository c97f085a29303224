// SPDX-License-Identifier: Apache-2.0
// Any bytes as what a runner says to a stock executable: it acts at most once, on what the request names, on add only
// behind a "continue".
#include "src/responses/address_target.h"
#include "src/responses/response.h"
#include "tests/fuzz/require.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

using namespace riposte;

namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

struct Seen {
    int adds = 0;
    int reversals = 0;
};

Answer<void> act(const Task& task, int& count) {
    ++count;
    const auto network = Network::parse(task.request.srcip);
    require(network && network->text() == task.request.srcip, "what is acted on is a canonical address");
    require(task.settings.count("--file") == 0, "a request sets no path");
    return {};
}

Response make_response(Seen& seen) {
    Response response;
    response.name = "fuzzed";
    response.options = {{"--where", "PLACE", "", true}, {"--file", "FILE", ""}};
    response.keys = address_keys;
    response.add = [&](const Task& task) { return act(task, seen.adds); };
    response.reverse = [&](const Task& task) { return act(task, seen.reversals); };
    return response;
}

bool says_continue(std::string_view bytes) {
    return bytes.find("continue") != std::string_view::npos || bytes.find('\\') != std::string_view::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    std::string input(reinterpret_cast<const char*>(data), size);
    const File in(::fmemopen(input.data(), input.size(), "r"), &std::fclose);
    static std::array<char, 4096> printed;
    static std::array<char, 4096> complaints;
    printed.fill('\0');
    const File out(::fmemopen(printed.data(), printed.size(), "w"), &std::fclose);
    const File errors(::fmemopen(complaints.data(), complaints.size(), "w"), &std::fclose);
    require(in && out && errors, "the streams open");

    Seen seen;
    const int code = run_response(make_response(seen), std::vector<std::string>(), {in.get(), out.get(), errors.get()});
    require(code >= 0 && code <= 2, "the exit code is one of three");
    require(seen.adds + seen.reversals <= 1, "it acts once at most");
    require(seen.reversals == 0 || code == 0, "a reversal is done");
    require(seen.adds == 0 || says_continue(input), "an add was let");
    require(seen.adds == 0 || std::string_view(printed.data()).find("check_keys") != std::string_view::npos,
            "an add has named its keys");
    return 0;
}
