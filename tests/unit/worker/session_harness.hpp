// tests: a worker session between a hand-made broker and hand-made work threads, on a made-up
// clock.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "common/wire/native.hpp"
#include "worker/session.hpp"

namespace steward::worker::testing {

using namespace std::chrono_literals;
namespace native = wire::native;

/// The least by which a time can be missed.
inline constexpr base::Duration kBlink = 1us;

inline model::Attempt attempt(std::uint64_t job, std::uint32_t number = 1) {
    return {{7, job}, number};
}

inline native::Assign job(std::uint64_t number) {
    native::Assign assign;
    assign.attempt = attempt(number);
    assign.service = "ECHO";
    assign.submission = {99, number};
    return assign;
}

inline model::Payload text(std::string_view bytes) {
    return {model::Encoding::Opaque, base::Blob::copy(bytes)};
}

inline model::Outcome success(std::string_view result = "done") {
    return {model::Verdict::Succeeded, "", text(result), {}};
}

inline model::Outcome failure(std::string why) {
    return {model::Verdict::Failed, std::move(why), {}, {}};
}

inline wire::Frames batch(const std::vector<native::Command>& commands) {
    native::BatchWriter writer;
    for (const native::Command& command : commands) {
        writer.add(command);
    }
    return writer.take();
}

/// What a runtime would run: next_job() as the harness took it.
struct StartJob {
    native::Assign job;
};

using Action =
    std::variant<StartJob, Connect, StopJob, CallIdle, MeasureMemory, Asked, Leaving, Left>;

/// Its work threads are hungry: whatever can be started is, at once.
struct Harness {
    explicit Harness(SessionOptions options = defaults())
        : session(std::move(options), base::MonoTime{}, 1) {}

    static SessionOptions defaults() {
        SessionOptions options;
        options.services = {"ECHO"};
        options.heartbeat_interval = 1s;
        options.credit_max = 4;
        return options;
    }

    void at(base::Duration since_start) { now = base::MonoTime(since_start); }

    /// Lets time pass, stopping at each deadline as a runtime would.
    void pass(base::Duration duration) {
        const base::MonoTime end = now + duration;
        for (int turns = 0; turns < 10'000; ++turns) {
            const auto deadline = session.next_deadline();
            if (!deadline || *deadline > end) {
                break;
            }
            now = std::max(now, *deadline);
            session.on_time(now);
            start();
        }
        now = end;
    }

    void say(const std::vector<native::Command>& commands) {
        session.on_frames(now, batch(commands));
        start();
    }

    void finish(std::uint64_t number, model::Outcome outcome = success()) {
        session.finished(now, attempt(number), std::move(outcome), 3ms);
        start();
    }

    /// Connected, announced and welcomed; nothing left to take.
    void register_worker() {
        session.connected(now);
        say({native::Welcome{1, "broker", 1s, 1'000'000, 100, 0s}});
        static_cast<void>(actions());
        static_cast<void>(said());
    }

    void start() {
        while (const native::Assign* given = session.next_job(now)) {
            starts.push_back({*given});
        }
    }

    /// What was started since the last time, and then all else.
    std::vector<Action> actions() {
        start();
        std::vector<Action> all(starts.begin(), starts.end());
        starts.clear();
        while (auto action = session.next_action()) {
            std::visit([&](auto& one) { all.emplace_back(std::move(one)); }, *action);
        }
        return all;
    }

    /// Everything the session has for the broker, of all batches.
    std::vector<native::Command> said() {
        std::vector<native::Command> all;
        while (const auto frames = session.take_batch(now)) {
            ++batches;
            native::BatchReader reader(*frames);
            while (true) {
                auto command = reader.next();
                REQUIRE(command.has_value());
                if (!command->has_value()) {
                    break;
                }
                all.push_back(std::move(**command));
            }
        }
        return all;
    }

    base::MonoTime now{};
    Session session;
    std::vector<StartJob> starts;
    int batches = 0;
};

/// Those of `all` that are a T, in order.
template <class T, class Variant>
std::vector<T> only(const std::vector<Variant>& all) {
    std::vector<T> some;
    for (const Variant& one : all) {
        if (const T* match = std::get_if<T>(&one)) {
            some.push_back(*match);
        }
    }
    return some;
}

inline std::vector<std::uint64_t> started(const std::vector<Action>& actions) {
    std::vector<std::uint64_t> numbers;
    for (const StartJob& start : only<StartJob>(actions)) {
        numbers.push_back(start.job.attempt.job.number);
    }
    return numbers;
}

}  // namespace steward::worker::testing
