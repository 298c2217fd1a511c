// gateway/api: what handlers have in common: the words of queries and bodies read, questions and
// operations passed on.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "client/control.hpp"
#include "common/base/expected.hpp"
#include "gateway/api/call.hpp"

namespace steward::gateway {

class Desk;

/// Errors: BadParams for what is no id.
[[nodiscard]] base::Expected<model::JobId> id_of(std::string_view text);
/// The body as a JSON object; an empty one when there is none. Errors: BadParams.
[[nodiscard]] base::Expected<nlohmann::json> object_of(const Request& request);

/// `service`, `state`, `context`, `group`, `batch`, `limit` and `after` of a listing.
/// Errors: BadParams.
[[nodiscard]] base::Expected<client::Query> listing_of(std::string_view what, const Pairs& query);

/// Asks and answers with the page: its rows under `rows_name`, and `next` where there is more.
void answer_page(Desk& desk,
                 std::shared_ptr<Call> call,
                 const client::Query& query,
                 std::string rows_name);
/// Asks and answers with the report as it is.
void answer_report(Desk& desk, std::shared_ptr<Call> call, const client::Query& query);
/// Operates, as often as it takes to have looked at all jobs, and answers with `changed`, or with
/// the report of what knows no such number.
void answer_operation(Desk& desk,
                      std::shared_ptr<Call> call,
                      std::string verb,
                      nlohmann::json arguments);

}  // namespace steward::gateway
