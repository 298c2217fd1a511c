// gateway/api: events as they happen, as server-sent events.
#pragma once

#include <memory>

#include "gateway/api/call.hpp"
#include "gateway/feed/feed.hpp"

namespace steward::gateway {

class Desk;

void follow_job(Desk& desk, std::shared_ptr<Call> call);
void follow_events(Desk& desk, std::shared_ptr<Call> call);

/// "event", "partial", "progress", "end": what an item is called on every way out.
[[nodiscard]] std::string_view name_of(FeedItem::Kind kind);

}  // namespace steward::gateway
