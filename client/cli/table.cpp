#include "client/cli/table.hpp"

#include <algorithm>
#include <ostream>
#include <utility>

#include "client/cli/console.hpp"

namespace steward::cli {

namespace {

bool continues_character(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

std::string fitted(std::string_view text) {
    std::string shown = harmless(text);
    if (width_of(shown) <= kCellWidthMax) {
        return shown;
    }
    std::size_t characters = 0;
    std::size_t end = 0;
    while (characters < kCellWidthMax - 1 || continues_character(shown[end])) {
        characters += continues_character(shown[end]) ? 0U : 1U;
        ++end;
    }
    while (continues_character(shown[end])) {
        ++end;
    }
    return shown.substr(0, end) + "…";
}

std::string_view escape_of(Colour colour) {
    switch (colour) {
        case Colour::Plain: return "";
        case Colour::Bold: return "\x1b[1m";
        case Colour::Dim: return "\x1b[2m";
        case Colour::Red: return "\x1b[31m";
        case Colour::Green: return "\x1b[32m";
        case Colour::Yellow: return "\x1b[33m";
        case Colour::Cyan: return "\x1b[36m";
    }
    return "";
}

}  // namespace

std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return !continues_character(c); }));
}

std::string painted(std::string_view text, Colour colour, bool has_colours) {
    if (!has_colours || colour == Colour::Plain || text.empty()) {
        return std::string(text);
    }
    return std::string(escape_of(colour)) + std::string(text) + "\x1b[0m";
}

void print_row(std::ostream& out,
               const std::vector<Column>& columns,
               const std::vector<Cell>& row,
               const std::vector<std::size_t>& widths,
               bool has_colours) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const std::string text = fitted(row[i].text);
        const std::string padding(widths[i] - width_of(text), ' ');
        const bool is_last = i + 1 == columns.size();
        out << (i == 0 ? "" : "  ") << (columns[i].is_number ? padding : "")
            << painted(text, row[i].colour, has_colours)
            << (columns[i].is_number || is_last ? "" : padding);
    }
    out << '\n';
}

void print_titles(std::ostream& out,
                  const std::vector<Column>& columns,
                  const std::vector<std::size_t>& widths,
                  bool has_colours) {
    std::vector<Cell> titles;
    titles.reserve(columns.size());
    for (const Column& column : columns) {
        titles.push_back({std::string(column.title), Colour::Bold});
    }
    print_row(out, columns, titles, widths, has_colours);
}

void widen(std::vector<std::size_t>& widths,
           const std::vector<Column>& columns,
           const std::vector<std::vector<Cell>>& rows) {
    widths.resize(columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i) {
        widths[i] = std::max(widths[i], width_of(columns[i].title));
        for (const auto& row : rows) {
            widths[i] = std::max(widths[i], width_of(fitted(row[i].text)));
        }
    }
}

void print_table(std::ostream& out,
                 const std::vector<Column>& columns,
                 const std::vector<std::vector<Cell>>& rows,
                 bool has_colours) {
    std::vector<std::size_t> widths;
    widen(widths, columns, rows);
    print_titles(out, columns, widths, has_colours);
    for (const auto& row : rows) {
        print_row(out, columns, row, widths, has_colours);
    }
}

void print_pairs(std::ostream& out,
                 const std::vector<std::pair<std::string, Cell>>& pairs,
                 bool has_colours) {
    std::size_t width = 0;
    for (const auto& [name, value] : pairs) {
        width = std::max(width, width_of(name));
    }
    for (const auto& [name, value] : pairs) {
        out << painted(name, Colour::Dim, has_colours)
            << std::string(width - width_of(name) + 2, ' ')
            << painted(harmless(value.text), value.colour, has_colours) << '\n';
    }
}

}  // namespace steward::cli
