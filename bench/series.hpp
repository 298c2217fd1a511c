// bench: figures under names, gathered round by round and printed in the order of their first
// coming.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace steward::bench {

class Series {
public:
    void add(const std::string& title, const std::string& name, double value);
    /// A table for each title: medians, spread, and the ratio to the first row of the table, unless
    /// its rows are not to be compared.
    enum class Rows { Compared, Apart };
    void print(Rows rows = Rows::Compared) const;

private:
    struct Row {
        std::string name;
        std::vector<double> values;
    };

    struct Table {
        std::string title;
        std::vector<Row> rows;
    };

    std::vector<Table> tables_;
};

}  // namespace steward::bench
