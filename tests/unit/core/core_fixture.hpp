// A core with a hand-driven clock, for tests that read like the rules they check.
#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "broker/core/core.hpp"

namespace steward::core::test {

using namespace std::chrono_literals;

inline model::ServiceName service(std::string_view name) {
    return model::ServiceName::parse(name).value();
}

inline Address at(std::uint64_t peer, std::uint64_t correlation = 0) {
    return {Peer{peer}, correlation, 0};
}

/// Applies inputs at a time of the test's choosing and keeps the effects of the last one. Every
/// input is followed by a check of the invariants.
class Broker {
public:
    explicit Broker(const Policy& policy = {}) : core(policy, now, 1) {}

    Effects& apply(Input input) {
        effects.clear();
        core.apply(now, std::move(input), effects);
        core.check_invariants();
        return effects;
    }

    Effects& wait(base::Duration time) {
        effects.clear();
        const base::Now end{now.mono + time, now.wall + time};
        for (auto due = core.next_deadline(); due && *due <= end.mono; due = core.next_deadline()) {
            const base::MonoTime step = std::max(*due, now.mono);
            now = {step, now.wall + (step - now.mono)};
            core.apply(now, Tick{}, effects);
            core.check_invariants();
        }
        now = end;
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
        announcement.heartbeat_interval = 5s;
        announcement.beats_while_busy = true;
        return apply(announcement);
    }

    struct Call {
        std::string name = "X";
        std::uint64_t peer = 100;
        std::uint64_t number = 0;  // 0: next
        model::JobOptions options{};
        std::string params = "p";
        bool again = false;
        UnknownService unknown = UnknownService::Refuse;
        std::uint64_t session = 7;
    };

    Effects& submit(Call call) {
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

    Effects& finish(std::uint64_t peer,
                    const model::Attempt& attempt,
                    model::Verdict verdict = model::Verdict::Succeeded,
                    base::Duration run_time = 1ms) {
        Finish input;
        input.from = Peer{peer};
        input.attempt = attempt;
        input.outcome = {verdict,
                         verdict == model::Verdict::Succeeded ? "" : "broke",
                         {model::Encoding::Opaque, base::Blob::copy("r")}};
        input.run_time = run_time;
        return apply(std::move(input));
    }

    base::Now now{base::MonoTime{1000s}, base::WallTime{1'700'000'000s}};
    Core core;
    Effects effects;
    std::uint64_t numbers = 0;
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

inline std::vector<model::EventKind> events(const Effects& effects) {
    std::vector<model::EventKind> kinds;
    for (const Announce& event : effects.announces) {
        kinds.push_back(event.kind);
    }
    return kinds;
}

}  // namespace steward::core::test
