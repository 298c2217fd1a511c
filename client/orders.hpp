// client: making orders and giving them to the I/O thread. Inside the library; knows no API.
#pragma once

#include <memory>
#include <string_view>

#include "client/client.hpp"
#include "client/loop.hpp"
#include "client/receivers.hpp"

namespace steward::client {

/// A job whose bytes are appended to `bytes` and lent: valid until that is written to again.
/// Errors: BadName.
[[nodiscard]] Expected<Order> job_order(wire::MsgpackWriter& bytes,
                                        std::string_view service,
                                        const Params& params,
                                        const JobOptions& options,
                                        bool sync);
/// An empty writer of the calling thread's own, for one order until it is handed over.
[[nodiscard]] wire::MsgpackWriter& scratch();
/// Errors: BadName.
[[nodiscard]] Expected<Order> query_order(const Query& query);
/// Errors: BadName.
[[nodiscard]] Expected<Order> operate_order(std::string_view verb, const nlohmann::json& arguments);
/// The broker's wait is a little shorter than `timeout`, so that its answer comes in time.
/// `follow`: parts and progress come too.
[[nodiscard]] Order await_order(const JobId& job, base::Duration timeout, bool follow = false);

/// Why an order is not queued. Pre: it is not.
[[nodiscard]] Error not_queued(PushStatus status);

/// Blocks until the order has ended.
[[nodiscard]] End wait_for(Loop& loop, Order order, const CallOptions& options = {});

/// Takes the receiver over, whatever happens.
void hand_over(Loop& loop, Order order, std::unique_ptr<CallbackReceiver> receiver);
/// One without a receiver.
void hand_over(Loop& loop, Order&& order);

[[nodiscard]] Expected<nlohmann::json> parse_report(const base::Blob& report);

}  // namespace steward::client
