// SPDX-License-Identifier: Apache-2.0
// The system calls of the scripted child of the tests, implemented once for each system. Nothing here is buffered: a
// write survives however the program ends.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace fake {

// The three standard handles by number.
inline constexpr int kInput = 0;
inline constexpr int kOutput = 1;
inline constexpr int kErrors = 2;

// Carries out the script; each twin's main() calls it with its arguments in UTF-8.
int run(const std::vector<std::string>& arguments);

void write_all(int stream, std::string_view text);
// Waits for input and returns the bytes that one read gives, at least one; empty at the end of the input.
std::string read_some(int stream);
void close_stream(int stream);

// Appends in one write; creates the file.
void append(const std::string& file, std::string_view text);
bool exists(const std::string& file);
// Nothing is read (false) from a file that is not there.
bool read_file(const std::string& file, std::string& text);

// Ends at once.
[[noreturn]] void leave(int code);
// Waits to be killed, 60 s at most.
[[noreturn]] void hang();
// Linux: SIGTERM. Windows: Ctrl-Break.
void ignore_term();
// A process that keeps the pipes and hangs; its id. Ignores what ends it politely from its first moment on if
// `ignores_term`. `own_session`: Linux: out of the process group. Windows: without a console, yet in the job.
long start_grandchild(bool ignores_term, bool own_session);

long process_id();
std::vector<std::string> environment();
std::string working_directory();

// A word that only this system has; false if it has not. `next` gives the word behind it.
bool own_word(const std::string& word, const std::function<std::string()>& next);

}  // namespace fake
