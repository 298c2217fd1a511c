// gateway/params: which of several forms of an answer a caller would like best (RFC 9110, 12.5.1).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace steward::gateway {

/// The index in `offers` ("application/json", "text/event-stream") of what the Accept header likes
/// best; of what it likes equally the first. A range that names more counts more. No header, or
/// none of a readable form: the first. Nothing: it will have none of them. Total; the first
/// kAcceptRangesMax ranges count. Pre: offers are not empty and in lower case.
[[nodiscard]] std::optional<std::size_t> best_offer(std::string_view accept,
                                                    std::span<const std::string_view> offers);

}  // namespace steward::gateway
