#include "client/orders.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "client/ends.hpp"
#include "common/base/assert.hpp"
#include "common/model/label.hpp"
#include "common/wire/params.hpp"

namespace steward::client {

namespace {

// What an await leaves of its time for the way to the broker and back.
constexpr base::Duration kWayMin = 5ms;
constexpr base::Duration kWayMax = 1s;

Order question_order(Question question) {
    Order order;
    order.question = std::make_unique<Question>(std::move(question));
    return order;
}

// A name that the protocol cannot carry would cost the connection, again and again.
Expected<void> check_name(std::string_view what, std::string_view name) {
    if (const std::string fault = model::label_fault(name); !fault.empty()) {
        return base::fail(Errc::BadName, std::string(what) + " " + fault);
    }
    return {};
}

Expected<void> check_names(const Query& query) {
    const Filter& which = query.which;
    return check_name("the name of the query", query.what)
        .and_then([&] { return check_name("the service", which.service); })
        .and_then([&] { return check_name("the context", which.context); })
        .and_then([&] { return check_name("the group", which.group); })
        .and_then([&] { return check_name("the batch", which.batch); });
}

}  // namespace

Expected<Order> job_order(wire::MsgpackWriter& bytes,
                          std::string_view service,
                          const Params& params,
                          const JobOptions& options,
                          bool sync) {
    Expected<Order> order;
    if (auto checked = model::ServiceName::check(service); !checked) {
        order = base::Unexpected(std::move(checked.error()));
    } else {
        order->job = wire::native::pack_job(bytes, service, params.payload(), options, sync);
    }
    return order;
}

wire::MsgpackWriter& scratch() {
    constexpr std::size_t kKeptBytesMax = 16UL << 10U;
    thread_local wire::MsgpackWriter writer;
    writer.clear(kKeptBytesMax);
    return writer;
}

Expected<Order> query_order(const Query& query) {
    if (auto checked = check_names(query); !checked) {
        return base::Unexpected(std::move(checked.error()));
    }
    wire::native::Query asked;
    asked.what = query.what;
    asked.service = query.which.service;
    if (!query.which.jobs.empty()) {
        asked.job = query.which.jobs.front();
    }
    asked.states = bits_of(query.which.states);
    asked.context = query.which.context;
    asked.group = query.which.group;
    asked.batch = query.which.batch;
    asked.after = query.after;
    asked.rows_max = query.rows_max;
    return question_order(std::move(asked));
}

Expected<Order> operate_order(std::string_view verb, const nlohmann::json& arguments) {
    if (auto checked = check_name("the verb", verb); !checked) {
        return base::Unexpected(std::move(checked.error()));
    }
    return question_order(wire::native::Operate{
        0, std::string(verb), wire::encode_params(arguments, model::Encoding::Json).bytes});
}

Order await_order(const JobId& job, base::Duration timeout, bool follow) {
    const base::Duration way = std::clamp(timeout / 10, kWayMin, kWayMax);
    return question_order(
        wire::native::Await{0, job, std::max(timeout - way, base::Duration::zero()), follow});
}

Error not_queued(PushStatus status) {
    if (status == PushStatus::Closed) {
        return client_closed();
    }
    return {Errc::TooManyInFlight,
            "as many requests wait to be sent as allowed (Options::queue_max)",
            std::nullopt};
}

End wait_for(Loop& loop, Order order, const CallOptions& options) {
    STEWARD_ASSERT(!loop.is_own_thread());
    BlockedReceiver receiver;
    order.receiver = &receiver;
    if (const Pushed pushed = loop.inbox().push({&order, 1}); pushed.count == 0) {
        return base::Unexpected(not_queued(pushed.status));
    }
    return loop.wait_for(receiver, options.on_partial, options.on_progress);
}

void hand_over(Loop& loop, Order order, std::unique_ptr<CallbackReceiver> receiver) {
    order.receiver = receiver.get();
    const PushStatus status = loop.inbox().try_push(order);
    CallbackReceiver* const own = receiver.release();  // of a queued order it may be gone already
    if (status != PushStatus::Queued) {
        own->on_end(0, base::Unexpected(not_queued(status)));
    }
}

void hand_over(Loop& loop, Order&& order) {
    if (const PushStatus status = loop.inbox().try_push(order); status != PushStatus::Queued) {
        order.done(base::Unexpected(not_queued(status)));
    }
}

Expected<nlohmann::json> parse_report(const base::Blob& report) {
    return wire::decode_params({model::Encoding::Json, report});
}

}  // namespace steward::client
