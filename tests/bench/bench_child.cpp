// SPDX-License-Identifier: Apache-2.0
// The least that a Wazuh executable can be: it reads its line and ends with code 0. Linked without the C++ library, so
// that what is measured is whoever starts it.
//
// If it is given --stateful, or the name it was started under contains "stateful", and the line says add or enable, it
// names the line's srcip as its key and reads the answer first. When it began to run is told where somebody asks for
// it: on standard error, as "start NS" (CLOCK_MONOTONIC, nanoseconds), if it is given --report-start; and at the end of
// the file NAME.times beside it, if there is one, as "NS add|delete SRCIP" in one write.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

namespace {

constexpr size_t kMaxLine = 1 << 17;
char line[kMaxLine + 1];
char srcip[128];

long long now_ns() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

// One read takes what is there, which is more than a byte at a time and, since both sides wait for each other, never
// more than a line.
bool read_line() {
    size_t size = 0;
    while (size < kMaxLine) {
        const ssize_t got = read(STDIN_FILENO, line + size, kMaxLine - size);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        size += static_cast<size_t>(got);
        if (line[size - 1] == '\n') break;
    }
    line[size] = '\0';
    return size > 0;
}

void find_srcip() {
    static const char kMember[] = "\"srcip\":\"";
    const char* found = strstr(line, kMember);
    if (found == nullptr) return;
    found += sizeof kMember - 1;
    const size_t length = strcspn(found, "\"");
    if (length >= sizeof srcip) return;
    memcpy(srcip, found, length);
    srcip[length] = '\0';
}

bool write_text(int descriptor, const char* text, int size) {
    return size > 0 && write(descriptor, text, static_cast<size_t>(size)) == size;
}

bool converse() {
    char text[512];
    const int size = snprintf(text, sizeof text,
                              "{\"version\":1,\"origin\":{\"name\":\"bench_child\",\"module\":\"active-response\"},"
                              "\"command\":\"check_keys\",\"parameters\":{\"keys\":[\"%s\"]}}\n",
                              srcip);
    return write_text(STDOUT_FILENO, text, size) && read_line();
}

void report_start(long long start_ns) {
    char text[64];
    write_text(STDERR_FILENO, text, snprintf(text, sizeof text, "start %lld\n", start_ns));
}

void note_start(const char* program, long long start_ns, bool is_add) {
    char text[4096];
    const int size = snprintf(text, sizeof text, "%s.times", program);
    if (size < 0 || static_cast<size_t>(size) >= sizeof text) return;
    const int file = open(text, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (file < 0) return;
    write_text(file, text, snprintf(text, sizeof text, "%lld %s %s\n", start_ns, is_add ? "add" : "delete", srcip));
    close(file);
}

}  // namespace

int main(int argc, char** argv) {
    const long long start_ns = now_ns();
    if (argc < 1) return 64;
    bool is_stateful = strstr(argv[0], "stateful") != nullptr;
    for (int i = 1; i < argc; ++i) {
        if (strcmp(argv[i], "--stateful") == 0) is_stateful = true;
        if (strcmp(argv[i], "--report-start") == 0) report_start(start_ns);
    }
    if (!read_line()) return 1;
    find_srcip();
    const bool is_add =
        strstr(line, "\"command\":\"add\"") != nullptr || strstr(line, "\"command\":\"enable\"") != nullptr;
    note_start(argv[0], start_ns, is_add);
    if (is_add && is_stateful && !converse()) return 1;
    return 0;
}
