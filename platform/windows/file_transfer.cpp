// SPDX-License-Identifier: Apache-2.0
#include "platform/include/file_transfer.h"

#include "platform/include/utf8_path.h"
#include "platform/sha256.h"
#include "platform/windows/critical_files.h"
#include "platform/windows/file_name.h"
#include "platform/windows/file_properties.h"
#include "platform/windows/sid.h"
#include "platform/windows/unique_handle.h"
#include "platform/windows/wide.h"

#include <array>
#include <cstddef>
#include <cstring>
#include <utility>

namespace riposte {
namespace {

namespace fs = std::filesystem;

constexpr DWORD kBlock = 65'536;
constexpr std::size_t kLongestPath = 32'000;
constexpr const wchar_t* kAsItIs = L"\\\\?\\";

// ---- opening ----

// An administrator may look at and give back what is closed to him, but must say so. Without the right, the calls that
// need it fail.
void use_privileges() {
    HANDLE opened = nullptr;
    if (::OpenProcessToken(::GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &opened) == 0) return;
    const UniqueHandle token(opened);
    for (const wchar_t* name : {SE_BACKUP_NAME, SE_RESTORE_NAME}) {
        TOKEN_PRIVILEGES wanted{};
        wanted.PrivilegeCount = 1;
        wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
        if (::LookupPrivilegeValueW(nullptr, name, &wanted.Privileges[0].Luid) != 0)
            ::AdjustTokenPrivileges(token.get(), FALSE, &wanted, 0, nullptr, nullptr);
    }
}

// Nobody can write, rename or remove it while it is held, nor rename a directory above it.
Result<UniqueHandle> open_held(const std::wstring& path, DWORD access, DWORD share, const std::string& shown) {
    UniqueHandle file(::CreateFileW(path.c_str(), access, share, nullptr, OPEN_EXISTING,
                                    FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_WRITE_THROUGH,
                                    nullptr));
    const DWORD code = ::GetLastError();
    if (file) return file;
    return os_error(code, "open " + shown + (code == ERROR_SHARING_VIOLATION ? " (a program has it open)" : ""));
}

Result<BY_HANDLE_FILE_INFORMATION> look_at(HANDLE file, const std::string& path) {
    BY_HANDLE_FILE_INFORMATION information{};
    if (::GetFileInformationByHandle(file, &information) == 0) return os_error(::GetLastError(), "look at " + path);
    return information;
}

// Whether the way to it leads over nothing but directories with these names.
Result<void> check_way(HANDLE file, const std::string& path) {
    const auto real = real_path(file, path);
    if (!real) return real.error();
    if (same_path(*real, wide(path))) return {};
    return failure(path + " is reached by a link or a short name; it is " + narrow(std::wstring_view(*real)));
}

Result<std::string> identity_of(HANDLE file, const std::string& path) {
    const auto information = look_at(file, path);
    if (!information) return information.error();
    return std::to_string(information->dwVolumeSerialNumber) + ":" + std::to_string(information->nFileIndexHigh) + ":" +
           std::to_string(information->nFileIndexLow);
}

// ---- content ----

template <class Each>
Result<void> read_blocks(HANDLE file, const std::string& path, Each each) {
    LARGE_INTEGER start{};
    if (::SetFilePointerEx(file, start, nullptr, FILE_BEGIN) == 0) return os_error(::GetLastError(), "read " + path);
    std::array<char, kBlock> block{};
    for (;;) {
        DWORD count = 0;
        if (::ReadFile(file, block.data(), kBlock, &count, nullptr) == 0)
            return os_error(::GetLastError(), "read " + path);
        if (count == 0) return {};
        if (auto taken = each(block.data(), count); !taken) return taken;
    }
}

Result<std::string> hash_of(HANDLE file, const std::string& path) {
    Sha256 hash;
    const auto read = read_blocks(file, path, [&](const char* data, DWORD size) -> Result<void> {
        hash.add(data, size);
        return {};
    });
    if (!read) return read.error();
    return hash.finish();
}

// Reads the copy again after it is synced. If its content is not the recorded one, this fails and the caller removes
// the copy.
Result<void> copy_content(HANDLE from, HANDLE to, const std::string& sha256, const std::string& path) {
    auto copied = read_blocks(from, path, [&](const char* data, DWORD size) -> Result<void> {
        DWORD count = 0;
        if (::WriteFile(to, data, size, &count, nullptr) == 0 || count != size)
            return os_error(::GetLastError(), "copy " + path);
        return {};
    });
    if (!copied) return copied;
    if (::FlushFileBuffers(to) == 0) return os_error(::GetLastError(), "write the copy of " + path);
    const auto hash = hash_of(to, path);
    if (!hash) return hash.error();
    return *hash == sha256 ? Result<void>() : failure("the copy of " + path + " differs: the disk fails");
}

// A copy would lose them.
Result<void> check_streams(const std::wstring& path, const std::string& shown) {
    WIN32_FIND_STREAM_DATA stream{};
    const HANDLE found = ::FindFirstStreamW(path.c_str(), FindStreamInfoStandard, &stream, 0);
    // None, or a file system that has none.
    if (found == INVALID_HANDLE_VALUE) return {};
    const bool has_more = ::FindNextStreamW(found, &stream) != 0;
    ::FindClose(found);
    if (!has_more) return {};
    return failure(shown + " has streams beside its content, which cannot be kept on another drive than its own");
}

// ---- moving ----

// Never replaces.
Result<void> rename_to(HANDLE file, const std::wstring& path, const std::string& shown) {
    const std::size_t bytes = path.size() * sizeof(wchar_t);
    std::vector<std::byte> buffer(sizeof(FILE_RENAME_INFO) + bytes);
    auto* const info = reinterpret_cast<FILE_RENAME_INFO*>(buffer.data());
    info->ReplaceIfExists = FALSE;
    info->RootDirectory = nullptr;
    info->FileNameLength = static_cast<DWORD>(bytes);
    std::memcpy(info->FileName, path.data(), bytes);
    if (::SetFileInformationByHandle(file, FileRenameInfo, info, static_cast<DWORD>(buffer.size())) != 0) return {};
    return os_error(::GetLastError(), "move to " + shown);
}

Result<void> remove_held(HANDLE file, const std::string& path) {
    if (auto removable = make_removable(file, path); !removable) return removable;
    FILE_DISPOSITION_INFO remove{TRUE};
    if (::SetFileInformationByHandle(file, FileDispositionInfo, &remove, sizeof remove) == 0)
        return os_error(::GetLastError(), "remove " + path);
    return {};
}

bool is_other_volume(const Error& error) {
    return error.code.value() == ERROR_NOT_SAME_DEVICE;
}

// A new file, private, which a crash may have left before.
Result<UniqueHandle> create_copy(const std::wstring& path, const std::string& shown) {
    UniqueHandle file(::CreateFileW(path.c_str(), GENERIC_READ | GENERIC_WRITE | DELETE | WRITE_DAC | WRITE_OWNER, 0,
                                    nullptr, CREATE_ALWAYS, FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS,
                                    nullptr));
    if (!file) return os_error(::GetLastError(), "create a copy of " + shown);
    if (auto closed = make_private(file.get(), shown); !closed) return closed.error();
    return file;
}

std::wstring as_it_is(const fs::path& path) {
    std::error_code ignored;
    return kAsItIs + fs::absolute(path, ignored).make_preferred().native();
}

constexpr DWORD kTake =
    GENERIC_READ | DELETE | READ_CONTROL | WRITE_DAC | WRITE_OWNER | FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES;

}  // namespace

struct FileInPlace::Held {
    std::string path;
    UniqueHandle file;
    FileFacts facts;

    Result<void> read_facts();
    Result<void> copy_to(const fs::path& content);
    Result<void> remove();
};

Result<void> FileInPlace::Held::read_facts() {
    const auto information = look_at(file.get(), path);
    if (!information) return information.error();
    auto properties = read_properties(file.get(), path);
    if (!properties) return properties.error();
    auto identity = identity_of(file.get(), path);
    if (!identity) return identity.error();
    auto hash = hash_of(file.get(), path);
    if (!hash) return hash.error();
    if (auto kept = write_access_time(file.get(), *properties, path); !kept) return kept;
    const auto size = static_cast<std::uint64_t>(information->nFileSizeHigh) << 32U | information->nFileSizeLow;
    facts = {size, std::move(*hash), std::move(*identity), std::move(*properties)};
    return {};
}

Result<void> FileInPlace::Held::copy_to(const fs::path& content) {
    if (auto checked = check_streams(as_it_is(utf8_path(path)), path); !checked) return checked;
    fs::path partial = content;
    partial += L".partial";
    const auto copy = create_copy(as_it_is(partial), path);
    if (!copy) return copy.error();
    auto done = copy_content(file.get(), copy->get(), facts.sha256, path);
    if (done) done = rename_to(copy->get(), as_it_is(content), narrow(content));
    if (!done) {
        static_cast<void>(remove_held(copy->get(), path));
        return done;
    }
    auto removed = remove();
    if (!removed) static_cast<void>(remove_held(copy->get(), path));
    return removed;
}

// It is gone when it is closed.
Result<void> FileInPlace::Held::remove() {
    auto removed = remove_held(file.get(), path);
    if (removed) file.reset();
    return removed;
}

FileInPlace::FileInPlace(std::unique_ptr<Held> held) : held_(std::move(held)) {}
FileInPlace::FileInPlace(FileInPlace&&) noexcept = default;
FileInPlace::~FileInPlace() = default;

Result<FileInPlace> FileInPlace::open(const std::string& plain_path, const std::vector<fs::path>& off_limits) {
    use_privileges();
    auto file = open_held(kAsItIs + wide(plain_path), kTake, FILE_SHARE_READ, plain_path);
    if (!file) return file.error();
    const auto information = look_at(file->get(), plain_path);
    if (!information) return information.error();
    constexpr DWORD kNotRegular = FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_DEVICE;
    if (::GetFileType(file->get()) != FILE_TYPE_DISK || (information->dwFileAttributes & kNotRegular) != 0)
        return failure(plain_path + " is a directory, link or device, no regular file");
    if (information->nNumberOfLinks > 1)
        return failure(plain_path + " has " + std::to_string(information->nNumberOfLinks) + " names (hard links)");
    if (auto checked = check_way(file->get(), plain_path); !checked) return checked.error();
    const auto real = real_path(file->get(), plain_path);
    if (!real) return real.error();
    if (const auto reason = find_critical(file->get(), *real, off_limits))
        return failure(plain_path + " is not to be moved: " + *reason);
    auto held = std::make_unique<Held>(Held{plain_path, std::move(*file), {}});
    if (auto read = held->read_facts(); !read) return read.error();
    return FileInPlace(std::move(held));
}

const FileFacts& FileInPlace::facts() const {
    return held_->facts;
}

// The store's access list does not help: everybody may pass through directories that he may not read.
Result<FileFacts> FileInPlace::move_to(const fs::path& content) {
    if (auto closed = make_private(held_->file.get(), held_->path); !closed) return closed.error();
    auto moved = rename_to(held_->file.get(), as_it_is(content), narrow(content));
    if (!moved && is_other_volume(moved.error())) moved = held_->copy_to(content);
    if (moved) return held_->facts;
    static_cast<void>(write_properties(held_->file.get(), held_->facts.properties, held_->path));
    return moved.error();
}

Result<void> FileInPlace::remove() {
    return held_->remove();
}

Result<void> FileInPlace::set_properties(const FileProperties& properties) {
    return write_properties(held_->file.get(), properties, held_->path);
}

namespace {

// Appears at its place only when it is complete.
Result<void> copy_back(HANDLE content, const std::string& path, const FileFacts& facts,
                       const std::function<Result<void>(const std::string&)>& tell_identity) {
    const fs::path place = utf8_path(path);
    // Before an identity is told: what stands there may be the file whose identity was told last.
    if (::GetFileAttributesW(as_it_is(place).c_str()) != INVALID_FILE_ATTRIBUTES)
        return failure(std::errc::file_exists, "move to " + path);
    const auto copy =
        create_copy(as_it_is(place.parent_path() / utf8_path(".riposte-" + facts.sha256.substr(0, 16))), path);
    if (!copy) return copy.error();
    auto done = copy_content(content, copy->get(), facts.sha256, path);
    if (done) {
        const auto identity = identity_of(copy->get(), path);
        done = identity ? tell_identity(*identity) : identity.error();
    }
    if (done) done = rename_to(copy->get(), as_it_is(place), path);
    if (!done) {
        static_cast<void>(remove_held(copy->get(), path));
        return done;
    }
    return remove_held(content, path);
}

}  // namespace

Result<void> put_back(const fs::path& content, const std::string& plain_path, const FileFacts& facts,
                      const std::function<Result<void>(const std::string&)>& tell_identity) {
    use_privileges();
    const fs::path directory = utf8_path(plain_path).parent_path();
    const std::string shown = narrow(directory);
    const auto held =
        open_held(as_it_is(directory), FILE_READ_ATTRIBUTES | FILE_TRAVERSE, FILE_SHARE_READ | FILE_SHARE_WRITE, shown);
    if (!held) return held.error();
    if (auto checked = check_way(held->get(), shown); !checked) return checked;
    const auto file = open_held(as_it_is(content), kTake, FILE_SHARE_READ, narrow(content));
    if (!file) return file.error();
    auto moved = rename_to(file->get(), as_it_is(utf8_path(plain_path)), plain_path);
    if (!moved && is_other_volume(moved.error())) moved = copy_back(file->get(), plain_path, facts, tell_identity);
    return moved;
}

Result<std::string> sha256_of(const fs::path& file) {
    const std::string shown = narrow(file);
    const auto opened = open_held(as_it_is(file), GENERIC_READ, FILE_SHARE_READ, shown);
    if (!opened) return opened.error();
    return hash_of(opened->get(), shown);
}

Result<void> may_take_files() {
    if (is_administrator()) return {};
    return failure(std::errc::not_supported, "only an administrator may take any file: run it as one");
}

Result<std::string> plain_file_path(std::string_view path) {
    const auto is_separator = [](char byte) { return byte == '/' || byte == '\\'; };
    const bool has_drive = path.size() > 3 && path[1] == ':' && is_separator(path[2]) &&
                           ((path[0] >= 'A' && path[0] <= 'Z') || (path[0] >= 'a' && path[0] <= 'z'));
    if (!has_drive) return failure("it does not start with a drive, such as C:\\");
    if (path.size() > kLongestPath) return failure("it is longer than a path can be");
    if (is_separator(path.back())) return failure("it ends with a separator");
    std::string plain{static_cast<char>(path[0] & ~0x20), ':'};
    for (path.remove_prefix(2); !path.empty();) {
        path.remove_prefix(1);
        const std::string_view part = path.substr(0, path.find_first_of("/\\"));
        path.remove_prefix(part.size());
        if (part.empty() || part == ".") continue;
        if (part == "..") return failure("it has .. in it");
        if (!is_bare_name(part)) return failure("a part of it is no file's name");
        plain.append("\\").append(part);
    }
    if (plain.size() == 2) return failure("it is a drive");
    return plain;
}

std::string comparable_path(const std::string& plain_path) {
    std::wstring text = wide(plain_path);
    ::CharUpperBuffW(text.data(), static_cast<DWORD>(text.size()));
    return narrow(std::wstring_view(text));
}

}  // namespace riposte
