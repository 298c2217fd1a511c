// worker: the session's jobs: held ahead, started, stopped, recalled, reported. No I/O; the
// connection is session_link.cpp, limits are session_limits.cpp.
#include "worker/session.hpp"

#include <algorithm>
#include <utility>

#include "common/base/bytes.hpp"
#include "common/model/limits.hpp"

namespace steward::worker {
namespace {

constexpr std::size_t kEndedMax = 1024;             // attempts whose repeated Assign is recognised
constexpr std::size_t kCommandOverheadBytes = 128;  // what a command weighs beside its payload
constexpr std::size_t kEnvelopeBytesMax = 8192;     // of a message that carries one payload
constexpr std::size_t kCommandsMax = 8192;          // of one batch, far below kCommandsPerBatchMax

std::string cut(std::string text) {
    if (text.size() <= model::kTextBytesMax) {
        return text;
    }
    std::size_t end = model::kTextBytesMax;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
        --end;  // not in the middle of a character
    }
    text.resize(end);
    return text;
}

}  // namespace

// What a broker says to workers; anything else in a batch is not for this side and passes by.
struct Session::Obey {
    Session& session;
    base::MonoTime now;

    void operator()(wire::native::Welcome& said) const { session.welcome(said); }

    void operator()(wire::native::Assign& said) const { session.assign(now, std::move(said)); }

    void operator()(wire::native::StopAttempt& said) const { session.stop(now, std::move(said)); }

    void operator()(wire::native::Recall& said) const { session.recall(now, said.attempts); }

    void operator()(wire::native::RegisterAgain&) const {
        session.link_ = Link::Open;
        session.announce();
    }

    void operator()(wire::native::Disconnect& said) const {
        if (session.said_finishing_ && session.has_reported_all()) {
            session.parted_ = true;
            return;
        }
        session.lose(now, "the broker ended it: " + base::printable(said.why, 200));
    }

    template <class Other>
    void operator()(Other&) const {}
};

void Session::on_frames(base::MonoTime now, const wire::Frames& frames) {
    if (!is_open() || left_) {
        return;
    }
    heard_at_ = now;
    if (!wire::native::is_native(frames)) {
        lose(now, "the broker sent what is no native message");
        return;
    }
    wire::native::BatchReader reader(frames);
    while (is_open()) {
        auto command = reader.next();
        if (!command) {
            lose(now, "the broker sent what cannot be read: " + command.error().message);
            return;
        }
        if (!command->has_value()) {
            return;
        }
        std::visit(Obey{*this, now}, **command);
    }
}

void Session::assign(base::MonoTime now, wire::native::Assign job) {
    if (entries_.contains(job.attempt) || busy_.contains(job.attempt)) {
        return;
    }
    if (leaving_ || held_ >= options_.credit_max) {
        give_back(now, job.attempt);
        return;
    }
    entries_.emplace(job.attempt, Entry{Phase::Waiting, job.submission, job.service, {}});
    waiting_.push_back(std::move(job));
    ++held_;
    idle_at_.reset();
    start_waiting(now);
}

void Session::start_waiting(base::MonoTime now) {
    while (busy_.size() < options_.concurrency && !waiting_.empty()) {
        start_next(now);
    }
}

void Session::start_next(base::MonoTime now) {
    wire::native::Assign& job = waiting_.front();
    entries_.at(job.attempt).phase = Phase::Running;
    Busy busy;
    busy.since = now;
    limit(now, busy, job);
    busy_.emplace_hint(busy_.end(), job.attempt, busy);
    actions_.emplace_back(StartJob{std::move(job)});
    waiting_.pop_front();
    ++started_;
    if (options_.jobs_max != 0 && started_ >= options_.jobs_max) {
        retire(now,
               "it has been given " + std::to_string(started_) +
                   " jobs, as many as it runs (max-jobs)");
    }
}

void Session::stop(base::MonoTime now, wire::native::StopAttempt said) {
    const auto entry = entries_.find(said.attempt);
    if (entry == entries_.end()) {
        return;
    }
    if (entry->second.phase == Phase::Waiting) {
        std::erase_if(waiting_, [&](const auto& job) { return job.attempt == said.attempt; });
        entries_.erase(entry);
        --held_;
        tell_stopped(said.attempt, std::move(said.why), base::Duration::zero());
        after_work(now);
        return;
    }
    const Phase before = entry->second.phase;
    if (before != Phase::Running && before != Phase::Stopping) {
        return;
    }
    entry->second.phase = Phase::Void;  // its thread stays busy until work() returns
    entry->second.spoiled = said.why;
    --held_;
    if (before == Phase::Running) {
        halt(now, busy_.find(said.attempt), std::move(said.why), stop_grace_);
    }
}

// As far as the broker knows, a stopped attempt occupies a slot until it hears of its end.
void Session::tell_stopped(const model::Attempt& attempt,
                           std::string why,
                           base::Duration run_time) {
    why = why.empty() ? "stopped" : cut(std::move(why));
    const std::size_t bytes = why.size();
    push(wire::native::Finish{attempt, {model::Verdict::Failed, std::move(why), {}, {}}, run_time},
         bytes);
}

void Session::recall(base::MonoTime now, const std::vector<model::Attempt>& attempts) {
    for (const model::Attempt& attempt : attempts) {
        const auto entry = entries_.find(attempt);
        if (entry == entries_.end() || entry->second.phase != Phase::Waiting) {
            continue;
        }
        std::erase_if(waiting_, [&](const auto& job) { return job.attempt == attempt; });
        entries_.erase(entry);
        --held_;
        give_back(now, attempt);
        after_work(now);
    }
}

void Session::give_back(base::MonoTime now, const model::Attempt& attempt) {
    returns_.push_back(attempt);
    if (returns_.size() > model::kRunningPerReadyMax) {
        lose(now, "the broker assigns jobs without end and reads nothing");
    }
}

void Session::forget_waiting() {
    for (const wire::native::Assign& job : waiting_) {
        entries_.erase(job.attempt);
    }
    held_ -= waiting_.size();
    waiting_.clear();
}

void Session::end(Entries::iterator entry) {
    entry->second = Entry{};
    entry->second.phase = Phase::Ended;
    ended_.push_back(entry->first);
    if (ended_.size() > kEndedMax) {
        entries_.erase(ended_.front());
        ended_.pop_front();
    }
}

bool Session::is_too_large(std::size_t payload_bytes) const {
    return message_bytes_max_ != 0 && payload_bytes + kEnvelopeBytesMax > message_bytes_max_;
}

std::string Session::too_large_text(std::size_t payload_bytes) const {
    return "an answer of " + std::to_string(payload_bytes) +
           " bytes is too large for the broker, which takes messages of " +
           std::to_string(message_bytes_max_) + " bytes (its limit message_bytes_max)";
}

void Session::push(wire::native::Command command, std::size_t bytes) {
    const std::size_t weight = bytes + kCommandOverheadBytes;
    backlog_bytes_ += weight;
    outbox_.push_back({std::move(command), weight});
}

void Session::finished(base::MonoTime now,
                       const model::Attempt& attempt,
                       model::Outcome outcome,
                       base::Duration run_time,
                       std::uint64_t resident_bytes) {
    const auto work = busy_.find(attempt);
    if (work == busy_.end()) {
        return;
    }
    if (work->second.stage == Stage::Stuck) {
        --stuck_;
    }
    busy_.erase(work);
    const auto entry = entries_.find(attempt);
    if (entry != entries_.end()) {
        std::string& spoiled = entry->second.spoiled;
        switch (entry->second.phase) {
            case Phase::Running:
                if (is_too_large(outcome.result.bytes.size())) {
                    spoiled = too_large_text(outcome.result.bytes.size());
                }
                if (!spoiled.empty()) {
                    outcome = {model::Verdict::FailedForGood, std::move(spoiled), {}, {}};
                }
                report(entry, std::move(outcome), run_time);
                break;
            case Phase::Stopping:  // what it answered no longer counts
                report(entry, {model::Verdict::Failed, std::move(spoiled), {}, {}}, run_time);
                break;
            case Phase::Void: {
                std::string why = std::move(spoiled);
                end(entry);
                tell_stopped(attempt, std::move(why), run_time);
                break;
            }
            case Phase::Waiting:
            case Phase::Unsent:  // told before it returned
            case Phase::Ended: break;
        }
    }
    check_age(now, resident_bytes);
    start_waiting(now);
    after_work(now);
}

void Session::report(Entries::iterator entry, model::Outcome outcome, base::Duration run_time) {
    entry->second.phase = Phase::Unsent;
    outcome.text = cut(std::move(outcome.text));
    const std::size_t bytes = outcome.result.bytes.size() + outcome.text.size();
    push(wire::native::Finish{entry->first, std::move(outcome), run_time}, bytes);
}

void Session::partial(base::MonoTime, const model::Attempt& attempt, model::Payload data) {
    const auto entry = entries_.find(attempt);
    if (entry == entries_.end() || entry->second.phase != Phase::Running) {
        return;
    }
    const std::size_t bytes = data.bytes.size();
    if (is_too_large(bytes)) {
        entry->second.spoiled = too_large_text(bytes);
        return;
    }
    push(wire::native::Partial{attempt, std::move(data)}, bytes);
}

void Session::progress(base::MonoTime,
                       const model::Attempt& attempt,
                       std::uint64_t done,
                       std::uint64_t total,
                       std::string text) {
    const auto entry = entries_.find(attempt);
    if (entry == entries_.end() || entry->second.phase != Phase::Running || !has_room()) {
        return;
    }
    text = cut(std::move(text));
    const std::size_t bytes = text.size();
    push(wire::native::Progress{attempt, done, total, std::move(text)}, bytes);
}

std::optional<Action> Session::next_action() {
    const bool has_parted =
        !is_open() || must_announce_ || parted_ || (said_lost_ && writer_.empty());
    if (leaving_ && !left_ && has_reported_all() && has_parted) {
        left_ = true;
        actions_.emplace_back(Left{!was_told_to_leave_, stuck_ != 0});
    }
    if (actions_.empty()) {
        return std::nullopt;
    }
    Action action = std::move(actions_.front());
    actions_.pop_front();
    return action;
}

std::optional<wire::Frames> Session::take_batch(base::MonoTime) {
    if (!is_open() || left_) {
        return std::nullopt;
    }
    if (writer_.empty()) {
        gather();
    }
    if (writer_.empty()) {
        return std::nullopt;
    }
    return writer_.take();
}

void Session::gather() {
    if (must_announce_) {
        writer_.add(make_ready());
        must_announce_ = false;
    }
    if (must_beat_) {
        writer_.add(wire::native::Heartbeat{});
        must_beat_ = false;
    }
    // Before what is given back, or the broker would give it to this worker again.
    if (leaving_ && !said_finishing_) {
        writer_.add(wire::native::Goodbye{true});
        said_finishing_ = true;
    }
    if (!returns_.empty()) {
        writer_.add(wire::native::Return{std::exchange(returns_, {})});
    }
    gather_outbox();
    if (leaving_ && stuck_ != 0 && !said_lost_ && has_reported_all()) {
        writer_.add(wire::native::Goodbye{false});
        said_lost_ = true;
    }
}

void Session::gather_outbox() {
    while (!outbox_.empty() && writer_.commands() < kCommandsMax) {
        Outgoing& next = outbox_.front();
        if (!writer_.empty() && writer_.bytes() + next.bytes > options_.batch_bytes_max) {
            return;
        }
        if (const auto* finish = std::get_if<wire::native::Finish>(&next.command)) {
            const auto entry = entries_.find(finish->attempt);
            if (entry != entries_.end() && entry->second.phase == Phase::Unsent) {
                --held_;
                end(entry);
            }
        }
        writer_.add(next.command);
        backlog_bytes_ -= next.bytes;
        outbox_.pop_front();
    }
}

}  // namespace steward::worker
