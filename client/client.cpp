#include "client/client.hpp"

#include <algorithm>
#include <utility>

#include "client/brokers.hpp"
#include "client/loop.hpp"
#include "client/receivers.hpp"
#include "common/base/assert.hpp"
#include "common/posix/clock.hpp"

namespace steward::client {

namespace {

// Queued under one lock at a time, so that the I/O thread gets at the first while others follow.
constexpr std::size_t kOrdersPerPush = 1024;

Expected<LoopOptions> loop_options(const Options& options) {
    LoopOptions loop;
    for (const std::string& broker : options.brokers) {
        auto endpoint = broker_endpoint(broker);
        if (!endpoint) {
            return base::Unexpected(std::move(endpoint.error()));
        }
        loop.endpoints.push_back(std::move(*endpoint));
    }
    if (loop.endpoints.empty()) {
        return base::fail(Errc::Malformed, "the list of brokers is empty");
    }
    loop.session.heartbeat_interval = std::max<base::Duration>(options.heartbeat_interval, 1ms);
    loop.session.heartbeat_tries = std::max(options.heartbeat_tries, 1U);
    loop.session.in_flight_max = std::max<std::size_t>(options.in_flight_max, 1);
    loop.queue_max = options.queue_max;
    loop.connect_timeout = options.connect_timeout;
    return loop;
}

Expected<Order> job_order(std::string_view service,
                          Params&& params,
                          JobOptions options,
                          bool sync) {
    auto name = model::ServiceName::parse(service);
    if (!name) {
        return base::Unexpected(std::move(name.error()));
    }
    Order order;
    order.spec = {std::move(*name), std::move(params).take(), std::move(options)};
    order.spec.options.sync = sync;
    return order;
}

Order query_order(std::string_view what, std::string_view service, std::optional<JobId> job) {
    Order order;
    order.query =
        std::make_unique<QueryText>(QueryText{std::string(what), std::string(service), job});
    return order;
}

Error not_queued() {
    return {Errc::TooManyInFlight,
            "as many requests wait to be sent as allowed (Options::queue_max)",
            std::nullopt};
}

End wait_for(Loop& loop, Order order, const CallOptions& options = {}) {
    STEWARD_ASSERT(!loop.is_own_thread());
    BlockedReceiver receiver;
    order.receiver = &receiver;
    if (loop.inbox().push({&order, 1}) == 0) {
        return base::Unexpected(not_queued());
    }
    return receiver.wait(options.on_partial, options.on_progress);
}

// Takes the receiver over, whatever happens.
void hand_over(Loop& loop, Order order, std::unique_ptr<CallbackReceiver> receiver) {
    order.receiver = receiver.get();
    if (loop.inbox().try_push(order)) {
        static_cast<void>(receiver.release());
    } else {
        receiver.release()->on_end(0, base::Unexpected(not_queued()));
    }
}

Expected<nlohmann::json> parse_report(const base::Blob& report) {
    return wire::decode_params({model::Encoding::Json, report});
}

template <class T>
auto promise_and_done() {
    auto promise = std::make_shared<std::promise<Expected<T>>>();
    auto future = promise->get_future();
    return std::pair(std::move(future),
                     [promise](Expected<T> end) { promise->set_value(std::move(end)); });
}

}  // namespace

Client::Client(Options options) : options_(std::move(options)) {
    auto loop = loop_options(options_).and_then(
        [](LoopOptions&& made) { return Loop::start(std::move(made)); });
    if (loop) {
        loop_ = std::move(*loop);
    } else {
        failure_ = std::move(loop.error());
    }
}

Client::~Client() = default;
Client::Client(Client&& other) noexcept = default;
Client& Client::operator=(Client&& other) noexcept = default;

Expected<Loop*> Client::running() const {
    if (loop_ == nullptr) {
        return base::Unexpected(
            failure_.value_or(Error{Errc::Disconnected, "this client was moved from", {}}));
    }
    return loop_.get();
}

base::MonoTime Client::deadline(base::Duration timeout) const {
    constexpr base::Duration kLongest = std::chrono::hours(24 * 365);
    return posix::read_mono() +
           std::min(timeout > base::Duration::zero() ? timeout : options_.timeout, kLongest);
}

// ---- blocking ----

// By value as in the other forms: what is not moved here is moved there.
// NOLINTNEXTLINE(performance-unnecessary-value-param)
Expected<Answer> Client::call(std::string_view service, Params params, CallOptions options) {
    const auto loop = running();
    if (!loop) {
        return base::Unexpected(loop.error());
    }
    auto order = job_order(service, std::move(params), options.options, true);
    if (!order) {
        return base::Unexpected(std::move(order.error()));
    }
    order->deadline = deadline(options.timeout);
    return end_as<Answer>(wait_for(**loop, std::move(*order), options));
}

Expected<Answer> Client::stream(std::string_view service,
                                Params params,
                                std::function<void(const Answer&)> on_partial,
                                CallOptions options) {
    options.on_partial = std::move(on_partial);
    return call(service, std::move(params), std::move(options));
}

Expected<JobId> Client::submit(std::string_view service, Params params, JobOptions options) {
    const auto loop = running();
    if (!loop) {
        return base::Unexpected(loop.error());
    }
    auto order = job_order(service, std::move(params), std::move(options), false);
    if (!order) {
        return base::Unexpected(std::move(order.error()));
    }
    order->deadline = deadline({});
    return end_as<JobId>(wait_for(**loop, std::move(*order)));
}

std::vector<Expected<JobId>> Client::submit_many(std::span<const Spec> specs,
                                                 base::Duration timeout) {
    const auto loop = running();
    if (!loop) {
        return {specs.size(), base::Unexpected(loop.error())};
    }
    STEWARD_ASSERT(!(*loop)->is_own_thread());
    ManyReceiver receiver(specs.size());
    const base::MonoTime until = deadline(timeout);
    std::vector<Order> orders;
    for (std::size_t next = 0; next < specs.size();) {
        orders.clear();
        for (; next < specs.size() && orders.size() < kOrdersPerPush; ++next) {
            const Spec& spec = specs[next];
            auto order = job_order(spec.service, Params(spec.params), spec.options, false);
            if (!order) {
                receiver.set(next, std::move(order.error()));
                continue;
            }
            order->deadline = until;
            order->receiver = &receiver;
            order->index = next;
            orders.push_back(std::move(*order));
        }
        for (std::size_t i = (*loop)->inbox().push(orders); i < orders.size(); ++i) {
            receiver.set(orders[i].index, not_queued());
        }
    }
    return receiver.wait();
}

Expected<nlohmann::json> Client::ask(std::string_view what,
                                     std::string_view service,
                                     std::optional<JobId> job,
                                     base::Duration timeout) {
    const auto loop = running();
    if (!loop) {
        return base::Unexpected(loop.error());
    }
    Order order = query_order(what, service, job);
    order.deadline = deadline(timeout);
    return end_as<base::Blob>(wait_for(**loop, std::move(order))).and_then(parse_report);
}

Expected<nlohmann::json> Client::query(std::string_view what,
                                       std::string_view service,
                                       std::optional<JobId> job) {
    return ask(what, service, job, {});
}

Expected<nlohmann::json> Client::status(const JobId& job) {
    return ask("status", {}, job, {});
}

Expected<base::Duration> Client::ping(base::Duration timeout) {
    const base::MonoTime start = posix::read_mono();
    return ask("broker", {}, std::nullopt, timeout).map([&](const nlohmann::json&) {
        return posix::read_mono() - start;
    });
}

// ---- not blocking ----

void Client::call_async(std::string_view service,
                        Params params,
                        CallOptions options,
                        CallDone done) {
    const auto loop = running();
    if (!loop) {
        return done(base::Unexpected(loop.error()));
    }
    auto order = job_order(service, std::move(params), std::move(options.options), true);
    if (!order) {
        return done(base::Unexpected(std::move(order.error())));
    }
    order->deadline = deadline(options.timeout);
    auto receiver = std::make_unique<CallbackReceiver>();
    receiver->partial = std::move(options.on_partial);
    receiver->progress = std::move(options.on_progress);
    receiver->done = [tell = std::move(done)](End&& end) { tell(end_as<Answer>(std::move(end))); };
    hand_over(**loop, std::move(*order), std::move(receiver));
}

void Client::submit_async(std::string_view service,
                          Params params,
                          JobOptions options,
                          SubmitDone done) {
    const auto loop = running();
    if (!loop) {
        return done(base::Unexpected(loop.error()));
    }
    auto order = job_order(service, std::move(params), std::move(options), false);
    if (!order) {
        return done(base::Unexpected(std::move(order.error())));
    }
    order->deadline = deadline({});
    auto receiver = std::make_unique<CallbackReceiver>();
    receiver->done = [tell = std::move(done)](End&& end) { tell(end_as<JobId>(std::move(end))); };
    hand_over(**loop, std::move(*order), std::move(receiver));
}

void Client::query_async(std::string_view what,
                         std::string_view service,
                         std::optional<JobId> job,
                         QueryDone done) {
    const auto loop = running();
    if (!loop) {
        return done(base::Unexpected(loop.error()));
    }
    Order order = query_order(what, service, job);
    order.deadline = deadline({});
    auto receiver = std::make_unique<CallbackReceiver>();
    receiver->done = [tell = std::move(done)](End&& end) {
        tell(end_as<base::Blob>(std::move(end)).and_then(parse_report));
    };
    hand_over(**loop, std::move(order), std::move(receiver));
}

std::future<Expected<Answer>> Client::call_async(std::string_view service,
                                                 Params params,
                                                 CallOptions options) {
    auto [future, done] = promise_and_done<Answer>();
    call_async(service, std::move(params), std::move(options), std::move(done));
    return std::move(future);
}

std::future<Expected<JobId>> Client::submit_async(std::string_view service,
                                                  Params params,
                                                  JobOptions options) {
    auto [future, done] = promise_and_done<JobId>();
    submit_async(service, std::move(params), std::move(options), std::move(done));
    return std::move(future);
}

Expected<JobOptions> job_options(const nlohmann::json& names) {
    return wire::parse_options(names);
}

}  // namespace steward::client
