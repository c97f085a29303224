// SPDX-License-Identifier: Apache-2.0
#include "src/config/manager_section.h"

#include <Poco/XML/XMLWriter.h>

#include <sstream>

namespace riposte {
namespace {

class SectionWriter {
  public:
    SectionWriter() : writer_(out_, Poco::XML::XMLWriter::PRETTY_PRINT) {
        writer_.setIndent("  ");
        writer_.setNewLine("\n");
        writer_.startFragment();
    }

    template <class Content>
    void element(const char* name, const Content& content) {
        writer_.startElement("", "", name);
        content();
        writer_.endElement("", "", name);
    }
    void value(const char* name, const std::string& text) {
        if (!text.empty()) element(name, [&] { writer_.characters(text); });
    }
    // Not written where it is what holds without it.
    template <class Value>
    void value_unless(const char* name, const Value& value_now, const Value& otherwise) {
        if (value_now != otherwise) value(name, as_text(value_now));
    }
    std::string finish() {
        writer_.endFragment();
        return out_.str();
    }

  private:
    static std::string as_text(const std::string& text) { return text; }
    static std::string as_text(std::uint16_t number) { return std::to_string(number); }
    static std::string as_text(std::chrono::seconds time) { return std::to_string(time.count()) + "s"; }

    std::ostringstream out_;
    Poco::XML::XMLWriter writer_;
};

void write_server(SectionWriter& out, const ManagerSettings::Server& server) {
    out.element("server", [&] {
        out.value("address", server.address);
        out.value_unless("port", server.port, ManagerSettings::Server().port);
        out.value("protocol", server.protocol);
    });
}

void write_enrollment(SectionWriter& out, const ManagerSettings::Enrollment& enrollment) {
    const ManagerSettings::Enrollment otherwise;
    if (enrollment == otherwise) return;
    out.element("enrollment", [&] {
        if (!enrollment.enabled) out.value("enabled", "no");
        out.value_unless("port", enrollment.port, otherwise.port);
        out.value("agent_name", enrollment.agent_name);
        out.value("groups", enrollment.groups);
        out.value("authorization_pass_path", enrollment.authorization_pass_path);
        out.value("server_ca_path", enrollment.server_ca_path);
        out.value("agent_certificate_path", enrollment.agent_certificate_path);
        out.value("agent_key_path", enrollment.agent_key_path);
    });
}

}  // namespace

std::string manager_section(const ManagerSettings& settings) {
    const ManagerSettings otherwise;
    SectionWriter out;
    out.element("riposte", [&] {
        out.element("manager", [&] {
            for (const ManagerSettings::Server& server : settings.servers) write_server(out, server);
            out.value_unless("kind", settings.kind, otherwise.kind);
            out.value_unless("crypto_method", settings.crypto_method, otherwise.crypto_method);
            out.value_unless("keys", settings.keys, otherwise.keys);
            out.value_unless("notify_time", settings.notify_time, otherwise.notify_time);
            out.value_unless("time-reconnect", settings.time_reconnect, otherwise.time_reconnect);
            write_enrollment(out, settings.enrollment);
        });
    });
    return out.finish();
}

}  // namespace riposte
