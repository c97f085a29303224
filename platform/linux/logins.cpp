// SPDX-License-Identifier: Apache-2.0
#include "platform/include/sessions.h"
#include "platform/linux/unique_fd.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <poll.h>
#include <pwd.h>
#include <sstream>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <vector>

namespace riposte {
namespace {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

// A program that forks meanwhile is caught by the next round.
constexpr int kLoginRounds = 5;
constexpr std::chrono::milliseconds kPatience{2000};

struct UserProcess {
    pid_t id = 0;
    pid_t parent = 0;
    pid_t session = 0;
    int terminal = 0;
    std::string name;
    bool is_in_user_slice = false;
    bool is_login = false;
};

std::string read_text(const std::string& file) {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
}

Result<uid_t> uid_of(const std::string& user) {
    std::vector<char> buffer(16'384);
    passwd entry{};
    passwd* found = nullptr;
    int code = ::getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found);
    for (; code == ERANGE && buffer.size() < 1U << 22U;
         code = ::getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found))
        buffer.resize(buffer.size() * 2);
    if (found == nullptr && (code == 0 || code == ENOENT))
        return failure(std::errc::no_such_file_or_directory, "find the user");
    if (found == nullptr) return os_error(code, "find the user");
    return found->pw_uid;
}

bool belongs_to(pid_t process, uid_t user) {
    struct stat status {};
    return ::stat(("/proc/" + std::to_string(process)).c_str(), &status) == 0 && status.st_uid == user;
}

// Nothing if it has ended meanwhile.
std::optional<UserProcess> read_process(pid_t id, uid_t user) {
    const std::string folder = "/proc/" + std::to_string(id);
    const std::string text = read_text(folder + "/stat");
    const std::size_t open = text.find('(');
    const std::size_t close = text.rfind(')');
    if (open == std::string::npos || close == std::string::npos || close < open) return std::nullopt;
    UserProcess process;
    process.id = id;
    process.name = text.substr(open + 1, close - open - 1);
    std::istringstream words(text.substr(close + 1));
    char state = 0;
    pid_t group = 0;
    if (!(words >> state >> process.parent >> group >> process.session >> process.terminal)) return std::nullopt;
    if (state == 'Z' || state == 'X') return std::nullopt;
    process.is_in_user_slice =
        read_text(folder + "/cgroup").find("/user-" + std::to_string(user) + ".slice/") != std::string::npos;
    return process;
}

std::map<pid_t, UserProcess> processes_of(uid_t user) {
    std::map<pid_t, UserProcess> found;
    std::error_code code;
    for (fs::directory_iterator entry("/proc", code), end; !code && entry != end; entry.increment(code)) {
        const std::string name = entry->path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        const auto id = static_cast<pid_t>(std::strtol(name.c_str(), nullptr, 10));
        if (!belongs_to(id, user)) continue;
        if (auto process = read_process(id, user)) found.emplace(id, std::move(*process));
    }
    return found;
}

// The user's processes that belong to a login. These are the processes in the user's slice of logind, with a terminal,
// or of sshd, and all whose parent or session leader is such a process. A system service that runs as that user is none
// of these.
std::vector<pid_t> login_processes(uid_t user) {
    auto processes = processes_of(user);
    for (auto& [id, process] : processes)
        process.is_login = process.is_in_user_slice || process.terminal != 0 || process.name.starts_with("sshd");
    const auto is_login = [&](pid_t id) {
        const auto found = processes.find(id);
        return found != processes.end() && found->second.is_login;
    };
    for (bool changed = true; changed;) {
        changed = false;
        for (auto& [id, process] : processes) {
            if (process.is_login || !(is_login(process.parent) || is_login(process.session))) continue;
            process.is_login = true;
            changed = true;
        }
    }
    std::vector<pid_t> logins;
    for (const auto& [id, process] : processes) {
        if (process.is_login) logins.push_back(id);
    }
    return logins;
}

// Held, so that its number cannot become another's.
struct HeldProcess {
    UniqueFd descriptor;

    static std::optional<HeldProcess> hold(pid_t id, uid_t user) {
        HeldProcess held{UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, id, 0)))};
        if (!held.descriptor || !belongs_to(id, user)) return std::nullopt;
        return held;
    }
    void signal(int number) const {
        static_cast<void>(::syscall(SYS_pidfd_send_signal, descriptor.get(), number, nullptr, 0));
    }
    bool ends_until(SteadyClock::time_point end) const {
        pollfd wanted{descriptor.get(), POLLIN, 0};
        for (;;) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - SteadyClock::now()).count();
            const int ready = ::poll(&wanted, 1, static_cast<int>(std::max<long long>(left, 0)));
            if (ready > 0) return true;
            if (ready == 0 || errno != EINTR) return false;
        }
    }
};

// Interactive shells ignore the request to terminate, but not that their terminal is gone.
std::size_t end_round(const std::vector<pid_t>& logins, uid_t user) {
    std::vector<HeldProcess> held;
    for (const pid_t id : logins) {
        if (auto process = HeldProcess::hold(id, user)) held.push_back(std::move(*process));
    }
    for (const int number : {SIGHUP, SIGTERM, SIGCONT}) {
        for (const HeldProcess& process : held) process.signal(number);
    }
    const auto end = SteadyClock::now() + kPatience;
    for (const HeldProcess& process : held) {
        if (process.ends_until(end)) continue;
        process.signal(SIGKILL);
        process.ends_until(SteadyClock::now() + kPatience);
    }
    return held.size();
}

}  // namespace

Result<std::size_t> end_logins(const std::string& user) {
    const auto uid = uid_of(user);
    if (!uid) return uid.error();
    if (*uid == 0) return failure("the superuser's sessions stay");
    std::size_t ended = 0;
    for (int round = 0; round < kLoginRounds; ++round) {
        const auto logins = login_processes(*uid);
        if (logins.empty()) return ended;
        ended += end_round(logins, *uid);
    }
    if (!login_processes(*uid).empty()) return failure("processes of the user go on, or begin again");
    return ended;
}

}  // namespace riposte
