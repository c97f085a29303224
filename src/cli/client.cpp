// SPDX-License-Identifier: Apache-2.0
#include "src/cli/client.h"

#include "platform/include/paths.h"
#include "src/cli/places.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <ostream>
#include <system_error>
#include <utility>

namespace riposte {
namespace {

std::string why_unreachable(const Error& error, const std::string& endpoint) {
    if (error.code == std::errc::no_such_file_or_directory || error.code == std::errc::connection_refused) {
        return "the service is not running (nothing answers at " + endpoint +
               "); start it, or name its state directory with --state";
    }
    if (error.code == std::errc::permission_denied) {
        return "the service at " + endpoint +
               " does not talk to this user; become root (on Windows: an elevated administrator), or join the group of "
               "<control><group>";
    }
    return error.text();
}

const boost::json::object* object_in(const boost::json::object& line, std::string_view name) {
    const boost::json::value* value = line.if_contains(name);
    return value == nullptr ? nullptr : value->if_object();
}

}  // namespace

Result<ServiceClient> ServiceClient::connect(const std::filesystem::path& state) {
    std::string endpoint = control_endpoint(state);
    Result<ControlClient> client = ControlClient::connect(endpoint);
    if (!client) return Error{client.error().code, why_unreachable(client.error(), endpoint)};
    return ServiceClient(std::move(*client), std::move(endpoint));
}

Result<std::optional<boost::json::object>> ServiceClient::receive() {
    Result<std::optional<std::string>> line = client_.receive();
    if (!line) return line.error();
    if (!*line) return std::optional<boost::json::object>();
    boost::system::error_code error;
    boost::json::value value = boost::json::parse(**line, error);
    if (error || !value.is_object()) return failure("the service at " + endpoint_ + " answered with no JSON object");
    return std::optional<boost::json::object>(std::move(value.as_object()));
}

Result<Answer> ServiceClient::call(const boost::json::object& request, const Each& each) {
    if (const Result<void> sent = client_.send(boost::json::serialize(request)); !sent) return sent.error();
    Answer answer;
    for (;;) {
        Result<std::optional<boost::json::object>> line = receive();
        if (!line) return line.error();
        if (!*line) return failure("the service ended the connection");
        if (const auto* done = object_in(**line, "done")) {
            answer.done = *done;
            return answer;
        }
        if (const auto* error = object_in(**line, "error")) {
            answer.reason = text_of(*error, "reason");
            answer.text = text_of(*error, "text");
            if (answer.reason.empty()) answer.reason = "unknown";
            return answer;
        }
        for (const std::string_view kind : {"row", "event", "following"}) {
            const auto* content = object_in(**line, kind);
            if (content == nullptr || !each || each(kind, *content)) continue;
            answer.stopped = true;
            return answer;
        }
    }
}

Connection connect_or_say_why(const Invocation& invocation) {
    Result<ServiceClient> client = ServiceClient::connect(state_directory(invocation.arguments));
    // The sentence holds the operating system's reason in words already.
    if (!client) return {std::nullopt, invocation.fail(kNoService, client.error().what)};
    return {std::optional<ServiceClient>(std::move(*client)), kDone};
}

std::optional<int> report(const Invocation& invocation, const Result<Answer>& answer) {
    if (!answer) return invocation.fail(kNoService, answer.error().text());
    if (answer->ok()) return std::nullopt;
    const bool nothing_there = answer->reason == "not_found" || answer->reason == "refused";
    const bool bad_request = answer->reason == "bad_request" || answer->reason == "unknown_op";
    return invocation.fail(nothing_there ? kRefused : bad_request ? kBadUsage : kFailed, answer->text);
}

int simple_call(const Invocation& invocation, const boost::json::object& request,
                const std::function<void(const boost::json::object& done)>& show) {
    Connection connection = connect_or_say_why(invocation);
    if (!connection.client) return connection.exit_code;
    const Result<Answer> answer = connection.client->call(request);
    if (const auto code = report(invocation, answer)) return *code;
    if (invocation.json()) {
        invocation.out() << boost::json::serialize(answer->done) << "\n";
    } else {
        show(answer->done);
    }
    return kDone;
}

std::string text_of(const boost::json::object& object, std::string_view name) {
    const boost::json::value* value = object.if_contains(name);
    const boost::json::string* text = value == nullptr ? nullptr : value->if_string();
    return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

std::int64_t number_of(const boost::json::object& object, std::string_view name) {
    const boost::json::value* value = object.if_contains(name);
    if (value == nullptr || !value->is_number()) return 0;
    boost::system::error_code error;
    const auto number = value->to_number<std::int64_t>(error);
    return error ? 0 : number;
}

bool flag_of(const boost::json::object& object, std::string_view name) {
    const boost::json::value* value = object.if_contains(name);
    const bool* flag = value == nullptr ? nullptr : value->if_bool();
    return flag != nullptr && *flag;
}

}  // namespace riposte
