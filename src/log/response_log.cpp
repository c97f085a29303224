// SPDX-License-Identifier: Apache-2.0
#include "src/log/response_log.h"

#include "platform/include/paths.h"
#include "src/action/action.h"
#include "src/action/response_line.h"
#include "src/log/append_file.h"
#include "src/log/log.h"

#include <exception>
#include <system_error>
#include <utility>

namespace riposte {
namespace {

namespace fs = std::filesystem;

Result<void> make_directory_of(const fs::path& file) {
    std::error_code code;
    fs::create_directories(file.parent_path(), code);
    if (code) return Error{code, "create " + file.parent_path().string()};
    return {};
}

class FileResponseLog final : public ResponseLog {
  public:
    FileResponseLog(fs::path path, const Clock& clock, Later later)
        : path_(std::move(path)),
          clock_(clock),
          lines_(std::move(later), [this](const std::string& text, std::size_t) { note(append(text)); }) {}
    ~FileResponseLog() override { lines_.flush(); }

    void write(const Action& action, Verb verb, const Outcome& outcome) override {
        try {
            lines_.add(response_line(action, verb, outcome, clock_.wall_time()));
        } catch (const std::exception& error) {
            note(failure("write to " + path_.string() + ": " + error.what()));
        }
        if (listener_) listener_(action, verb, outcome);
    }
    void set_listener(Listener listener) override { listener_ = std::move(listener); }

    // Opened each time: executables write to the file too, and whoever rotates it tells nobody.
    Result<void> append(const std::string& lines) {
        Result<AppendFile> file = AppendFile::open(path_);
        if (!file && file.error().code == std::errc::no_such_file_or_directory) {
            if (const Result<void> made = make_directory_of(path_); !made) return made.error();
            file = AppendFile::open(path_);
        }
        if (!file) return file.error();
        return lines.empty() ? Result<void>() : file->write(lines);
    }

  private:
    void note(const Result<void>& result) {
        if (!result && !failing_)
            log().error(result.error().text() + "; executions go unrecorded there until it can be written");
        if (result && failing_) log().notice(path_.string() + " is written again");
        failing_ = !result;
    }

    const fs::path path_;
    const Clock& clock_;
    bool failing_ = false;
    Listener listener_;
    LineBuffer lines_;
};

}  // namespace

Result<std::unique_ptr<ResponseLog>> ResponseLog::open(const fs::path& file, const Clock& clock, Later later) {
    auto opened = std::make_unique<FileResponseLog>(file, clock, std::move(later));
    if (const Result<void> usable = opened->append(""); !usable) return usable.error();
    return std::unique_ptr<ResponseLog>(std::move(opened));
}

}  // namespace riposte
