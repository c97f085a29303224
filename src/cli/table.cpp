// SPDX-License-Identifier: Apache-2.0
#include "src/cli/table.h"

#include "src/action/text.h"
#include "src/request/utf8.h"

#include <algorithm>
#include <utility>

namespace riposte {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kMaxCellBytes = 4096;
constexpr std::size_t kMinColumn = 8;

std::string two_digits(std::int64_t number) {
    return (number < 10 ? "0" : "") + std::to_string(number);
}

const char* escape_of(Colour colour) {
    switch (colour) {
        case Colour::None:
            return "";
        case Colour::Good:
            return "\x1b[32m";
        case Colour::Notice:
            return "\x1b[33m";
        case Colour::Bad:
            return "\x1b[31m";
        case Colour::Faint:
            return "\x1b[2m";
    }
    return "";
}

// At most `width` columns, the last of them an ellipsis if something was cut.
std::string cut(const std::string& text, std::size_t width) {
    if (display_width(text) <= width || width == 0) return text;
    std::size_t bytes = 0;
    for (std::size_t columns = 0; columns + 1 < width; ++columns) {
        bytes += std::max<std::size_t>(1, first_code_point(std::string_view(text).substr(bytes)).bytes);
    }
    return text.substr(0, bytes) + "\xe2\x80\xa6";
}

}  // namespace

std::string coloured(std::string_view text, Colour colour, const Terminal& terminal) {
    if (!terminal.colours || colour == Colour::None) return std::string(text);
    return escape_of(colour) + std::string(text) + "\x1b[0m";
}

std::string cell_text(std::string_view value) {
    return printable(value, kMaxCellBytes);
}

std::size_t display_width(std::string_view text) {
    // Continuation bytes of UTF-8 take no column of their own.
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; }));
}

void Table::add(std::vector<Cell> row) {
    for (Cell& cell : row) cell.text = cell_text(cell.text);
    row.resize(columns_.size(), Cell(""));
    rows_.push_back(std::move(row));
}

std::vector<std::size_t> Table::widths(const Terminal& terminal) const {
    std::vector<std::size_t> widths;
    for (std::size_t column = 0; column < columns_.size(); ++column) {
        std::size_t width = display_width(columns_[column].title);
        for (const auto& row : rows_) width = std::max(width, display_width(row[column].text));
        widths.push_back(width);
    }
    if (!terminal.is_terminal) return widths;
    std::size_t total = kGap * (columns_.size() - 1);
    for (const std::size_t width : widths) total += width;
    const auto room = static_cast<std::size_t>(std::max(terminal.columns, 20));
    while (total > room) {
        std::size_t widest = columns_.size();
        for (std::size_t column = 0; column < columns_.size(); ++column) {
            if (!columns_[column].may_shrink || widths[column] <= kMinColumn) continue;
            if (widest == columns_.size() || widths[column] > widths[widest]) widest = column;
        }
        if (widest == columns_.size()) break;
        --widths[widest];
        --total;
    }
    return widths;
}

std::string Table::line(const std::vector<Cell>& row, const std::vector<std::size_t>& widths,
                        const Terminal& terminal) const {
    std::string text;
    std::size_t owed = 0;  // spaces are written only in front of something
    for (std::size_t column = 0; column < columns_.size(); ++column) {
        const std::string shown = cut(row[column].text, widths[column]);
        const std::size_t fill = widths[column] - std::min(widths[column], display_width(shown));
        if (columns_[column].right) owed += fill;
        if (!shown.empty()) {
            text.append(owed, ' ');
            text += coloured(shown, row[column].colour, terminal);
            owed = 0;
        }
        if (!columns_[column].right) owed += fill;
        owed += kGap;
    }
    return text + "\n";
}

std::string Table::text(const Terminal& terminal) const {
    const std::vector<std::size_t> fitted = widths(terminal);
    std::vector<Cell> titles;
    for (const Column& column : columns_) titles.emplace_back(column.title, Colour::Faint);
    std::string all = line(titles, fitted, terminal);
    for (const auto& row : rows_) all += line(row, fitted, terminal);
    return all;
}

std::string duration_text(std::int64_t ms) {
    // A thousand years either way: what is further away is no time that anyone waits for.
    constexpr std::int64_t kMost = std::int64_t{1000} * 365 * 86'400'000;
    if (ms < 0) return "-" + duration_text(std::min(kMost, -std::max(ms, -kMost)));
    ms = std::min(ms, kMost);
    // Rounded up: "0s" would read as over while there is time left.
    const std::int64_t seconds = (ms + 999) / 1000;
    if (seconds < 60) return std::to_string(seconds) + "s";
    if (seconds < 3600) return std::to_string(seconds / 60) + "m " + two_digits(seconds % 60) + "s";
    if (seconds < 86'400) return std::to_string(seconds / 3600) + "h " + two_digits(seconds / 60 % 60) + "m";
    return std::to_string(seconds / 86'400) + "d " + two_digits(seconds / 3600 % 24) + "h";
}

std::string time_text(WallTime time, WallTime now) {
    const std::string text = local_time(time, '-');
    constexpr std::size_t kDate = 10;
    return text.starts_with(local_time(now, '-').substr(0, kDate)) ? text.substr(kDate + 1) : text;
}

}  // namespace riposte
