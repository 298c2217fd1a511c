// Facts made at random, for tests of what must hold for every fact: any fields at all for the
// codec, or such as tell of a few jobs, groups and batches for the restoring.
#pragma once

#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "broker/core/record.hpp"
#include "common/base/prng.hpp"

namespace steward::core::test {

class AnyFacts {
public:
    enum class World : std::uint8_t {
        Boundless,  // every value that a field can hold
        Small,      // few names, few jobs, instants near `around`
    };

    AnyFacts(World world, std::uint64_t seed, base::WallTime around = {})
        : is_small_(world == World::Small), prng_(seed), around_(around) {}

    Record fact() { return fact_of_kind(prng_.below(std::variant_size_v<Record>)); }

    /// The kind's place in Record.
    Record fact_of_kind(std::size_t kind) {
        return make(kind, std::make_index_sequence<std::variant_size_v<Record>>{});
    }

    model::JobOptions options() {
        model::JobOptions o;
        o.sync = coin();
        maybe(o.durable, [&] { return coin(); });
        maybe(o.priority, [&] { return integer<std::int32_t>(3); });
        maybe(o.delay, [&] { return duration(); });
        maybe(o.run_at, [&] { return instant(); });
        maybe(o.expires_in, [&] { return duration(); });
        maybe(o.time_limit, [&] { return duration(); });
        maybe(o.memory_limit, [&] { return integer<std::uint64_t>(1000); });
        maybe(o.max_attempts, [&] { return integer<std::uint32_t>(3); });
        maybe(o.backoff, [&] { return duration(); });
        maybe(o.backoff_max, [&] { return duration(); });
        maybe(o.result_ttl, [&] { return duration(); });
        maybe(o.wait, [&] { return duration(); });
        o.channel = maybe_label();
        o.context = maybe_label();
        o.group = maybe_label();
        maybe(o.group_limit, [&] { return integer<std::uint32_t>(3); });
        maybe(o.group_rate, [&] { return model::Rate{duration()}; });
        maybe(o.group_weight, [&] { return integer<std::uint32_t>(5); });
        o.unique = maybe_label();
        o.unique_params = prng_.chance(1, 4);
        maybe(o.unique_scope, [&] { return model::UniqueScope(prng_.below(2)); });
        maybe(o.on_duplicate, [&] { return model::OnDuplicate(prng_.below(3)); });
        for (std::uint64_t ids = prng_.chance(1, 3) ? prng_.below(4) : 0; ids > 0; --ids) {
            o.after.push_back(job());
        }
        o.batch = maybe_label();
        o.meta = coin() ? blob() : base::Blob();
        return o;
    }

private:
    template <std::size_t... Places>
    Record make(std::size_t kind, std::index_sequence<Places...> /*all*/) {
        Record record;
        (void)((kind == Places &&
                (record = fill(std::variant_alternative_t<Places, Record>{}), true)) ||
               ...);
        return record;
    }

    bool coin() { return prng_.chance(1, 2); }

    template <class Value, class Make>
    void maybe(std::optional<Value>& value, Make&& make) {
        if (coin()) {
            value = make();
        }
    }

    /// The ends of the type and zero come often; small: below `few`.
    template <class Integer>
    Integer integer(std::uint64_t few) {
        using Ends = std::numeric_limits<Integer>;
        if (is_small_) {
            return static_cast<Integer>(prng_.below(few));
        }
        switch (prng_.below(4)) {
            case 0: return Ends::min();
            case 1: return Ends::max();
            case 2: return 0;
            default: return static_cast<Integer>(prng_.next());
        }
    }

    base::Duration duration() {
        return is_small_ ? base::Duration(prng_.below(20) * 1'000'000)
                         : base::Duration(integer<std::int64_t>(0));
    }

    base::WallTime instant() {
        return is_small_ ? around_ + duration() - std::chrono::seconds(10)
                         : base::WallTime(duration());
    }

    std::string text() {
        std::string made(prng_.below(is_small_ ? 3 : 300), ' ');
        for (char& letter : made) {
            letter = static_cast<char>(prng_.below(256));
        }
        return made;
    }

    base::Blob blob() { return base::Blob::copy(text() + "."); }

    std::string name() {
        static constexpr const char* kNames[] = {"a", "b", "default"};
        return is_small_ ? kNames[prng_.below(3)] : "n" + std::to_string(prng_.next());
    }

    model::Label label() { return name(); }

    model::Label maybe_label() { return prng_.chance(1, 3) ? label() : model::Label(); }

    model::ServiceName service() { return *model::ServiceName::parse(name()); }

    model::JobId job() { return {integer<std::uint64_t>(1), 1 + integer<std::uint64_t>(6)}; }

    model::Attempt attempt() { return {job(), 1 + integer<std::uint32_t>(3)}; }

    model::Payload payload() {
        return {model::Encoding(prng_.below(6)), coin() ? blob() : base::Blob()};
    }

    model::JobSpec spec() { return {service(), payload(), options()}; }

    JobAccepted fill(JobAccepted fact) {
        fact.id = job();
        fact.submission = {integer<std::uint64_t>(2), integer<std::uint64_t>(10)};
        fact.at = instant();
        fact.spec = spec();
        if (prng_.chance(1, 4)) {
            fact.schedule = label();
            fact.instant = instant();
        }
        fact.ends_batch = prng_.chance(1, 4) ? label() : model::Label();
        fact.owner = maybe_label();
        return fact;
    }

    AttemptStarted fill(AttemptStarted /*fact*/) { return {attempt(), instant()}; }

    AttemptFailed fill(AttemptFailed /*fact*/) {
        return {attempt(), instant(), instant(), text(), coin()};
    }

    AttemptReturned fill(AttemptReturned /*fact*/) { return {attempt()}; }

    AttemptSnoozed fill(AttemptSnoozed /*fact*/) { return {attempt(), instant()}; }

    JobCancelled fill(JobCancelled /*fact*/) { return {job(), instant()}; }

    JobEdited fill(JobEdited fact) {
        fact.id = job();
        fact.priority = integer<std::int32_t>(3);
        fact.due = instant();
        maybe(fact.params, [&] { return payload(); });
        maybe(fact.meta, [&] { return blob(); });
        return fact;
    }

    DependencyMet fill(DependencyMet /*fact*/) { return {job(), job()}; }

    JobEnded fill(JobEnded /*fact*/) {
        static constexpr model::JobState kEnds[] = {model::JobState::Succeeded,
                                                    model::JobState::Failed,
                                                    model::JobState::Dead,
                                                    model::JobState::Expired,
                                                    model::JobState::Cancelled};
        return {job(),
                kEnds[prng_.below(5)],
                instant(),
                text(),
                payload(),
                integer<std::uint32_t>(3),
                integer<std::uint32_t>(3)};
    }

    JobRetried fill(JobRetried fact) {
        fact.id = job();
        fact.at = instant();
        for (std::uint64_t waits_for = prng_.below(3); waits_for > 0; --waits_for) {
            fact.after.push_back(job());
        }
        return fact;
    }

    JobDiscarded fill(JobDiscarded /*fact*/) { return {job()}; }

    ModesChanged fill(ModesChanged fact) {
        for (std::uint64_t changes = prng_.below(4); changes > 0; --changes) {
            fact.changes.push_back({coin() ? name() : "", Mode(prng_.below(4))});
        }
        return fact;
    }

    LimitSet fill(LimitSet fact) {
        fact.limit.name = label();
        maybe(fact.limit.at_once, [&] { return integer<std::uint32_t>(3); });
        maybe(fact.limit.rate, [&] { return model::Rate{duration()}; });
        for (std::uint64_t names = prng_.below(4); names > 0; --names) {
            fact.limit.services.push_back(name());
        }
        return fact;
    }

    LimitRemoved fill(LimitRemoved /*fact*/) { return {label()}; }

    GroupSet fill(GroupSet /*fact*/) {
        return {label(), integer<std::uint32_t>(5), integer<std::uint32_t>(3), duration()};
    }

    ScheduleSet fill(ScheduleSet fact) {
        fact.schedule.name = label();
        fact.schedule.expression = is_small_ ? "@daily" : text();
        if (!is_small_) {
            fact.schedule.zone.name = text();
            fact.schedule.zone.changes.push_back({instant(), duration()});
        }
        fact.schedule.missed = model::MissedRuns(prng_.below(3));
        fact.schedule.job = spec();
        fact.at = instant();
        fact.owner = label();
        return fact;
    }

    ScheduleRemoved fill(ScheduleRemoved /*fact*/) { return {label()}; }

    ScheduleMoved fill(ScheduleMoved /*fact*/) { return {label(), instant()}; }

    BatchOpened fill(BatchOpened fact) {
        fact.name = label();
        fact.at = instant();
        maybe(fact.then, [&] { return spec(); });
        fact.owner = maybe_label();
        return fact;
    }

    BatchClosed fill(BatchClosed /*fact*/) { return {label(), maybe_label()}; }

    BatchEnded fill(BatchEnded /*fact*/) { return {label(), maybe_label()}; }

    JobStands fill(JobStands fact) {
        fact.id = job();
        fact.attempt = integer<std::uint32_t>(3);
        fact.fate = AttemptFate(prng_.below(3));
        fact.is_active = coin();
        fact.is_cancelling = coin();
        fact.failures = integer<std::uint32_t>(3);
        fact.losses = integer<std::uint32_t>(3);
        fact.failures_max = integer<std::uint32_t>(3);
        fact.losses_max = integer<std::uint32_t>(3);
        fact.due = instant();
        maybe(fact.expires, [&] { return instant(); });
        fact.started_at = instant();
        fact.text = text();
        return fact;
    }

    ResultKept fill(ResultKept fact) {
        fact.id = job();
        fact.service = service();
        fact.state = coin() ? model::JobState::Succeeded : model::JobState::Cancelled;
        fact.priority = integer<std::int32_t>(3);
        fact.attempt = integer<std::uint32_t>(3);
        fact.text = text();
        fact.result = payload();
        fact.accepted_at = instant();
        fact.started_at = instant();
        fact.ended_at = instant();
        fact.forget_at = instant();
        fact.channel = maybe_label();
        fact.context = maybe_label();
        fact.group = maybe_label();
        fact.batch = maybe_label();
        fact.owner = maybe_label();
        return fact;
    }

    SubmissionsSeen fill(SubmissionsSeen fact) {
        fact.session = integer<std::uint64_t>(2);
        fact.base = integer<std::uint64_t>(5);
        for (std::uint64_t count = prng_.below(4); count > 0; --count) {
            fact.seen.push_back({integer<std::uint64_t>(10), job()});
        }
        return fact;
    }

    BatchStands fill(BatchStands fact) {
        fact.name = label();
        fact.total = integer<std::uint64_t>(5);
        fact.succeeded = integer<std::uint64_t>(5);
        fact.failed = integer<std::uint64_t>(5);
        fact.is_closed = coin();
        maybe(fact.ended_at, [&] { return instant(); });
        maybe(fact.followed_by, [&] { return job(); });
        fact.owner = maybe_label();
        return fact;
    }

    JobsAccepted fill(JobsAccepted fact) {
        fact.first = job();
        fact.session = integer<std::uint64_t>(2);
        fact.at = instant();
        fact.service = service();
        fact.options = options();
        fact.owner = maybe_label();
        for (std::uint64_t jobs = prng_.below(4); jobs > 0; --jobs) {
            fact.jobs.push_back({integer<std::uint64_t>(10), payload()});
        }
        return fact;
    }

    AttemptsStarted fill(AttemptsStarted fact) {
        fact.epoch = job().epoch;
        fact.at = instant();
        for (std::uint64_t attempts = prng_.below(4); attempts > 0; --attempts) {
            fact.attempts.push_back({job().number, attempt().number});
        }
        return fact;
    }

    JobsSucceeded fill(JobsSucceeded fact) {
        fact.epoch = job().epoch;
        fact.at = instant();
        for (std::uint64_t jobs = prng_.below(4); jobs > 0; --jobs) {
            fact.jobs.push_back({job().number, payload()});
        }
        return fact;
    }

    ScheduleRan fill(ScheduleRan /*fact*/) { return {label(), instant(), job()}; }

    JobsSpilled fill(JobsSpilled fact) {
        fact.spill = integer<std::uint64_t>(3);
        fact.service = service();
        fact.options = options();
        fact.count = integer<std::uint32_t>(5);
        for (std::uint64_t gone = prng_.below(4); gone > 0; --gone) {
            fact.gone.push_back(integer<std::uint16_t>(4));
        }
        fact.owner = maybe_label();
        return fact;
    }

    bool is_small_;
    base::Prng prng_;
    base::WallTime around_;
};

}  // namespace steward::core::test
