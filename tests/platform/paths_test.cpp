// SPDX-License-Identifier: Apache-2.0
#include "platform/include/paths.h"

#include "platform/include/utf8_path.h"
#include "tests/platform/support.h"

#include <doctest/doctest.h>

using namespace riposte;
namespace fs = std::filesystem;

TEST_CASE("all defaults are absolute, and what lies below a home lies below it") {
    for (const fs::path& path : {default_home(), default_config(), default_state()}) {
        CAPTURE(path.string());
        CHECK(path.is_absolute());
    }
    const fs::path home = default_home() / utf8_path("h\xc3\xb6me");
    for (const fs::path& path :
         {bin_directory(home), ar_conf_path(home), agent_config_path(home), response_log_path(home)}) {
        CAPTURE(path.string());
        CHECK(path.string().starts_with(home.string()));
        CHECK(path.string().size() > home.string().size() + 1);
    }
}

TEST_CASE("every state directory has a control endpoint of its own, however its path is spelled") {
    const fs::path state = default_state();
    const fs::path other = state / utf8_path("st\xc3\xa4te");
    CHECK(control_endpoint(state) != control_endpoint(other));
    CHECK(control_endpoint(other) != control_endpoint(state / utf8_path("st\xc3\xb6te")));
    for (const fs::path& path : {state, other}) {
        CAPTURE(path.string());
        CHECK(control_endpoint(path / "") == control_endpoint(path));
        CHECK(control_endpoint(path / "." / "x" / ".." / "") == control_endpoint(path));
    }
}
