// SPDX-License-Identifier: Apache-2.0
// kill-sessions: ends what an address, or a user, has going on right now.
#include "platform/include/host.h"
#include "platform/include/sessions.h"
#include "src/request/utf8.h"
#include "src/responses/account_response.h"
#include "src/responses/address_target.h"

#include <algorithm>

using namespace riposte;

namespace {

constexpr std::string_view kUser = "--user";

bool wants_user(const Task& task) {
    return is_set(task.settings, kUser);
}

bool has_address(const Task& task) {
    return !task.request.srcip.empty();
}

Answer<Keys> keys(const Task& task) {
    Keys names;
    if (has_address(task)) {
        const auto network = target_of(task);
        if (!network) return network.error();
        names.push_back(network->text());
    }
    if (wants_user(task)) {
        auto user = user_of(task);
        if (!user) return user.error();
        names.push_back(std::move(*user));
    }
    if (names.empty()) return bad_input("the request names no address, and --user is not given");
    return names;
}

Answer<void> end_user(const std::string& user) {
    const auto administrators = host_administrators();
    const bool is_kept =
        std::ranges::any_of(administrators, [&](const auto& name) { return user_names_equal(name, user); });
    if (is_kept) return Failure{ExitCode::Failed, riposte::quoted(user) + " is an administrator of the system itself"};
    const auto ended = end_logins(user);
    if (ended) return {};
    Failure result = failed(ended.error());
    result.text = riposte::quoted(user) + ": " + result.text;
    return result;
}

// The user's also if the address's cannot be ended.
Answer<void> add(const Task& task) {
    Answer<void> answer;
    if (has_address(task)) {
        const auto network = target_of(task);
        if (!network) return network.error();
        const auto ended = end_connections(network->text());
        if (!ended) answer = failed(ended.error());
    }
    if (!wants_user(task)) return answer;
    const auto user = user_of(task);
    if (!user) return user.error();
    const auto ended = end_user(*user);
    return answer ? ended : answer;
}

Answer<std::string> check(const Task& /*task*/) {
    const auto found = check_sessions();
    return found ? Answer<std::string>(*found) : failed(found.error());
}

}  // namespace

int main(int argc, char** argv) {
    Response response;
    response.name = "kill-sessions";
    response.summary = "ends the connections of an address or network, and the sessions of a user.";
    response.details =
        "Key: the request's address, if it has one; with --user its user too.\n"
        "Needs root (an administrator). It blocks nothing: what was ended can be begun again. There is no undo.\n"
        "The sessions of the superuser stay.";
    response.options = {{kUser, "", "the sessions of the request's user too", true}};
    response.keys = keys;
    response.add = add;
    response.reverse = [](const Task&) -> Answer<void> { return {}; };
    response.check = check;
    return run_response(response, argc, argv);
}
