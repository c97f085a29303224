// SPDX-License-Identifier: Apache-2.0
// The one scripted child of the tests. Its script is a list of words, carried out from left to right; after the last it
// ends with code 0. It comes from the arguments behind a first argument "--role", else from the text file "NAME.role"
// beside the program's own file (found through argv[0], relative to the working directory), words apart by white space.
//
//   read-line               reads one line from standard input and remembers it
//   read-answer             reads a second line; one that says "abort" ends the program with code 0; end of file goes
//   on read-all                reads to the end of file; what was read is remembered as the line if there is none yet
//   keys A B C end          prints a check_keys line with these keys ("end" may be left out at the end of the script)
//   keys-from-srcip         the same with the line's (or the arguments') source address as the only key
//   act FILE                appends "VERB SRCIP WALL_MS PID\n" to FILE in one write; VERB is that of the line or of
//   argv[1] dump FILE               appends the remembered line to FILE fail-on VERB N          ends with code N if the
//   verb is VERB print TEXT              prints TEXT and a newline print-error TEXT        the same on standard error
//   nonsense                prints a line that is no message
//   long-line BYTES         prints this many bytes without a newline
//   flood BYTES             prints this many bytes in lines; flood-stderr BYTES: on standard error
//   close-stdin, close-stdout, close-stderr
//   hang                    waits until it is killed
//   ignore-term             ignores SIGTERM from here on
//   grandchild              forks a child that keeps the pipes and waits to be killed, for 60 s at most
//   grandchild-ignore-term  the same, and it ignores SIGTERM
//   grandchild-own-session  the same in a session of its own, so that the end of the group does not reach it
//   echo-grandchild         prints the process id of the last one
//   touch FILE, wait-for FILE (up to 60 s), sleep-ms N
//   exit N, kill-self SIGNAL
//   echo-argv, echo-env     print each entry, a NUL byte after each
//   echo-fds                prints the numbers of the open descriptors, one a line
//   echo-cwd, echo-ids      print the working directory; "PID PPID PGID SID"
//   echo-signals            prints the ignored and the blocked signals: "ignored N N blocked N N"
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

extern char** environ;

namespace {

constexpr int kUsage = 64;
constexpr unsigned kLongestLife = 60;

void write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno != EINTR) return;
        if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    }
}

void append(const std::string& file, std::string_view text) {
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (descriptor < 0) std::perror(file.c_str());
    write_all(descriptor, text);
    ::close(descriptor);
}

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
            if (!talk(word) && !act(word) && !live(word) && !report(word)) {
                write_all(2, "fake_response: no such word: " + word + "\n");
                ::_exit(kUsage);
            }
        }
    }

  private:
    std::string next() {
        if (at_ < words_.size()) return words_[at_++];
        write_all(2, "fake_response: a word is missing at the end of the script\n");
        ::_exit(kUsage);
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
        std::array<char, 65536> buffer;
        ssize_t size = 0;
        while ((size = ::read(0, buffer.data(), buffer.size())) < 0 && errno == EINTR) {
        }
        if (size <= 0) return false;
        input_.append(buffer.data(), static_cast<std::size_t>(size));
        return true;
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
        write_all(1, R"({"version":1,"origin":{"name":"fake_response","module":"active-response"},)"
                     R"("command":"check_keys","parameters":{"keys":[)" +
                         list + "]}}\n");
    }

    static void flood(int descriptor, std::size_t bytes) {
        const std::string line = std::string(127, 'f') + "\n";
        for (std::size_t sent = 0; sent < bytes; sent += line.size()) {
            write_all(descriptor, std::string_view(line).substr(0, std::min(line.size(), bytes - sent)));
        }
    }

    bool talk(const std::string& word) {
        if (word == "read-line")
            line_ = read_line();
        else if (word == "read-answer") {
            if (read_line().find("\"abort\"") != std::string::npos) ::_exit(0);
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
            write_all(1, next() + "\n");
        else if (word == "print-error")
            write_all(2, next() + "\n");
        else if (word == "nonsense")
            write_all(1, "}{ this is \x01 no message \xff\n");
        else if (word == "long-line")
            write_all(1, std::string(next_number(), 'x'));
        else if (word == "flood")
            flood(1, next_number());
        else if (word == "flood-stderr")
            flood(2, next_number());
        else if (word == "close-stdin")
            ::close(0);
        else if (word == "close-stdout")
            ::close(1);
        else if (word == "close-stderr")
            ::close(2);
        else
            return false;
        return true;
    }

    bool act(const std::string& word) {
        if (word == "act") {
            const auto now = std::chrono::system_clock::now().time_since_epoch();
            const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
            const std::string who = verb() + " " + source() + " ";
            append(next(), who + std::to_string(ms) + " " + std::to_string(::getpid()) + "\n");
        } else if (word == "dump")
            append(next(), line_);
        else if (word == "touch")
            append(next(), "");
        else if (word == "fail-on") {
            const bool fails = next() == verb();
            const int code = static_cast<int>(next_number());
            if (fails) ::_exit(code);
        } else
            return false;
        return true;
    }

    static void pause_until_killed() {
        ::alarm(kLongestLife);
        while (true) ::pause();
    }

    void fork_grandchild(bool ignores_term, bool own_session) {
        // Ignored before the fork, so that there is no moment in which it is not.
        const auto before = ignores_term ? std::signal(SIGTERM, SIG_IGN) : SIG_DFL;
        grandchild_ = ::fork();
        if (grandchild_ == 0) {
            if (own_session) ::setsid();
            pause_until_killed();
        }
        if (ignores_term) std::signal(SIGTERM, before);
    }

    bool live(const std::string& word) {
        using std::chrono::milliseconds;
        if (word == "hang")
            pause_until_killed();
        else if (word == "ignore-term")
            std::signal(SIGTERM, SIG_IGN);
        else if (word == "grandchild")
            fork_grandchild(false, false);
        else if (word == "grandchild-ignore-term")
            fork_grandchild(true, false);
        else if (word == "grandchild-own-session")
            fork_grandchild(false, true);
        else if (word == "sleep-ms")
            std::this_thread::sleep_for(milliseconds(next_number()));
        else if (word == "wait-for") {
            const std::string file = next();
            for (int tries = 0; tries < 12000 && ::access(file.c_str(), F_OK) != 0; ++tries) {
                std::this_thread::sleep_for(milliseconds(5));
            }
        } else if (word == "exit")
            ::_exit(static_cast<int>(next_number()));
        else if (word == "kill-self")
            ::kill(::getpid(), static_cast<int>(next_number()));
        else
            return false;
        return true;
    }

    static void echo_descriptors() {
        DIR* directory = ::opendir("/proc/self/fd");
        if (directory == nullptr) return;
        std::string text;
        while (const dirent* entry = ::readdir(directory)) {
            const std::string name = entry->d_name;
            if (name[0] != '.' && name != std::to_string(::dirfd(directory))) text += name + "\n";
        }
        ::closedir(directory);
        write_all(1, text);
    }

    static void echo_signals() {
        std::string ignored = "ignored";
        std::string blocked = " blocked";
        sigset_t mask;
        sigemptyset(&mask);
        sigprocmask(SIG_SETMASK, nullptr, &mask);
        for (int number = 1; number < NSIG; ++number) {
            struct sigaction action {};
            const bool known = sigaction(number, nullptr, &action) == 0;
            if (known && action.sa_handler == SIG_IGN) ignored += " " + std::to_string(number);
            if (sigismember(&mask, number) == 1) blocked += " " + std::to_string(number);
        }
        write_all(1, ignored + blocked + "\n");
    }

    bool report(const std::string& word) const {
        if (word == "echo-argv") {
            for (const std::string& argument : arguments_) write_all(1, argument + '\0');
        } else if (word == "echo-env") {
            for (char** entry = environ; *entry != nullptr; ++entry) write_all(1, std::string(*entry) + '\0');
        } else if (word == "echo-fds")
            echo_descriptors();
        else if (word == "echo-signals")
            echo_signals();
        else if (word == "echo-cwd") {
            std::array<char, PATH_MAX> buffer{};
            if (::getcwd(buffer.data(), buffer.size()) != nullptr) write_all(1, std::string(buffer.data()) + "\n");
        } else if (word == "echo-ids") {
            write_all(1, std::to_string(::getpid()) + " " + std::to_string(::getppid()) + " " +
                             std::to_string(::getpgrp()) + " " + std::to_string(::getsid(0)) + "\n");
        } else if (word == "echo-grandchild")
            write_all(1, std::to_string(grandchild_) + "\n");
        else
            return false;
        return true;
    }

    std::vector<std::string> words_;
    std::vector<std::string> arguments_;
    std::size_t at_ = 0;
    std::string input_;
    std::string line_;
    pid_t grandchild_ = -1;
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

bool read_file(const std::string& path, std::string& text) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return false;
    std::array<char, 4096> buffer;
    for (ssize_t size = 0; (size = ::read(descriptor, buffer.data(), buffer.size())) > 0;) {
        text.append(buffer.data(), static_cast<std::size_t>(size));
    }
    ::close(descriptor);
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv, argv + argc);
    if (argc > 1 && arguments[1] == "--role") {
        Script({arguments.begin() + 2, arguments.end()}, arguments).run();
        ::_exit(0);
    }
    std::string text;
    const std::string file = (argc > 0 ? arguments[0] : "") + ".role";
    if (!read_file(file, text)) {
        write_all(2, "fake_response: no --role argument and no file " + file + "\n");
        ::_exit(kUsage);
    }
    Script(split(text), arguments).run();
    ::_exit(0);
}
