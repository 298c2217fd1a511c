// bench: what was measured, gathered round by round, written as Markdown tables in the order of
// their first coming.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace steward::bench {

class Tables {
public:
    /// The first figure of a table is its main one: shown with its spread and the ratio to the
    /// first row's. Of the others only the medians are shown.
    void add(const std::string& table,
             const std::string& row,
             const std::string& figure,
             double value);

    [[nodiscard]] std::string markdown() const;

private:
    using Values = std::vector<double>;

    struct Row {
        std::string name;
        std::vector<std::pair<std::string, Values>> figures;
    };

    struct Table {
        std::string title;
        std::vector<std::string> figures;
        std::vector<Row> rows;
    };

    static std::string markdown_of(const Table& table);

    std::vector<Table> tables_;
};

}  // namespace steward::bench
