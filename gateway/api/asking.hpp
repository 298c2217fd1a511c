// gateway/api: what handlers have in common: the words of queries and bodies read, questions and
// operations passed on.
#pragma once

#include <functional>
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
[[nodiscard]] base::Expected<client::Query> listing_of(std::string_view what, const Pairs& pairs);

/// The question of a WebSocket's message: `filter`, `after` and `limit` beside what is asked. Its
/// words are those of the paths: "jobs" are all of them, in pages.
/// Errors: BadParams.
[[nodiscard]] base::Expected<client::Query> question_of(const std::string& what,
                                                        const nlohmann::json& message);

/// Operates, as often as it takes to have looked at all jobs: `changed` of all together, or the
/// report of what knows no such number.
void operate_on_all(Desk& desk,
                    std::string verb,
                    nlohmann::json arguments,
                    std::function<void(base::Expected<nlohmann::json>)> done);

/// A report as it is told to whoever asked: the rows of an array or of a page of the broker's under
/// `name`, with `next`, a text, where there is more; what has no rows stays as it is.
[[nodiscard]] nlohmann::json named_rows(std::string_view name, nlohmann::json report);

/// Asks and answers with the page: its rows under `rows_name`, and `next` where there is more.
void answer_page(Desk& desk,
                 std::shared_ptr<Call> call,
                 const client::Query& query,
                 std::string rows_name);
/// Asks and answers with the report as it is.
void answer_report(Desk& desk, std::shared_ptr<Call> call, const client::Query& query);
/// operate_on_all(), and answers with what comes of it.
void answer_operation(Desk& desk,
                      std::shared_ptr<Call> call,
                      std::string verb,
                      nlohmann::json arguments);

}  // namespace steward::gateway
