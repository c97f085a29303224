// SPDX-License-Identifier: Apache-2.0
#include "src/config/catalog.h"
#include "src/config/duration.h"
#include "src/config/findings.h"
#include "src/config/sections.h"
#include "src/config/text_file.h"
#include "src/config/words.h"
#include "src/request/request.h"
#include "src/request/utf8.h"

#include <algorithm>

namespace riposte {
namespace {

constexpr std::size_t kMaxBytes = 1024 * 1024;
constexpr std::string_view kSeparator = " - ";
// A file that is something else altogether has a bad line after the other; a few show that as well.
constexpr std::size_t kMaxWarnings = 100;

// A name as a request can ask for it.
Result<void> check_name(std::string_view name) {
    if (name.empty()) return failure("the name is missing");
    if (name.front() == '!')
        return failure("the name " + in_quotes(name) + " starts with \"!\", which marks requests that name a file");
    if (name.size() > 255) return failure("the name " + in_quotes(name) + " is longer than 255 bytes");
    if (name.find_first_of(" \t/\\") != std::string_view::npos || has_control_characters(name)) {
        return failure("the name " + in_quotes(name) + " has white space, path separators or control characters");
    }
    return {};
}

Result<ArConfEntry> parse_line(std::string_view line) {
    const auto first = line.find(kSeparator);
    const auto last = line.rfind(kSeparator);
    if (first == std::string_view::npos || last == first) {
        return failure("the line " + in_quotes(line) + " is not NAME - EXECUTABLE - TIMEOUT");
    }
    const auto name = trimmed(line.substr(0, first));
    const auto executable = trimmed(line.substr(first + kSeparator.size(), last - first - kSeparator.size()));
    const auto timeout = trimmed(line.substr(last + kSeparator.size()));
    if (auto checked = check_name(name); !checked) return checked.error();
    if (auto checked = check_file_name(executable); !checked) {
        return failure("the executable " + in_quotes(executable) + " is no bare file name: " + checked.error().text());
    }
    const auto seconds = parse_whole_number(timeout, kMaxTimeoutSeconds);
    if (!seconds) {
        return failure("the timeout " + in_quotes(timeout) + " is no whole number of seconds from 0 to " +
                       std::to_string(kMaxTimeoutSeconds));
    }
    return ArConfEntry{std::string(name), std::string(executable), std::chrono::seconds(*seconds)};
}

class Reader {
  public:
    Reader(const std::string& name, Diagnostics& found) : name_(name), found_(found) {}

    std::vector<ArConfEntry> read(std::string_view text) {
        if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
        int number = 0;
        while (!text.empty()) {
            const auto end = std::min(text.find('\n'), text.size());
            line(trimmed(text.substr(0, end)), ++number);
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        if (bad_ > kMaxWarnings) {
            warn(0, std::to_string(bad_ - kMaxWarnings) + " more lines are left out for such reasons");
        }
        return std::move(entries_);
    }

    void warn(int number, std::string message) {
        found_.push_back({Diagnostic::Severity::Warning, name_, number, std::move(message)});
    }

  private:
    void line(std::string_view text, int number) {
        if (text.empty()) return;
        auto entry = parse_line(text);
        if (entry) {
            entries_.push_back(std::move(*entry));
        } else if (++bad_ <= kMaxWarnings) {
            warn(number,
                 entry.error().text() + ": the line is left out; correct it on the manager, which writes this file");
        }
    }

    const std::string& name_;
    Diagnostics& found_;
    std::vector<ArConfEntry> entries_;
    std::size_t bad_ = 0;
};

}  // namespace

std::vector<ArConfEntry> parse_ar_conf(std::string_view text, const std::string& name, Diagnostics& found) {
    Reader reader(name, found);
    if (text.size() > kMaxBytes) {
        reader.warn(0, "the file is larger than 1 MiB: what follows is not read");
        // A line cut in two could name another executable.
        const auto last_line = text.substr(0, kMaxBytes).rfind('\n');
        text = text.substr(0, last_line == std::string_view::npos ? 0 : last_line);
    }
    return reader.read(text);
}

std::vector<ArConfEntry> load_ar_conf(const std::filesystem::path& file, Diagnostics& found) {
    const auto text = read_text_file(file, kMaxBytes);
    if (text) return parse_ar_conf(*text, file.string(), found);
    if (text.error().code != std::errc::no_such_file_or_directory) {
        const auto message = "the file cannot be read, so none of the manager's names is known: " + text.error().text();
        found.push_back({Diagnostic::Severity::Warning, file.string(), 0, message});
    }
    return {};
}

}  // namespace riposte
