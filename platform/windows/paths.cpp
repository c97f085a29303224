// SPDX-License-Identifier: Apache-2.0
#include "platform/include/paths.h"

#include "platform/include/utf8_path.h"
#include "platform/windows/wide.h"

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid_io.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <shlobj.h>
#include <system_error>
#include <windows.h>

namespace riposte {

namespace fs = std::filesystem;

namespace {

bool directory_exists(const fs::path& path) {
    std::error_code ignored;
    return fs::is_directory(path, ignored);
}

// Where Windows keeps it on this machine; where it keeps it on nearly every machine, if it does not say.
fs::path known_folder(const KNOWNFOLDERID& id, const wchar_t* otherwise) {
    wchar_t* text = nullptr;
    const HRESULT result = ::SHGetKnownFolderPath(id, KF_FLAG_DONT_VERIFY, nullptr, &text);
    fs::path folder(result == S_OK ? text : otherwise);
    ::CoTaskMemFree(text);
    return folder;
}

fs::path program_files() {
    return known_folder(FOLDERID_ProgramFiles, L"C:\\Program Files");
}

fs::path program_data() {
    return known_folder(FOLDERID_ProgramData, L"C:\\ProgramData");
}

std::wstring upper_case(std::wstring text) {
    ::CharUpperBuffW(text.data(), static_cast<DWORD>(text.size()));
    return text;
}

// The program of an installed service: quoted and followed by arguments, or not.
std::optional<fs::path> service_program(const std::wstring& name) {
    const std::wstring key = L"SYSTEM\\CurrentControlSet\\Services\\" + name;
    std::array<wchar_t, 2048> value{};
    auto size = static_cast<DWORD>(sizeof(value));
    // Expands %ProgramFiles% and the like.
    if (::RegGetValueW(HKEY_LOCAL_MACHINE, key.c_str(), L"ImagePath", RRF_RT_REG_SZ, nullptr, value.data(), &size) != 0)
        return std::nullopt;
    const std::wstring text(value.data());
    if (text.starts_with(L'"')) return fs::path(text.substr(1, text.find(L'"', 1) - 1));
    const std::size_t end = upper_case(text).find(L".EXE");
    return fs::path(end == std::wstring::npos ? text : text.substr(0, end + 4));
}

std::optional<fs::path> agent_home() {
    std::vector<fs::path> candidates;
    for (const wchar_t* name : {L"WazuhSvc", L"OssecSvc"}) {
        if (const auto program = service_program(name)) candidates.push_back(program->parent_path());
    }
    // The agents are 32-bit programs, whose folder is another one on a 64-bit Windows.
    candidates.push_back(known_folder(FOLDERID_ProgramFilesX86, L"C:\\Program Files (x86)") / L"ossec-agent");
    candidates.push_back(program_files() / L"ossec-agent");
    for (const fs::path& candidate : candidates) {
        if (candidate.is_absolute() && directory_exists(bin_directory(candidate))) return candidate;
    }
    return std::nullopt;
}

// The same text for every spelling of a path: NTFS compares names by their upper case.
std::wstring folded(const fs::path& path) {
    fs::path normal = path.lexically_normal().make_preferred();
    if (!normal.has_filename()) normal = normal.parent_path();
    return upper_case(normal.native());
}

// Beside the program, wherever an installer was told to put it.
fs::path home_without_agent() {
    const auto program = own_program();
    if (program && directory_exists(bin_directory(program->parent_path()))) return program->parent_path();
    return program_files() / L"Riposte";
}

}  // namespace

fs::path default_home() {
    return agent_home().value_or(home_without_agent());
}

Result<fs::path> own_program() {
    std::wstring path(32768, L'\0');
    const DWORD size = ::GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size()));
    if (size == 0 || size == path.size()) return os_error(::GetLastError(), "find this program's file");
    path.resize(size);
    return fs::path(path);
}

fs::path default_config() {
    return program_data() / L"Riposte" / L"riposte.conf";
}

fs::path default_state() {
    return program_data() / L"Riposte";
}

fs::path bin_directory(const fs::path& home) {
    return home / L"active-response" / L"bin";
}

fs::path ar_conf_path(const fs::path& home) {
    return home / L"shared" / L"ar.conf";
}

fs::path agent_config_path(const fs::path& home) {
    return home / L"ossec.conf";
}

fs::path response_log_path(const fs::path& home) {
    return home / L"active-response" / L"active-responses.log";
}

std::vector<fs::path> execq_paths(const fs::path&) {
    return {};
}

// A pipe's name holds no path, so another state directory's is told apart by a digest (a name-based UUID).
std::string control_endpoint(const fs::path& state) {
    const std::wstring name = folded(state);
    if (name == folded(default_state())) return R"(\\.\pipe\riposte)";
    const boost::uuids::name_generator_sha1 digest(boost::uuids::ns::url());
    return R"(\\.\pipe\riposte-)" + boost::uuids::to_string(digest(narrow(std::wstring_view(name))));
}

std::string program_name(const std::string& executable) {
    return "active-response\\bin\\" + executable;
}

std::string file_name_of_network(std::string network) {
    std::ranges::replace(network, '/', '_');
    std::ranges::replace(network, ':', '-');
    return network;
}

}  // namespace riposte
