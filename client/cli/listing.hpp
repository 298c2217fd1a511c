// client/cli: the broker's reports as tables. Values in, text out: no broker is asked here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "client/cli/console.hpp"
#include "client/cli/fields.hpp"
#include "client/cli/table.hpp"
#include "common/base/time.hpp"

namespace steward::cli {

/// `what`: jobs, active, hist, workers, services, list, groups, limits, schedules or batches, and
/// the report of that query: its rows, or a page of them. Rows or members that are missing are left
/// empty.
void print_listing(Console& console, std::string_view what, const nlohmann::json& report);

/// The same for a listing in pages: titles once, and columns that only grow from page to page.
class ListingPrinter {
public:
    ListingPrinter(Console& console, std::string_view what);

    void print(const nlohmann::json& rows);
    /// Where there was no row, at least the titles are printed.
    void end();

private:
    void print_rows(const std::vector<std::vector<Cell>>& cells);

    Console& console_;
    std::vector<Field> fields_;
    std::vector<Column> columns_;
    std::vector<std::size_t> widths_;
    bool has_titles_ = false;
};

/// The status of one job, or the broker's figures: one member a line, times readable.
void print_details(Console& console, const nlohmann::json& report);

/// "250ms", "3.2s", "4m05s", "3h12m", "2d04h": three figures or so.
[[nodiscard]] std::string duration_text(base::Duration duration);
/// "2024-05-17 12:00:03Z"
[[nodiscard]] std::string instant_text(base::WallTime instant);

}  // namespace steward::cli
