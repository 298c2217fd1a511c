#include "client/loop.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "client/brokers.hpp"
#include "client/ends.hpp"
#include "common/net/endpoint.hpp"
#include "common/posix/clock.hpp"
#include "common/posix/random_seed.hpp"

namespace steward::client {

namespace {

// Tries of each broker that end with its refusal before the user is told: one that has turned the
// stream away is tried over ZeroMQ, and a key may just be on its way.
constexpr std::size_t kRefusalsMax = 3;

// Messages read before orders are looked at again: a flood of answers must not hold up submissions.
constexpr int kMessagesPerTurn = 64;
// Messages of about a megabyte that ZeroMQ may hold unsent: enough to keep it busy.
constexpr int kSendQueueMax = 64;

SessionOptions session_options(const LoopOptions& options, std::uint64_t seed) {
    SessionOptions session = options.session;
    session.session = seed != 0 ? seed : 1;
    session.brokers = options.endpoints.size();
    session.connect_timeout = options.connect_timeout;
    return session;
}

// An order stays in its place until it has ended, and a session forgets its tag before.
std::uint64_t tag_of(const Order& order) {
    return reinterpret_cast<std::uintptr_t>(&order);
}

Order& order_of(std::uint64_t tag) {
    // It is one of tag_of(). NOLINTNEXTLINE(performance-no-int-to-ptr)
    return *reinterpret_cast<Order*>(static_cast<std::uintptr_t>(tag));
}

}  // namespace

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
    auto alarm = posix::AlarmFd::open();
    if (!alarm) {
        return base::Unexpected(std::move(alarm.error()));
    }
    auto context = net::Context::open();
    if (!context) {
        return base::Unexpected(std::move(context.error()));
    }
    std::unique_ptr<Loop> loop(new Loop(
        std::move(options), *seed, std::move(*wake), std::move(*alarm), std::move(*context)));
    if (!loop->options_.has_thread) {
        if (auto opened = loop->poller_.open_fd(); !opened) {
            return base::Unexpected(std::move(opened.error()));
        }
        loop->tell_happenings();  // the first Connect
        return loop;
    }
    try {
        loop->thread_ = std::thread([raw = loop.get()] { raw->run(); });
    } catch (const std::system_error& error) {
        return base::fail(base::Errc::Io, std::string("cannot start a thread: ") + error.what());
    }
    return loop;
}

Loop::Loop(LoopOptions options,
           std::uint64_t seed,
           posix::WakeFd wake,
           posix::AlarmFd alarm,
           net::Context context)
    : options_(std::move(options)),
      context_(std::move(context)),
      inbox_(options_.queue_max, std::move(wake), std::move(alarm)),
      session_(session_options(options_, seed), posix::read_mono(), seed),
      now_(posix::read_mono()) {
    watch();
}

Loop::~Loop() {
    is_closing_.store(true);
    inbox_.keep_for_io_thread();
    if (thread_.joinable()) {
        thread_.join();
    } else {
        end_all(client_closed());
    }
}

void Loop::run() {
    tell_happenings();  // the first Connect
    while (!is_closing_.load()) {
        listen();
        speak();
        if (inbox_.hands_over(session_.open())) {
            while (!inbox_.takes_over()) {
            }
        }
    }
    end_all(client_closed());
}

base::MonoTime Loop::serve() {
    hear();
    speak();
    if (connection_) {
        connection_->watch(poller_, unsent_.has_value());
    }
    const bool has_more = is_behind_ || (session_.room() > 0 && !inbox_.is_empty());
    return has_more || poller_.is_ready() ? now_ : next_deadline();
}

End Loop::wait_for(BlockedReceiver& receiver,
                   const BlockedReceiver::OnPartial& on_part,
                   const BlockedReceiver::OnProgress& on_step) {
    while (true) {
        if (inbox_.borrow()) {
            serve_for(receiver);
        } else {
            inbox_.sleep(receiver);
        }
        if (auto end = receiver.take_news(on_part, on_step)) {
            return *std::move(end);
        }
    }
}

void Loop::serve_for(BlockedReceiver& receiver) {
    now_ = posix::read_mono();
    speak();
    while (!receiver.has_news() && inbox_.serves_on()) {
        listen();
        speak();
    }
    const std::size_t own = receiver.has_ended() ? 0 : 1;
    inbox_.release(session_.open() > own);
}

void Loop::listen() {
    wait();
    hear();
}

void Loop::hear() {
    now_ = posix::read_mono();
    if (connection_ && progress_.has_moved(*connection_, now_)) {
        session_.moved(now_);
    }
    session_.on_time(now_);
    follow_link();
    receive();
}

void Loop::speak() {
    take_orders();
    tell_happenings();
    send();
    tell_happenings();  // what was too large to send
    end_overdue();
    end_unreachable();
    note_link();
}

// ---- waiting ----

void Loop::wait() {
    const base::MonoTime deadline = next_deadline();
    base::Duration timeout = base::Duration::zero();
    if (!is_behind_ && inbox_.may_sleep(session_.room() > 0, deadline)) {
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
    if (options_.has_thread) {
        poller_.add(inbox_.fd());
    }
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
    socket.curve = options_.curve;
    connection_.reset();
    auto connection = net::connect(context_, options_.endpoints[broker], socket);
    if (connection) {
        connection_ = std::move(*connection);
        progress_ = {};
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
            case net::LinkEvent::Connected:
                refusals_ = 0;
                refusal_.clear();
                session_.connected(now_);
                break;
            case net::LinkEvent::Disconnected:
            case net::LinkEvent::Refused:
                note_refusal();
                lose();
                break;
        }
    }
}

void Loop::note_refusal() {
    refusal_ = connection_->refusal();
    refusals_ = refusal_.empty() ? 0 : refusals_ + 1;
}

void Loop::note_link() {
    if (session_.is_welcome() != is_connected_.load(std::memory_order_relaxed)) {
        is_connected_.store(session_.is_welcome());
    }
}

void Loop::lose() {
    unsent_.reset();
    connection_.reset();
    watch();
    session_.disconnected(now_);
}

void Loop::receive() {
    is_behind_ = false;
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
    is_behind_ = connection_ != nullptr;  // no descriptor tells of what was read already
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
    for (Order* order : taken_) {
        place(*order);
    }
    taken_.clear();
}

void Loop::place(Order& order) {
    next_overdue_ = std::min(next_overdue_, order.deadline);
    const User user{tag_of(order), order.deadline};
    auto number = order.question ? session_.ask(now_, std::move(*order.question), user)
                                 : session_.submit(std::move(order.job), user);
    if (!number) {
        end(order, base::Unexpected(std::move(number.error())));
    }
}

// ---- what happened ----

void Loop::tell_happenings() {
    session_.take_accepted(accepted_);
    for (const Accepted& accepted : accepted_) {
        end_taken(order_of(accepted.tag), {accepted.job, accepted.is_duplicate});
    }
    accepted_.clear();
    while (auto happening = session_.next_happening()) {
        tell(*happening);
    }
}

// What is not final and not told of here is a call that was accepted.
void Loop::tell(Happening& happening) {
    if (auto* result = std::get_if<Result>(&happening)) {
        end(order_of(result->tag), ended_as(std::move(*result)));
    } else if (auto* refused = std::get_if<Refused>(&happening)) {
        end(order_of(refused->tag), base::Unexpected(std::move(refused->error)));
    } else if (auto* report = std::get_if<Report>(&happening)) {
        end(order_of(report->tag), std::move(report->json));
    } else if (const auto* accepted = std::get_if<Accepted>(&happening);
               accepted != nullptr && accepted->is_final) {
        end_taken(order_of(accepted->tag), {accepted->job, accepted->is_duplicate});
    } else if (auto* partial = std::get_if<PartialAnswer>(&happening)) {
        tell_partial(*partial);
    } else if (auto* update = std::get_if<ProgressUpdate>(&happening)) {
        const Order& order = order_of(update->tag);
        if (order.receiver != nullptr) {
            order.receiver->on_progress(
                {update->job, update->done, update->total, std::move(update->text)});
        }
    } else if (auto* to = std::get_if<Connect>(&happening)) {
        connect(to->broker);
    }
}

void Loop::tell_partial(PartialAnswer& partial) {
    Order& order = order_of(partial.tag);
    if (order.receiver != nullptr &&
        !order.receiver->on_partial({partial.job, std::move(partial.data), partial.part})) {
        give_up(partial.number,
                order,
                {base::Errc::QueueFull,
                 "partial answers come faster than they are read; the rest was given up",
                 std::nullopt});
    }
}

// The order's place is free before its giver is told: he may be gone then.
void Loop::end(Order& order, End&& end) {
    Receiver* const receiver = order.receiver;
    const std::size_t index = order.index;
    const auto done = std::move(order.done);
    inbox_.drop(order);
    if (receiver != nullptr) {
        receiver->on_end(index, std::move(end));
    } else {
        done(id_of(std::move(end)));
    }
}

void Loop::end_taken(Order& order, const Taken& taken) {
    Receiver* const receiver = order.receiver;
    const std::size_t index = order.index;
    const auto done = std::move(order.done);
    inbox_.drop(order);
    if (receiver != nullptr) {
        receiver->on_taken(index, taken);
    } else {
        done(taken.job);
    }
}

void Loop::give_up(std::uint64_t number, Order& order, base::Error error) {
    session_.forget(number);
    end(order, base::Unexpected(std::move(error)));
}

// ---- what did not happen ----

void Loop::end_overdue() {
    if (now_ >= next_overdue_) {
        give_up_overdue(now_, overdue());
    }
    inbox_.take_expired(now_, taken_);
    for (Order* order : taken_) {
        end(*order, base::Unexpected(overdue()));
    }
    taken_.clear();
}

void Loop::give_up_overdue(base::MonoTime now, const base::Error& error) {
    next_overdue_ = session_.overdue(now, overdue_);
    for (const Open& open : overdue_) {
        give_up(open.number, order_of(open.tag), error);
    }
    overdue_.clear();
}

// Waiting longer for a broker that is not there is only worth while up to a point.
void Loop::end_unreachable() {
    if (session_.is_welcome() || (session_.open() == 0 && inbox_.is_empty())) {
        unreachable_since_.reset();
    } else if (!unreachable_since_) {
        unreachable_since_ = now_;
    } else if (now_ >= *unreachable_since_ + options_.connect_timeout ||
               refusals_ >= kRefusalsMax * options_.endpoints.size()) {
        refusals_ = 0;
        unreachable_since_.reset();
        end_all(unreachable());
    }
}

void Loop::end_all(const base::Error& error) {
    give_up_overdue(base::MonoTime::max(), error);
    if (is_closing_.load()) {
        inbox_.close(taken_);
    } else {
        inbox_.take(options_.queue_max, taken_);
    }
    for (Order* order : taken_) {
        end(*order, base::Unexpected(error));
    }
    taken_.clear();
}

base::Error Loop::unreachable() const {
    return no_broker(options_.endpoints, refusal_, session_.trouble());
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
