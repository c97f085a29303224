// SPDX-License-Identifier: Apache-2.0
#include "src/ledger/running_marks.h"

#include <boost/interprocess/exceptions.hpp>
#include <boost/interprocess/file_mapping.hpp>
#include <boost/interprocess/mapped_region.hpp>

#include <array>
#include <atomic>
#include <cstring>
#include <fstream>
#include <span>
#include <string>
#include <utility>

namespace riposte {

namespace {

namespace ipc = boost::interprocess;

// As they stand in the file.
struct FileHeader {
    std::array<char, 16> magic;
    std::uint64_t version;
    std::uint64_t capacity;
    bool operator==(const FileHeader&) const = default;
};
struct FileMark {
    std::int64_t action;  // 0: no mark. Written last and cleared first, so that a mark half written never counts.
    std::int64_t pid;
    std::uint64_t started;
    std::int64_t told_boot_ms;
};
static_assert(sizeof(FileHeader) == 32 && sizeof(FileMark) == 32);
static_assert(std::atomic_ref<std::int64_t>::is_always_lock_free);

FileHeader header_of(std::size_t capacity) {
    FileHeader header{{}, 1, capacity};
    constexpr std::string_view kMagic = "riposte running";
    std::copy(kMagic.begin(), kMagic.end(), header.magic.begin());
    return header;
}

std::size_t size_of(std::size_t capacity) {
    return sizeof(FileHeader) + capacity * sizeof(FileMark);
}

bool is_usable(const std::filesystem::path& file, std::size_t capacity) {
    std::error_code failed;
    if (std::filesystem::file_size(file, failed) != size_of(capacity) || failed) return false;
    std::ifstream in(file, std::ios::binary);
    FileHeader found{};
    in.read(reinterpret_cast<char*>(&found), sizeof found);
    return in.good() && found == header_of(capacity);
}

// Every byte is written: a hole in a mapped file would end this process when the disk is full.
Result<void> create(const std::filesystem::path& file, std::size_t capacity) {
    std::filesystem::path fresh = file;
    fresh += ".new";
    std::string bytes(size_of(capacity), '\0');
    const FileHeader header = header_of(capacity);
    std::memcpy(bytes.data(), &header, sizeof header);
    {
        std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
        out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        out.flush();
        if (!out) return failure(std::errc::io_error, "write " + fresh.string());
    }
    std::error_code failed;
    std::filesystem::rename(fresh, file, failed);
    if (failed) return Error{failed, "rename " + fresh.string() + " to " + file.string()};
    return {};
}

class MappedMarks final : public RunningMarks {
  public:
    MappedMarks(const std::filesystem::path& file, std::size_t capacity)
        : mapping_(file.c_str(), ipc::read_write),
          region_(mapping_, ipc::read_write, 0, size_of(capacity)),
          marks_(reinterpret_cast<FileMark*>(static_cast<char*>(region_.get_address()) + sizeof(FileHeader)), capacity),
          is_left_(capacity, false) {
        for (Slot slot = capacity; slot-- > 0;) {
            is_left_[slot] = action_of(slot).load(std::memory_order_acquire) != 0;
            if (!is_left_[slot]) free_.push_back(slot);
        }
    }

    std::vector<Mark> left() {
        std::vector<Mark> found;
        for (Slot slot = 0; slot < marks_.size(); ++slot) {
            const FileMark& mark = marks_[slot];
            if (is_left_[slot] && mark.action > 0)
                found.push_back({mark.action, {mark.pid, mark.started}, boot_time_of(mark.told_boot_ms)});
        }
        return found;
    }

    Result<Slot> set(const Mark& mark) override {
        if (free_.empty())
            return failure(std::errc::resource_unavailable_try_again,
                           "all " + std::to_string(marks_.size()) + " marks of running executables are in use");
        const Slot slot = free_.back();
        free_.pop_back();
        FileMark& place = marks_[slot];
        place.pid = mark.process.pid;
        place.started = mark.process.started;
        place.told_boot_ms = to_ms(mark.told_at);
        action_of(slot).store(mark.action, std::memory_order_release);
        return slot;
    }

    void clear(Slot slot) override {
        if (slot >= marks_.size() || action_of(slot).load(std::memory_order_relaxed) == 0) return;
        wipe(slot);
    }

    void clear_left() override {
        for (Slot slot = 0; slot < marks_.size(); ++slot)
            if (is_left_[slot]) wipe(slot);
    }

  private:
    std::atomic_ref<std::int64_t> action_of(Slot slot) { return std::atomic_ref(marks_[slot].action); }

    void wipe(Slot slot) {
        action_of(slot).store(0, std::memory_order_release);
        is_left_[slot] = false;
        free_.push_back(slot);
    }

    ipc::file_mapping mapping_;
    ipc::mapped_region region_;
    std::span<FileMark> marks_;
    std::vector<Slot> free_;
    std::vector<bool> is_left_;
};

}  // namespace

Result<std::unique_ptr<RunningMarks>> RunningMarks::open(const std::filesystem::path& file, std::size_t capacity,
                                                         std::vector<Mark>& left) {
    if (!is_usable(file, capacity))
        if (auto created = create(file, capacity); !created) return created.error();
    try {
        auto marks = std::make_unique<MappedMarks>(file, capacity);
        left = marks->left();
        return std::unique_ptr<RunningMarks>(std::move(marks));
    } catch (const ipc::interprocess_exception& error) {
        return failure("map " + file.string() + ": " + error.what());
    }
}

}  // namespace riposte
