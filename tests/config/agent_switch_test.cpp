// SPDX-License-Identifier: Apache-2.0
#include "src/config/agent_switch.h"

#include <doctest/doctest.h>

#include <string>

using namespace riposte;

namespace {

std::string switched_off(const std::string& text) {
    const auto edit = edit_to_switch_off(text);
    REQUIRE_MESSAGE(edit.has_value(), edit.error().text());
    const std::string result = edited(text, *edit);
    const auto back = without_edit(result, *edit);
    // Nothing to take back where nothing was changed.
    if (!edit->empty()) {
        REQUIRE_MESSAGE(back.has_value(), back.error().text());
        CHECK(*back == text);
    }
    return result;
}

}  // namespace

TEST_CASE("the agent's own runner is switched off by one edit, which can be taken back") {
    CHECK(switched_off("<ossec_config><active-response><disabled> no </disabled></active-response></ossec_config>") ==
          "<ossec_config><active-response><disabled>yes</disabled></active-response></ossec_config>");
    CHECK(switched_off("<ossec_config>\r\n<active-response>\r\n  </active-response>\r\n</ossec_config>\r\n") ==
          "<ossec_config>\r\n<active-response>\r\n    <disabled>yes</disabled>\r\n  "
          "</active-response>\r\n</ossec_config>\r\n");
    CHECK(switched_off("<ossec_config>\n</ossec_config>\n<!-- end -->") ==
          "<ossec_config>\n  <active-response>\n    <disabled>yes</disabled>\n  </active-response>\n"
          "</ossec_config>\n<!-- end -->");
    CHECK(switched_off("<ossec_config><active-response/></ossec_config>") ==
          "<ossec_config><active-response/>  <active-response>\n    <disabled>yes</disabled>\n  "
          "</active-response>\n</ossec_config>");
}

TEST_CASE("comments, CDATA sections, other sections and single responses are left alone") {
    const std::string before =
        "<!-- <active-response><disabled>no</disabled> --><ossec_config><rootcheck><disabled>no</disabled></rootcheck>"
        "<x a='>'><![CDATA[<active-response>]]></x>"
        "<active-response><!-- <command>c</command> --><disabled>";
    const std::string after =
        "</disabled></active-response><active-response><disabled>no</disabled><command>c</command></active-response>"
        "</ossec_config>";
    CHECK(switched_off(before + "no" + after) == before + "yes" + after);
}

TEST_CASE("the dashes that open a comment do not close it") {
    const std::string before =
        "<!--> <ossec_config><active-response><disabled>no</disabled> --><ossec_config>"
        "<active-response><disabled>";
    const std::string after = "</disabled></active-response></ossec_config>";
    CHECK(switched_off(before + "no" + after) == before + "yes" + after);
}

TEST_CASE("a declaration inside another instruction ends where the parser sees its end") {
    const std::string text =
        "<?a <?xml b?><ossec_config><active-response><disabled>no</disabled></active-response>?>\n"
        "<ossec_config>\n</ossec_config>\n";
    CHECK(
        switched_off(text).ends_with("<ossec_config>\n  <active-response>\n    <disabled>yes</disabled>\n"
                                     "  </active-response>\n</ossec_config>\n"));
}

TEST_CASE("the first switch of the file counts; that of a single response gets one before it") {
    const std::string single = "<active-response><disabled>no</disabled><command>c</command></active-response>";
    const std::string general = "<active-response><disabled>no</disabled></active-response>";
    CHECK(switched_off("<ossec_config>" + single + general + "</ossec_config>") ==
          "<ossec_config><active-response>\n    <disabled>yes</disabled>\n  </active-response>\n  " + single + general +
              "</ossec_config>");
    CHECK(switched_off("<ossec_config>" + general + general + "</ossec_config>") ==
          "<ossec_config><active-response><disabled>yes</disabled></active-response>" + general + "</ossec_config>");
}

TEST_CASE("what is off already is not edited") {
    const std::string text =
        "<ossec_config><active-response><disabled> yes\n</disabled></active-response></ossec_config>";
    CHECK(edit_to_switch_off(text)->empty());
    CHECK(switched_off(text) == text);
}

TEST_CASE("what is no configuration of an agent is an error") {
    CHECK(edit_to_switch_off("<ossec_config><active-response>").has_error());
    CHECK(edit_to_switch_off("<other></other>").has_error());
    CHECK(edit_to_switch_off("").has_error());
}

TEST_CASE("the edit is taken back in a text that was changed elsewhere, and not where it was changed itself") {
    const std::string head = "<ossec_config><active-response><disabled>";
    const std::string tail = "</disabled></active-response></ossec_config>";
    const auto value = edit_to_switch_off(head + "no" + tail);
    CHECK(*without_edit("<!-- new -->" + head + "yes" + tail, *value) == "<!-- new -->" + head + "no" + tail);
    CHECK(without_edit(head + "no" + tail, *value).has_error());
    CHECK(without_edit("<ossec_config></ossec_config>", *value).has_error());
    const auto added = edit_to_switch_off("<ossec_config>\n</ossec_config>");
    CHECK(without_edit("<ossec_config>\n</ossec_config>", *added).has_error());
    CHECK(*without_edit("<!-- -->" + edited("<ossec_config>\n</ossec_config>", *added), *added) ==
          "<!-- --><ossec_config>\n</ossec_config>");
}
