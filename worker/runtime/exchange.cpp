#include "worker/runtime/exchange.hpp"

#include <utility>

#include "common/posix/clock.hpp"

namespace steward::worker {

Exchange::Exchange(SessionOptions options,
                   base::MonoTime start,
                   std::uint64_t seed,
                   const posix::WakeFd& wake)
    : wake_(wake),
      wants_memory_(options.memory_bytes_max != 0),
      session_(std::move(options), start, seed) {
    Stops none;
    settle(none);
}

struct Exchange::Obey {
    Exchange& exchange;
    Stops& stopped;

    void operator()(Connect& connect) const { exchange.connect_ = connect.broker; }

    void operator()(StartJob& start) const {
        auto& source = exchange.stops_[start.job.attempt];
        source = {};
        exchange.tasks_.push_back({std::move(start.job), source.get_token()});
    }

    void operator()(StopJob& stop) const {
        if (const auto found = exchange.stops_.find(stop.attempt); found != exchange.stops_.end()) {
            stopped.push_back(found->second);
        }
    }

    void operator()(CallIdle&) const { ++exchange.idle_round_; }

    void operator()(MeasureMemory&) const { exchange.must_measure_ = true; }

    void operator()(Leaving& leaving) const {
        exchange.keep({leaving.is_forced ? "giving_up" : "leaving",
                       "",
                       std::move(leaving.why),
                       leaving.is_forced});
    }

    void operator()(Left& left) const { exchange.left_ = left; }
};

// Does what the session asks. Called with the lock held; `stopped` is fired by the caller without
// it, because stop callbacks are user code.
void Exchange::settle(Stops& stopped) {
    while (auto action = session_.next_action()) {
        std::visit(Obey{*this, stopped}, *action);
    }
}

template <class Change>
void Exchange::change(Change&& change) {
    Stops stopped;
    {
        const std::scoped_lock lock(mutex_);
        const std::uint64_t idle_before = idle_round_;
        change();
        settle(stopped);
        if (idle_round_ != idle_before || tasks_.size() > 1) {
            turn_.notify_all();
        } else if (!tasks_.empty()) {
            turn_.notify_one();
        }
    }
    for (std::stop_source& source : stopped) {
        source.request_stop();
    }
}

void Exchange::wake_io() {
    if (!std::exchange(is_io_woken_, true)) {
        wake_.wake();
    }
}

bool Exchange::has_turn(std::uint64_t idle_seen) const {
    return is_closed_ || !tasks_.empty() || idle_round_ != idle_seen;
}

Exchange::Next Exchange::next(std::optional<Report> done, std::uint64_t& idle_seen) {
    std::unique_lock lock(mutex_);
    if (done) {
        stops_.erase(done->attempt);
        session_.finished(posix::read_mono(),
                          done->attempt,
                          std::move(done->outcome),
                          done->run_time,
                          done->resident_bytes);
        Stops none;  // finishing stops nothing
        settle(none);
        wake_io();
    }
    turn_.wait(lock, [&] { return has_turn(idle_seen); });
    if (is_closed_) {
        return {Turn::End, std::nullopt};
    }
    idle_seen = idle_round_;
    if (tasks_.empty()) {
        return {Turn::Idle, std::nullopt};
    }
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    return {Turn::Work, std::move(task)};
}

void Exchange::partial(const model::Attempt& attempt,
                       model::Payload data,
                       const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, stop, [&] { return session_.has_room() || is_closed_; });
    if (session_.has_room()) {  // not so when stopped while waiting: nobody wants it any more
        session_.partial(posix::read_mono(), attempt, std::move(data));
        wake_io();
    }
}

void Exchange::progress(const model::Attempt& attempt,
                        std::uint64_t done,
                        std::uint64_t total,
                        std::string text) {
    const std::scoped_lock lock(mutex_);
    session_.progress(posix::read_mono(), attempt, done, total, std::move(text));
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
    change([&] { session_.on_frames(posix::read_mono(), frames); });
}

void Exchange::on_time() {
    change([&] {
        is_io_woken_ = false;  // what comes from now on needs another wake-up
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
    Stops all;
    {
        const std::scoped_lock lock(mutex_);
        for (const auto& [attempt, source] : stops_) {
            all.push_back(source);
        }
    }
    for (std::stop_source& source : all) {
        source.request_stop();
    }
}

void Exchange::close() {
    const std::scoped_lock lock(mutex_);
    is_closed_ = true;
    turn_.notify_all();
    room_.notify_all();
}

std::optional<wire::Frames> Exchange::take_batch() {
    std::optional<wire::Frames> batch;
    change([&] {
        const bool had_room = session_.has_room();
        batch = session_.take_batch(posix::read_mono());
        if (!had_room && session_.has_room()) {
            room_.notify_all();
        }
    });
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

Exchange::State Exchange::state() const {
    const std::scoped_lock lock(mutex_);
    return {session_.is_registered(),
            session_.is_leaving(),
            left_,
            session_.running(),
            session_.broker(),
            session_.trouble(),
            session_.next_deadline()};
}

}  // namespace steward::worker
