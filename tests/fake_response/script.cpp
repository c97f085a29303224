// SPDX-License-Identifier: Apache-2.0
// The one scripted child of the tests. Its script is a list of words, carried out from left to right; after the last it
// ends with code 0. It comes from the arguments behind a first argument "--role", else from the text file "NAME.role"
// beside the program's own file (found through argv[0], relative to the working directory), words apart by white space.
//
//   read-line               reads one line from standard input and remembers it
//   read-answer             reads a second line; one that says "abort" ends the program with code 0; end of file goes
//                           on
//   read-all                reads to the end of file; what was read is remembered as the line if there is none yet
//   keys A B C end          prints a check_keys line with these keys ("end" may be left out at the end of the script)
//   keys-from-srcip         the same with the line's (or the arguments') source address as the only key
//   act FILE                appends "VERB SRCIP WALL_MS PID\n" to FILE in one write; VERB is the line's or argv[1]
//   dump FILE               appends the remembered line to FILE
//   append-argv FILE        appends the arguments to FILE, on one line
//   fail-on VERB N          ends with code N if the verb is VERB
//   print TEXT              prints TEXT and a newline; print-error TEXT: on standard error
//   nonsense                prints a line that is no message
//   long-line BYTES         prints this many bytes without a newline
//   flood BYTES             prints this many bytes in lines; flood-stderr BYTES: on standard error
//   close-stdin, close-stdout, close-stderr
//   hang                    waits until it is killed, for 60 s at most
//   ignore-term             ignores SIGTERM (Windows: Ctrl-Break) from here on
//   grandchild              starts a process that keeps the pipes and waits to be killed, for 60 s at most
//   grandchild-ignore-term  the same, and it ignores SIGTERM (Windows: Ctrl-Break)
//   grandchild-own-session  the same in a session of its own, so that the end of the group does not reach it (Windows:
//                           without a console, but in the job all the same)
//   echo-grandchild         prints the process id of the last one
//   touch FILE, wait-for FILE (up to 60 s), sleep-ms N, sleep-ms-on VERB N (if the verb is VERB)
//   exit N
//   echo-argv, echo-env     print each entry, a NUL byte after each
//   has-env ENTRY           prints "ENTRY is there" or "ENTRY is missing"
//   echo-cwd                prints the working directory
//   kill-self SIGNAL        is ended by this signal (Windows: as if another process had ended it, with this code)
//
// Linux only:
//   echo-fds                prints the numbers of the open descriptors, one a line
//   echo-ids                prints "PID PPID PGID SID"
//   echo-signals            prints the ignored and the blocked signals: "ignored N N blocked N N"
// Windows only:
//   break-away              starts a grandchild outside the job: prints "refused" or "outside the job"
//   echo-files              prints the paths of the open files, one a line
//   echo-console            prints "console" or "no console", and "visible" if its window is
//   echo-command-line       prints the command line as it was given
#include "tests/fake_response/system.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <utility>

namespace fake {
namespace {

constexpr int kUsage = 64;

// The string member `name` directly in an object at this depth (1: the root), or at any if `depth` is 0; from `from`
// on.
std::string find_member(std::string_view json, std::string_view name, int depth, std::size_t from = 0) {
    int at_depth = 0;
    for (std::size_t at = from; at < json.size(); ++at) {
        if (json[at] == '{' || json[at] == '[') ++at_depth;
        if (json[at] == '}' || json[at] == ']') --at_depth;
        if (json[at] != '"') continue;
        std::size_t end = at + 1;
        while (end < json.size() && json[end] != '"') end += json[end] == '\\' ? 2 : 1;
        if (end >= json.size()) break;
        const std::string_view text = json.substr(at + 1, end - at - 1);
        const std::size_t colon = json.find_first_not_of(" \t", end + 1);
        at = end;
        const bool is_wanted = text == name && (depth == 0 || depth == at_depth);
        if (!is_wanted || colon == std::string_view::npos || json[colon] != ':') continue;
        const std::size_t value = json.find_first_not_of(" \t", colon + 1);
        if (value == std::string_view::npos || json[value] != '"') continue;
        const std::size_t close = json.find('"', value + 1);
        if (close != std::string_view::npos) return std::string(json.substr(value + 1, close - value - 1));
    }
    return {};
}

class Script {
  public:
    Script(std::vector<std::string> words, std::vector<std::string> arguments)
        : words_(std::move(words)), arguments_(std::move(arguments)) {}

    void run() {
        while (at_ < words_.size()) {
            const std::string word = next();
            if (!talk(word) && !act(word) && !live(word) && !report(word) &&
                !own_word(word, [this] { return next(); })) {
                write_all(kErrors, "fake_response: no such word: " + word + "\n");
                leave(kUsage);
            }
        }
    }

  private:
    std::string next() {
        if (at_ < words_.size()) return words_[at_++];
        write_all(kErrors, "fake_response: a word is missing at the end of the script\n");
        leave(kUsage);
    }
    std::size_t next_number() { return std::strtoull(next().c_str(), nullptr, 10); }

    std::string read_line() {
        while (true) {
            const std::size_t newline = input_.find('\n');
            if (newline != std::string::npos) {
                std::string line = input_.substr(0, newline + 1);
                input_.erase(0, newline + 1);
                return line;
            }
            if (!read_more()) return std::exchange(input_, {});
        }
    }

    bool read_more() {
        const std::string part = read_some(kInput);
        input_ += part;
        return !part.empty();
    }

    std::string verb() const {
        const std::string in_line = find_member(line_, "command", 1);
        if (!in_line.empty()) return in_line;
        return arguments_.size() > 1 ? arguments_[1] : "-";
    }

    // data.srcip, else source.ip, else the third argument of the older dialect.
    std::string source() const {
        std::string found = find_member(line_, "srcip", 0);
        if (found.empty()) {
            const std::size_t object = line_.find("\"source\"");
            if (object != std::string::npos) found = find_member(line_, "ip", 0, object);
        }
        if (!found.empty()) return found;
        return arguments_.size() > 3 && arguments_[1] != "--role" ? arguments_[3] : "-";
    }

    static void print_keys(const std::vector<std::string>& keys) {
        std::string list;
        for (const std::string& key : keys) list += (list.empty() ? "\"" : ",\"") + key + "\"";
        write_all(kOutput, R"({"version":1,"origin":{"name":"fake_response","module":"active-response"},)"
                           R"("command":"check_keys","parameters":{"keys":[)" +
                               list + "]}}\n");
    }

    static void flood(int stream, std::size_t bytes) {
        const std::string line = std::string(127, 'f') + "\n";
        for (std::size_t sent = 0; sent < bytes; sent += line.size()) {
            write_all(stream, std::string_view(line).substr(0, std::min(line.size(), bytes - sent)));
        }
    }

    bool talk(const std::string& word) {
        if (word == "read-line")
            line_ = read_line();
        else if (word == "read-answer") {
            if (read_line().find("\"abort\"") != std::string::npos) leave(0);
        } else if (word == "read-all") {
            while (read_more()) {
            }
            if (line_.empty()) line_ = std::exchange(input_, {});
        } else if (word == "keys") {
            std::vector<std::string> keys;
            for (std::string key; at_ < words_.size() && (key = next()) != "end";) keys.push_back(key);
            print_keys(keys);
        } else if (word == "keys-from-srcip")
            print_keys({source()});
        else if (word == "print")
            write_all(kOutput, next() + "\n");
        else if (word == "print-error")
            write_all(kErrors, next() + "\n");
        else if (word == "nonsense")
            write_all(kOutput, "}{ this is \x01 no message \xff\n");
        else if (word == "long-line")
            write_all(kOutput, std::string(next_number(), 'x'));
        else if (word == "flood")
            flood(kOutput, next_number());
        else if (word == "flood-stderr")
            flood(kErrors, next_number());
        else if (word == "close-stdin")
            close_stream(kInput);
        else if (word == "close-stdout")
            close_stream(kOutput);
        else if (word == "close-stderr")
            close_stream(kErrors);
        else
            return false;
        return true;
    }

    bool act(const std::string& word) {
        if (word == "act") {
            const auto now = std::chrono::system_clock::now().time_since_epoch();
            const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
            const std::string who = verb() + " " + source() + " ";
            append(next(), who + std::to_string(ms) + " " + std::to_string(process_id()) + "\n");
        } else if (word == "dump")
            append(next(), line_);
        else if (word == "append-argv") {
            std::string line;
            for (const std::string& argument : arguments_) line += argument + " ";
            append(next(), line + "\n");
        } else if (word == "touch")
            append(next(), "");
        else if (word == "fail-on") {
            const bool fails = next() == verb();
            const int code = static_cast<int>(next_number());
            if (fails) leave(code);
        } else
            return false;
        return true;
    }

    bool live(const std::string& word) {
        using std::chrono::milliseconds;
        if (word == "hang")
            fake::hang();
        else if (word == "ignore-term")
            ignore_term();
        else if (word == "grandchild")
            grandchild_ = start_grandchild(false, false);
        else if (word == "grandchild-ignore-term")
            grandchild_ = start_grandchild(true, false);
        else if (word == "grandchild-own-session")
            grandchild_ = start_grandchild(false, true);
        else if (word == "sleep-ms")
            std::this_thread::sleep_for(milliseconds(next_number()));
        else if (word == "sleep-ms-on") {
            const bool sleeps = next() == verb();
            const milliseconds time(next_number());
            if (sleeps) std::this_thread::sleep_for(time);
        } else if (word == "wait-for") {
            const std::string file = next();
            for (int tries = 0; tries < 12000 && !exists(file); ++tries) {
                std::this_thread::sleep_for(milliseconds(5));
            }
        } else if (word == "exit")
            leave(static_cast<int>(next_number()));
        else
            return false;
        return true;
    }

    bool report(const std::string& word) {
        if (word == "echo-argv") {
            for (const std::string& argument : arguments_) write_all(kOutput, argument + '\0');
        } else if (word == "echo-env") {
            for (const std::string& entry : environment()) write_all(kOutput, entry + '\0');
        } else if (word == "has-env") {
            const std::vector<std::string> all = environment();
            const std::string entry = next();
            write_all(kOutput, entry + (std::ranges::count(all, entry) != 0 ? " is there" : " is missing") + "\n");
        } else if (word == "echo-cwd") {
            write_all(kOutput, working_directory() + "\n");
        } else if (word == "echo-grandchild")
            write_all(kOutput, std::to_string(grandchild_) + "\n");
        else
            return false;
        return true;
    }

    std::vector<std::string> words_;
    std::vector<std::string> arguments_;
    std::size_t at_ = 0;
    std::string input_;
    std::string line_;
    long grandchild_ = -1;
};

std::vector<std::string> split(const std::string& text) {
    constexpr const char* kBlank = " \t\r\n";
    std::vector<std::string> words;
    std::size_t at = text.find_first_not_of(kBlank);
    while (at != std::string::npos) {
        const std::size_t end = std::min(text.find_first_of(kBlank, at), text.size());
        words.push_back(text.substr(at, end - at));
        at = text.find_first_not_of(kBlank, end);
    }
    return words;
}

}  // namespace

int run(const std::vector<std::string>& arguments) {
    if (arguments.size() > 1 && arguments[1] == "--role") {
        Script({arguments.begin() + 2, arguments.end()}, arguments).run();
        leave(0);
    }
    std::string text;
    const std::string file = (arguments.empty() ? "" : arguments[0]) + ".role";
    if (!read_file(file, text)) {
        write_all(kErrors, "fake_response: no --role argument and no file " + file + "\n");
        leave(kUsage);
    }
    Script(split(text), arguments).run();
    leave(0);
}

}  // namespace fake
