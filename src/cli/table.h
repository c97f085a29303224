// SPDX-License-Identifier: Apache-2.0
// Tables for people: aligned columns, fitted to a terminal, whole everywhere else.
#pragma once

#include "platform/include/clock.h"
#include "platform/include/service.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace riposte {

enum class Colour { None, Good, Notice, Bad, Faint };

// The text in that colour, if the terminal shows colours.
std::string coloured(std::string_view text, Colour colour, const Terminal& terminal);

// A value from outside as one line of a table: control characters are made visible, the length is bounded.
std::string cell_text(std::string_view value);

// How many columns a terminal gives to UTF-8 text.
std::size_t display_width(std::string_view text);

class Table {
  public:
    struct Column {
        std::string title;
        bool right = false;       // aligned to the right, for numbers
        bool may_shrink = false;  // cut with an ellipsis where the terminal is too narrow
    };
    struct Cell {
        Cell(std::string value) : text(std::move(value)) {}  // NOLINT(google-explicit-constructor)
        Cell(std::string value, Colour tint) : text(std::move(value)), colour(tint) {}
        std::string text;
        Colour colour = Colour::None;
    };

    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
    // As many cells as columns; each is passed through cell_text().
    void add(std::vector<Cell> row);
    std::size_t rows() const { return rows_.size(); }
    // With a line of titles; each line ends without spaces.
    std::string text(const Terminal& terminal) const;

  private:
    std::vector<std::size_t> widths(const Terminal& terminal) const;
    std::string line(const std::vector<Cell>& row, const std::vector<std::size_t>& widths,
                     const Terminal& terminal) const;

    std::vector<Column> columns_;
    std::vector<std::vector<Cell>> rows_;
};

// "4d 03h", "2h 05m", "9m 58s", "58s", "0s": two units, so that it never reads longer than it needs to.
std::string duration_text(std::int64_t ms);
// Local time; without the date if that is today's.
std::string time_text(WallTime time, WallTime now);

}  // namespace riposte
