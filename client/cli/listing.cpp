#include "client/cli/listing.hpp"

#include <cmath>
#include <cstdint>
#include <ctime>
#include <functional>
#include <optional>
#include <ostream>
#include <utility>
#include <vector>

#include "client/cli/table.hpp"

namespace steward::cli {

namespace {

using nlohmann::json;

constexpr double kSecondsMax = 4e9;  // no instant or duration of a report is honestly beyond

const json* member(const json& row, const char* name) {
    const auto found = row.is_object() ? row.find(name) : row.end();
    return found != row.end() ? &*found : nullptr;
}

std::string text_of(const json* value) {
    if (value == nullptr || value->is_null()) {
        return {};
    }
    if (value->is_string()) {
        return value->get<std::string>();
    }
    return value->dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<base::Duration> seconds_of(const json* value) {
    if (value == nullptr || !value->is_number()) {
        return std::nullopt;
    }
    const auto seconds = value->get<double>();
    if (!(std::abs(seconds) < kSecondsMax)) {
        return std::nullopt;
    }
    return base::Duration(std::llround(seconds * 1e6));
}

Colour colour_of_state(std::string_view state) {
    if (state == "succeeded") {
        return Colour::Green;
    }
    if (state == "failed" || state == "dead" || state == "expired" || state == "cancelled") {
        return Colour::Red;
    }
    if (state == "active") {
        return Colour::Yellow;
    }
    return state == "scheduled" ? Colour::Cyan : Colour::Plain;
}

struct Field {
    Column column;
    std::function<Cell(const json& row, base::WallTime now)> cell;
};

Field text(std::string_view title, const char* name, bool is_number = false) {
    return {{title, is_number},
            [name](const json& row, base::WallTime) { return Cell{text_of(member(row, name))}; }};
}

Field number(std::string_view title, const char* name) {
    return text(title, name, true);
}

Field state() {
    return {{"STATE"}, [](const json& row, base::WallTime) {
                std::string word = text_of(member(row, "state"));
                const Colour colour = colour_of_state(word);
                return Cell{std::move(word), colour};
            }};
}

// How long ago, or how long still.
Field since(std::string_view title, const char* name) {
    return {{title, true}, [name](const json& row, base::WallTime now) {
                const auto at = seconds_of(member(row, name));
                return Cell{at ? duration_text(now.time_since_epoch() - *at) : ""};
            }};
}

Field lasting(std::string_view title, const char* from, const char* to) {
    return {{title, true}, [from, to](const json& row, base::WallTime) {
                const auto start = seconds_of(member(row, from));
                const auto end = seconds_of(member(row, to));
                return Cell{start && end ? duration_text(*end - *start) : ""};
            }};
}

Field duration(std::string_view title, const char* name) {
    return {{title, true}, [name](const json& row, base::WallTime) {
                const auto length = seconds_of(member(row, name));
                return Cell{length ? duration_text(*length) : ""};
            }};
}

// Counted only when there were any: zeros in red would cry wolf.
Field failures(std::string_view title, const char* name) {
    return {{title, true}, [name](const json& row, base::WallTime) {
                std::string count = text_of(member(row, name));
                const Colour colour = count.empty() || count == "0" ? Colour::Plain : Colour::Red;
                return Cell{std::move(count), colour};
            }};
}

Field names(std::string_view title, const char* list, const char* otherwise) {
    return {{title}, [list, otherwise](const json& row, base::WallTime) {
                const json* all = member(row, list);
                if (all == nullptr || !all->is_array()) {
                    return Cell{text_of(member(row, otherwise))};
                }
                std::string joined;
                for (const json& name : *all) {
                    joined += joined.empty() ? "" : ",";
                    joined += text_of(&name);
                }
                return Cell{std::move(joined)};
            }};
}

std::vector<Field> fields_of(std::string_view what) {
    if (what == "active") {
        return {text("ID", "jobid"),
                text("SERVICE", "service"),
                text("WORKER", "worker"),
                number("TRY", "attempt"),
                since("RUNNING", "startedat"),
                text("PARAMS", "param")};
    }
    if (what == "hist") {
        return {text("ID", "jobid"),
                text("SERVICE", "service"),
                state(),
                number("TRY", "attempt"),
                lasting("TOOK", "startedat", "completedat"),
                since("AGO", "completedat"),
                text("REASON", "text")};
    }
    if (what == "workers") {
        return {text("WORKER", "workerid"),
                names("SERVICES", "services", "service"),
                text("NAME", "name"),
                number("SLOTS", "concurrency"),
                number("HELD", "held"),
                number("OK", "succeeded"),
                failures("FAILED", "failed"),
                since("UP", "since"),
                since("HEARD", "hb")};
    }
    if (what == "services") {
        return {text("SERVICE", "service"),
                number("WORKERS", "workers"),
                number("READY", "ready"),
                number("LATER", "scheduled"),
                number("ACTIVE", "active"),
                number("TAKEN", "accepted"),
                number("OK", "succeeded"),
                failures("FAILED", "failed"),
                duration("WAITS", "oldest_ready")};
    }
    return {text("ID", "jobid"),
            text("SERVICE", "service"),
            state(),
            number("PRIORITY", "priority"),
            number("TRY", "attempt"),
            since("AGE", "reqtime"),
            text("PARAMS", "param")};
}

bool is_instant(std::string_view name) {
    return name == "reqtime" || name == "startedat" || name == "completedat" || name == "dueat";
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
    const std::vector<Field> fields = fields_of(what);
    std::vector<Column> columns;
    columns.reserve(fields.size());
    for (const Field& field : fields) {
        columns.push_back(field.column);
    }
    std::vector<std::vector<Cell>> rows;
    if (report.is_array()) {
        for (const json& row : report) {
            std::vector<Cell>& cells = rows.emplace_back();
            for (const Field& field : fields) {
                cells.push_back(field.cell(row, console.now));
            }
        }
    }
    print_table(console.out, columns, rows, console.has_colours);
}

void print_details(Console& console, const json& report) {
    std::vector<std::pair<std::string, Cell>> pairs;
    if (report.is_object()) {
        for (const auto& [name, value] : report.items()) {
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
