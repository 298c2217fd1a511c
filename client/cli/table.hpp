// client/cli: rows of text as a table for people. Knows no jobs.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace steward::cli {

enum class Colour : std::uint8_t { Plain, Bold, Dim, Red, Green, Yellow, Cyan };

struct Cell {
    std::string text;
    Colour colour = Colour::Plain;
};

struct Column {
    std::string_view title;
    bool is_number = false;  // flush right
};

inline constexpr std::size_t kCellWidthMax = 60;

/// Each column as wide as its widest cell, at most kCellWidthMax characters; what is longer is cut
/// with "…". Texts are made harmless. Pre: each row has a cell for each column.
void print_table(std::ostream& out,
                 const std::vector<Column>& columns,
                 const std::vector<std::vector<Cell>>& rows,
                 bool has_colours);

// The parts of it, for a table whose rows come bit by bit.
/// Makes the widths large enough for the titles and these rows.
void widen(std::vector<std::size_t>& widths,
           const std::vector<Column>& columns,
           const std::vector<std::vector<Cell>>& rows);
void print_titles(std::ostream& out,
                  const std::vector<Column>& columns,
                  const std::vector<std::size_t>& widths,
                  bool has_colours);
/// Pre: the widths are large enough for it.
void print_row(std::ostream& out,
               const std::vector<Column>& columns,
               const std::vector<Cell>& row,
               const std::vector<std::size_t>& widths,
               bool has_colours);

/// Characters, not bytes. Wide and combining ones are counted as one: names rarely have them.
[[nodiscard]] std::size_t width_of(std::string_view text);

/// Names and values, one pair a line.
void print_pairs(std::ostream& out,
                 const std::vector<std::pair<std::string, Cell>>& pairs,
                 bool has_colours);

/// `text` between the escape sequences of `colour`, or as it is.
[[nodiscard]] std::string painted(std::string_view text, Colour colour, bool has_colours);

}  // namespace steward::cli
