// SPDX-License-Identifier: Apache-2.0
#include "src/link/merged.h"

#include "src/link/crypto.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace riposte;

namespace {

const std::string kArConf = "restart-wazuh0 - restart-wazuh - 0\nfirewall-drop600 - firewall-drop - 600\n";

std::string entry(const std::string& path, const std::string& content) {
    return "!" + std::to_string(content.size()) + " " + path + "\n" + content;
}

MergedContent read_in_pieces(const std::string& text, std::size_t piece) {
    MergedReader reader;
    for (std::size_t at = 0; at < text.size(); at += piece) reader.add(std::string_view(text).substr(at, piece));
    return reader.finish();
}

std::string md5_of(const std::string& text) {
    const auto sum = md5_hex(text);
    REQUIRE(sum.has_value());
    return *sum;
}

// Sends the file as a manager does.
Result<PushedFile::Received> push(PushedFile& file, const std::string& text, const std::string& md5) {
    if (auto started = file.start(md5, "merged.mg"); !started) return started.error();
    for (std::size_t at = 0; at < text.size(); at += 900) {
        if (auto added = file.add(std::string_view(text).substr(at, 900)); !added) return added.error();
    }
    return file.finish();
}

}  // namespace

TEST_CASE("ar.conf is found in a bundle however it is cut") {
    const std::string bundles[] = {
        entry("ar.conf", kArConf),
        "#default\n" + entry("ar.conf", kArConf) + entry("agent.conf", "<agent_config>\n</agent_config>\n"),
        entry("agent.conf", "!5 ar.conf\nwrong") + entry("empty", "") + entry("sub/ar.conf", "x") +
            entry("ar.conf", kArConf),
        entry("binary", std::string("\0!\n\xFF", 4)) + "\nskipped\n" + entry("ar.conf", kArConf) + "\n\n",
        "!" + std::to_string(kArConf.size()) + " ar.conf\r\n" + kArConf,
    };
    for (const std::string& bundle : bundles) {
        for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{900}, bundle.size()}) {
            CAPTURE(bundle);
            CAPTURE(piece);
            const MergedContent content = read_in_pieces(bundle, piece);
            REQUIRE(content.ar_conf.has_value());
            CHECK(*content.ar_conf == kArConf);
            CHECK(content.refusals.empty());
        }
    }
}

TEST_CASE("a bundle without ar.conf is legal, an empty ar.conf too") {
    CHECK_FALSE(read_in_pieces("", 1).ar_conf.has_value());
    CHECK_FALSE(read_in_pieces("#default\n" + entry("agent.conf", "x"), 3).ar_conf.has_value());
    const MergedContent content = read_in_pieces(entry("ar.conf", ""), 3);
    REQUIRE(content.ar_conf.has_value());
    CHECK(content.ar_conf->empty());
}

TEST_CASE("path tricks are refused by name, and do no harm to what follows") {
    const std::pair<std::string, std::string> cases[] = {
        {"../ar.conf", "upwards"},
        {"..", "upwards"},
        {"a/../../ar.conf", "upwards"},
        {"a\\..\\ar.conf", "upwards"},
        {"/etc/passwd", "absolute"},
        {"\\\\host\\share\\x", "absolute"},
        {"C:\\ar.conf", "drive"},
        {"ar.conf:stream", "drive"},
        {"", "empty"},
        {std::string("ar\0.conf", 8), "control characters"},
    };
    for (const auto& each : cases) {
        const auto& path = each.first;
        const auto& part = each.second;
        CAPTURE(path);
        const MergedContent content = read_in_pieces(entry(path, "evil0 - evil - 0\n") + entry("ar.conf", kArConf), 11);
        REQUIRE(content.refusals.size() == 1);
        CHECK(content.refusals[0].find(part) != std::string::npos);
        REQUIRE(content.ar_conf.has_value());
        CHECK(*content.ar_conf == kArConf);
    }
}

TEST_CASE("what is no entry is refused and told of") {
    const std::pair<std::string, std::string> cases[] = {
        {"!x ar.conf\n", "not an entry's size"},
        {"!-1 ar.conf\n", "not an entry's size"},
        {"!12\n", "not an entry's size"},
        {"!99999999999999999999 ar.conf\n", "not an entry's size"},
        {"!1048577 ar.conf\n", "larger than 1 MiB"},
        {"!100 ar.conf\nshort", "ends inside an entry"},
        {"!100 ar.co", "first line"},
        {"!1 " + std::string(5'000, 'p') + "\n", "longer than 4200"},
        {entry("ar.conf", "a") + entry("ar.conf", "b"), "second ar.conf"},
    };
    for (const auto& each : cases) {
        const auto& text = each.first;
        const auto& part = each.second;
        CAPTURE(text);
        const MergedContent content = read_in_pieces(text, 13);
        REQUIRE_FALSE(content.refusals.empty());
        CHECK(content.refusals[0].find(part) != std::string::npos);
        if (content.ar_conf) CHECK(*content.ar_conf == "a");
    }
}

TEST_CASE("the reasons for refusals are bounded") {
    std::string text;
    for (int i = 0; i < 1'000; ++i) text += entry("../x" + std::to_string(i), "x");
    const MergedContent content = read_in_pieces(text, 900);
    REQUIRE(content.refusals.size() == kMaxRefusals);
    CHECK(content.refusals.back() == "981 more entries are refused");
}

TEST_CASE("a pushed file is taken if its sum is right") {
    const std::string text = "#default\n" + entry("ar.conf", kArConf) + entry("agent.conf", std::string(5'000, 'a'));
    PushedFile file;
    std::string upper = md5_of(text);
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    for (const std::string& sum : {md5_of(text), upper}) {
        const auto received = push(file, text, sum);
        REQUIRE(received.has_value());
        CHECK(received->md5 == md5_of(text));
        CHECK(received->content.ar_conf == kArConf);
        CHECK_FALSE(file.is_open());
    }
}

TEST_CASE("a file that is damaged, cut off or not begun is refused") {
    const std::string text = entry("ar.conf", kArConf);
    PushedFile file;
    const auto damaged = push(file, text + "x", md5_of(text));
    REQUIRE_FALSE(damaged.has_value());
    CHECK(damaged.error().text().find("not the announced") != std::string::npos);
    CHECK_FALSE(file.finish().has_value());

    REQUIRE(file.start(md5_of(text), "merged.mg").has_value());
    CHECK(file.is_open());
    CHECK(file.add(text).has_value());
    file.abandon();
    CHECK_FALSE(file.finish().has_value());

    // One that starts anew drops what came before.
    REQUIRE(file.start(md5_of("other"), "merged.mg").has_value());
    CHECK(file.add("other text").has_value());
    CHECK(push(file, text, md5_of(text)).has_value());
}

TEST_CASE("another name than merged.mg is refused with all its chunks") {
    PushedFile file;
    for (const std::string name : {"../merged.mg", "evil", "merged.mg ", "MERGED.MG"}) {
        CAPTURE(name);
        CHECK_FALSE(file.start(md5_of(""), name).has_value());
        CHECK(file.add("chunk").has_value());
        CHECK_FALSE(file.finish().has_value());
    }
}

TEST_CASE("a push without end is refused, once") {
    const std::string chunk(1'048'576, 'x');
    PushedFile file;
    REQUIRE(file.start(md5_of(""), "merged.mg").has_value());
    int errors = 0;
    for (std::uint64_t sent = 0; sent <= kMaxPushedBytes + 3 * chunk.size(); sent += chunk.size()) {
        if (!file.add(chunk)) ++errors;
    }
    CHECK(errors == 1);
    CHECK_FALSE(file.finish().has_value());
}
