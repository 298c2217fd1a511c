// client: making orders and giving them to the I/O thread. Inside the library; knows no API.
#pragma once

#include <memory>
#include <string_view>

#include "client/client.hpp"
#include "client/loop.hpp"
#include "client/receivers.hpp"

namespace steward::client {

/// Errors: BadName.
[[nodiscard]] Expected<Order> job_order(std::string_view service,
                                        Params&& params,
                                        JobOptions options,
                                        bool sync);
/// Errors: BadName.
[[nodiscard]] Expected<Order> query_order(const Query& query);
/// Errors: BadName.
[[nodiscard]] Expected<Order> operate_order(std::string_view verb, const nlohmann::json& arguments);
/// The broker's wait is a little shorter than `timeout`, so that its answer comes in time.
[[nodiscard]] Order await_order(const JobId& job, base::Duration timeout);

[[nodiscard]] Error not_queued();

/// Blocks until the order has ended.
[[nodiscard]] End wait_for(Loop& loop, Order order, const CallOptions& options = {});

/// Takes the receiver over, whatever happens.
void hand_over(Loop& loop, Order order, std::unique_ptr<CallbackReceiver> receiver);

[[nodiscard]] Expected<nlohmann::json> parse_report(const base::Blob& report);

}  // namespace steward::client
