// client/cli: the broker's reports as tables. Values in, text out: no broker is asked here.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "client/cli/console.hpp"
#include "common/base/time.hpp"

namespace steward::cli {

/// `what`: jobs, active, hist, workers or services, and the report of that query. Rows or members
/// that are missing are left empty.
void print_listing(Console& console, std::string_view what, const nlohmann::json& report);

/// The status of one job, or the broker's figures: one member a line, times readable.
void print_details(Console& console, const nlohmann::json& report);

/// "250ms", "3.2s", "4m05s", "3h12m", "2d04h": three figures or so.
[[nodiscard]] std::string duration_text(base::Duration duration);
/// "2024-05-17 12:00:03Z"
[[nodiscard]] std::string instant_text(base::WallTime instant);

}  // namespace steward::cli
