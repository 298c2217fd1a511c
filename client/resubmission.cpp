#include "client/resubmission.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/base/assert.hpp"

namespace steward::client {

namespace native = wire::native;
using namespace std::chrono_literals;

namespace {

constexpr base::Duration kBeat = 5s;
constexpr base::Duration kPauseMin = 100ms;  // before a broker without room is asked again
constexpr base::Duration kPauseMax = 5s;
constexpr std::size_t kBatchBytesMax = 1UL << 20U;

}  // namespace

Resubmission::Resubmission(std::vector<Resubmit> jobs, std::string library)
    : library_(std::move(library)), open_(jobs.size()) {
    jobs_.reserve(jobs.size());
    std::map<std::uint64_t, std::vector<std::size_t>> by_session;
    for (Resubmit& job : jobs) {
        STEWARD_ASSERT(job.submission.session != 0);
        by_session[job.submission.session].push_back(jobs_.size());
        jobs_.push_back({std::move(job), false, std::nullopt});
    }
    for (auto& [session, places] : by_session) {
        std::ranges::sort(places, {}, [&](std::size_t job) { return number_of(job); });
        runs_.push_back({std::move(places)});
    }
}

std::uint64_t Resubmission::number_of(std::size_t job) const {
    return jobs_[job].what.submission.number;
}

// ---- the connection ----

void Resubmission::connected(base::MonoTime now) {
    is_connected_ = true;
    hello_is_due_ = true;
    beat_at_ = now + kBeat;
    heard_at_ = now;
    is_heard_ = false;
    if (!std::exchange(was_connected_, true)) {
        moved_at_ = now;
    }
    pause_until_.reset();
    writer_ = {};
    in_flight_.clear();
    waiting_for_.clear();
    ready_.clear();
    for (std::size_t run = 0; run < runs_.size(); ++run) {
        runs_[run].in_flight = 0;
        go_back(run);
    }
}

void Resubmission::disconnected() {
    is_connected_ = false;
    is_heard_ = false;
}

// Whatever of the run is not settled is to be sent, again if need be. Pre: nothing is in flight.
void Resubmission::go_back(std::size_t run) {
    Run& back = runs_[run];
    back.next = 0;
    while (back.next < back.jobs.size() && jobs_[back.jobs[back.next]].is_settled) {
        ++back.next;
    }
    if (back.next == back.jobs.size()) {
        return;
    }
    if (std::exchange(back.is_cramped, false)) {
        // All below is settled: the broker may forget it and take the numbers that follow.
        back.acked_below = number_of(back.jobs[back.next]);
    }
    ready_.push_back(run);
}

// ---- sending ----

std::optional<wire::Frames> Resubmission::take_batch(base::MonoTime now) {
    if (!is_connected_) {
        return std::nullopt;
    }
    if (pause_until_ && now >= *pause_until_) {
        pause_until_.reset();
    }
    if (std::exchange(hello_is_due_, false)) {
        writer_.add(native::ClientHello{native::kVersion, library_, kBeat});
    } else if (!pause_until_) {
        while (writer_.empty() && !ready_.empty() && in_flight_.size() < kInFlightMax) {
            const std::size_t run = ready_.front();
            ready_.pop_front();
            write_run(run);
        }
    }
    if (writer_.empty() && now >= beat_at_) {
        writer_.add(native::Heartbeat{});
    }
    if (writer_.empty()) {
        return std::nullopt;
    }
    beat_at_ = now + kBeat;
    return writer_.take();
}

void Resubmission::write_run(std::size_t run) {
    Run& from = runs_[run];
    for (; from.next < from.jobs.size(); ++from.next) {
        const std::size_t job = from.jobs[from.next];
        if (jobs_[job].is_settled) {
            continue;
        }
        const std::uint64_t number = number_of(job);
        if (in_flight_.contains(number)) {
            waiting_for_[number].push_back(run);
            return;
        }
        if (in_flight_.size() >= kInFlightMax || writer_.bytes() >= kBatchBytesMax) {
            ready_.push_front(run);
            return;
        }
        if (writer_.empty()) {
            writer_.add(native::Session{jobs_[job].what.submission.session, from.acked_below});
        }
        writer_.add(native::Submit{number, true, jobs_[job].what.spec});
        in_flight_[number] = {job, run};
        ++from.in_flight;
    }
}

std::optional<base::MonoTime> Resubmission::next_deadline() const {
    if (!is_connected_) {
        return std::nullopt;
    }
    return std::min(beat_at_, pause_until_.value_or(beat_at_));
}

// ---- what the broker says ----

bool Resubmission::on_frames(base::MonoTime now, const wire::Frames& frames) {
    if (!native::is_native(frames)) {
        return false;
    }
    heard_at_ = now;
    is_heard_ = true;
    native::BatchReader reader(frames);
    while (true) {
        auto command = reader.next();
        if (!command || (*command && std::holds_alternative<native::Disconnect>(**command))) {
            return false;
        }
        if (!*command) {
            return true;
        }
        on_command(now, **command);
    }
}

void Resubmission::on_command(base::MonoTime now, native::Command& command) {
    if (const auto* accepted = std::get_if<native::Accepted>(&command)) {
        on_answer(now, accepted->number, Submitted{accepted->job, accepted->is_duplicate});
    } else if (auto* refused = std::get_if<native::Refused>(&command)) {
        on_answer(now, refused->number, base::Unexpected(std::move(refused->error)));
    }
}

void Resubmission::on_answer(base::MonoTime now,
                             std::uint64_t number,
                             base::Expected<Submitted> result) {
    const auto found = in_flight_.find(number);
    if (found == in_flight_.end()) {
        return;
    }
    const InFlight answered = found->second;
    in_flight_.erase(found);
    Job& job = jobs_[answered.job];
    Run& run = runs_[answered.run];
    if (result || !may_be_taken_later(now, result.error(), answered.job, run)) {
        job.is_settled = true;
        --open_;
        moved_at_ = now;
    }
    job.result = std::move(result);
    if (--run.in_flight == 0 && run.next == run.jobs.size()) {
        go_back(answered.run);  // for those that are to be offered again
    }
    if (const auto waiting = waiting_for_.find(number); waiting != waiting_for_.end()) {
        ready_.push_back(waiting->second.front());
        waiting->second.pop_front();
        if (waiting->second.empty()) {
            waiting_for_.erase(waiting);
        }
    }
}

bool Resubmission::may_be_taken_later(base::MonoTime now,
                                      const base::Error& error,
                                      std::size_t job,
                                      Run& run) {
    if (error.code == base::Errc::TooManyInFlight) {
        run.is_cramped = true;
        return run.acked_below < number_of(job);
    }
    if (class_of(error.code) != base::ErrorClass::Retry) {
        return false;
    }
    pause_until_ = now + std::clamp(error.retry_after.value_or(1s), kPauseMin, kPauseMax);
    return true;
}

std::vector<base::Expected<Submitted>> Resubmission::take_results() {
    std::vector<base::Expected<Submitted>> results;
    results.reserve(jobs_.size());
    for (Job& job : jobs_) {
        if (job.result) {
            results.push_back(std::move(*job.result));
        } else {
            results.emplace_back(base::fail(base::Errc::Timeout,
                                            "the broker does not answer: this submission has been "
                                            "taken and acknowledged before, or it is too busy"));
        }
    }
    return results;
}

}  // namespace steward::client
