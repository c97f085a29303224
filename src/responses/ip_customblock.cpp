// SPDX-License-Identifier: Apache-2.0
// ip-customblock: a file per blocked address, for software that looks for one.
#include "platform/include/file_edit.h"
#include "platform/include/paths.h"
#include "platform/include/utf8_path.h"
#include "src/request/utf8.h"
#include "src/responses/address_target.h"

#include <filesystem>
#include <system_error>

using namespace riposte;

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDirectory = "--directory";

Answer<fs::path> directory_of(const Settings& settings) {
    const fs::path directory = path_setting(settings, kDirectory, "/ipblock");
    if (directory.is_absolute() || !is_set(settings, kDirectory)) return directory;
    return bad_input(riposte::quoted(settings.find(kDirectory)->second) + " is no absolute path");
}

Failure failed_at(const char* what, const fs::path& path, std::error_code code) {
    return failed(Error{code, std::string(what) + " " + path.string()});
}

fs::path file_for(const fs::path& directory, const Network& network) {
    return directory / utf8_path(file_name_of_network(network.text()));
}

bool is_there(const fs::path& file) {
    std::error_code code;
    return fs::is_regular_file(fs::symlink_status(file, code));
}

Answer<void> add(const Task& task) {
    const auto network = target_of(task);
    if (!network) return network.error();
    const auto directory = directory_of(task.settings);
    if (!directory) return directory.error();
    std::error_code code;
    fs::create_directory(*directory, code);
    if (code) return failed_at("create", *directory, code);

    const fs::path file = file_for(*directory, *network);
    const auto created = create_empty_file(file);
    if (!created) return failed(created.error());
    if (!*created && !is_there(file)) return failed(failure(file.string() + " is there, and no regular file"));
    return {};
}

Answer<void> reverse(const Task& task) {
    const auto network = target_of(task);
    if (!network) return network.error();
    const auto directory = directory_of(task.settings);
    if (!directory) return directory.error();
    const fs::path file = file_for(*directory, *network);
    if (!is_there(file)) return {};
    std::error_code code;
    fs::remove(file, code);
    if (code) return failed_at("remove", file, code);
    return {};
}

Answer<std::vector<bool>> status(const Task& task, const std::vector<std::string>& targets) {
    const auto networks = parse_targets(targets);
    if (!networks) return networks.error();
    const auto directory = directory_of(task.settings);
    if (!directory) return directory.error();
    std::vector<bool> result;
    for (const Network& network : *networks) result.push_back(is_there(file_for(*directory, network)));
    return result;
}

Answer<std::string> check(const Task& task) {
    const auto directory = directory_of(task.settings);
    if (!directory) return directory.error();
    std::error_code code;
    const fs::file_status found = fs::status(*directory, code);
    const bool is_new = !fs::exists(found);
    if (!is_new && !fs::is_directory(found)) return not_available(directory->string() + " is no directory: remove it");
    const fs::path changed = is_new ? directory->parent_path() : *directory;
    if (!may_change_files_in(changed))
        return not_available("nothing can be created in " + changed.string() + ": it is missing, or this user may not");
    return "files in " + directory->string() + (is_new ? ", which will be created" : "");
}

}  // namespace

int main(int argc, char** argv) {
    Response response;
    response.name = "ip-customblock";
    response.summary = "creates a file for each blocked address, for software that looks for one.";
    response.details =
        "Key: the request's address (IPv4, IPv6, or a network, whose file is named like 192.0.2.0_24).\n"
        "Creates the empty file /ipblock/ADDRESS; the undo removes it.";
    response.options = {{kDirectory, "DIR", "instead of /ipblock", true}};
    response.keys = address_keys;
    response.add = add;
    response.reverse = reverse;
    response.status = status;
    response.check = check;
    return run_response(response, argc, argv);
}
