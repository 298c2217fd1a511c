// client/cli: the facts of a journal as JSON, a member for each field. Knows no files.
#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

#include "broker/core/record.hpp"

namespace steward::cli {

/// "JobAccepted" and so on, as docs/journal-format.md has them.
[[nodiscard]] std::string_view name_of(const core::Record& fact);

/// {"fact": name, …}. Jobs are their ids as text, instants seconds since 1970, durations seconds,
/// options as in submissions; what is empty is left out. A payload is {"encoding": …} with "text",
/// or with "base64" where its bytes are no UTF-8.
[[nodiscard]] nlohmann::json fact_json(const core::Record& fact);

}  // namespace steward::cli
