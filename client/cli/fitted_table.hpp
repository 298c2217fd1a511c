// client/cli: a table made to fit a space: a width that is not passed, and so many lines. Values
// in, lines out.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "client/cli/table.hpp"

namespace steward::cli {

struct FittedColumn {
    std::string_view title;
    bool is_number = false;
    bool may_shrink = false;  // cut with "…" before a column is left out
};

struct FittedRows {
    std::vector<FittedColumn> columns;    // at least one
    std::vector<std::vector<Cell>> rows;  // each with a cell for each column
};

struct Space {
    std::size_t columns = 80;
    std::size_t lines = 24;
};

/// Titles and as many rows as there is space for; what is left out is counted in the last line.
/// Columns that do not fit even when others are cut are left out, the last ones first. No line is
/// longer than the space; there may be fewer.
[[nodiscard]] std::vector<std::string> fitted_table(const FittedRows& table,
                                                    const Space& space,
                                                    bool has_colours);

/// `text` in at most `width` characters, harmless, cut with "…".
[[nodiscard]] std::string cut_to(std::string_view text, std::size_t width);

}  // namespace steward::cli
