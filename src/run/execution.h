// SPDX-License-Identifier: Apache-2.0
// One run of an executable: started, told, its question answered, its output read, its end seen. Knows nothing of keys
// in force.
#pragma once

#include "platform/include/spawn.h"
#include "src/action/action.h"
#include "src/run/spawner.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace riposte {

class Execution : public std::enable_shared_from_this<Execution> {
  public:
    // Of stdout and stderr together, the last bytes are kept; the rest is read and counted.
    static constexpr std::size_t kKeptOutput = 65'536;
    struct Limits {
        std::chrono::milliseconds deadline{};  // of the whole execution, from its start
        std::chrono::milliseconds
            keys_deadline{};  // from tell() until an executable that named no keys has its stdin closed
        // Close stdin as soon as the executable has read its line and then said nothing for kSilence: for executions
        // that are over with their exit, so that one which reads to end of file goes on at once. Never longer than
        // keys_deadline.
        bool close_when_silent = false;
        bool at_once = false;  // Spawner::start's
    };
    // Called on the loop. After on_end the owner may drop the execution, also from inside the call.
    class Owner {
      public:
        virtual ~Owner() = default;
        // Once at most: it runs, and waits for tell().
        virtual void on_started() = 0;
        // Once at most: the executable named its keys and waits for answer().
        virtual void on_keys(std::vector<std::string> keys) = 0;
        // Once at most, never after on_keys: it will not be asked any more, its stdin is closed.
        virtual void on_no_keys() = 0;
        // Once: it has ended (Success, Failed or Deadline), or could not be started (NotStarted).
        virtual void on_end(Outcome outcome) = 0;
    };
    // How long an executable is silent, its line read, before it is taken to wait for the end of its input. An answer
    // to a check_keys question that comes later than that is lost, so it is far above what an interpreter needs between
    // reading and asking.
    static constexpr std::chrono::milliseconds kSilence{250};
    // Between asking a tree to end and ending it.
    static constexpr std::chrono::milliseconds kGrace{2'000};
    static constexpr std::size_t kMaxLine = 65'536;

    // Has the child started. `owner` must outlive the execution or detach() it.
    static std::shared_ptr<Execution> start(Spawner& spawner, TrustedExecutable executable, SpawnRequest request,
                                            const Limits& limits, Owner& owner);
    Execution(boost::asio::io_context& loop, const Limits& limits, Owner& owner);

    bool is_started() const { return child_.has_value(); }
    // ---- once it is started ----
    std::int64_t process_id() const { return child_->process_id(); }
    ProcessIdentity identity() const { return child_->identity(); }
    // Writes the line. An empty one closes stdin: everything was said in argv.
    void tell(const std::string& line);
    // Answers check_keys, then closes stdin.
    void answer(const std::string& line);

    // ---- at any time ----
    // The deadline is now.
    void end_now();
    // The owner goes: nothing is called any more, the tree is ended.
    void detach();

  private:
    enum class Stream { Output, Errors };
    struct Pipe {
        std::array<char, 4096> buffer{};
        bool open = true;
    };

    void begin(Result<Child> child);
    void not_started(const Error& error);
    void read(Stream stream);
    void take(Stream stream, std::size_t size);
    void look_for_keys(const char* data, std::size_t size);
    void take_line(std::string_view line);
    void keep_output(std::string_view data);
    void write(const std::string& line, bool then_close);
    void write_next();
    void wait_for_keys();
    void check_silence();
    void give_up_keys();
    void close_input();
    void arm_deadline();
    void on_exit(Result<ExitStatus> status);
    void finish_when_read();
    void finish();
    Outcome outcome() const;

    std::optional<Child> child_;
    Limits limits_;
    Owner* owner_;
    Pipe output_, errors_;
    std::string line_;                // of stdout, so far
    std::string tail_;                // of both streams
    std::uint64_t output_bytes_ = 0;  // of both streams, in all
    std::string to_write_;
    bool close_after_write_ = false;
    bool writing_ = false;
    bool input_open_ = true;
    bool end_asked_ = false;     // before it was started
    bool keys_possible_ = true;  // until named, given up or impossible
    bool exited_ = false;
    bool timed_out_ = false;
    bool finished_ = false;
    Result<ExitStatus> status_{ExitStatus{}};
    std::chrono::steady_clock::time_point started_, last_output_, drained_since_{}, exited_at_{};
    std::chrono::steady_clock::time_point told_at_{};
    boost::asio::steady_timer deadline_, conversation_, drain_;
};

}  // namespace riposte
