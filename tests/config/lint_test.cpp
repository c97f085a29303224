// SPDX-License-Identifier: Apache-2.0
#include "src/config/config.h"
#include "tests/config/config_text.h"
#include "tests/support/files.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

using namespace riposte;

namespace {

// A bin directory with the executables c, d and other, which are safe to run.
class Bin {
  public:
    Bin() {
        test::create_private_directory(path());
        for (const char* each : {"c", "d", "other"}) add(each);
    }

    std::filesystem::path path() const { return root_ / "bin"; }
    void add(const std::string& name) const { test::write_file(path() / name, "#!/bin/sh\n", 0700); }

  private:
    test::TemporaryDirectory root_;
};

Diagnostics lint(const Bin& bin, const std::string& text) {
    auto parsed = parse(text);
    CAPTURE(all_text(parsed.found));
    REQUIRE_FALSE(has_errors(parsed.found));
    Diagnostics found;
    lint_config(parsed.config, bin.path(), found);
    return found;
}

// Lines: commands 2 and 3 ("c" with, "d" without a timeout), the tags of the active response 4.
std::string two_commands_with_response(const std::string& tags) {
    return "<ossec_config>\n<command><name>c</name><executable>c</executable><timeout_allowed>yes</timeout_allowed></"
           "command>\n"
           "<command><name>d</name><executable>d</executable></command>\n<active-response>" +
           tags + "</active-response>\n</ossec_config>";
}

constexpr const char* kSound = "<command>c</command><location>local</location><level>6</level><timeout>600</timeout>";

}  // namespace

TEST_CASE("a configuration that is meant as it stands has no findings") {
    const Bin bin;
    check_found(
        lint(bin, two_commands_with_response(std::string(kSound) + "<repeated_offenders>30,60</repeated_offenders>")),
        {});
}

TEST_CASE("active responses that are surely not meant so are told") {
    const Bin bin;
    const struct {
        std::string tags;
        std::vector<Finding> expected;
    } cases[] = {
        {"<command>c</command><location>server,all</location><level>6</level><timeout>60</timeout>",
         {{4, kWarning, "names both server and all"}}},
        {"<command>c</command><location>server</location><level>6</level><timeout>60</timeout>",
         {{4, kNotice, "never runs here"}}},
        {"<command>c</command><location>defined-agent</location><agent_id>000</agent_id><level>6</level><timeout>60</"
         "timeout>",
         {{4, kNotice, "never runs here"}, {4, kWarning, "is the manager itself"}}},
        {std::string(kSound) + "<agent_id>001</agent_id>", {{4, kWarning, "<agent_id> has no effect"}}},
        {"<command>c</command><location>local</location><timeout>60</timeout>", {{4, kNotice, "has no condition"}}},
        {"<command>c</command><location>local</location><level>0</level><timeout>60</timeout>",
         {{4, kNotice, "has no condition"}}},
        {"<command>c</command><location>local</location><level>17</level><timeout>60</timeout>",
         {{4, kWarning, "no rule has a level over 16"}}},
        {std::string(kSound) + "<rules_group>web\\w+</rules_group>", {{4, kWarning, "write the groups out"}}},
        {"<command>c</command><location>local</location><level>6</level>", {{2, kNotice, "nothing of it is undone"}}},
        {"<command>d</command><location>local</location><level>6</level><repeated_offenders>30</repeated_offenders>",
         {{4, kWarning, "<repeated_offenders> has no effect"}}},
        {std::string(kSound) + "<repeated_offenders>5,60</repeated_offenders>",
         {{4, kWarning, "shorter than the <timeout>"}}},
        {std::string(kSound) + "<repeated_offenders>60,30</repeated_offenders>", {{4, kWarning, "does not rise"}}},
        {"<command>d</command><location>local</location><level>6</level>\n<timeout>600</timeout>",
         {{5, kWarning, "<timeout> is 600, but the command \"d\""}}},
        {"<disabled>yes</disabled>", {}},
        {"<disabled>yes</disabled><command>c</command>", {}},
    };
    for (const auto& each : cases) {
        CAPTURE(each.tags);
        check_found(lint(bin, two_commands_with_response(each.tags)), each.expected);
    }
}

TEST_CASE("a timeout that is not allowed is told once, as a warning") {
    const Bin bin;
    auto parsed = parse(two_commands_with_response(
        "<command>d</command><location>local</location><level>6</level><timeout>600</timeout>"));
    check_found(parsed.found, {{4, kNotice, "<timeout> is 600"}});
    lint_config(parsed.config, bin.path(), parsed.found);
    check_found(parsed.found, {{4, kWarning, "<timeout> is 600"}});
}

TEST_CASE("names that a request cannot tell apart are told") {
    const Bin bin;
    const auto found = lint(bin, R"(<ossec_config>
<command><name>a</name><executable>c</executable><timeout_allowed>yes</timeout_allowed></command>
<command><name>a1</name><executable>d</executable></command>
<active-response><command>a</command><location>local</location><level>6</level><timeout>10</timeout></active-response>
<active-response><command>a1</command><location>local</location><level>6</level></active-response>
</ossec_config>)");
    check_found(found, {{3, kNotice, "\"a1\" is also that of \"a\" (line 2)"},
                        {5, kWarning,
                         "the name \"a10\" stands for \"a1\" with a timeout of 0 and, at line 4, for \"a\" with 10"}});
    const auto bare = lint(bin, R"(<ossec_config>
<command><name>a</name><executable>c</executable><timeout_allowed>yes</timeout_allowed></command>
<command><name>a10</name><executable>d</executable></command>
<active-response><command>a</command><location>local</location><level>6</level><timeout>10</timeout></active-response>
</ossec_config>)");
    check_found(bare,
                {{3, kNotice, "\"a10\" is also that of \"a\""}, {4, kWarning, "is also the command's at line 3"}});
}

TEST_CASE("commands that share an executable with different timeouts are told") {
    const Bin bin;
    const auto text = [](int second) {
        return R"(<ossec_config>
<command><name>a</name><executable>c</executable><timeout_allowed>yes</timeout_allowed></command>
<command><name>b</name><executable>c</executable><timeout_allowed>yes</timeout_allowed></command>
<active-response><command>a</command><location>local</location><level>6</level><timeout>600</timeout></active-response>
<active-response><command>b</command><location>local</location><level>6</level><timeout>)" +
               std::to_string(second) + "</timeout></active-response>\n</ossec_config>";
    };
    check_found(lint(bin, text(5)), {{5, kWarning, "run the same executable \"c\" with different timeouts"}});
    check_found(lint(bin, text(600)), {});
}

TEST_CASE("a disabled response at the end is told, since a manager reads it otherwise") {
    const Bin bin;
    const std::string on = "<active-response>" + std::string(kSound) + "</active-response>\n";
    const std::string off = "<active-response><disabled>yes</disabled>" + std::string(kSound) + "</active-response>\n";
    const std::string start =
        "<ossec_config><command><name>c</name><executable>c</executable><timeout_allowed>yes</timeout_allowed></"
        "command>\n";
    check_found(lint(bin, start + on + off + "</ossec_config>"),
                {{3, kNotice, "a manager that reads the file sends none"}});
    check_found(lint(bin, start + off + on + "</ossec_config>"), {});
}

TEST_CASE("executables that are missing or unsafe are told once each") {
    const Bin bin;
    bin.add("open");
    test::let_everybody_write(bin.path() / "open");
    std::filesystem::create_directory(bin.path() / "directory");
    const auto found = lint(bin, R"(<ossec_config>
<command><name>one</name><executable>gone.sh</executable></command>
<command><name>two</name><executable>gone.sh</executable></command>
<command><name>three</name><executable>open</executable></command>
<command><name>four</name><executable>directory</executable></command>
</ossec_config>)");
    check_found(found, {{2, kWarning, "\"gone.sh\" of the command \"one\" is not in the bin directory"},
                        {4, kWarning, "\"open\" of the command \"three\" is not safe to run"},
                        {5, kWarning, "\"directory\" of the command \"four\" is not safe to run"}});
}

TEST_CASE("names with a space and settings for nothing are told") {
    const Bin bin;
    check_found(
        lint(bin, "<ossec_config>\n<command><name>a b</name><executable>c</executable></command></ossec_config>"),
        {{2, kWarning, "has a space"}});
    const auto found =
        lint(bin, R"(<ossec_config><command><name>a</name><executable>c</executable></command></ossec_config>
<riposte>
<command name="a"><dry_run>yes</dry_run></command>
<command name="c"><deadline>5s</deadline></command>
<command name="typo"/>
</riposte>)");
    check_found(found, {{3, kNotice, "<dry_run> is on"},
                        {4, kWarning, "is not longer than <keys_deadline>"},
                        {5, kNotice, "fits no command of this file"}});
}
