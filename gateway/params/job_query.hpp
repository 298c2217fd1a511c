// gateway/params: job options in queries, `option.priority=high&option.delay=30s`, and what else in
// a query is meant for the gateway instead of the job.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/expected.hpp"
#include "common/base/time.hpp"
#include "common/model/options.hpp"
#include "gateway/params/form.hpp"

namespace steward::gateway {

/// The pairs whose names begin with "option.", as options by their documented names
/// (docs/protocol.md). Flags are true or false, `after` is ids between commas (given once or more
/// often), `unique=true` means the params, and `option.meta.NAME=VALUE` is one entry of meta. Of
/// any other option given twice the last counts. Other pairs are passed over.
/// Errors: UnknownOption, BadOption, as everywhere.
[[nodiscard]] base::Expected<model::JobOptions> options_of(const Pairs& pairs);

/// "200ms", "5s" or a number of seconds, 0 to wire::kWaitMax; `name` ("wait") is for the error.
/// Errors: BadOption, with what is allowed.
[[nodiscard]] base::Expected<base::Duration> wait_of(std::string_view name, std::string_view text);

/// Of a query on ZMWS's door. `jsonp` and `option.…` are the gateway's, all others the job's.
struct DoorQuery {
    Pairs params;
    std::optional<std::string> jsonp;  // checked
    model::JobOptions options;
};

/// Errors: BadParams, also for a name that is_jsonp_name() refuses; UnknownOption, BadOption.
[[nodiscard]] base::Expected<DoorQuery> door_query_of(std::string_view query);

/// The last value of this name, or nothing.
[[nodiscard]] std::optional<std::string_view> value_of(const Pairs& pairs, std::string_view name);

/// Refuses names that nobody reads, so that a slip of the pen is told: "the query has no \"wiat\";
/// there are wait, follow, option.NAME". `known` may hold "option.", which stands for all of them.
/// Errors: BadParams.
[[nodiscard]] base::Expected<void> only_known(const Pairs& pairs,
                                              const std::vector<std::string_view>& known);

inline constexpr std::string_view kOptionPrefix = "option.";

}  // namespace steward::gateway
