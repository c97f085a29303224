// SPDX-License-Identifier: Apache-2.0
// The subcommands' side of the control channel (src/channel/control.h has the protocol).
#pragma once

#include "platform/include/endpoint.h"
#include "platform/include/result.h"
#include "src/cli/command_line.h"

#include <boost/json/object.hpp>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace riposte {

// How a request to the service ended.
struct Answer {
    boost::json::object done;
    std::string reason, text;  // of an error; no reason: it was done
    bool stopped = false;      // the caller had enough, or the service ended the connection
    bool ok() const { return reason.empty(); }
};

class ServiceClient {
  public:
    static Result<ServiceClient> connect(const std::filesystem::path& state);

    // Takes each line before the last: its kind ("row", "event", "following") and what it holds. False: enough.
    using Each = std::function<bool(std::string_view kind, const boost::json::object& content)>;
    // An Error means that the service went away or talks nonsense.
    Result<Answer> call(const boost::json::object& request, const Each& each = {});

  private:
    ServiceClient(ControlClient client, std::string endpoint)
        : client_(std::move(client)), endpoint_(std::move(endpoint)) {}
    Result<std::optional<boost::json::object>> receive();

    ControlClient client_;
    std::string endpoint_;
};

// The service of this invocation's state directory, or what to say of its absence (already said, with the exit code).
struct Connection {
    std::optional<ServiceClient> client;
    int exit_code = kDone;
};
Connection connect_or_say_why(const Invocation& invocation);

// Says what went wrong with a call, if anything did: the exit code, or nothing if it was done.
std::optional<int> report(const Invocation& invocation, const Result<Answer>& answer);

// One call without rows whose answer is all there is: prints it as JSON with --json, else hands it to `show`.
int simple_call(const Invocation& invocation, const boost::json::object& request,
                const std::function<void(const boost::json::object& done)>& show);

// Members of an object from the service, which may be of another version: what is missing is empty.
std::string text_of(const boost::json::object& object, std::string_view name);
std::int64_t number_of(const boost::json::object& object, std::string_view name);
bool flag_of(const boost::json::object& object, std::string_view name);

}  // namespace riposte
