// client/cli: what the rows of the broker's reports have to show, column by column. Values in,
// cells out.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "client/cli/table.hpp"
#include "common/base/time.hpp"

namespace steward::cli {

struct Field {
    Column column;
    std::function<Cell(const nlohmann::json& row, base::WallTime now)> cell;
};

/// The columns of the report that the query `what` gives; those of jobs for one that is not known.
[[nodiscard]] std::vector<Field> fields_of(std::string_view what);

/// A member of a row; null when there is none.
[[nodiscard]] const nlohmann::json* member(const nlohmann::json& row, const char* name);
/// Empty for what is not there; a string as it is, anything else as JSON.
[[nodiscard]] std::string text_of(const nlohmann::json* value);
/// A number of seconds that is honestly one.
[[nodiscard]] std::optional<base::Duration> seconds_of(const nlohmann::json* value);
/// A count; 0 for what is none.
[[nodiscard]] std::uint64_t count_of(const nlohmann::json* value);

[[nodiscard]] Colour colour_of_state(std::string_view state);
[[nodiscard]] Colour colour_of_mode(std::string_view mode);

}  // namespace steward::cli
