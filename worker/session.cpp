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

    void operator()(wire::native::StopAttempt& said) const { session.stop(now, std::move(said)); }

    void operator()(wire::native::Recall& said) const { session.recall(now, said.attempts); }

    void operator()(wire::native::Ask& said) const {
        if (session.asked_ < kAskedMax) {
            ++session.asked_;
            session.actions_.emplace_back(
                Asked{said.number, std::move(said.what), said.privileged});
        }
    }

    void operator()(wire::native::Heartbeat&) const { session.beat_along(now); }

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
    if (!begin_message(now, frames)) {
        return;
    }
    wire::native::BatchReader reader(frames);
    ArrivalPtr arrival;
    do {
        if (arrival == nullptr) {
            arrival = make_arrival();
        }
        arrival->read(reader);
    } while (take(now, arrival));
    spend(std::move(arrival));
}

bool Session::begin_message(base::MonoTime now, const wire::Frames& frames) {
    if (!is_open() || left_) {
        return false;
    }
    heard_at_ = now;
    if (!wire::native::is_native(frames)) {
        lose(now, "the broker sent what is no native message");
        return false;
    }
    return true;
}

bool Session::take(base::MonoTime now, ArrivalPtr& arrival) {
    if (!is_open() || left_) {
        return false;
    }
    Arrival::Command& command = arrival->command();
    if (!command) {
        lose(now, "the broker sent what cannot be read: " + command.error().message);
        return false;
    }
    if (!command->has_value()) {
        return false;
    }
    if (arrival->job() != nullptr) {
        assign(now, arrival);
    } else {
        std::visit(Obey{*this, now}, **command);
    }
    return is_open();
}

ArrivalPtr Session::make_arrival() {
    if (spent_.empty()) {
        return std::make_unique<Arrival>();
    }
    ArrivalPtr arrival = std::move(spent_.back());
    spent_.pop_back();
    return arrival;
}

void Session::spend(ArrivalPtr arrival) {
    if (arrival != nullptr && spent_.size() < options_.credit_max) {
        spent_.push_back(std::move(arrival));
    }
}

void Session::assign(base::MonoTime now, ArrivalPtr& arrival) {
    const model::Attempt attempt = arrival->job()->attempt;
    if (entries_.find(attempt) != AttemptTable::kNowhere) {
        return;
    }
    if (leaving_ || held_ >= options_.credit_max) {
        give_back(now, attempt);
        return;
    }
    waiting_.push_back(entries_.insert(attempt, std::move(arrival)));
    ++held_;
    idle_at_.reset();
}

wire::native::Assign* Session::next_job(base::MonoTime now) {
    if (waiting_.empty() || busy_.size() >= options_.concurrency) {
        return nullptr;
    }
    const Spot spot = waiting_.front();
    waiting_.pop_front();
    Entry& entry = entries_[spot];
    wire::native::Assign* const job = entry.arrival->job();
    entry.phase = Phase::Running;
    entry.work = static_cast<std::uint32_t>(busy_.size());
    Busy& busy = busy_.emplace_back();
    busy.spot = spot;
    busy.since = now;
    limit(now, busy, *job);
    ++started_;
    if (options_.jobs_max != 0 && started_ >= options_.jobs_max) {
        retire(now,
               "it has been given " + std::to_string(started_) +
                   " jobs, as many as it runs (max-jobs)");
    }
    return job;
}

void Session::stop(base::MonoTime now, wire::native::StopAttempt said) {
    const Spot spot = entries_.find(said.attempt);
    if (spot == AttemptTable::kNowhere) {
        return;
    }
    Entry& entry = entries_[spot];
    if (entry.phase == Phase::Waiting) {
        forget_waiting(spot);
        tell_stopped(said.attempt, std::move(said.why), base::Duration::zero());
        after_work(now);
        return;
    }
    const Phase before = entry.phase;
    if (before != Phase::Running && before != Phase::Stopping) {
        return;
    }
    entry.phase = Phase::Void;  // its thread stays busy until work() returns
    Busy& busy = busy_[entry.work];
    busy.spoiled = said.why;
    --held_;
    if (before == Phase::Running) {
        halt(now, busy, std::move(said.why), stop_grace_);
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
        const Spot spot = entries_.find(attempt);
        if (spot == AttemptTable::kNowhere || entries_[spot].phase != Phase::Waiting) {
            continue;
        }
        forget_waiting(spot);
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

void Session::forget_waiting(Spot spot) {
    std::erase(waiting_, spot);
    spend(std::move(entries_[spot].arrival));
    entries_.erase(spot);
    --held_;
}

void Session::forget_waiting() {
    for (const Spot spot : waiting_) {
        spend(std::move(entries_[spot].arrival));
        entries_.erase(spot);
    }
    held_ -= waiting_.size();
    waiting_.clear();
}

// The job stays as long as a thread works on it, and so does the entry.
void Session::end(Spot spot) {
    Entry& entry = entries_[spot];
    entry.phase = Phase::Ended;
    if (!entry.is_busy()) {
        spend(std::move(entry.arrival));
    }
    entry.is_remembered = true;
    ended_.push_back(spot);
    if (ended_.size() > kEndedMax) {
        forget(ended_.front());
        ended_.pop_front();
    }
}

void Session::forget(Spot spot) {
    Entry& entry = entries_[spot];
    entry.is_remembered = false;
    if (!entry.is_busy()) {
        entries_.erase(spot);
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

template <class Said>
Session::Outgoing& Session::push(Said&& said, std::size_t bytes) {
    const std::size_t weight = bytes + kCommandOverheadBytes;
    backlog_bytes_ += weight;
    Outgoing& last = outbox_.emplace_back();
    last.speech = std::forward<Said>(said);
    last.bytes = weight;
    return last;
}

Session::Spot Session::find_busy(const model::Attempt& attempt) const {
    if (busy_.size() == 1 && entries_[busy_.front().spot].attempt == attempt) {
        return busy_.front().spot;  // most often
    }
    const Spot spot = entries_.find(attempt);
    const bool is_busy = spot != AttemptTable::kNowhere && entries_[spot].is_busy();
    return is_busy ? spot : AttemptTable::kNowhere;
}

void Session::finished(base::MonoTime now,
                       const model::Attempt& attempt,
                       model::Outcome outcome,
                       base::Duration run_time,
                       std::uint64_t resident_bytes) {
    const Spot spot = find_busy(attempt);
    if (spot == AttemptTable::kNowhere) {
        return;
    }
    settle(spot, std::move(outcome), run_time);
    check_age(now, resident_bytes);
    after_work(now);
}

// A thread has done with an attempt: what it says counts unless the attempt's end was settled
// before.
void Session::settle(Spot spot, model::Outcome&& outcome, base::Duration run_time) {
    Entry& entry = entries_[spot];
    std::string spoiled = std::move(busy_[entry.work].spoiled);
    set_free(entry);
    switch (entry.phase) {
        case Phase::Running:
            if (is_too_large(outcome.result.bytes.size())) {
                spoiled = too_large_text(outcome.result.bytes.size());
            }
            if (!spoiled.empty()) {
                outcome = {model::Verdict::FailedForGood, std::move(spoiled), {}, {}};
            }
            report(spot, std::move(outcome), run_time);
            break;
        case Phase::Stopping:  // what it answered no longer counts
            report(spot, {model::Verdict::Failed, std::move(spoiled), {}, {}}, run_time);
            break;
        case Phase::Void: {
            const model::Attempt attempt = entry.attempt;
            end(spot);
            tell_stopped(attempt, std::move(spoiled), run_time);
            break;
        }
        case Phase::Ended:  // told before it returned
            spend(std::move(entry.arrival));
            if (!entry.is_remembered) {
                forget(spot);
            }
            break;
        case Phase::Unsent:
        case Phase::Waiting: break;
    }
}

void Session::set_free(Entry& entry) {
    Busy& freed = busy_[entry.work];
    if (freed.stage == Stage::Stuck) {
        --stuck_;
    }
    if (&freed != &busy_.back()) {
        freed = std::move(busy_.back());
        entries_[freed.spot].work = entry.work;
    }
    busy_.pop_back();
    entry.work = AttemptTable::kNoWork;
}

void Session::report(Spot spot, model::Outcome&& outcome, base::Duration run_time) {
    Entry& entry = entries_[spot];
    entry.phase = Phase::Unsent;
    if (outcome.text.size() > model::kTextBytesMax) {
        outcome.text = cut(std::move(outcome.text));
    }
    const std::size_t bytes = outcome.result.bytes.size() + outcome.text.size();
    push(wire::native::Finish{entry.attempt, std::move(outcome), run_time}, bytes).spot = spot;
}

Session::Entry* Session::running_entry(const model::Attempt& attempt) {
    const Spot spot = entries_.find(attempt);
    const bool is_running =
        spot != AttemptTable::kNowhere && entries_[spot].phase == Phase::Running;
    return is_running ? &entries_[spot] : nullptr;
}

void Session::partial(base::MonoTime, const model::Attempt& attempt, model::Payload data) {
    const Entry* entry = running_entry(attempt);
    if (entry == nullptr) {
        return;
    }
    const std::size_t bytes = data.bytes.size();
    if (is_too_large(bytes)) {
        busy_[entry->work].spoiled = too_large_text(bytes);
        return;
    }
    push(wire::native::Partial{attempt, std::move(data)}, bytes);
}

void Session::progress(base::MonoTime,
                       const model::Attempt& attempt,
                       std::uint64_t done,
                       std::uint64_t total,
                       std::string text) {
    if (running_entry(attempt) == nullptr || !has_room()) {
        return;
    }
    text = cut(std::move(text));
    const std::size_t bytes = text.size();
    push(wire::native::Progress{attempt, done, total, std::move(text)}, bytes);
}

void Session::told(std::uint64_t number, base::Blob json) {
    asked_ -= asked_ > 0 ? 1U : 0U;
    told_.push_back({number, std::move(json)});
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
    while (gather_some(kCommandsMax)) {
    }
    if (writer_.empty()) {
        return std::nullopt;
    }
    return writer_.take();
}

bool Session::gather_some(std::size_t commands_max) {
    if (!is_open() || left_ || (!is_gathering_ && !writer_.empty())) {
        return false;
    }
    if (!std::exchange(is_gathering_, true)) {
        gather_first();
    }
    if (gather_outbox(commands_max)) {
        return true;
    }
    is_gathering_ = false;
    if (leaving_ && stuck_ != 0 && !said_lost_ && has_reported_all()) {
        writer_.add(wire::native::Goodbye{false});
        said_lost_ = true;
    }
    return false;
}

void Session::gather_first() {
    if (must_announce_) {
        writer_.add(make_ready());
        must_announce_ = false;
    }
    if (must_beat_) {
        writer_.add(wire::native::Heartbeat{});
        must_beat_ = false;
    }
    for (wire::native::Told& told : std::exchange(told_, {})) {
        writer_.add(told);
    }
    // Before what is given back, or the broker would give it to this worker again.
    if (leaving_ && !said_finishing_) {
        writer_.add(wire::native::Goodbye{true});
        said_finishing_ = true;
    }
    if (!returns_.empty()) {
        writer_.add(wire::native::Return{std::exchange(returns_, {})});
    }
}

// True when it stopped at `commands_max` and the batch takes more.
bool Session::gather_outbox(std::size_t commands_max) {
    for (; !outbox_.empty() && writer_.commands() < kCommandsMax; --commands_max) {
        Outgoing& next = outbox_.front();
        if (!writer_.empty() && writer_.bytes() + next.bytes > options_.batch_bytes_max) {
            return false;
        }
        if (commands_max == 0) {
            return true;
        }
        if (next.spot != AttemptTable::kNowhere && entries_[next.spot].phase == Phase::Unsent) {
            --held_;
            end(next.spot);
        }
        std::visit([this](const auto& said) { writer_.add(said); }, next.speech);
        backlog_bytes_ -= next.bytes;
        outbox_.pop_front();
    }
    return false;
}

}  // namespace steward::worker
