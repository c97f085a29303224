// SPDX-License-Identifier: Apache-2.0
// quarantine-file: takes a file out of everybody's reach, and puts it back as it was.
#include "platform/include/paths.h"
#include "src/request/utf8.h"
#include "src/responses/quarantine.h"
#include "src/responses/response.h"

using namespace riposte;

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kState = "--state";

fs::path state_of(const Settings& settings) {
    return path_setting(settings, kState, default_state());
}

// The files of the runner and of the agent must never be taken.
Quarantine quarantine_of(const Settings& settings) {
    const fs::path state = state_of(settings);
    return {state / "quarantine",
            {state, default_state(), default_home(), home_of_own_program(), default_config().parent_path()}};
}

Answer<std::string> plain(std::string_view path) {
    auto text = plain_file_path(path);
    if (!text) return bad_input(riposte::quoted(path) + " is no path of a file here: " + text.error().text());
    return std::move(*text);
}

Answer<std::string> file_of(const Task& task) {
    if (task.request.filename.empty()) return bad_input("the request names no file");
    return plain(task.request.filename);
}

Answer<Keys> keys(const Task& task) {
    auto path = file_of(task);
    if (!path) return path.error();
    return Keys{std::move(*path)};
}

Answer<void> as_answer(const Result<void>& done) {
    return done ? Answer<void>() : failed(done.error());
}

Answer<void> add(const Task& task) {
    const auto path = file_of(task);
    return path ? as_answer(quarantine_of(task.settings).take(*path)) : path.error();
}

Answer<void> reverse(const Task& task) {
    const auto path = file_of(task);
    return path ? as_answer(quarantine_of(task.settings).put_back(*path)) : path.error();
}

Answer<std::vector<bool>> status(const Task& task, const std::vector<std::string>& targets) {
    const Quarantine quarantine = quarantine_of(task.settings);
    std::vector<bool> result;
    for (const std::string& target : targets) {
        const auto path = plain(target);
        if (!path) return path.error();
        const auto held = quarantine.holds(*path);
        if (!held) return failed(held.error());
        result.push_back(*held);
    }
    return result;
}

Answer<std::string> check(const Task& task) {
    if (const auto may = may_take_files(); !may) return failed(may.error());
    return "files go to " + (state_of(task.settings) / "quarantine").string();
}

}  // namespace

int main(int argc, char** argv) {
    Response response;
    response.name = "quarantine-file";
    response.summary = "takes the alert's file out of everybody's reach; the undo puts it back as it was.";
    response.details =
        "Key: the request's file (syscheck.path, file.path, or the OSSEC form's last word), an absolute path.\n"
        "The file goes to STATE/quarantine, with a record of its owner, mode, access list, attributes, times and\n"
        "SHA-256. Directories, devices, links, files with several names, the system's and the agent's own are "
        "refused,\n"
        "and so is a way through links that others than an administrator could have made. The undo overwrites "
        "nothing.\n"
        "Without an undo, a second file from the same path leaves the first one in the store.";
    response.options = {{kState, "DIR", "holds the store; default: the state directory of riposte"}};
    response.keys = keys;
    response.add = add;
    response.reverse = reverse;
    response.status = status;
    response.check = check;
    return run_response(response, argc, argv);
}
