// SPDX-License-Identifier: Apache-2.0
#include "src/action/text.h"

#include "src/request/utf8.h"

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <ctime>
#include <mutex>
#include <string_view>

namespace riposte {

std::string valid_utf8(std::string text) {
    if (is_utf8(text)) return text;
    std::string out;
    for (std::string_view rest = text; !rest.empty();) {
        const std::size_t bytes = first_code_point(rest).bytes;
        out += bytes == 0 ? std::string_view("\xEF\xBF\xBD") : rest.substr(0, bytes);
        rest.remove_prefix(bytes == 0 ? 1 : bytes);
    }
    return out;
}

std::string local_time(WallTime time, char date_separator) {
    // std::localtime shares one buffer; it is the only portable one that follows a change of the system's time zone.
    // It looks for that change each time, so it is asked once a second.
    static std::mutex mutex;
    static std::time_t asked_for = -1;
    static std::tm answer{};
    const auto seconds = static_cast<std::time_t>(to_ms(time) / 1000);
    std::tm parts{};
    {
        const std::lock_guard<std::mutex> lock(mutex);
        if (seconds != asked_for) {
            const std::tm* local = std::localtime(&seconds);
            answer = local ? *local : std::tm{};
            asked_for = seconds;
        }
        parts = answer;
    }
    char text[80];
    std::snprintf(text, sizeof text, "%04d%c%02d%c%02d %02d:%02d:%02d", parts.tm_year + 1900, date_separator,
                  parts.tm_mon + 1, date_separator, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
    return text;
}

std::string utc_time(WallTime time) {
    using namespace std::chrono;
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss<milliseconds> clock{time - day};
    char text[80];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
    return text;
}

}  // namespace riposte
