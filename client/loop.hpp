// client: the I/O thread: one session, one connection, everybody's orders. Knows no API. A thread
// that blocks alone lends a hand (common/posix/io_role.hpp), or the user's own loop does it all.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "client/inbox.hpp"
#include "client/order.hpp"
#include "client/session.hpp"
#include "common/base/expected.hpp"
#include "common/base/time.hpp"
#include "common/net/connection.hpp"
#include "common/net/context.hpp"
#include "common/net/curve.hpp"
#include "common/net/poller.hpp"
#include "common/net/progress.hpp"

namespace steward::client {

struct LoopOptions {
    std::vector<std::string> endpoints;  // as ZeroMQ wants them; at least one
    SessionOptions session;  // its `session`, `brokers` and `connect_timeout` are filled in here
    std::optional<net::CurveKeys> curve;
    std::size_t queue_max = 65'536;
    std::size_t message_bytes_max = model::kBrokersMessageBytesMax;  // of one from the broker
    base::Duration connect_timeout{};
    bool has_thread = true;  // false: see serve()
};

/// Runs from start() to its end, which ends every open order with Disconnected.
///
/// What has gathered while it was busy leaves as one message; it never waits for more to gather.
///
/// Thread: inbox(), wait_for(), is_connected() and is_own_thread() from any.
class Loop {
public:
    /// Errors: Io; Malformed for an endpoint that cannot be understood.
    [[nodiscard]] static base::Expected<std::unique_ptr<Loop>> start(LoopOptions options);
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    [[nodiscard]] Inbox& inbox() { return inbox_; }

    /// Waits for the end of the one order that was pushed with this receiver, and serves the
    /// connection meanwhile where it may. Thread: any but the I/O thread.
    [[nodiscard]] End wait_for(BlockedReceiver& receiver,
                               const BlockedReceiver::OnPartial& on_part,
                               const BlockedReceiver::OnProgress& on_step);

    /// Callbacks run here, so nobody may block here.
    [[nodiscard]] bool is_own_thread() const {
        return !options_.has_thread || std::this_thread::get_id() == thread_.get_id();
    }

    /// The broker has greeted, and nothing is known to be amiss since. Thread: any.
    [[nodiscard]] bool is_connected() const { return is_connected_.load(); }

    // ---- without a thread: all calls come from the user's one ----
    /// Readable when there is something to do.
    [[nodiscard]] int fd() const { return poller_.fd(); }

    /// Does what there is to do, and calls back. Returns when to do it again at the latest.
    /// Blocks: never.
    base::MonoTime serve();

private:
    Loop(LoopOptions options,
         std::uint64_t seed,
         posix::WakeFd wake,
         posix::AlarmFd alarm,
         net::Context context);

    void run();
    void serve_for(BlockedReceiver& receiver);
    void listen();
    void speak();
    void wait();
    void hear();
    [[nodiscard]] base::MonoTime next_deadline() const;
    void watch();

    void follow_link();
    void receive();
    void take_orders();
    void place(Order& order);
    void send();
    void connect(std::size_t broker);
    void lose();
    void note_refusal();
    void note_link();

    void tell_happenings();
    void tell(Happening& happening);
    void tell_partial(PartialAnswer& partial);
    void end(Order& order, End&& end);
    void end_taken(Order& order, const Taken& taken);
    void give_up(std::uint64_t number, Order& order, base::Error error);
    void give_up_overdue(base::MonoTime now, const base::Error& error);
    void end_overdue();
    void end_unreachable();
    void end_all(const base::Error& error);
    [[nodiscard]] base::Error unreachable() const;
    [[nodiscard]] base::Error overdue() const;

    LoopOptions options_;
    net::Context context_;
    net::Poller poller_;
    std::unique_ptr<net::Connection> connection_;
    net::Progress progress_;    // of that connection
    std::string refusal_;       // why the last broker turned this one away
    std::size_t refusals_ = 0;  // in a row, one for each try
    Inbox inbox_;
    Session session_;
    base::MonoTime now_;

    // No later than the earliest deadline of what the session holds open. Nearly every order ends
    // long before its own, so looking through them when this has come is cheaper than a timer for
    // each.
    base::MonoTime next_overdue_ = base::MonoTime::max();
    std::vector<Order*> taken_;           // reused from turn to turn
    std::vector<Accepted> accepted_;      // likewise
    std::vector<Open> overdue_;           // likewise
    std::optional<wire::Frames> unsent_;  // the connection's queue was full
    bool is_behind_ = false;              // more has been received than was read in a turn
    wire::Frames received_;
    // Since when there are orders and no broker that has answered.
    std::optional<base::MonoTime> unreachable_since_;

    std::atomic<bool> is_connected_ = false;
    std::atomic<bool> is_closing_ = false;
    std::thread thread_;
};

}  // namespace steward::client
