#include "client/cli/fitted_table.hpp"

#include <algorithm>
#include <numeric>

#include "client/cli/console.hpp"

namespace steward::cli {

namespace {

constexpr std::size_t kGap = 2;           // between columns
constexpr std::size_t kShrunkWidth = 12;  // no column that may shrink gets narrower

std::size_t total(const std::vector<std::size_t>& widths) {
    return std::accumulate(widths.begin(), widths.end(), std::size_t{0}) +
           (widths.empty() ? 0 : (widths.size() - 1) * kGap);
}

std::vector<std::size_t> natural_widths(const FittedRows& table) {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        std::size_t width = width_of(table.columns[i].title);
        for (const auto& row : table.rows) {
            width = std::max(width, width_of(harmless(row[i].text)));
        }
        widths.push_back(width);
    }
    return widths;
}

// Takes what is too much from the last columns that may be cut.
void shrink(const FittedRows& table, std::vector<std::size_t>& widths, std::size_t space) {
    for (std::size_t i = widths.size(); i-- > 0 && total(widths) > space;) {
        if (table.columns[i].may_shrink && widths[i] > kShrunkWidth) {
            widths[i] -= std::min(total(widths) - space, widths[i] - kShrunkWidth);
        }
    }
}

std::vector<std::size_t> fitting_widths(const FittedRows& table, std::size_t space) {
    const std::vector<std::size_t> natural = natural_widths(table);
    for (std::size_t kept = natural.size(); kept > 1; --kept) {
        std::vector<std::size_t> widths(natural.begin(),
                                        natural.begin() + static_cast<std::ptrdiff_t>(kept));
        shrink(table, widths, space);
        if (total(widths) <= space) {
            return widths;
        }
    }
    return {std::min(natural.front(), space)};
}

std::string line_of(const FittedRows& table,
                    const std::vector<Cell>& cells,
                    const std::vector<std::size_t>& widths,
                    bool has_colours) {
    std::string line;
    for (std::size_t i = 0; i < widths.size(); ++i) {
        const std::string text = cut_to(cells[i].text, widths[i]);
        const std::string padding(widths[i] - width_of(text), ' ');
        const bool is_last = i + 1 == widths.size();
        line += std::string(i == 0 ? 0 : kGap, ' ');
        line += table.columns[i].is_number ? padding : "";
        line += painted(text, cells[i].colour, has_colours);
        line += table.columns[i].is_number || is_last ? "" : padding;
    }
    return line;
}

}  // namespace

std::string cut_to(std::string_view text, std::size_t width) {
    std::string shown = harmless(text);
    if (width_of(shown) <= width) {
        return shown;
    }
    if (width == 0) {
        return {};
    }
    std::size_t end = 0;
    for (std::size_t characters = 0; end < shown.size(); ++end) {
        const bool continues = (static_cast<unsigned char>(shown[end]) & 0xC0U) == 0x80U;
        if (!continues && characters++ == width - 1) {
            break;
        }
    }
    return shown.substr(0, end) + "…";
}

std::vector<std::string> fitted_table(const FittedRows& table,
                                      const Space& space,
                                      bool has_colours) {
    if (space.lines == 0 || space.columns == 0) {
        return {};
    }
    const std::vector<std::size_t> widths = fitting_widths(table, space.columns);
    std::vector<Cell> titles;
    for (const FittedColumn& column : table.columns) {
        titles.push_back({std::string(column.title), Colour::Bold});
    }
    std::vector<std::string> lines = {line_of(table, titles, widths, has_colours)};
    const std::size_t room = space.lines - 1;
    const bool fits = table.rows.size() <= room;
    const std::size_t shown = fits ? table.rows.size() : std::max<std::size_t>(room, 1) - 1;
    for (std::size_t i = 0; i < shown; ++i) {
        lines.push_back(line_of(table, table.rows[i], widths, has_colours));
    }
    if (!fits && room > 0) {
        const std::string rest = "… and " + std::to_string(table.rows.size() - shown) + " more";
        lines.push_back(painted(cut_to(rest, space.columns), Colour::Dim, has_colours));
    }
    return lines;
}

}  // namespace steward::cli
