// SPDX-License-Identifier: Apache-2.0
#include "src/responses/own_log.h"

#include "platform/include/environment.h"
#include "platform/include/paths.h"
#include "src/action/response_line.h"
#include "src/log/append_file.h"

#include <chrono>
#include <system_error>

namespace riposte {
namespace {

namespace fs = std::filesystem;

std::string utf8_name(const fs::path& path) {
    const std::u8string name = path.filename().u8string();
    return {name.begin(), name.end()};
}

WallTime wall_now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

// The input in the form in which the runner keeps it: with the verb left open.
ChildInput told_from(const Request& request) {
    ChildInput input;
    input.dialect = request.dialect;
    input.arguments = request.words;
    if (!request.document.is_object()) return input;
    Document document = request.document;
    document.set("command", Document::string(""));
    input.document = document.serialize();
    return input;
}

Result<void> append(const OwnLog& log, const std::string& line) {
    auto file = AppendFile::open(log.file);
    return file ? file->write(line) : file.error();
}

}  // namespace

OwnLog own_log() {
    return is_run_by_riposte() ? OwnLog() : log_of_this_home();
}

OwnLog log_of_this_home() {
    const fs::path file = response_log_path(home_of_own_program());
    const auto program = own_program();
    std::error_code ignored;
    if (!program || !fs::is_directory(file.parent_path(), ignored)) return {};
    return {file, utf8_name(*program)};
}

Result<void> write_own_line(const OwnLog& log, const Request& request, Verb verb, const Outcome& outcome) {
    Action action;
    action.executable = log.executable;
    action.srcip = request.srcip;
    action.user = request.user;
    action.filename = request.filename;
    action.rule_id = request.rule_id;
    action.alert_id = request.alert_id;
    action.input = told_from(request);
    return append(log, response_line(action, verb, outcome, wall_now()));
}

Result<void> write_own_text(const OwnLog& log, const std::string& text) {
    return append(log, response_text_line(log.executable, text, wall_now()));
}

}  // namespace riposte
