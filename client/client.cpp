#include "client/client.hpp"

#include <algorithm>
#include <utility>

#include "client/brokers.hpp"
#include "client/ends.hpp"
#include "client/orders.hpp"
#include "client/promises.hpp"
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

base::Duration Client::timeout_or_default(base::Duration timeout) const {
    constexpr base::Duration kLongest = std::chrono::hours(24 * 365);
    return std::min(timeout > base::Duration::zero() ? timeout : options_.timeout, kLongest);
}

// A submission that waits for its result has that much longer.
base::MonoTime Client::submit_deadline(const JobOptions& options) const {
    return deadline(options_.timeout + std::clamp(options.wait.value_or(base::Duration::zero()),
                                                  base::Duration::zero(),
                                                  model::kDurationMax));
}

base::MonoTime Client::deadline(base::Duration timeout) const {
    return posix::read_mono() + timeout_or_default(timeout);
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
    return answer_of(wait_for(**loop, std::move(*order), options));
}

Expected<Answer> Client::stream(std::string_view service,
                                Params params,
                                std::function<void(const Answer&)> on_partial,
                                CallOptions options) {
    options.on_partial = std::move(on_partial);
    return call(service, std::move(params), std::move(options));
}

Expected<Submitted> Client::submit_for(base::Duration wait,
                                       std::string_view service,
                                       Params params,
                                       JobOptions options) {
    if (wait > base::Duration::zero()) {
        options.wait = wait;
    }
    const auto loop = running();
    if (!loop) {
        return base::Unexpected(loop.error());
    }
    auto order = job_order(service, std::move(params), std::move(options), false);
    if (!order) {
        return base::Unexpected(std::move(order.error()));
    }
    order->deadline = submit_deadline(order->spec.options);
    return submitted_of(wait_for(**loop, std::move(*order)));
}

Expected<JobId> Client::submit(std::string_view service, Params params, JobOptions options) {
    return submit_for({}, service, std::move(params), std::move(options))
        .map([](const Submitted& submitted) { return submitted.job; });
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
    receiver->done = [tell = std::move(done)](End&& end) { tell(answer_of(std::move(end))); };
    hand_over(**loop, std::move(*order), std::move(receiver));
}

void Client::submit_async(std::string_view service,
                          Params params,
                          JobOptions options,
                          SubmitDone done) {
    submit_for_async({},
                     service,
                     std::move(params),
                     std::move(options),
                     [tell = std::move(done)](Expected<Submitted> submitted) {
                         tell(std::move(submitted).map([](const Submitted& s) { return s.job; }));
                     });
}

void Client::submit_for_async(base::Duration wait,
                              std::string_view service,
                              Params params,
                              JobOptions options,
                              SubmittedDone done) {
    if (wait > base::Duration::zero()) {
        options.wait = wait;
    }
    const auto loop = running();
    if (!loop) {
        return done(base::Unexpected(loop.error()));
    }
    auto order = job_order(service, std::move(params), std::move(options), false);
    if (!order) {
        return done(base::Unexpected(std::move(order.error())));
    }
    order->deadline = submit_deadline(order->spec.options);
    auto receiver = std::make_unique<CallbackReceiver>();
    receiver->done = [tell = std::move(done)](End&& end) { tell(submitted_of(std::move(end))); };
    hand_over(**loop, std::move(*order), std::move(receiver));
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

std::future<Expected<Submitted>> Client::submit_for_async(base::Duration wait,
                                                          std::string_view service,
                                                          Params params,
                                                          JobOptions options) {
    auto [future, done] = promise_and_done<Submitted>();
    submit_for_async(wait, service, std::move(params), std::move(options), std::move(done));
    return std::move(future);
}

Expected<JobOptions> job_options(const nlohmann::json& names) {
    return wire::parse_options(names);
}

}  // namespace steward::client
