// SPDX-License-Identifier: Apache-2.0
#include "src/request/mapping.h"

#include "src/request/ossec_text.h"
#include "src/request/reader.h"

#include <string_view>
#include <utility>

namespace riposte {
namespace {

void remove(Document& object, std::string_view name) {
    std::erase_if(object.members(), [&](const auto& member) { return same_name(member.first, name); });
}

// The first object of that name in any spelling, taken out together with its namesakes.
Document take_object(Document& parent, std::string_view name) {
    Document taken = Document::object();
    for (auto& [key, value] : parent.members()) {
        if (!same_name(key, name) || !value.is_object()) continue;
        taken = std::move(value);
        break;
    }
    remove(parent, name);
    return taken;
}

// Makes `value` the only thing that any reader finds at outer.inner; an empty one leaves nothing there.
void put(Document& root, std::string_view outer, std::string_view inner, const std::string& value) {
    Document object = take_object(root, outer);
    remove(root, std::string(outer) + "." + std::string(inner));
    remove(object, inner);
    if (!value.empty()) object.append(std::string(inner), Document::string(value));
    if (!object.members().empty()) root.append(std::string(outer), std::move(object));
}

std::string string_at(const Document& document, std::string_view dotted) {
    const Document* found = document.find_path(dotted);
    return found != nullptr && found->is_string() ? found->text() : std::string();
}

Document alert_from_words(const Request& request) {
    Document alert = Document::object();
    if (!request.alert_id.empty()) alert.append("id", Document::string(request.alert_id));
    const std::string location = split_ossec_tail(request.words).location;
    if (!location.empty()) alert.append("location", Document::string(location));
    put(alert, "rule", "id", request.rule_id);
    put(alert, "data", "srcip", request.srcip);
    put(alert, "data", "dstuser", request.user);
    put(alert, "syscheck", "path", request.filename);
    return alert;
}

Document alert_from_event(const Request& request) {
    Document alert = request.document;
    // Wazuh 4 executables would read these before data.srcip, or where no data.dstuser is.
    Document data = take_object(alert, "data");
    remove(data, "win");
    remove(data, "srcuser");
    if (!data.members().empty()) alert.append("data", std::move(data));
    put(alert, "data", "srcip", request.srcip);
    put(alert, "data", "dstuser", request.user);
    put(alert, "syscheck", "path", request.filename);
    put(alert, "rule", "id", request.rule_id);
    if (!request.alert_id.empty()) {
        remove(alert, "id");
        alert.append("id", Document::string(request.alert_id));
    }
    return alert;
}

std::string join(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

Document response_member(const Request& request) {
    const bool stateful = request.timeout.count() > 0;
    Document response = Document::object();
    response.append("name", Document::string(request.name));
    response.append("executable", Document::string(request.executable.empty() ? request.name : request.executable));
    response.append("extra_arguments",
                    request.extra_args.empty() ? Document() : Document::string(join(request.extra_args)));
    response.append("location", Document::string("local"));
    response.append("type", Document::string(stateful ? "stateful" : "stateless"));
    response.append("stateful_timeout",
                    stateful ? Document::number(std::to_string(request.timeout.count())) : Document());
    return response;
}

Document agent_member(const Document& alert) {
    Document agent = Document::object();
    for (const char* name : {"id", "name"}) {
        const std::string value = string_at(alert, std::string("agent.") + name);
        if (!value.empty()) agent.append(name, Document::string(value));
    }
    return agent;
}

Document event_from_alert(const Request& request, Document event) {
    Document wazuh = Document::object();
    wazuh.append("active_response", response_member(request));
    Document agent = agent_member(event);
    if (!agent.members().empty()) wazuh.append("agent", std::move(agent));
    const std::string timestamp = string_at(event, "timestamp");

    for (const char* name : {"command", "parameters", "wazuh", "@timestamp"}) remove(event, name);
    if (!timestamp.empty()) event.append("@timestamp", Document::string(timestamp));
    put(event, "source", "ip", request.srcip);
    put(event, "user", "name", request.user);
    put(event, "file", "path", request.filename);
    put(event, "event", "id", request.alert_id);
    put(event, "rule", "id", request.rule_id);
    event.append("wazuh", std::move(wazuh));
    return event;
}

std::string or_hyphen(const std::string& text) {
    return text.empty() ? "-" : text;
}

void append_location(std::vector<std::string>& words, const Document& alert, const char* agent_name,
                     const char* agent_ip) {
    const std::string location = or_hyphen(string_at(alert, "location"));
    const std::string name = string_at(alert, agent_name);
    if (name.empty()) {
        words.push_back(location);
        return;
    }
    const std::string ip = string_at(alert, agent_ip);
    words.push_back("(" + name + ")");
    words.push_back((ip.empty() ? "any" : ip) + "->" + location);
}

}  // namespace

Document alert_for_wazuh4(const Request& request) {
    if (request.dialect == Dialect::Ossec) return alert_from_words(request);
    if (request.dialect == Dialect::Wazuh5) return alert_from_event(request);
    return request.alert();
}

Document event_for_wazuh5(const Request& request) {
    if (request.dialect == Dialect::Wazuh5) return request.document;
    return event_from_alert(request, alert_for_wazuh4(request));
}

std::vector<std::string> words_for_ossec(const Request& request) {
    std::vector<std::string> words;
    if (request.dialect == Dialect::Ossec) {
        words = request.words;
        words[0] = or_hyphen(request.user);
        words[1] = or_hyphen(request.srcip);
        if (is_absent(words.back())) words.back() = "-";
        return words;
    }
    words = {or_hyphen(request.user), or_hyphen(request.srcip), or_hyphen(request.alert_id),
             or_hyphen(request.rule_id)};
    if (request.dialect == Dialect::Wazuh4) {
        append_location(words, request.alert(), "agent.name", "agent.ip");
    } else {
        append_location(words, request.alert(), "wazuh.agent.name", "wazuh.agent.ip");
    }
    words.push_back(or_hyphen(request.filename));
    return words;
}

}  // namespace riposte
