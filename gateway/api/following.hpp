// gateway/api: events as they happen, as server-sent events.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/expected.hpp"
#include "gateway/api/call.hpp"
#include "gateway/feed/feed.hpp"

namespace steward::gateway {

class Desk;

void follow_job(Desk& desk, std::shared_ptr<Call> call);
void follow_events(Desk& desk, std::shared_ptr<Call> call);

/// The events of these services (none: of all) that have these names (none: all).
/// Errors: BadParams, naming what is no event.
[[nodiscard]] base::Expected<Interest> interest_in(std::vector<std::string> services,
                                                   const std::vector<std::string>& events);

/// "event", "partial", "progress", "end": what an item is called on every way out.
[[nodiscard]] std::string_view name_of(FeedItem::Kind kind);

}  // namespace steward::gateway
