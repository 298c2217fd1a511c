#include "worker/runtime/exchange.hpp"

#include <utility>

#include "common/posix/clock.hpp"

namespace steward::worker {
namespace {

constexpr std::size_t kLot = 32;       // commands decoded between two holds of the lock
constexpr std::size_t kGathered = 64;  // commands encoded in one hold

}  // namespace

Exchange::Exchange(SessionOptions options,
                   base::MonoTime start,
                   std::uint64_t seed,
                   const posix::WakeFd& wake,
                   const posix::AlarmFd* alarm)
    : wake_(wake),
      wants_memory_(options.memory_bytes_max != 0),
      session_(std::move(options), start, seed),
      role_(alarm) {
    Aftermath none;
    settle(none);
}

Exchange::Bell& Exchange::make_bell() {
    const std::scoped_lock lock(mutex_);
    asleep_.reserve(bells_.size() + 1);
    return bells_.emplace_back();
}

Exchange::Desk::Desk(Exchange& exchange) : exchange_(exchange), bell_(exchange.make_bell()) {
    const std::scoped_lock lock(exchange_.mutex_);
    exchange_.desks_.push_back(this);
}

Exchange::Desk::~Desk() {
    const std::scoped_lock lock(exchange_.mutex_);
    std::erase(exchange_.desks_, this);
}

struct Exchange::Obey {
    Exchange& exchange;
    Aftermath& after;

    void operator()(Connect& connect) const { exchange.connect_ = connect.broker; }

    void operator()(StopJob& stop) const {
        for (Desk* desk : exchange.desks_) {
            if (desk->job != nullptr && desk->job->attempt == stop.attempt) {
                Exchange::stop(*desk, after.stopped);
            }
        }
    }

    void operator()(CallIdle&) const {
        ++exchange.idle_round_;
        exchange.call_desks(exchange.asleep_.size(), after.called);
    }

    void operator()(MeasureMemory&) const { exchange.must_measure_ = true; }

    void operator()(Asked& asked) const { exchange.asked_.push_back(std::move(asked)); }

    void operator()(Leaving& leaving) const {
        exchange.keep({leaving.is_forced ? "giving_up" : "leaving",
                       "",
                       std::move(leaving.why),
                       leaving.is_forced});
    }

    void operator()(Left& left) const { exchange.left_ = left; }
};

// Does what the session asks, with the lock held, but for the aftermath.
void Exchange::settle(Aftermath& after) {
    while (session_.has_action()) {
        auto action = session_.next_action();
        if (!action) {
            return;
        }
        std::visit(Obey{*this, after}, *action);
    }
}

template <class Change>
void Exchange::change(Change&& change) {
    Aftermath after;
    {
        const std::scoped_lock lock(mutex_);
        change();
        settle(after);
        const std::size_t startable = session_.startable();
        call_desks(startable > called_ ? startable - called_ : 0, after.called);
    }
    carry_out(after);
}

void Exchange::carry_out(const Aftermath& after) {
    for (Bell* bell : after.called) {
        bell->turn.notify_one();
    }
    for (const std::stop_source& source : after.stopped) {
        source.request_stop();
    }
}

void Exchange::stop(Desk& desk, Stops& stopped) {
    if (auto source = desk.stop.request()) {
        stopped.push_back(std::move(*source));
    }
}

// While nobody serves, whoever does next looks first.
void Exchange::wake_io() {
    if (!role_.is_free() && !std::exchange(is_io_woken_, true)) {
        wake_.wake();
    }
}

// Called with the lock held.
void Exchange::call_desks(std::size_t most, Bells& called) {
    for (; most > 0 && !asleep_.empty(); --most) {
        Bell* const bell = asleep_.back();
        asleep_.pop_back();
        bell->is_rung = true;
        called.push_back(bell);
        ++called_;
    }
}

void Exchange::sleep(Desk& desk, std::unique_lock<std::mutex>& lock) {
    Bell& bell = desk.bell_;
    bell.is_rung = false;
    asleep_.push_back(&bell);
    bell.turn.wait(lock, [&] { return bell.is_rung; });
    --called_;
}

void Exchange::hand_in(Desk& desk) {
    ++(desk.outcome.verdict == model::Verdict::Succeeded ? succeeded_ : failed_);
    session_.finished(desk.ended_at,
                      desk.job->attempt,
                      std::move(desk.outcome),
                      desk.ended_at - desk.begun_at,
                      desk.resident_bytes);
    desk.job = nullptr;
    wake_io();
}

void Exchange::begin(Desk& desk, wire::native::Assign* job, base::MonoTime now) {
    desk.job = job;
    desk.begun_at = now;
    desk.stop.renew();
    desk.idle_seen_ = idle_round_;
    if (is_stopping_all_) {
        static_cast<void>(desk.stop.request());  // nobody has its token yet
    }
    if (session_.next_limit() < io_sleeps_until_) {
        wake_io();  // or it would be late for this job's limit
    }
}

Exchange::Turn Exchange::next(Desk& desk) {
    std::unique_lock lock(mutex_);
    base::MonoTime now = desk.ended_at;
    if (desk.job != nullptr) {
        hand_in(desk);
    } else {
        now = posix::read_mono();
    }
    Aftermath none;  // neither an end nor a beginning stops another or makes work for one
    while (true) {
        if (role_.is_due(now) && borrow()) {
            return Turn::Serve;
        }
        wire::native::Assign* const job = is_closed_ ? nullptr : session_.next_job(now);
        settle(none);
        if (is_closed_) {
            return Turn::End;
        }
        if (job != nullptr) {
            begin(desk, job, now);
            return Turn::Work;
        }
        if (std::exchange(desk.idle_seen_, idle_round_) != idle_round_) {
            return Turn::Idle;
        }
        if (borrow()) {
            return Turn::Serve;
        }
        sleep(desk, lock);
        now = posix::read_mono();
    }
}

// Called with the lock held.
bool Exchange::may_serve() const {
    return !is_closed_ && !is_unservable_ && !left_;
}

// Likewise.
bool Exchange::borrow() {
    const bool does = role_.is_free() && may_serve();
    if (does) {
        role_.borrow();
    }
    return does;
}

bool Exchange::serves_on(const Desk& desk) {
    const std::scoped_lock lock(mutex_);
    if (may_serve() && session_.startable() == 0 && desk.idle_seen_ == idle_round_) {
        return true;
    }
    role_.release(posix::read_mono());
    if (!may_serve()) {
        role_.call();
    }
    return false;
}

void Exchange::give_up_serving() {
    const std::scoped_lock lock(mutex_);
    is_unservable_ = true;
    role_.release(posix::read_mono());
    role_.call();
}

bool Exchange::hands_over() {
    Aftermath after;
    {
        const std::scoped_lock lock(mutex_);
        if (!role_.can_be_lent() || asleep_.empty() || !may_serve()) {
            return false;
        }
        role_.release(posix::read_mono());
        call_desks(1, after.called);
    }
    carry_out(after);
    return true;
}

bool Exchange::takes_over() {
    const std::scoped_lock lock(mutex_);
    return role_.take_over(posix::read_mono());
}

void Exchange::partial(const model::Attempt& attempt,
                       model::Payload data,
                       const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, stop, [&] { return session_.has_room() || is_closed_; });
    if (session_.has_room()) {  // not so when stopped while waiting: nobody wants it any more
        session_.partial(posix::read_mono(), attempt, std::move(data));
        role_.call();
        wake_io();
    }
}

void Exchange::progress(const model::Attempt& attempt,
                        std::uint64_t done,
                        std::uint64_t total,
                        std::string text) {
    const std::scoped_lock lock(mutex_);
    session_.progress(posix::read_mono(), attempt, done, total, std::move(text));
    role_.call();
    wake_io();
}

void Exchange::remark(Remark remark) {
    const std::scoped_lock lock(mutex_);
    keep(std::move(remark));
    wake_io();
}

void Exchange::keep(Remark remark) {
    if (remarks_.size() < kRemarksMax) {
        remarks_.push_back(std::move(remark));
    }
}

std::vector<Exchange::Remark> Exchange::take_remarks() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(remarks_, {});
}

void Exchange::connected() {
    change([&] { session_.connected(posix::read_mono()); });
}

void Exchange::disconnected() {
    change([&] { session_.disconnected(posix::read_mono()); });
}

void Exchange::on_frames(const wire::Frames& frames) {
    const base::MonoTime now = posix::read_mono();
    bool more = false;
    change([&] {
        is_io_woken_ = true;
        more = session_.begin_message(now, frames);
        refill_lot();
    });
    std::optional<wire::native::BatchReader> reader;
    if (more) {
        reader.emplace(frames);
    }
    while (more) {
        std::size_t read = 0;
        do {
            lot_[read]->read(*reader);
        } while (lot_[read++]->has_command() && read < lot_.size());
        change([&] {
            for (std::size_t i = 0; i < read && more; ++i) {
                more = session_.take(now, lot_[i]);
            }
            refill_lot();
        });
    }
}

void Exchange::refill_lot() {
    lot_.resize(kLot);
    for (ArrivalPtr& arrival : lot_) {
        if (arrival == nullptr) {
            arrival = session_.make_arrival();
        }
    }
}

void Exchange::moved() {
    change([&] { session_.moved(posix::read_mono()); });
}

void Exchange::on_time() {
    change([&] {
        is_io_woken_ = true;
        session_.on_time(posix::read_mono());
    });
}

void Exchange::leave() {
    change([&] { session_.leave(posix::read_mono()); });
}

void Exchange::resident(std::uint64_t bytes) {
    change([&] { session_.resident(posix::read_mono(), bytes); });
}

void Exchange::stop_all() {
    Aftermath after;
    {
        const std::scoped_lock lock(mutex_);
        is_stopping_all_ = true;
        for (Desk* desk : desks_) {
            stop(*desk, after.stopped);
        }
    }
    carry_out(after);
}

void Exchange::close() {
    Aftermath after;
    {
        const std::scoped_lock lock(mutex_);
        is_closed_ = true;
        call_desks(asleep_.size(), after.called);
        room_.notify_all();
    }
    carry_out(after);
}

std::optional<wire::Frames> Exchange::take_batch() {
    std::optional<wire::Frames> batch;
    bool more = true;
    while (more) {
        change([&] {
            const bool had_room = session_.has_room();
            more = session_.gather_some(kGathered);
            if (!more) {
                batch = session_.take_batch({});
                is_io_woken_ = is_io_woken_ && batch.has_value();
            }
            if (!had_room && session_.has_room()) {
                room_.notify_all();
            }
        });
    }
    return batch;
}

std::optional<std::size_t> Exchange::take_connect() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(connect_, std::nullopt);
}

bool Exchange::take_measure() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(must_measure_, false);
}

std::vector<Asked> Exchange::take_asked() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(asked_, {});
}

void Exchange::told(std::uint64_t number, base::Blob json) {
    change([&] { session_.told(number, std::move(json)); });
}

Exchange::State Exchange::state() {
    const std::scoped_lock lock(mutex_);
    is_io_woken_ = false;
    auto deadline = session_.next_deadline();
    if (session_.startable() > 0 && role_.is_lent()) {
        deadline = base::MonoTime{};  // it serves between two jobs
    }
    io_sleeps_until_ = deadline.value_or(base::MonoTime::max());
    return {session_.is_registered(),
            session_.is_leaving(),
            left_,
            session_.running(),
            succeeded_,
            failed_,
            session_.broker(),
            session_.trouble(),
            deadline};
}

}  // namespace steward::worker
