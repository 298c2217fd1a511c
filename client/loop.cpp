#include "client/loop.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "client/ends.hpp"
#include "common/net/endpoint.hpp"
#include "common/posix/clock.hpp"
#include "common/posix/random_seed.hpp"

namespace steward::client {

namespace {

// Messages read before orders are looked at again: a flood of answers must not hold up submissions.
constexpr int kMessagesPerTurn = 64;
// Messages of about a megabyte that ZeroMQ may hold unsent: enough to keep it busy.
constexpr int kSendQueueMax = 64;

SessionOptions session_options(const LoopOptions& options, std::uint64_t seed) {
    SessionOptions session = options.session;
    session.session = seed != 0 ? seed : 1;
    session.brokers = options.endpoints.size();
    return session;
}

}  // namespace

std::uint64_t Loop::tag_of(PendingMap::HandleType handle) {
    return (static_cast<std::uint64_t>(handle.generation) << 32U) | handle.slot;
}

Loop::PendingMap::HandleType Loop::handle_of(std::uint64_t tag) {
    return {static_cast<std::uint32_t>(tag), static_cast<std::uint32_t>(tag >> 32U)};
}

base::Expected<std::unique_ptr<Loop>> Loop::start(LoopOptions options) {
    for (const std::string& endpoint : options.endpoints) {
        if (auto parsed = net::parse_endpoint(endpoint); !parsed) {
            return base::Unexpected(std::move(parsed.error()));
        }
    }
    auto seed = posix::random_seed();
    if (!seed) {
        return base::Unexpected(std::move(seed.error()));
    }
    auto wake = posix::WakeFd::open();
    if (!wake) {
        return base::Unexpected(std::move(wake.error()));
    }
    auto context = net::Context::open();
    if (!context) {
        return base::Unexpected(std::move(context.error()));
    }
    std::unique_ptr<Loop> loop(
        new Loop(std::move(options), *seed, std::move(*wake), std::move(*context)));
    try {
        loop->thread_ = std::thread([raw = loop.get()] { raw->run(); });
    } catch (const std::system_error& error) {
        return base::fail(base::Errc::Io, std::string("cannot start a thread: ") + error.what());
    }
    return loop;
}

Loop::Loop(LoopOptions options, std::uint64_t seed, posix::WakeFd wake, net::Context context)
    : options_(std::move(options)),
      context_(std::move(context)),
      inbox_(options_.queue_max, std::move(wake)),
      session_(session_options(options_, seed), posix::read_mono(), seed),
      now_(posix::read_mono()) {
    watch();
}

Loop::~Loop() {
    is_closing_.store(true);
    inbox_.wake();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Loop::run() {
    tell_happenings();  // the first Connect
    while (!is_closing_.load()) {
        turn();
    }
    end_all({base::Errc::Disconnected, "the client was closed", std::nullopt});
}

void Loop::turn() {
    wait();
    now_ = posix::read_mono();
    session_.on_time(now_);
    follow_link();
    receive();
    take_orders();
    tell_happenings();
    send();
    tell_happenings();  // what was too large to send
    end_overdue();
    end_unreachable();
}

// ---- waiting ----

void Loop::wait() {
    const base::MonoTime deadline = next_deadline();
    base::Duration timeout = base::Duration::zero();
    if (inbox_.may_sleep(session_.room() > 0, deadline)) {
        timeout = std::max(timeout, deadline - posix::read_mono());
    }
    if (connection_) {
        connection_->watch(poller_, unsent_.has_value());
    }
    // An error would mean that the context is ending, which only happens after this thread.
    static_cast<void>(poller_.wait(timeout));
    inbox_.awake();
}

base::MonoTime Loop::next_deadline() const {
    base::MonoTime deadline =
        std::min({inbox_.next_deadline(), next_overdue_, now_ + std::chrono::hours(1)});
    if (const auto due = session_.next_deadline()) {
        deadline = std::min(deadline, *due);
    }
    if (unreachable_since_) {
        deadline = std::min(deadline, *unreachable_since_ + options_.connect_timeout);
    }
    return deadline;
}

void Loop::watch() {
    poller_.clear();
    poller_.add(inbox_.fd());
    if (connection_) {
        connection_->add_to(poller_);
    }
}

// ---- the connection ----

void Loop::connect(std::size_t broker) {
    net::SocketOptions socket;
    socket.send_queue_max = kSendQueueMax;
    socket.bound.bytes_max = options_.message_bytes_max;
    socket.linger = base::Duration::zero();  // what has not been answered is told to the user
    socket.reconnect = std::nullopt;         // the session decides where to and when
    connection_.reset();
    auto connection = net::connect(context_, options_.endpoints[broker], socket);
    if (connection) {
        connection_ = std::move(*connection);
        unsent_.reset();
        watch();
    } else {
        lose();
    }
}

void Loop::follow_link() {
    while (connection_) {
        const auto event = connection_->next_link();
        if (!event) {
            return;
        }
        switch (*event) {
            case net::LinkEvent::Connected: session_.connected(now_); break;
            case net::LinkEvent::Disconnected:
            case net::LinkEvent::Refused: lose(); break;
        }
    }
}

void Loop::lose() {
    unsent_.reset();
    connection_.reset();
    watch();
    session_.disconnected(now_);
}

void Loop::receive() {
    for (int i = 0; connection_ && i < kMessagesPerTurn; ++i) {
        switch (connection_->receive(received_)) {
            case net::ReceiveStatus::Received:
                session_.on_frames(now_, received_);
                tell_happenings();
                break;
            case net::ReceiveStatus::TooLarge:  // an answer was in it: only a resend brings it back
                lose();
                break;
            case net::ReceiveStatus::Nothing:
            case net::ReceiveStatus::Closed: return;
        }
    }
}

void Loop::send() {
    while (connection_) {
        if (!unsent_) {
            unsent_ = session_.take_batch(now_);
        }
        if (!unsent_ || connection_->send(*unsent_) != net::SendStatus::Sent) {
            return;
        }
        unsent_.reset();
    }
}

// ---- orders ----

void Loop::take_orders() {
    inbox_.take(session_.room(), taken_);
    for (Order& order : taken_) {
        place(order);
    }
    taken_.clear();
}

void Loop::place(Order& order) {
    const auto handle = pending_.emplace();
    const std::uint64_t tag = tag_of(handle);
    const bool is_call = order.is_call();
    auto number = order.question ? session_.ask(now_, std::move(*order.question), tag)
                                 : session_.submit(now_, std::move(order.spec), tag);
    if (!number) {
        pending_.erase(handle);
        order.receiver->on_end(order.index, base::Unexpected(std::move(number.error())));
        return;
    }
    pending_.at(handle) = {order.receiver, order.index, *number, order.deadline, is_call};
    next_overdue_ = std::min(next_overdue_, order.deadline);
}

// ---- what happened ----

void Loop::tell_happenings() {
    while (auto happening = session_.next_happening()) {
        tell(*happening);
    }
}

void Loop::tell(Happening& happening) {
    if (auto* accepted = std::get_if<Accepted>(&happening)) {
        const Pending* pending = find(accepted->tag);
        if (pending != nullptr && !pending->is_call) {
            end(accepted->tag, Taken{accepted->job, accepted->is_duplicate});
        }
    } else if (auto* result = std::get_if<Result>(&happening)) {
        end(result->tag, ended_as(std::move(*result)));
    } else if (auto* refused = std::get_if<Refused>(&happening)) {
        end(refused->tag, base::Unexpected(std::move(refused->error)));
    } else if (auto* report = std::get_if<Report>(&happening)) {
        end(report->tag, std::move(report->json));
    } else if (auto* partial = std::get_if<PartialAnswer>(&happening)) {
        tell_partial(*partial);
    } else if (auto* update = std::get_if<ProgressUpdate>(&happening)) {
        if (const Pending* pending = find(update->tag); pending != nullptr) {
            pending->receiver->on_progress(
                {update->job, update->done, update->total, std::move(update->text)});
        }
    } else if (auto* to = std::get_if<Connect>(&happening)) {
        connect(to->broker);
    }
}

void Loop::tell_partial(PartialAnswer& partial) {
    const Pending* pending = find(partial.tag);
    if (pending != nullptr &&
        !pending->receiver->on_partial({partial.job, std::move(partial.data)})) {
        give_up(partial.tag,
                {base::Errc::QueueFull,
                 "partial answers come faster than they are read; the rest was given up",
                 std::nullopt});
    }
}

Loop::Pending* Loop::find(std::uint64_t tag) {
    return pending_.find(handle_of(tag));
}

void Loop::end(std::uint64_t tag, End&& end) {
    Pending* pending = find(tag);
    if (pending == nullptr) {
        return;
    }
    Receiver* receiver = pending->receiver;
    const std::size_t index = pending->index;
    pending_.erase(handle_of(tag));
    receiver->on_end(index, std::move(end));
}

void Loop::give_up(std::uint64_t tag, base::Error error) {
    if (const Pending* pending = find(tag); pending != nullptr) {
        session_.forget(pending->number);
        end(tag, base::Unexpected(std::move(error)));
    }
}

// ---- what did not happen ----

void Loop::end_overdue() {
    if (now_ >= next_overdue_) {
        next_overdue_ = base::MonoTime::max();
        for (std::uint32_t slot = 0; slot < pending_.slots(); ++slot) {
            const auto handle = pending_.handle_at(slot);
            const Pending* pending = pending_.find(handle);
            if (pending != nullptr && pending->deadline <= now_) {
                give_up(tag_of(handle), overdue());
            } else if (pending != nullptr) {
                next_overdue_ = std::min(next_overdue_, pending->deadline);
            }
        }
    }
    inbox_.take_expired(now_, taken_);
    for (Order& order : taken_) {
        order.receiver->on_end(order.index, base::Unexpected(overdue()));
    }
    taken_.clear();
}

// Waiting longer for a broker that is not there is only worth while up to a point.
void Loop::end_unreachable() {
    if (session_.is_welcome() || (pending_.size() == 0 && inbox_.is_empty())) {
        unreachable_since_.reset();
    } else if (!unreachable_since_) {
        unreachable_since_ = now_;
    } else if (now_ >= *unreachable_since_ + options_.connect_timeout) {
        unreachable_since_.reset();
        end_all(unreachable());
    }
}

void Loop::end_all(const base::Error& error) {
    for (std::uint32_t slot = 0; slot < pending_.slots(); ++slot) {
        if (const auto handle = pending_.handle_at(slot); handle.names_something()) {
            give_up(tag_of(handle), error);
        }
    }
    if (is_closing_.load()) {
        inbox_.close(taken_);
    } else {
        inbox_.take(options_.queue_max, taken_);
    }
    for (Order& order : taken_) {
        order.receiver->on_end(order.index, base::Unexpected(error));
    }
    taken_.clear();
}

base::Error Loop::unreachable() const {
    std::string brokers;
    for (const std::string& endpoint : options_.endpoints) {
        brokers += brokers.empty() ? "" : ", ";
        brokers += endpoint;
    }
    std::string message = "no broker answers at " + brokers;
    if (!session_.trouble().empty()) {
        message += " (" + session_.trouble() + ")";
    }
    return {base::Errc::Disconnected, std::move(message), std::nullopt};
}

base::Error Loop::overdue() const {
    if (!session_.is_welcome()) {
        return unreachable();
    }
    return {base::Errc::Timeout,
            "no answer came in time; a job that the broker has taken goes on",
            std::nullopt};
}

}  // namespace steward::client
