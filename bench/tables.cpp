#include "bench/tables.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "bench/figures.hpp"

namespace steward::bench {
namespace {

// Three digits at least; thousands are set apart.
std::string text_of(double value) {
    const double size = std::abs(value);
    const int decimals = size >= 100 || size == 0 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 4;
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, "%.*f", decimals, value);
    std::string text = buffer;
    if (decimals == 0) {
        for (std::size_t at = text.size(); at > 3 && text[at - 4] != '-'; at -= 3) {
            text.insert(at - 3, ",");
        }
    }
    return text;
}

template <class Named>
auto& named(std::vector<Named>& all, const std::string& name) {
    const auto at = std::ranges::find_if(all, [&](const Named& one) {
        const auto& [its_name, rest] = one;
        return its_name == name;
    });
    return at == all.end() ? all.emplace_back(name, decltype(Named::second){}) : *at;
}

}  // namespace

void Tables::add(const std::string& table,
                 const std::string& row,
                 const std::string& figure,
                 double value) {
    auto in_table = std::ranges::find(tables_, table, &Table::title);
    if (in_table == tables_.end()) {
        in_table = tables_.insert(tables_.end(), Table{table, {}, {}});
    }
    if (std::ranges::find(in_table->figures, figure) == in_table->figures.end()) {
        in_table->figures.push_back(figure);
    }
    auto in_row = std::ranges::find(in_table->rows, row, &Row::name);
    if (in_row == in_table->rows.end()) {
        in_row = in_table->rows.insert(in_table->rows.end(), Row{row, {}});
    }
    named(in_row->figures, figure).second.push_back(value);
}

std::string Tables::markdown_of(const Table& table) {
    std::string text = "\n### " + table.title + "\n\n| | " + table.figures.front() +
                       " | lowest – highest | ratio |";
    std::string line = "|---|---:|---:|---:|";
    for (std::size_t i = 1; i < table.figures.size(); ++i) {
        text += " " + table.figures[i] + " |";
        line += "---:|";
    }
    text += "\n" + line + "\n";
    double first = 0;
    for (const Row& row : table.rows) {
        text += "| " + row.name + " |";
        for (const std::string& figure : table.figures) {
            const bool is_main = figure == table.figures.front();
            const auto found = std::ranges::find_if(
                row.figures, [&](const auto& one) { return one.first == figure; });
            if (found == row.figures.end()) {
                text += is_main ? " | | |" : " |";
                continue;
            }
            Values values = found->second;
            const double median = percentile(values, 0.5);
            text += " " + text_of(median) + " |";
            if (is_main) {
                first = first == 0 ? median : first;
                text += " " + text_of(values.front()) + " – " + text_of(values.back()) + " | " +
                        text_of(first > 0 ? median / first : 0) + " |";
            }
        }
        text += "\n";
    }
    return text;
}

std::string Tables::markdown() const {
    std::string text;
    for (const Table& table : tables_) {
        text += markdown_of(table);
    }
    return text;
}

}  // namespace steward::bench
