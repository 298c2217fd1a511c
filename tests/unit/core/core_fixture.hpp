// A core with a hand-driven clock, for tests that read like the rules they check.
#pragma once

#include <algorithm>
#include <chrono>
#include <exception>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "broker/core/core.hpp"
#include "tests/unit/core/memory_spills.hpp"

namespace steward::core::test {

using namespace std::chrono_literals;

inline model::ServiceName service(std::string_view name) {
    return model::ServiceName::parse(name).value();
}

inline Address at(std::uint64_t peer, std::uint64_t correlation = 0) {
    return {Peer{peer}, correlation, 0};
}

/// Whom an operator's requests and all queries come from.
inline constexpr std::uint64_t kOperator = 900;

/// A policy for tests that wait long: its workers need no heartbeat to live.
inline Policy patient() {
    Policy policy;
    policy.heartbeat_interval = 10'000h;
    return policy;
}

/// The same, which knows services before a worker tells of them.
inline Policy patient_knowing(const std::vector<std::string>& names) {
    Policy policy = patient();
    for (const std::string& name : names) {
        policy.services.push_back({name, {}, 0});
    }
    return policy;
}

/// What a client submits.
struct Call {
    std::string name = "X";
    std::uint64_t peer = 100;
    std::uint64_t number = 0;  // 0: next
    model::JobOptions options{};
    std::string params = "p";
    bool again = false;
    UnknownService unknown = UnknownService::Refuse;
    std::uint64_t session = 7;

    /// The same with options that `set` has changed.
    template <class Set>
    [[nodiscard]] Call with(Set&& set) const {
        Call changed = *this;
        set(changed.options);
        return changed;
    }
};

inline Call of(std::string service, std::string params = "p") {
    Call call;
    call.name = std::move(service);
    call.params = std::move(params);
    return call;
}

class Broker;

/// A core that has read the broker's facts; its time of settling is over. See
/// restore_check_test.cpp.
std::unique_ptr<Core> restored(const Broker& broker);
/// Checks that such a core tells of everything what the broker's own does.
void check_restores(Broker& broker);

inline constexpr base::Now kStart{base::MonoTime{1000s}, base::WallTime{1'700'000'000s}};

/// Applies inputs at a time of the test's choosing and keeps the effects of the last one. Every
/// input is followed by a check of the invariants, and at the end the facts that were written must
/// rebuild what there is.
class Broker {
public:
    explicit Broker(const Policy& settings = {}, const base::Now& start = kStart)
        : policy(spilling(settings)), now(start), core(policy, now, 1, &spills) {}

    Broker(const Broker&) = delete;
    Broker& operator=(const Broker&) = delete;

    ~Broker() {
        if (facts_tell_all && std::uncaught_exceptions() == 0) {
            check_restores(*this);
        }
    }

    Effects& apply(Input input) {
        effects.clear();
        step(std::move(input));
        return effects;
    }

    Effects& wait(base::Duration time) {
        effects.clear();
        const base::Now end{now.mono + time, now.wall + time};
        for (auto due = core.next_deadline(); due && *due <= end.mono; due = core.next_deadline()) {
            const base::MonoTime instant = std::max(*due, now.mono);
            now.wall += instant - now.mono;
            now.mono = instant;
            step(Tick{});
        }
        now.wall += end.mono - now.mono;
        now.mono = end.mono;
        return effects;
    }

    Effects& ready(std::uint64_t peer,
                   const std::vector<std::string>& names,
                   std::uint32_t concurrency = 1,
                   std::uint32_t credit_max = 0) {
        Ready announcement;
        announcement.from = at(peer);
        announcement.name = "test";
        for (const std::string& name : names) {
            announcement.services.push_back(service(name));
        }
        announcement.concurrency = concurrency;
        announcement.credit_max = std::max(concurrency, credit_max);
        announcement.heartbeat_interval = policy.heartbeat_interval;
        announcement.beats_while_busy = true;
        announcement.can_be_asked = true;
        return apply(announcement);
    }

    Effects& submit(const Call& call) {
        Submit input;
        const std::uint64_t number = call.number != 0 ? call.number : ++numbers;
        input.from = at(call.peer, number);
        if (call.session != 0) {
            input.submission = {call.session, number};
        }
        input.again = call.again;
        input.unknown = call.unknown;
        input.spec = {service(call.name),
                      {model::Encoding::Opaque, base::Blob::copy(call.params)},
                      call.options};
        return apply(std::move(input));
    }

    Effects& call(std::string name = "X") {
        Call one;
        one.name = std::move(name);
        one.options.sync = true;
        return submit(one);
    }

    Effects& operate(Request request) { return apply(Operator{at(kOperator), std::move(request)}); }

    Effects& finish(std::uint64_t peer,
                    const model::Attempt& attempt,
                    model::Verdict verdict = model::Verdict::Succeeded,
                    base::Duration run_time = 1ms) {
        Finish input;
        input.from = Peer{peer};
        input.attempt = attempt;
        input.outcome = {verdict,
                         verdict == model::Verdict::Succeeded ? "" : "broke",
                         {model::Encoding::Opaque, base::Blob::copy("r")},
                         {}};
        input.run_time = run_time;
        return apply(std::move(input));
    }

    /// A core that has read these facts and what is in the store.
    std::unique_ptr<Core> begun_from(const std::vector<Record>& facts, const Policy& other) const {
        MemorySpills& store = copies_.emplace_back(spills);
        store.dropped.clear();
        auto begun = std::make_unique<Core>(other, now, 2, &store);
        for (const Record& fact : facts) {
            const auto taken = begun->restore(fact);
            CHECK_MESSAGE(taken.has_value(), (taken ? "" : taken.error().message));
        }
        return begun;
    }

    Policy policy;
    base::Now now;
    MemorySpills spills;
    Core core;
    Effects effects;
    std::vector<Record> journal;  // every fact so far
    std::uint64_t numbers = 0;
    /// False where what is not durable has a part in what is.
    bool facts_tell_all = true;

private:
    // Whatever can be spilled is, so that every rule is shown to hold for spilled jobs too.
    static Policy spilling(Policy settings) {
        if (settings.spill_jobs == Policy{}.spill_jobs) {
            settings.spill_jobs = 2;
            settings.limits.resident_jobs_max = 0;
        }
        return settings;
    }

    void step(Input input) {
        const std::size_t before = effects.appends.size();
        core.apply(now, std::move(input), effects);
        core.check_invariants();
        for (std::size_t i = before; i < effects.appends.size(); ++i) {
            journal.push_back(effects.appends[i].record);
            forget_params(effects.appends[i].settles);
        }
    }

    // The journal may have missed them: what it can rebuild must not depend on that.
    void forget_params(Seq settled) {
        if (settled != 0 && facts_tell_all) {
            REQUIRE(settled <= journal.size());
            if (auto* accepted = std::get_if<JobAccepted>(&journal[settled - 1])) {
                accepted->spec.params = {};
                accepted->spec.options.meta = {};
            }
        }
    }

    mutable std::list<MemorySpills> copies_;  // of cores that began from this one's facts
};

/// All messages of a kind among the sends, with their addresses.
template <class Message>
std::vector<std::pair<Address, const Message*>> sent(const Effects& effects) {
    std::vector<std::pair<Address, const Message*>> found;
    for (const Send& send : effects.sends) {
        if (const auto* message = std::get_if<Message>(&send.what)) {
            found.emplace_back(send.to, message);
        }
    }
    return found;
}

/// The only assignment among the effects.
inline std::pair<std::uint64_t, model::Attempt> only_assign(const Effects& effects) {
    const auto assigns = sent<Assign>(effects);
    REQUIRE(assigns.size() == 1);
    return {assigns.front().first.peer.value, assigns.front().second->attempt};
}

/// How many jobs the effects start.
inline std::size_t assigned(const Effects& effects) {
    return sent<Assign>(effects).size();
}

/// Submits and tells how many jobs started.
inline std::size_t start(Broker& broker, const Call& call, int jobs) {
    std::size_t started = 0;
    for (int i = 0; i < jobs; ++i) {
        started += assigned(broker.submit(call));
    }
    return started;
}

/// Lets the worker finish what it was just given, one after another, and what it is given then: the
/// params of all, in the order in which they were given.
inline std::string work_off(Broker& broker, std::uint64_t peer, std::size_t most = SIZE_MAX) {
    std::string order;
    std::vector<model::Attempt> held;
    const auto take = [&] {
        for (const auto& [to, assign] : sent<Assign>(broker.effects)) {
            if (to.peer.value == peer) {
                held.push_back(assign->attempt);
                order += assign->params.bytes.view();
            }
        }
    };
    take();
    for (std::size_t done = 0; done < held.size() && done < most; ++done) {
        broker.finish(peer, held[done]);
        take();
    }
    return order;
}

/// The id that the only receipt among the effects tells.
inline model::JobId taken_id(const Effects& effects) {
    const auto receipts = sent<JobTaken>(effects);
    REQUIRE(receipts.size() == 1);
    return receipts.front().second->job;
}

/// The code of the only refusal among the effects.
inline base::Errc refused_with(const Effects& effects) {
    const auto refusals = sent<Refused>(effects);
    REQUIRE(refusals.size() == 1);
    return refusals.front().second->error.code;
}

/// How much the only Done among the effects changed.
inline std::size_t changed(const Effects& effects) {
    const auto answers = sent<Done>(effects);
    REQUIRE(answers.size() == 1);
    return answers.front().second->changed;
}

/// The broker's answer to a query.
template <class Report>
Report ask(Broker& broker, QueryKind kind, JobFilter which = {}, Cursor after = 0) {
    Query query;
    query.from = at(kOperator);
    query.kind = kind;
    query.which = std::move(which);
    query.after = after;
    const Effects& effects = broker.apply(query);
    const auto answers = sent<Answer>(effects);
    REQUIRE(answers.size() == 1);
    return std::get<Report>(std::move(*answers.front().second->report));
}

/// How much there is of what has the limit of this name.
inline std::size_t used(Broker& broker, std::string_view name) {
    const auto usages = ask<model::BrokerReport>(broker, QueryKind::Broker).usages;
    return std::ranges::find(usages, name, &model::Usage::name)->used;
}

inline JobFilter only_job(const model::JobId& id) {
    JobFilter filter;
    filter.jobs = {id};
    return filter;
}

inline model::StatusReport status(Broker& broker, const model::JobId& id) {
    return ask<model::StatusReport>(broker, QueryKind::Status, only_job(id));
}

inline model::JobState state_of(Broker& broker, const model::JobId& id) {
    return status(broker, id).job.state;
}

inline std::vector<model::EventKind> events(const Effects& effects) {
    std::vector<model::EventKind> kinds;
    for (const Announce& event : effects.announces) {
        kinds.push_back(event.kind);
    }
    return kinds;
}

}  // namespace steward::core::test
