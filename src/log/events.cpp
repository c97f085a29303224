// SPDX-License-Identifier: Apache-2.0
#include "src/log/events.h"

#include "src/action/event_json.h"
#include "src/action/text.h"
#include "src/log/append_file.h"
#include "src/log/log.h"
#include "src/log/rotate.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <exception>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace riposte {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxBytes = 10 * 1024 * 1024;
constexpr std::uint64_t kBytesBetweenFailedRotations = 1024 * 1024;
constexpr int kKept = 5;
// How often to look whether somebody else moved or cut the file: what comes first.
constexpr std::size_t kEventsBetweenLooks = 64;
constexpr std::chrono::seconds kBetweenLooks{1};

bool ends_in_newline(const fs::path& path) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    file.seekg(-1, std::ios::end);
    return file.get() == '\n';
}

class FileEvents final : public Events {
  public:
    FileEvents(fs::path path, const Clock& clock, AppendFile file, Later later)
        : path_(std::move(path)),
          clock_(clock),
          file_(std::move(file)),
          last_look_(clock.boot_time()),
          lines_(std::move(later), [this](std::string text, std::size_t count) { try_write(std::move(text), count); }) {
        begin_file();
    }
    ~FileEvents() override { lines_.flush(); }

    void emit(ActionId action, event::Details details) override {
        const Event event{action, std::move(details), clock_.wall_time()};
        lines_.add(valid_utf8(boost::json::serialize(event_json(event))) + "\n");
        tell_listeners(event);
    }

    Subscription subscribe(Listener listener) override {
        std::erase_if(listeners_, [](const auto& entry) { return entry.expired(); });
        auto entry = std::make_shared<Listener>(std::move(listener));
        listeners_.push_back(entry);
        return entry;
    }

  private:
    void note_size() {
        std::error_code none_yet;
        const std::uintmax_t size = fs::file_size(path_, none_yet);
        size_ = none_yet ? 0 : size;
    }

    void begin_file() {
        note_size();
        torn_ = size_ > 0 && !ends_in_newline(path_);
    }

    void try_write(std::string text, std::size_t count) {
        try {
            write(std::move(text), count);
        } catch (const std::exception& error) {
            lose(failure("write to " + path_.string() + ": " + error.what()), count);
        }
    }

    void write(std::string text, std::size_t count) {
        look(count);
        if (size_ + text.size() > rotate_at_ && size_ > 0) rotate();
        if (!file_ && !reopen(count)) return;
        // The rest of a line that broke off must not swallow this one.
        if (torn_) text.insert(0, 1, '\n');
        const Result<void> written = file_->write(text);
        if (!written) {
            torn_ = true;
            note_size();
            return lose(written.error(), count);
        }
        size_ += text.size();
        torn_ = false;
        if (lost_ > 0) recover();
    }

    // Nobody else writes to this file, so another size than it must have means that it was moved, removed or cut. (The
    // standard library tells no file's identity.)
    void look(std::size_t count) {
        const BootTime now = clock_.boot_time();
        events_since_look_ += count;
        if (events_since_look_ < kEventsBetweenLooks && now - last_look_ < kBetweenLooks) return;
        events_since_look_ = 0;
        last_look_ = now;
        std::error_code gone;
        const std::uintmax_t size = fs::file_size(path_, gone);
        if (gone || size != size_) file_.reset();
    }

    void rotate() {
        // Windows renames no file that is open.
        file_.reset();
        const Result<void> rotated = rotate_files(path_, kKept);
        if (rotated) {
            rotate_at_ = kMaxBytes;
            return;
        }
        if (rotate_at_ == kMaxBytes) log().warning(rotated.error().text() + "; events go on into the same file");
        rotate_at_ = size_ + kBytesBetweenFailedRotations;
    }

    bool reopen(std::size_t count) {
        Result<AppendFile> opened = AppendFile::open(path_);
        if (!opened) {
            lose(opened.error(), count);
            return false;
        }
        file_.emplace(std::move(*opened));
        begin_file();
        return true;
    }

    void lose(const Error& error, std::size_t count) {
        if (std::exchange(lost_, lost_ + count) == 0)
            log().error(error.text() + "; events are lost until it can be written again");
    }

    void recover() {
        log().notice("events are written to " + path_.string() + " again; " + std::to_string(lost_) + " were lost");
        lost_ = 0;
    }

    // A listener may subscribe others or end its own subscription while it is called.
    void tell_listeners(const Event& event) {
        const std::size_t count = listeners_.size();
        for (std::size_t i = 0; i < count && i < listeners_.size(); ++i) {
            const std::shared_ptr<Listener> listener = listeners_[i].lock();
            if (!listener) continue;
            try {
                (*listener)(event);
            } catch (const std::exception& error) {
                log().error(std::string("a listener to events failed: ") + error.what());
            }
        }
    }

    const fs::path path_;
    const Clock& clock_;
    std::optional<AppendFile> file_;
    std::uintmax_t size_ = 0;
    BootTime last_look_;
    std::size_t events_since_look_ = 0;
    bool torn_ = false;
    std::uintmax_t rotate_at_ = kMaxBytes;
    std::uint64_t lost_ = 0;
    std::vector<std::weak_ptr<Listener>> listeners_;
    LineBuffer lines_;
};

}  // namespace

Result<std::unique_ptr<Events>> Events::open(const fs::path& file, const Clock& clock, Later later) {
    Result<AppendFile> opened = AppendFile::open(file);
    if (!opened) return opened.error();
    return std::unique_ptr<Events>(std::make_unique<FileEvents>(file, clock, std::move(*opened), std::move(later)));
}

}  // namespace riposte
