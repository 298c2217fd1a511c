// tests/sim: the runtime of a native worker, in virtual time.
#include "tests/sim/worker_actor.hpp"

#include <algorithm>

#include "tests/sim/failure.hpp"
#include "tests/sim/job_options.hpp"

namespace steward::sim {
namespace {

// Jobs that one holds ahead. With many it is given some in a row, and filled up in lots.
constexpr std::uint64_t kAheadOften = 12;
constexpr std::uint64_t kAheadMost = 150;

}  // namespace

WorkerActor::WorkerActor(Stage& stage, std::string name, bool serves_all)
    : Actor(stage, std::move(name)), serves_all_(serves_all), is_quick_(choices().chance(1, 2)) {
    options_.heartbeat_interval = 1s;
    options_.concurrency = static_cast<std::uint32_t>(choices().between(1, 3));
    const std::uint64_t ahead_most = choices().chance(1, 3) ? kAheadMost : kAheadOften;
    options_.credit_max =
        options_.concurrency + static_cast<std::uint32_t>(choices().between(0, ahead_most));
    options_.brokers = stage.plan.brokers;
}

void WorkerActor::start() {
    born();
    hangs_ = false;
    options_.services.clear();
    for (const std::string& service : services()) {
        if (serves_all_ || choices().chance(1, 2)) {
            options_.services.push_back(service);
        }
    }
    if (options_.services.empty()) {
        options_.services.push_back(services().front());
    }
    options_.channels.clear();
    if (stage_.plan.has(Fault::Channels)) {
        options_.channels.push_back(std::string(model::kDefaultChannel));
        for (const std::string& channel : channels()) {
            if (serves_all_ || choices().chance(1, 2)) {
                options_.channels.push_back(channel);
            }
        }
    }
    session_.emplace(options_, now(), choices().below(UINT64_MAX));
    pump();
}

void WorkerActor::heal() {
    Actor::heal();
    if (hangs_) {
        die(0s);  // its supervisor has noticed
    }
}

void WorkerActor::leave() {
    if (is_alive() && !is_frozen() && session_) {
        say("leaves");
        stage_.network.mark_hurt(link());
        session_->leave(now());
        pump();
    }
}

LinkId WorkerActor::welcomed_on() const {
    return session_ && session_->is_registered() ? link() : 0;
}

void WorkerActor::connected() {
    session_->connected(now());
    pump();
}

void WorkerActor::disconnected() {
    session_->disconnected(now());
    pump();
}

void WorkerActor::take(const wire::Frames& frames) {
    session_->on_frames(now(), frames);
    if (session_->held() > options_.credit_max) {
        broken("credit holds: " + name() + " holds " + std::to_string(session_->held()));
    }
    pump();
}

void WorkerActor::on_death() {
    stage_.leases.worker_gone(*this);
    session_.reset();
    works_.clear();
    wake_at_.reset();
}

void WorkerActor::pump() {
    bool busy = true;
    while (busy && session_) {
        busy = false;
        while (session_) {
            auto action = session_->next_action();
            if (!action) {
                break;
            }
            busy = true;
            obey(*action);
        }
        while (session_) {
            const wire::native::Assign* job = session_->next_job(now());
            if (job == nullptr) {
                break;
            }
            busy = true;
            begin(*job);
        }
        while (session_) {
            auto batch = session_->take_batch(now());
            if (!batch) {
                break;
            }
            busy = true;
            send(std::move(*batch));
        }
    }
    plan_wake_up();
}

void WorkerActor::obey(worker::Action& action) {
    if (const auto* connect = std::get_if<worker::Connect>(&action)) {
        connect_to(connect->broker, app::Side::Backend);
    } else if (const auto* stop = std::get_if<worker::StopJob>(&action)) {
        stop_work(stop->attempt);
    } else if (const auto* asked = std::get_if<worker::Asked>(&action)) {
        session_->told(asked->number, base::Blob::copy(R"({"text":"fine","counters":[]})"));
        if (asked->what == "stop") {
            session_->leave(now());
        }
    } else if (const auto* left = std::get_if<worker::Left>(&action)) {
        say(left->is_stuck ? "has left with work that does not return" : "has left");
        hang_up();
        end_and_restart(choices().between(Duration(10ms), Duration(3s)));
    }
}

void WorkerActor::plan_wake_up() {
    if (!session_) {
        return;
    }
    const auto due = session_->next_deadline();
    if (!due || (wake_at_ && *wake_at_ <= *due && *wake_at_ > now())) {
        return;
    }
    wake_at_ = due;
    later_at(*due, [this, at = *due] {
        if (wake_at_ == at) {
            wake_at_.reset();
            session_->on_time(now());
            pump();
        }
    });
}

void WorkerActor::begin(const wire::native::Assign& job) {
    const Uid uid = stage_.uid_of_job(job.params.bytes.view());
    stage_.leases.work_started(*this, job.attempt, uid);
    works_[job.attempt] = {uid, now()};
    check_work(job);
    if (stage_.calls.at(uid).poison) {
        later(choices().between(Duration(0), Duration(50ms)),
              [this] { die(choices().between(Duration(10ms), Duration(1s))); });
        return;
    }
    do_work(model::Attempt(job.attempt));  // the session's own may go with the work
}

// It has slots and channels, and is given nothing that these do not allow.
void WorkerActor::check_work(const wire::native::Assign& job) const {
    if (works_.size() > options_.concurrency) {
        broken("slots hold: " + name() + " runs " + std::to_string(works_.size()) +
               " jobs at once");
    }
    const std::string channel = job.options.channel.empty()
                                    ? std::string(model::kDefaultChannel)
                                    : std::string(job.options.channel.view());
    const std::vector<std::string>& joined = options_.channels;
    const bool is_joined = joined.empty() ? channel == model::kDefaultChannel
                                          : std::ranges::find(joined, channel) != joined.end();
    if (!is_joined) {
        broken("only who joined a channel runs its jobs: " + name() + " is given " +
               job.attempt.job.text() + " of " + channel);
    }
    if (std::ranges::find(options_.services, job.service) == options_.services.end()) {
        broken("workers run what they announced: " + name() + " is given " +
               job.attempt.job.text() + " of " + job.service);
    }
}

void WorkerActor::do_work(const model::Attempt& attempt) {
    if (hangs_) {
        return;
    }
    if (is_quick_ && choices().chance(14, 15)) {
        for (auto parts = choices().chance(1, 3) ? choices().between(1, 3) : 0; parts > 0;
             --parts) {
            say_part(attempt);
        }
        tell_end(attempt);
        return;
    }
    const Duration run_time = draw_run_time();
    if (choices().chance(1, run_time >= 5ms ? 2 : 8)) {
        const auto parts = static_cast<Duration::rep>(choices().between(1, 4));
        for (Duration::rep part = 1; part <= parts; ++part) {
            later(run_time * part / (parts + 1), [this, attempt] { tell_part(attempt); });
        }
    }
    later(run_time, [this, attempt] { end_work(attempt); });
}

void WorkerActor::tell_part(const model::Attempt& attempt) {
    if (works_.contains(attempt)) {
        say_part(attempt);
        pump();
    }
}

// The caller pumps, as of tell_end().
void WorkerActor::say_part(const model::Attempt& attempt) {
    const std::uint64_t serial = ++stage_.parts;
    const auto text = base::Blob::copy(part_text(serial));
    session_->partial(now(), attempt, {model::Encoding::Opaque, text});
    session_->progress(now(), attempt, serial, 0, "in parts");
}

void WorkerActor::end_work(const model::Attempt& attempt) {
    if (works_.count(attempt) != 0 && !hangs_) {
        tell_end(attempt);
        pump();
    }
}

// The caller pumps, so that ends of one instant are told in one message.
void WorkerActor::tell_end(const model::Attempt& attempt) {
    const auto found = works_.find(attempt);
    const Work work = found->second;
    works_.erase(found);
    model::Outcome outcome = draw_outcome(work.uid);
    if (outcome.verdict == model::Verdict::Succeeded) {
        stage_.calls.worker_succeeded(work.uid);
    }
    stage_.leases.work_ended(*this, attempt);
    session_->finished(now(), attempt, outcome, now() - work.since);
    if (choices().chance(1, 20)) {
        session_->finished(now(), attempt, std::move(outcome), now() - work.since);  // twice
    }
}

void WorkerActor::stop_work(const model::Attempt& attempt) {
    stage_.leases.work_ended(*this, attempt);
    if (works_.erase(attempt) == 0) {
        return;
    }
    // Work that heeds its stop token returns soon. Work that hangs needs the supervisor's kill,
    // unless the session gives the process up first.
    const Duration pause = choices().between(Duration(0), Duration(500ms));
    later(pause, [this, attempt] {
        if (hangs_ && choices().chance(1, 2)) {
            return;
        }
        if (hangs_) {
            die(choices().between(Duration(10ms), Duration(1s)));
            return;
        }
        session_->finished(now(), attempt, {model::Verdict::Failed, "stopped", {}}, 0s);
        pump();
    });
}

Duration WorkerActor::draw_run_time() {
    const auto kind = choices().below(30);
    if (kind == 0 && stage_.plan.has(Fault::LongJobs)) {
        return choices().between(Duration(4s), Duration(12s));
    }
    if (kind < 3) {
        return choices().between(Duration(100ms), Duration(1s));
    }
    if (kind < 10) {
        return choices().between(Duration(5ms), Duration(80ms));
    }
    return choices().between(Duration(0), Duration(3ms));
}

model::Outcome WorkerActor::draw_outcome(Uid uid) {
    if (stage_.has(Fault::Snoozes) && choices().chance(1, 8)) {
        const Duration again_in = choices().between(Duration(0), Duration(500ms));
        return {model::Verdict::Snoozed, {}, {}, again_in};
    }
    if (stage_.has(Fault::FailingJobs) && choices().chance(1, 5)) {
        const bool for_good = choices().chance(1, 8);
        return {for_good ? model::Verdict::FailedForGood : model::Verdict::Failed,
                for_good ? "bad luck for good" : std::string(kFailsNow),
                {}};
    }
    const auto answer = base::Blob::copy(answer_text(uid));
    return {model::Verdict::Succeeded, {}, {model::Encoding::Opaque, answer}};
}

}  // namespace steward::sim
