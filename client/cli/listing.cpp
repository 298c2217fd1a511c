#include "client/cli/listing.hpp"

#include <cstdint>
#include <ctime>
#include <ostream>
#include <utility>
#include <vector>

#include "client/cli/fields.hpp"
#include "client/cli/table.hpp"

namespace steward::cli {

namespace {

using nlohmann::json;

bool is_instant(std::string_view name) {
    return name == "reqtime" || name == "startedat" || name == "completedat" || name == "dueat" ||
           name == "openedat" || name == "endedat" || name == "next" || name == "last";
}

Cell detail(std::string_view name, const json& value) {
    const auto seconds = seconds_of(&value);
    if (seconds && is_instant(name)) {
        return {instant_text(base::WallTime(*seconds))};
    }
    if (seconds && name == "uptime") {
        return {duration_text(*seconds)};
    }
    return {text_of(&value), name == "state" ? colour_of_state(text_of(&value)) : Colour::Plain};
}

std::string two_units(std::int64_t large, char large_unit, std::int64_t small, char small_unit) {
    std::string text = std::to_string(large) + large_unit;
    text += small < 10 ? "0" : "";
    return text + std::to_string(small) + small_unit;
}

}  // namespace

void print_listing(Console& console, std::string_view what, const json& report) {
    const json* rows = member(report, "rows");
    ListingPrinter printer(console, what);
    printer.print(rows != nullptr ? *rows : report);
    printer.end();
}

ListingPrinter::ListingPrinter(Console& console, std::string_view what)
    : console_(console), fields_(fields_of(what)) {
    for (const Field& field : fields_) {
        columns_.push_back(field.column);
    }
}

void ListingPrinter::print(const json& rows) {
    std::vector<std::vector<Cell>> cells;
    if (rows.is_array()) {
        for (const json& row : rows) {
            std::vector<Cell>& line = cells.emplace_back();
            for (const Field& field : fields_) {
                line.push_back(field.cell(row, console_.now));
            }
        }
    }
    if (!cells.empty()) {
        print_rows(cells);
    }
}

void ListingPrinter::end() {
    if (!has_titles_) {
        print_rows({});
    }
}

void ListingPrinter::print_rows(const std::vector<std::vector<Cell>>& cells) {
    widen(widths_, columns_, cells);
    if (!std::exchange(has_titles_, true)) {
        print_titles(console_.out, columns_, widths_, console_.has_colours);
    }
    for (const auto& line : cells) {
        print_row(console_.out, columns_, line, widths_, console_.has_colours);
    }
}

void print_details(Console& console, const json& report) {
    std::vector<std::pair<std::string, Cell>> pairs;
    if (report.is_object()) {
        for (const auto& [name, value] : report.items()) {
            if (value.is_structured()) {  // for programs: one line would not hold it
                continue;
            }
            pairs.emplace_back(harmless(name), detail(name, value));
        }
    }
    print_pairs(console.out, pairs, console.has_colours);
}

std::string duration_text(base::Duration duration) {
    const bool is_negative = duration < base::Duration::zero();
    const std::int64_t micros = is_negative ? -duration.count() : duration.count();
    const std::int64_t seconds = micros / 1'000'000;
    std::string text;
    if (micros < 1'000'000) {
        text = std::to_string(micros / 1000) + "ms";
    } else if (seconds < 60) {
        text = std::to_string(seconds) + "." + std::to_string(micros / 100'000 % 10) + "s";
    } else if (seconds < 3600) {
        text = two_units(seconds / 60, 'm', seconds % 60, 's');
    } else if (seconds < 86'400) {
        text = two_units(seconds / 3600, 'h', seconds / 60 % 60, 'm');
    } else {
        text = two_units(seconds / 86'400, 'd', seconds / 3600 % 24, 'h');
    }
    return is_negative ? "-" + text : text;
}

std::string instant_text(base::WallTime instant) {
    const std::time_t seconds = instant.time_since_epoch().count() / 1'000'000;
    std::tm parts{};
    char text[32] = "";
    if (gmtime_r(&seconds, &parts) == nullptr ||
        std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%SZ", &parts) == 0) {
        return {};
    }
    return text;
}

}  // namespace steward::cli
