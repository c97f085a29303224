// SPDX-License-Identifier: Apache-2.0
#include "src/link/merged.h"

#include "src/request/utf8.h"

#include <Poco/MD5Engine.h>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

namespace riposte {
namespace {

constexpr std::string_view kMergedName = "merged.mg";
constexpr std::string_view kArConfName = "ar.conf";
// "!SIZE PATH": the longest path that a system has, and its size.
constexpr std::size_t kMaxHeaderBytes = 4'200;
constexpr std::size_t kMaxQuotedBytes = 60;

struct EntryHeader {
    std::uint64_t bytes = 0;
    std::string_view path;
};

// The text between "!" and the line's end.
std::optional<EntryHeader> parse_header(std::string_view text) {
    EntryHeader header;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), header.bytes);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (error != std::errc{} || !text.starts_with(' ')) return {};
    header.path = text.substr(1);
    if (header.path.ends_with('\r')) header.path.remove_suffix(1);
    return header;
}

// Why a path would lead out of the directory that it is meant for; empty: it would not.
std::string_view path_trick(std::string_view path) {
    if (path.empty()) return "it is empty";
    if (has_control_characters(path)) return "it has control characters";
    if (path.front() == '/' || path.front() == '\\') return "it is absolute";
    if (path.find(':') != std::string_view::npos) return "it names a drive or a stream";
    while (!path.empty()) {
        const auto end = std::min(path.find_first_of("/\\"), path.size());
        if (path.substr(0, end) == "..") return "it leads upwards";
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return {};
}

}  // namespace

// ---- the bundle ----

struct MergedReader::State {
    enum class Where { LineStart, SkippedLine, Header, Content };

    void add(std::string_view bytes) {
        while (!bytes.empty()) step(bytes);
    }

    MergedContent finish() {
        if (where == Where::Content) {
            if (taking) content.ar_conf.reset();
            refuse("the bundle ends inside an entry");
        }
        if (where == Where::Header) refuse("the bundle ends inside an entry's first line");
        if (refused > kMaxRefusals) {
            content.refusals.back() = std::to_string(refused - kMaxRefusals + 1) + " more entries are refused";
        }
        return std::move(content);
    }

  private:
    void step(std::string_view& bytes) {
        switch (where) {
            case Where::LineStart:
                start_line(bytes);
                break;
            case Where::SkippedLine:
                skip_line(bytes);
                break;
            case Where::Header:
                read_header(bytes);
                break;
            case Where::Content:
                read_content(bytes);
                break;
        }
    }

    void start_line(std::string_view& bytes) {
        if (bytes.front() != '!') {
            where = Where::SkippedLine;
            return;
        }
        bytes.remove_prefix(1);
        header.clear();
        where = Where::Header;
    }

    void skip_line(std::string_view& bytes) {
        const auto end = bytes.find('\n');
        if (end != std::string_view::npos) where = Where::LineStart;
        bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
    }

    void read_header(std::string_view& bytes) {
        const auto end = std::min(bytes.find('\n'), bytes.size());
        if (header.size() + end > kMaxHeaderBytes) {
            refuse("an entry's first line is longer than " + std::to_string(kMaxHeaderBytes) + " bytes");
            where = Where::SkippedLine;
            return;
        }
        header.append(bytes.substr(0, end));
        if (end == bytes.size()) {
            bytes = {};
            return;
        }
        bytes.remove_prefix(end + 1);
        start_entry();
    }

    void start_entry() {
        const auto entry = parse_header(header);
        if (!entry) {
            refuse("the line \"!" + printable(header, kMaxQuotedBytes) + "\" is not an entry's size and name");
            where = Where::LineStart;
            return;
        }
        left = entry->bytes;
        taking = is_taken(*entry);
        if (taking) content.ar_conf.emplace();
        where = left == 0 ? Where::LineStart : Where::Content;
    }

    // False: the entry's content is skipped. A refused entry is skipped like an unwanted one, and the refusal is noted.
    bool is_taken(const EntryHeader& entry) {
        if (const auto trick = path_trick(entry.path); !trick.empty()) {
            refuse("the path " + quoted(entry.path) + " is refused: " + std::string(trick));
            return false;
        }
        if (entry.path != kArConfName) return false;
        if (content.ar_conf) {
            refuse("a second ar.conf is refused");
            return false;
        }
        if (entry.bytes > kMaxArConfBytes) {
            refuse("an ar.conf of " + std::to_string(entry.bytes) + " bytes is refused: it is larger than 1 MiB");
            return false;
        }
        return true;
    }

    void read_content(std::string_view& bytes) {
        const auto piece = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left, bytes.size())));
        if (taking) content.ar_conf->append(piece);
        left -= piece.size();
        bytes.remove_prefix(piece.size());
        if (left == 0) where = Where::LineStart;
    }

    void refuse(std::string sentence) {
        if (++refused <= kMaxRefusals) content.refusals.push_back(std::move(sentence));
    }

    MergedContent content;
    Where where = Where::LineStart;
    std::string header;
    std::uint64_t left = 0;
    bool taking = false;
    std::size_t refused = 0;
};

MergedReader::MergedReader() : state_(std::make_unique<State>()) {}
MergedReader::MergedReader(MergedReader&&) noexcept = default;
MergedReader& MergedReader::operator=(MergedReader&&) noexcept = default;
MergedReader::~MergedReader() = default;

void MergedReader::add(std::string_view bytes) {
    if (state_) state_->add(bytes);
}

MergedContent MergedReader::finish() {
    const auto state = std::move(state_);
    return state ? state->finish() : MergedContent{};
}

// ---- the push ----

struct PushedFile::State {
    std::string md5;
    MergedReader reader;
    Poco::MD5Engine digest;
    std::uint64_t bytes = 0;
};

PushedFile::PushedFile() = default;
PushedFile::PushedFile(PushedFile&&) noexcept = default;
PushedFile& PushedFile::operator=(PushedFile&&) noexcept = default;
PushedFile::~PushedFile() = default;

Result<void> PushedFile::start(std::string_view md5, std::string_view name) {
    abandon();
    if (name != kMergedName) return failure("the manager pushes the file " + quoted(name) + ", which is not wanted");
    state_ = std::make_unique<State>();
    state_->md5 = md5;
    std::ranges::transform(state_->md5, state_->md5.begin(),
                           [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
    return {};
}

Result<void> PushedFile::add(std::string_view chunk) {
    if (!state_) return {};
    state_->bytes += chunk.size();
    if (state_->bytes > kMaxPushedBytes) {
        abandon();
        return failure("the manager pushes a merged.mg of more than 256 MiB, which is refused");
    }
    state_->digest.update(chunk.data(), chunk.size());
    state_->reader.add(chunk);
    return {};
}

Result<PushedFile::Received> PushedFile::finish() {
    const auto state = std::move(state_);
    if (!state) return failure("the manager ends a file that it did not begin, or that was refused");
    const std::string md5 = Poco::DigestEngine::digestToHex(state->digest.digest());
    if (md5 != state->md5) {
        return failure("the manager's merged.mg of " + std::to_string(state->bytes) + " bytes has the MD5 " + md5 +
                       ", not the announced " + state->md5);
    }
    return Received{md5, state->reader.finish()};
}

void PushedFile::abandon() {
    state_.reset();
}

}  // namespace riposte
