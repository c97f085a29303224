// SPDX-License-Identifier: Apache-2.0
#include "tests/fake_response/system.h"

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

extern char** environ;

namespace fake {
namespace {

constexpr unsigned kLongestLife = 60;

void echo_descriptors() {
    DIR* directory = ::opendir("/proc/self/fd");
    if (directory == nullptr) return;
    std::string text;
    while (const dirent* entry = ::readdir(directory)) {
        const std::string name = entry->d_name;
        if (name[0] != '.' && name != std::to_string(::dirfd(directory))) text += name + "\n";
    }
    ::closedir(directory);
    write_all(kOutput, text);
}

void echo_signals() {
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
    write_all(kOutput, ignored + blocked + "\n");
}

void echo_ids() {
    write_all(kOutput, std::to_string(::getpid()) + " " + std::to_string(::getppid()) + " " +
                           std::to_string(::getpgrp()) + " " + std::to_string(::getsid(0)) + "\n");
}

}  // namespace

void write_all(int stream, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(stream, text.data(), text.size());
        if (written < 0 && errno != EINTR) return;
        if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    }
}

std::string read_some(int stream) {
    std::array<char, 65536> buffer;
    ssize_t size = 0;
    while ((size = ::read(stream, buffer.data(), buffer.size())) < 0 && errno == EINTR) {
    }
    return {buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

void close_stream(int stream) {
    ::close(stream);
}

void append(const std::string& file, std::string_view text) {
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (descriptor < 0) std::perror(file.c_str());
    write_all(descriptor, text);
    ::close(descriptor);
}

bool exists(const std::string& file) {
    return ::access(file.c_str(), F_OK) == 0;
}

bool read_file(const std::string& file, std::string& text) {
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return false;
    for (std::string part; !(part = read_some(descriptor)).empty();) text += part;
    ::close(descriptor);
    return true;
}

void leave(int code) {
    ::_exit(code);
}

void hang() {
    ::alarm(kLongestLife);
    while (true) ::pause();
}

void ignore_term() {
    std::signal(SIGTERM, SIG_IGN);
}

long start_grandchild(bool ignores_term, bool own_session) {
    // Ignored before the fork, so that there is no moment in which it is not.
    const auto before = ignores_term ? std::signal(SIGTERM, SIG_IGN) : SIG_DFL;
    const pid_t pid = ::fork();
    if (pid == 0) {
        if (own_session) ::setsid();
        hang();
    }
    if (ignores_term) std::signal(SIGTERM, before);
    return pid;
}

long process_id() {
    return ::getpid();
}

std::vector<std::string> environment() {
    std::vector<std::string> entries;
    for (char** entry = environ; *entry != nullptr; ++entry) entries.emplace_back(*entry);
    return entries;
}

std::string working_directory() {
    std::array<char, PATH_MAX> buffer{};
    return ::getcwd(buffer.data(), buffer.size()) != nullptr ? buffer.data() : "";
}

bool own_word(const std::string& word, const std::function<std::string()>& next) {
    if (word == "kill-self")
        ::kill(::getpid(), static_cast<int>(std::strtol(next().c_str(), nullptr, 10)));
    else if (word == "echo-fds")
        echo_descriptors();
    else if (word == "echo-signals")
        echo_signals();
    else if (word == "echo-ids")
        echo_ids();
    else
        return false;
    return true;
}

}  // namespace fake

int main(int argc, char** argv) {
    return fake::run({argv, argv + argc});
}
