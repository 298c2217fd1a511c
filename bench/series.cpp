#include "bench/series.hpp"

#include <algorithm>
#include <cstdio>

#include "bench/figures.hpp"

namespace steward::bench {

void Series::add(const std::string& title, const std::string& name, double value) {
    auto table = std::ranges::find(tables_, title, &Table::title);
    if (table == tables_.end()) {
        table = tables_.insert(tables_.end(), {title, {}});
    }
    auto row = std::ranges::find(table->rows, name, &Row::name);
    if (row == table->rows.end()) {
        row = table->rows.insert(table->rows.end(), {name, {}});
    }
    row->values.push_back(value);
}

void Series::print(Rows rows) const {
    const bool compares = rows == Rows::Compared;
    for (const Table& table : tables_) {
        std::printf("\n%-46s %11s %24s%s\n",
                    table.title.c_str(),
                    "median",
                    "lowest .. highest",
                    compares ? "   ratio" : "");
        double first = 0;
        for (const Row& row : table.rows) {
            std::vector<double> values = row.values;
            const double median = percentile(values, 0.5);
            first = &row == &table.rows.front() ? median : first;
            std::printf("  %-44s %11.2f %11.2f .. %9.2f",
                        row.name.c_str(),
                        median,
                        values.front(),
                        values.back());
            if (compares) {
                std::printf(" %7.2f", first > 0 ? median / first : 0);
            }
            std::printf("\n");
        }
    }
}

}  // namespace steward::bench
