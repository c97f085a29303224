// SPDX-License-Identifier: Apache-2.0
// The file that a classic manager pushes: merged.mg, a bundle of files of which only ar.conf is taken. Nothing of it is
// kept but that, so a push of any size takes no more memory than ar.conf may have.
// Sources: wazuh v4.14.7 src/client-agent/receiver.c (receive_msg), src/shared/file_op.c (UnmergeFiles,
// MergeAppendFile), src/remoted/manager.c (send_file_toagent); ossec-hids the same names.
#pragma once

#include "platform/include/result.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace riposte {

inline constexpr std::size_t kMaxArConfBytes = 1'048'576;
inline constexpr std::uint64_t kMaxPushedBytes = 268'435'456;
inline constexpr std::size_t kMaxRefusals = 20;

// The useful content of a merged.mg, and its refusals.
struct MergedContent {
    std::optional<std::string> ar_conf;  // the first of that name; nothing: there is none
    // Sentences for the log, at most kMaxRefusals: one per entry that is refused (a path with "..", an absolute one, a
    // drive, a second ar.conf, one that is too large, a first line that cannot be read), and one if the bundle ends
    // inside an entry. If there are more, the last one says how many more. Quoted text is bounded and printable.
    std::vector<std::string> refusals;
};

// Reads the bundle piece by piece. Lines that start no entry are passed over, as the managers' own reader does.
class MergedReader {
  public:
    MergedReader();
    MergedReader(MergedReader&&) noexcept;
    MergedReader& operator=(MergedReader&&) noexcept;
    ~MergedReader();
    void add(std::string_view bytes);
    // At the end of the file; the reader is used up. An ar.conf that is cut off is refused.
    MergedContent finish();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// The sequence of "up file", its chunks and "close file".
class PushedFile {
  public:
    struct Received {
        std::string md5;  // lower case: what the next keepalive reports
        MergedContent content;
    };

    PushedFile();
    PushedFile(PushedFile&&) noexcept;
    PushedFile& operator=(PushedFile&&) noexcept;
    ~PushedFile();

    // A file begins; one that was not finished is dropped. Error: a name other than merged.mg; its chunks are passed
    // over until the next file.
    Result<void> start(std::string_view md5, std::string_view name);
    // Error, once per file: it has more than kMaxPushedBytes. Chunks without a file are passed over in silence: the
    // manager's text outside a file means nothing.
    Result<void> add(std::string_view chunk);
    // The file ends. Error: there is none, it was refused before, or its MD5 is not the one announced. Nothing of a
    // refused file is given out.
    Result<Received> finish();
    // Another control message came in between (acks, requests and responses may), or the connection is gone.
    void abandon();
    bool is_open() const { return state_ != nullptr; }

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace riposte
