#include "client/client.hpp"

#include <algorithm>
#include <optional>
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
constexpr std::size_t kOrdersPerPush = 256;

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
    auto keys = keys::client_keys(options.keys);
    if (!keys) {
        return base::Unexpected(std::move(keys.error()));
    }
    loop.curve = std::move(*keys);
    loop.queue_max = options.queue_max;
    loop.connect_timeout = options.connect_timeout;
    loop.has_thread = options.has_thread;
    return loop;
}

// Bytes of jobs that are packed before they are queued, about; and what is kept for the next.
constexpr std::size_t kPackedBytes = 64UL << 10U;
constexpr std::size_t kKeptBytesMax = 4 * kPackedBytes;

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
base::MonoTime Client::submit_deadline(base::Duration wait) const {
    return deadline(options_.timeout +
                    std::clamp(wait, base::Duration::zero(), model::kDurationMax));
}

// Long waits need no exact beginning.
base::MonoTime Client::deadline(base::Duration timeout) const {
    constexpr base::Duration kLong = 1s;
    const base::Duration whole = timeout_or_default(timeout);
    return (whole >= kLong ? posix::read_mono_coarse() : posix::read_mono()) + whole;
}

// ---- blocking ----

Expected<Answer> Client::call(std::string_view service,
                              const Params& params,
                              const CallOptions& options) {
    const auto loop = running();
    if (!loop) {
        return base::Unexpected(loop.error());
    }
    auto order = job_order(scratch(), service, params, options.options, true);
    if (!order) {
        return base::Unexpected(std::move(order.error()));
    }
    order->deadline = deadline(options.timeout);
    return answer_of(wait_for(**loop, std::move(*order), options));
}

Expected<Answer> Client::stream(std::string_view service,
                                const Params& params,
                                OnPartial on_partial,
                                CallOptions options) {
    options.on_partial = std::move(on_partial);
    return call(service, params, options);
}

Expected<Order> Client::submit_order(base::Duration wait,
                                     std::string_view service,
                                     const Params& params,
                                     const JobOptions& options) const {
    std::optional<JobOptions> waiting;
    if (wait > base::Duration::zero()) {
        waiting = options;
        waiting->wait = wait;
    }
    const JobOptions& asked = waiting ? *waiting : options;
    auto order = job_order(scratch(), service, params, asked, false);
    if (order) {
        order->deadline = submit_deadline(asked.wait.value_or(base::Duration::zero()));
    }
    return order;
}

Expected<Submitted> Client::submit_for(base::Duration wait,
                                       std::string_view service,
                                       const Params& params,
                                       const JobOptions& options) {
    const auto loop = running();
    if (!loop) {
        return base::Unexpected(loop.error());
    }
    auto order = submit_order(wait, service, params, options);
    if (!order) {
        return base::Unexpected(std::move(order.error()));
    }
    return submitted_of(wait_for(**loop, std::move(*order)));
}

Expected<JobId> Client::submit(std::string_view service,
                               const Params& params,
                               const JobOptions& options) {
    return submit_for({}, service, params, options).map([](const Submitted& submitted) {
        return submitted.job;
    });
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
    std::vector<std::size_t> begins;  // of each one's bytes
    wire::MsgpackWriter bytes;
    for (std::size_t next = 0; next < specs.size();) {
        orders.clear();
        begins.clear();
        bytes.clear(kKeptBytesMax);
        for (; next < specs.size() && orders.size() < kOrdersPerPush && bytes.size() < kPackedBytes;
             ++next) {
            const Spec& spec = specs[next];
            begins.push_back(bytes.size());
            auto order = job_order(bytes, spec.service, spec.params, spec.options, false);
            if (!order) {
                begins.pop_back();
                receiver.set(next, std::move(order.error()));
                continue;
            }
            order->deadline = until;
            order->receiver = &receiver;
            order->index = next;
            orders.push_back(std::move(*order));
        }
        for (std::size_t i = 0; i < orders.size(); ++i) {  // the bytes may have moved
            wire::native::PackedJob& job = orders[i].job;
            job.bytes = bytes.view().substr(begins[i], job.bytes.size());
        }
        const Pushed pushed = (*loop)->inbox().push(orders);
        for (std::size_t i = pushed.count; i < orders.size(); ++i) {
            receiver.set(orders[i].index, not_queued(pushed.status));
        }
    }
    return receiver.wait();
}

// ---- not blocking ----

void Client::call_async(std::string_view service,
                        const Params& params,
                        CallOptions options,
                        CallDone done) {
    const auto loop = running();
    if (!loop) {
        return done(base::Unexpected(loop.error()));
    }
    auto order = job_order(scratch(), service, params, options.options, true);
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
                          const Params& params,
                          const JobOptions& options,
                          SubmitDone done) {
    const auto loop = running();
    if (!loop) {
        return done(base::Unexpected(loop.error()));
    }
    auto order = submit_order({}, service, params, options);
    if (!order) {
        return done(base::Unexpected(std::move(order.error())));
    }
    order->done = std::move(done);
    hand_over(**loop, std::move(*order));
}

void Client::submit_for_async(base::Duration wait,
                              std::string_view service,
                              const Params& params,
                              const JobOptions& options,
                              SubmittedDone done) {
    const auto loop = running();
    if (!loop) {
        return done(base::Unexpected(loop.error()));
    }
    auto order = submit_order(wait, service, params, options);
    if (!order) {
        return done(base::Unexpected(std::move(order.error())));
    }
    auto receiver = std::make_unique<CallbackReceiver>();
    receiver->done = [tell = std::move(done)](End&& end) { tell(submitted_of(std::move(end))); };
    hand_over(**loop, std::move(*order), std::move(receiver));
}

std::future<Expected<Answer>> Client::call_async(std::string_view service,
                                                 const Params& params,
                                                 CallOptions options) {
    auto [future, done] = promise_and_done<Answer>();
    call_async(service, params, std::move(options), std::move(done));
    return std::move(future);
}

std::future<Expected<JobId>> Client::submit_async(std::string_view service,
                                                  const Params& params,
                                                  const JobOptions& options) {
    auto [future, done] = promise_and_done<JobId>();
    submit_async(service, params, options, std::move(done));
    return std::move(future);
}

std::future<Expected<Submitted>> Client::submit_for_async(base::Duration wait,
                                                          std::string_view service,
                                                          const Params& params,
                                                          const JobOptions& options) {
    auto [future, done] = promise_and_done<Submitted>();
    submit_for_async(wait, service, params, options, std::move(done));
    return std::move(future);
}

// ---- in the program's own event loop ----

bool Client::is_connected() const {
    return loop_ != nullptr && loop_->is_connected();
}

int Client::fd() const {
    return loop_ == nullptr ? -1 : loop_->fd();
}

base::MonoTime Client::serve() {
    return loop_ == nullptr ? base::MonoTime::max() : loop_->serve();
}

Expected<JobOptions> job_options(const nlohmann::json& names) {
    return wire::parse_options(names);
}

}  // namespace steward::client
