// SPDX-License-Identifier: Apache-2.0
#include "src/responses/quarantine.h"

#include "platform/include/file_edit.h"
#include "platform/include/file_security.h"
#include "platform/include/utf8_path.h"
#include "platform/sha256.h"

#include <optional>
#include <system_error>
#include <utility>

namespace riposte {

namespace fs = std::filesystem;

namespace {

std::string id_of(const std::string& path) {
    const std::string text = comparable_path(path);
    Sha256 hash;
    hash.add(text.data(), text.size());
    return hash.finish();
}

bool is_there(const fs::path& path) {
    std::error_code code;
    return fs::exists(fs::symlink_status(path, code));
}

Result<void> remove_entry(const fs::path& path) {
    std::error_code code;
    fs::remove(path, code);
    return code ? Result<void>(Error{code, "remove " + path.string()}) : Result<void>();
}

bool is_absent(const Error& error) {
    return error.code == std::errc::no_such_file_or_directory;
}

// Whether what stands at the path is what the record tells of, as far as taking it goes.
bool is_recorded(const FileFacts& found, const QuarantineRecord& record) {
    return found.identity == record.facts.identity && found.sha256 == record.facts.sha256;
}

}  // namespace

// The directory of one path.
struct Quarantine::Item {
    fs::path directory;

    fs::path content() const { return directory / "content"; }
    fs::path record_file() const { return directory / "record"; }
    bool has_content() const { return is_there(content()); }

    // Nothing if there is no record, which also means that nothing was done.
    Result<std::optional<QuarantineRecord>> record() const {
        const auto text = read_small_file(record_file());
        if (!text) return text.error();
        if (text->empty()) return std::optional<QuarantineRecord>();
        auto parsed = parse_record(*text);
        if (!parsed) return failure(record_file().string() + ": " + parsed.error().text());
        return std::optional(std::move(*parsed));
    }

    Result<void> write(const QuarantineRecord& record) const {
        if (auto made = make_private_directory(directory); !made) return made;
        const auto written = edit_file(record_file(), [&](const std::string&) { return serialize_record(record); });
        return written ? Result<void>() : written.error();
    }

    Result<void> forget() const {
        for (const fs::path& path : {content(), record_file()}) {
            if (auto removed = remove_entry(path); !removed) return removed;
        }
        // With what a crash or a lock left in it.
        std::error_code code;
        fs::remove_all(directory, code);
        return code ? Result<void>(Error{code, "remove " + directory.string()}) : Result<void>();
    }

    // Out of the way of the next file from the same path, with its record.
    Result<void> set_aside() const {
        for (unsigned number = 1;; ++number) {
            fs::path other = directory;
            other += "." + std::to_string(number);
            if (is_there(other)) continue;
            std::error_code code;
            fs::rename(directory, other, code);
            return code ? Result<void>(Error{code, "rename " + directory.string()}) : Result<void>();
        }
    }
};

Quarantine::Quarantine(fs::path store, std::vector<fs::path> off_limits)
    : store_(std::move(store)), off_limits_(std::move(off_limits)) {
    off_limits_.push_back(store_);
}

Quarantine::Item Quarantine::item_for(const std::string& path) const {
    return {store_ / id_of(path)};
}

Result<void> Quarantine::take(const std::string& path) const {
    if (auto made = make_private_directory(store_); !made) return made;
    const auto lock = DirectoryLock::acquire(store_);
    if (!lock) return lock.error();
    return take_now(item_for(path), path);
}

Result<void> Quarantine::take_now(const Item& item, const std::string& path) const {
    auto recorded = item.record();
    if (!recorded) return recorded.error();
    auto file = FileInPlace::open(path, off_limits_);
    if (!file) return is_absent(file.error()) && *recorded && item.has_content() ? Result<void>() : file.error();

    QuarantineRecord record{path, file->facts(), {}};
    if (*recorded && is_recorded(file->facts(), **recorded)) {
        // An earlier move was interrupted: it may have changed the file's properties already, so those in the record
        // are the original ones.
        record.facts = (*recorded)->facts;
        if (item.has_content()) return file->remove();
    } else if (*recorded && item.has_content()) {
        if (auto aside = item.set_aside(); !aside) return aside;
    }
    if (auto written = item.write(record); !written) return written;
    const auto moved = file->move_to(item.content());
    if (!moved) return moved.error();
    if (moved->sha256 == record.facts.sha256 && moved->size == record.facts.size) return {};
    record.facts = *moved;
    return item.write(record);
}

Result<void> Quarantine::put_back(const std::string& path) const {
    if (!is_there(store_)) return {};
    const auto lock = DirectoryLock::acquire(store_);
    if (!lock) return lock.error();
    return put_back_now(item_for(path), path);
}

Result<void> Quarantine::put_back_now(const Item& item, const std::string& path) const {
    auto recorded = item.record();
    if (!recorded) return recorded.error();
    if (!*recorded) return is_there(item.directory) ? item.forget() : Result<void>();
    QuarantineRecord& record = **recorded;
    if (!item.has_content()) return finish_put_back(item, path, record);

    const auto hash = sha256_of(item.content());
    if (!hash) return hash.error();
    if (*hash != record.facts.sha256)
        return failure("what was kept of " + path + " has been changed since: see " + item.directory.string());
    const auto moved = riposte::put_back(item.content(), path, record.facts, [&](const std::string& identity) {
        record.returning = identity;
        return item.write(record);
    });
    // Something stands there: maybe the file itself, if an earlier call did not come to its end.
    if (!moved && moved.error().code == std::errc::file_exists) return finish_put_back(item, path, record);
    return moved ? finish_put_back(item, path, record) : moved;
}

// The last step, also of a call that was cut off before. Without content there is nothing left to put back; what stands
// at the path then, if it is not the file, is none of ours.
Result<void> Quarantine::finish_put_back(const Item& item, const std::string& path,
                                         const QuarantineRecord& record) const {
    auto file = FileInPlace::open(path, off_limits_);
    const bool is_ours = file && (file->facts().identity == record.facts.identity ||
                                  (!record.returning.empty() && file->facts().identity == record.returning));
    if (!file && file.error().code && !is_absent(file.error())) return file.error();
    if (!is_ours && item.has_content())
        return failure(std::errc::file_exists, path + " is not put back, as something else stands there now");
    if (is_ours) {
        if (auto set = file->set_properties(record.facts.properties); !set) return set;
    }
    return item.forget();
}

Result<bool> Quarantine::holds(const std::string& path) const {
    const Item item = item_for(path);
    const auto recorded = item.record();
    if (!recorded) return recorded.error();
    return *recorded && item.has_content();
}

}  // namespace riposte
