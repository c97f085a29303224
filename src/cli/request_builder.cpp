// SPDX-License-Identifier: Apache-2.0
#include "src/cli/request_builder.h"

#include "src/action/text.h"
#include "src/request/request.h"
#include "src/request/utf8.h"

#include <initializer_list>
#include <utility>

namespace riposte {
namespace {

// The fields of the message: from the command line, or else read from the alert as the service would read them.
struct Fields {
    std::string srcip, user, filename, rule_id, alert_id;
};

// The object at that path, made where it is missing. A member on the way that is no object gives way.
Document& object_at(Document& root, std::initializer_list<std::string_view> path) {
    Document* at = &root;
    for (const std::string_view name : path) {
        Document* next = at->find(name);
        if (next == nullptr || !next->is_object()) next = &at->set(name, Document::object());
        at = at->find(name);
    }
    return *at;
}

void put(Document& root, std::initializer_list<std::string_view> path, std::string_view name,
         const std::string& value) {
    if (!value.empty()) object_at(root, path).set(name, Document::string(value));
}

// The address that a Windows event names wins over data.srcip, so the one given replaces it where it stands.
void put_address(Document& alert, const std::string& address) {
    if (address.empty()) return;
    for (const std::string_view name : {"ipAddress", "destinationIp"}) {
        const std::string path = "data.win.eventdata." + std::string(name);
        if (alert.find_path(path) != nullptr) put(alert, {"data", "win", "eventdata"}, name, address);
    }
    put(alert, {"data"}, "srcip", address);
}

Document alert_of(const RequestDraft& draft, WallTime now) {
    Document alert = draft.alert.is_object() ? draft.alert : Document::object();
    if (!draft.alert.is_object()) {
        alert.set("timestamp", Document::string(utc_time(now)));
        alert.set("id", Document::string(std::to_string(to_ms(now) / 1000) + "." + std::to_string(to_ms(now) % 1000)));
    }
    put(alert, {"rule"}, "id", draft.rule_id);
    put_address(alert, draft.srcip);
    put(alert, {"data"}, "dstuser", draft.user);
    put(alert, {"syscheck"}, "path", draft.filename);
    return alert;
}

Document strings(const std::vector<std::string>& values) {
    Document array = Document::array();
    for (const std::string& value : values) array.add(Document::string(value));
    return array;
}

Document wazuh4_message(const RequestDraft& draft, const std::string& name, WallTime now) {
    Document message = Document::object();
    message.set("version", Document::number("1"));
    Document origin = Document::object();
    origin.set("name", Document::string(""));
    origin.set("module", Document::string("riposte"));
    message.set("origin", std::move(origin));
    message.set("command", Document::string(name));
    Document parameters = Document::object();
    parameters.set("extra_args", strings(draft.extra_args));
    parameters.set("alert", alert_of(draft, now));
    message.set("parameters", std::move(parameters));
    return message;
}

// Alerts of Wazuh 4 hold the fields under other names than events of Wazuh 5, so they are read as the service reads
// them.
Result<Fields> fields_of(const RequestDraft& draft, WallTime now) {
    const Result<Request> request = decode_request(wazuh4_message(draft, "riposte", now).serialize());
    if (!request) return request.error();
    return Fields{request->srcip, request->user, request->filename, request->rule_id, request->alert_id};
}

Result<Document> wazuh5_response(const RequestDraft& draft, const std::string& name, const Catalog& catalog) {
    Document response = Document::object();
    std::chrono::seconds timeout = draft.timeout.value_or(std::chrono::seconds(0));
    if (name.starts_with('!')) {
        response.set("name", Document::string(name.substr(1)));
        response.set("executable", Document::string(name.substr(1)));
    } else {
        const Resolved* known = catalog.find(name);
        if (known == nullptr)
            return failure("no command answers to " + riposte::quoted(name) + "; riposte commands lists those that do");
        response.set("name", Document::string(known->command));
        response.set("executable", Document::string(known->executable));
        timeout = known->timeout;
    }
    if (draft.extra_args.size() > 1)
        return failure("the wazuh5 dialect carries a single extra argument; give one --arg");
    response.set("extra_arguments", draft.extra_args.empty() ? Document() : Document::string(draft.extra_args.front()));
    response.set("location", Document::string("local"));
    response.set("type", Document::string(timeout.count() > 0 ? "stateful" : "stateless"));
    if (timeout.count() > 0) response.set("stateful_timeout", Document::number(std::to_string(timeout.count())));
    return response;
}

Result<std::string> wazuh5_message(const RequestDraft& draft, const std::string& name, const Catalog& catalog,
                                   WallTime now) {
    const Result<Fields> fields = fields_of(draft, now);
    if (!fields) return fields.error();
    Result<Document> response = wazuh5_response(draft, name, catalog);
    if (!response) return response.error();
    Document message = draft.alert.is_object() ? draft.alert : Document::object();
    if (message.find("@timestamp") == nullptr) message.set("@timestamp", Document::string(utc_time(now)));
    put(message, {"source"}, "ip", fields->srcip);
    put(message, {"user"}, "name", fields->user);
    put(message, {"file"}, "path", fields->filename);
    put(message, {"rule"}, "id", draft.rule_id);
    object_at(message, {"wazuh"}).set("active_response", std::move(*response));
    return message.serialize();
}

Result<std::string> ossec_message(const RequestDraft& draft, const std::string& name, WallTime now) {
    const Result<Fields> fields = fields_of(draft, now);
    if (!fields) return fields.error();
    std::vector<std::string> words{name,           fields->user,    fields->srcip, fields->alert_id, fields->rule_id,
                                   "riposte->run", fields->filename};
    words.insert(words.end(), draft.extra_args.begin(), draft.extra_args.end());
    std::string message;
    for (const std::string& word : words) {
        if (word.find_first_of(" \t\r\n") != std::string::npos) {
            return failure("the ossec dialect carries no value with a space, such as " + riposte::quoted(word));
        }
        message += (message.empty() ? "" : " ") + (word.empty() ? "-" : word);
    }
    return message;
}

}  // namespace

Result<std::string> name_with_timeout(const RequestDraft& draft, const Catalog& catalog) {
    if (!draft.timeout) return draft.name;
    if (draft.name.starts_with('!')) {
        if (draft.dialect == Dialect::Wazuh5) return draft.name;
        return failure(draft.name +
                       " names an executable itself, which has no timeout; with --dialect wazuh5 it can have one");
    }
    const Resolved* known = catalog.find(draft.name);
    return (known == nullptr ? draft.name : known->command) + std::to_string(draft.timeout->count());
}

Result<std::string> build_message(const RequestDraft& draft, const Catalog& catalog, WallTime now) {
    const Result<std::string> name = name_with_timeout(draft, catalog);
    if (!name) return name.error();
    switch (draft.dialect) {
        case Dialect::Wazuh4:
            return wazuh4_message(draft, *name, now).serialize();
        case Dialect::Wazuh5:
            return wazuh5_message(draft, *name, catalog, now);
        case Dialect::Ossec:
            return ossec_message(draft, *name, now);
    }
    return failure("unknown dialect");
}

Result<Document> read_alert(std::string_view text) {
    // Bytes behind the first object belong to the next line, or are those that some managers write there.
    std::size_t consumed = 0;
    Result<Document> document = Document::parse(text, &consumed);
    if (!document) return document.error();
    if (!document->is_object()) return failure("an alert is a JSON object");
    const Document* parameters = document->find("parameters");
    const Document* alert = parameters == nullptr ? nullptr : parameters->find("alert");
    if (alert == nullptr) return document;
    if (!alert->is_object()) return failure("parameters.alert is no JSON object");
    return Document(*alert);
}

}  // namespace riposte
