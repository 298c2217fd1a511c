// tests: the worker session's patience: time and memory limits, work that does not stop, processes
// that have served long enough.
#include "tests/unit/worker/session_harness.hpp"

namespace steward::worker::testing {
namespace {

using Numbers = std::vector<std::uint64_t>;

constexpr std::uint64_t kMiB = 1UL << 20U;

SessionOptions quiet_with(std::uint32_t concurrency) {
    SessionOptions options = Harness::defaults();
    options.concurrency = concurrency;
    options.heartbeat_interval = 1h;  // nothing else happens by itself
    return options;
}

/// A broker that gives work `grace` to heed its stop token.
void register_with_grace(Harness& h, base::Duration grace) {
    h.session.connected(h.now);
    h.say({native::Welcome{1, "broker", 1h, 1'000'000, 100, grace}});
    static_cast<void>(h.actions());
    static_cast<void>(h.said());
}

struct Limited : Harness {
    explicit Limited(std::uint32_t concurrency = 1, base::Duration grace = 2s)
        : Harness(quiet_with(concurrency)) {
        register_with_grace(*this, grace);
    }
};

native::Assign timed(std::uint64_t number, base::Duration time_limit) {
    native::Assign assign = job(number);
    assign.time_limit = time_limit;
    return assign;
}

native::Assign with_memory(std::uint64_t number, std::uint64_t bytes) {
    native::Assign assign = job(number);
    assign.options.memory_limit = bytes;
    return assign;
}

std::vector<std::string> finishes(const std::vector<native::Command>& said) {
    std::vector<std::string> texts;
    for (const auto& finish : only<native::Finish>(said)) {
        const bool succeeded = finish.outcome.verdict == model::Verdict::Succeeded;
        texts.push_back(std::to_string(finish.attempt.job.number) + " " +
                        (succeeded ? "succeeded" : finish.outcome.text));
    }
    return texts;
}

using Texts = std::vector<std::string>;

std::size_t stops(const std::vector<Action>& actions) {
    return only<StopJob>(actions).size();
}

/// How the process is to end; the case fails when it is not to end now.
Left left(const std::vector<Action>& actions) {
    const auto all = only<Left>(actions);
    REQUIRE(all.size() == 1);
    return all.front();
}

/// The same when the broker has been told of everything and says that it holds nothing more.
Left parted(Harness& h) {
    CHECK(only<Left>(h.actions()).empty());
    h.say({native::Disconnect{"goodbye"}});
    return left(h.actions());
}

const std::string kTooLong1 = "1 ran longer than its time limit of 10 s";

}  // namespace

TEST_CASE("at its time limit an attempt is told to stop, by the worker's own clock") {
    Limited h;
    h.say({timed(1, 10s)});
    static_cast<void>(h.actions());
    h.pass(10s - kBlink);
    CHECK(stops(h.actions()) == 0);
    h.pass(kBlink);
    const auto all = only<StopJob>(h.actions());
    REQUIRE(all.size() == 1);
    CHECK(all[0].attempt == attempt(1));
    CHECK(all[0].why == "ran longer than its time limit of 10 s");
    CHECK(h.said().empty());
}

TEST_CASE("work that heeds its stop token has failed by its time limit, whatever it answers") {
    Limited h;
    h.say({timed(1, 10s), job(2)});
    h.pass(10s);
    h.session.partial(h.now, attempt(1), text("late"));
    h.pass(2s - kBlink);
    h.finish(1, success());
    CHECK(finishes(h.said()) == Texts{kTooLong1});
    CHECK(started(h.actions()) == Numbers{1, 2});  // the process goes on
    h.pass(1min);
    CHECK_FALSE(h.session.is_leaving());
}

TEST_CASE("work that ends in time has met its limit") {
    Limited h;
    h.say({timed(1, 10s)});
    h.pass(10s - kBlink);
    h.finish(1);
    h.pass(1min);
    CHECK(stops(h.actions()) == 0);
    CHECK(finishes(h.said()) == Texts{"1 succeeded"});
}

TEST_CASE("an attempt without a time limit runs for as long as it likes") {
    Limited h;
    h.say({job(1)});
    h.pass(59min);
    CHECK(stops(h.actions()) == 0);
}

TEST_CASE("the time limit counts from the start, not from when the job came to be held ahead") {
    Limited h;
    h.say({timed(1, 10s), timed(2, 10s)});
    h.pass(9s);
    h.finish(1);
    static_cast<void>(h.actions());
    h.pass(10s - kBlink);
    CHECK(stops(h.actions()) == 0);
    h.pass(kBlink);
    CHECK(stops(h.actions()) == 1);
}

TEST_CASE("work that ignores its stop token is given up after the grace, and the process with it") {
    Limited h;
    h.say({timed(1, 10s), job(2), job(3)});
    h.pass(10s);
    static_cast<void>(h.actions());
    h.pass(2s - kBlink);
    CHECK(h.actions().empty());
    CHECK_FALSE(h.session.is_leaving());
    h.pass(kBlink);
    const auto actions = h.actions();
    const auto leaving = only<Leaving>(actions);
    REQUIRE(leaving.size() == 1);
    CHECK(leaving[0].is_forced);
    CHECK(leaving[0].why.find(attempt(1).job.text()) != std::string::npos);
    CHECK(only<Left>(actions).empty());  // nothing has been told yet
    CHECK(started(actions).empty());

    const auto said = h.said();
    REQUIRE(said.size() == 4);
    CHECK(std::get<native::Goodbye>(said[0]).finishing);  // or it would be given more
    CHECK(std::get<native::Return>(said[1]).attempts == std::vector{attempt(2), attempt(3)});
    const auto& finish = std::get<native::Finish>(said[2]);
    CHECK(finish.attempt == attempt(1));
    CHECK(finish.outcome ==
          failure("ran longer than its time limit of 10 s and ignored its stop token for 2 s"));
    CHECK(finish.run_time == 12s);
    CHECK_FALSE(std::get<native::Goodbye>(said[3]).finishing);

    const Left end = left(h.actions());
    CHECK(end.wants_successor);
    CHECK(end.is_stuck);
    CHECK_FALSE(h.session.next_deadline().has_value());
}

TEST_CASE("the grace is the broker's, and five seconds where it does not say") {
    for (const auto& [said, meant] : {std::pair{0s, 5s}, std::pair{1s, 1s}, std::pair{60s, 60s}}) {
        Limited h(1, said);
        h.say({timed(1, 10s)});
        h.pass(10s + meant - kBlink);
        CHECK_FALSE(h.session.is_leaving());
        h.pass(kBlink);
        CHECK(h.session.is_leaving());
    }
}

TEST_CASE("work that returns after it was given up, before the process ends, changes nothing") {
    Limited h;
    h.say({timed(1, 10s)});
    h.pass(12s);
    h.finish(1, success());
    CHECK(finishes(h.said()) == Texts{kTooLong1 + " and ignored its stop token for 2 s"});
    const Left end = parted(h);
    CHECK(end.wants_successor);
    CHECK_FALSE(end.is_stuck);  // after all
}

TEST_CASE("other work has as long as the grace to finish, and is told as usual") {
    Limited h(3);
    h.say({timed(1, 10s), job(2), job(3)});
    h.pass(12s);
    CHECK(finishes(h.said()) == Texts{kTooLong1 + " and ignored its stop token for 2 s"});
    CHECK(only<Left>(h.actions()).empty());
    h.pass(1s);
    h.finish(2);
    CHECK(only<Left>(h.actions()).empty());
    h.pass(1s - kBlink);
    h.finish(3);
    CHECK(finishes(h.said()) == Texts{"2 succeeded", "3 succeeded"});
    CHECK(left(h.actions()).is_stuck);
}

TEST_CASE("other work that takes longer than the grace is lost with the process") {
    Limited h(2);
    h.say({timed(1, 10s), job(2)});
    h.pass(12s);
    static_cast<void>(h.said());
    h.pass(2s - kBlink);
    CHECK(h.said().empty());
    CHECK(h.session.held() == 1);
    h.pass(kBlink);
    const auto said = h.said();
    REQUIRE(said.size() == 1);  // what the broker believes held is lost by this
    CHECK_FALSE(std::get<native::Goodbye>(said[0]).finishing);
    CHECK(h.session.held() == 0);
    CHECK(left(h.actions()).is_stuck);
}

TEST_CASE("other work that was told to stop meanwhile is told as failed when it is cut off") {
    Limited h(2);
    h.say({timed(1, 10s), timed(2, 13s)});
    h.pass(12s);
    static_cast<void>(h.said());
    h.pass(2s);
    CHECK(finishes(h.said()) ==
          Texts{"2 ran longer than its time limit of 13 s and ignored its stop token for 2 s"});
    CHECK(left(h.actions()).is_stuck);
}

TEST_CASE("a stop of the broker gives the same grace, and then the process is given up") {
    Limited h;
    h.say({job(1), job(2)});
    h.pass(5s);
    h.say({native::StopAttempt{attempt(1), "it was cancelled"}});
    CHECK(stops(h.actions()) == 1);
    SUBCASE("heeded") {
        h.pass(2s - kBlink);
        h.finish(1);
        CHECK(finishes(h.said()) == Texts{"1 it was cancelled"});
        CHECK(started(h.actions()) == Numbers{2});
        h.pass(1min);
        CHECK_FALSE(h.session.is_leaving());
    }
    SUBCASE("ignored") {
        h.pass(2s);
        const auto said = h.said();
        CHECK(only<native::Return>(said).at(0).attempts == std::vector{attempt(2)});
        CHECK(finishes(said) == Texts{"1 it was cancelled and ignored its stop token for 2 s"});
        const Left end = left(h.actions());
        CHECK(end.wants_successor);
        CHECK(end.is_stuck);
    }
}

TEST_CASE("a stop of the broker after the worker's own does not lengthen the grace") {
    Limited h;
    h.say({timed(1, 10s)});
    h.pass(11s);
    CHECK(h.session.held() == 1);
    h.say({native::StopAttempt{attempt(1), "the attempt has reached its time limit"}});
    CHECK(h.session.held() == 0);  // the broker has no use for it any more
    CHECK(stops(h.actions()) == 1);
    h.pass(1s - kBlink);
    CHECK_FALSE(h.session.is_leaving());
    h.pass(kBlink);
    CHECK(h.session.is_leaving());
    CHECK(finishes(h.said()).size() == 1);
}

TEST_CASE(
    "an attempt stopped by the own clock is still announced, one that the broker stopped not") {
    Limited h(2);
    h.say({timed(1, 10s), job(2)});
    h.pass(10s);
    h.say({native::StopAttempt{attempt(2), "cancelled"}});
    h.session.disconnected(h.now);
    h.pass(50ms);
    h.session.connected(h.now);
    const auto ready = only<native::WorkerReady>(h.said());
    REQUIRE(ready.size() == 1);
    REQUIRE(ready[0].running.size() == 1);
    CHECK(ready[0].running[0].attempt == attempt(1));
}

TEST_CASE(
    "a failure by time limit that finds no broker is told to the next, then the process ends") {
    Limited h;
    h.say({timed(1, 10s)});
    h.pass(5s);
    h.session.disconnected(h.now);
    h.pass(7s);  // the limit and the grace pass meanwhile
    CHECK(h.session.is_leaving());
    CHECK(only<Left>(h.actions()).empty());
    h.session.connected(h.now);
    const auto said = h.said();
    REQUIRE(said.size() == 4);
    CHECK(std::get<native::WorkerReady>(said[0]).running.size() == 1);
    CHECK(std::get<native::Goodbye>(said[1]).finishing);
    CHECK(finishes(said) == Texts{kTooLong1 + " and ignored its stop token for 2 s"});
    CHECK_FALSE(std::get<native::Goodbye>(said[3]).finishing);
    CHECK(left(h.actions()).is_stuck);
}

TEST_CASE("a failure that finds no broker at all holds up the end for three intervals") {
    Harness h;  // heartbeats each second
    register_with_grace(h, 2s);
    h.say({timed(1, 1s)});
    h.session.disconnected(h.now);
    h.pass(3s);
    CHECK(h.session.is_leaving());
    h.pass(3s - kBlink);
    CHECK(only<Left>(h.actions()).empty());
    h.pass(kBlink);
    CHECK(left(h.actions()).is_stuck);
}

TEST_CASE("work that hangs does not keep a process that was told to leave") {
    Limited h;
    h.say({timed(1, 10s)});
    h.pass(1s);
    h.session.leave(h.now);
    static_cast<void>(h.said());
    h.pass(11s - kBlink);
    CHECK(only<Left>(h.actions()).empty());
    h.pass(kBlink);
    CHECK(finishes(h.said()).size() == 1);
    const Left end = left(h.actions());
    CHECK(end.is_stuck);
    CHECK_FALSE(end.wants_successor);  // it ends as it was told
}

TEST_CASE("told to leave while it is given up, a process wants no successor") {
    Limited h(2);
    h.say({timed(1, 10s), job(2)});
    h.pass(12s);
    h.session.leave(h.now);
    h.finish(2);
    static_cast<void>(h.said());
    CHECK_FALSE(left(h.actions()).wants_successor);
}

TEST_CASE("the memory is looked at while an attempt with a limit runs, and no longer") {
    Limited h(2);
    const auto looks = [&](base::Duration duration) {
        h.pass(duration);
        return only<MeasureMemory>(h.actions()).size();
    };
    h.say({job(1)});
    CHECK(looks(10s) == 0);
    h.say({with_memory(2, kMiB)});
    CHECK(looks(0s) == 1);  // at once: it may be too much already
    CHECK(looks(100ms - kBlink) == 0);
    CHECK(looks(kBlink) == 1);
    CHECK(looks(1s) == 10);
    h.finish(2);
    CHECK(looks(10s) == 0);
    h.say({with_memory(3, kMiB)});
    CHECK(looks(1s) == 11);
}

TEST_CASE("at its memory limit an attempt goes on, over it it fails at once") {
    Limited h;
    h.say({with_memory(1, 512 * kMiB), job(2)});
    h.session.resident(h.now, 512 * kMiB);
    CHECK(stops(h.actions()) == 0);
    CHECK(h.said().empty());
    h.pass(3s);
    h.session.resident(h.now, 512 * kMiB + 4096);
    const auto actions = h.actions();
    CHECK(stops(actions) == 1);
    CHECK(only<Leaving>(actions).at(0).is_forced);
    const auto said = h.said();
    REQUIRE(said.size() == 3);
    CHECK(std::get<native::Goodbye>(said[0]).finishing);
    CHECK(std::get<native::Return>(said[1]).attempts == std::vector{attempt(2)});
    const auto& finish = std::get<native::Finish>(said[2]);
    CHECK(finish.outcome == failure("its worker held 524292KiB of memory, more than its "
                                    "memory_limit of 512MiB"));
    CHECK(finish.run_time == 3s);
    SUBCASE("work that stops is waited for") {
        h.pass(1s - kBlink);
        CHECK(only<Left>(h.actions()).empty());
        h.finish(1, success());
        CHECK(finishes(h.said()).empty());
        const Left end = parted(h);
        CHECK(end.wants_successor);
        CHECK_FALSE(end.is_stuck);
    }
    SUBCASE("work that does not is waited for a second") {
        h.pass(1s - kBlink);
        CHECK(only<Left>(h.actions()).empty());
        h.pass(kBlink);
        CHECK(finishes(h.said()).empty());
        const Left end = left(h.actions());
        CHECK(end.wants_successor);
        CHECK(end.is_stuck);
    }
}

TEST_CASE("over a memory limit fails the attempts that have it, others may finish") {
    Limited h(3);
    h.say({with_memory(1, kMiB), with_memory(2, 4 * kMiB), job(3)});
    h.session.resident(h.now, 2 * kMiB);
    CHECK(stops(h.actions()) == 1);
    CHECK(finishes(h.said()).size() == 1);
    h.finish(1);
    h.finish(2);
    h.pass(2s - kBlink);
    h.finish(3);
    CHECK(finishes(h.said()) == Texts{"2 succeeded", "3 succeeded"});
    CHECK_FALSE(parted(h).is_stuck);
}

TEST_CASE("memory that cannot be measured, or of an attempt that has ended, fails nothing") {
    Limited h;
    h.say({with_memory(1, kMiB)});
    h.session.resident(h.now, 0);
    h.finish(1);
    h.session.resident(h.now, 100 * kMiB);
    CHECK(finishes(h.said()) == Texts{"1 succeeded"});
    CHECK_FALSE(h.session.is_leaving());
}

TEST_CASE("where workers see to memory limits themselves the process is not measured") {
    SessionOptions options = quiet_with(1);
    options.limits_memory = false;
    Harness h(options);
    register_with_grace(h, 1s);
    h.say({with_memory(1, kMiB)});
    h.pass(1s);
    CHECK(only<MeasureMemory>(h.actions()).empty());
    h.session.resident(h.now, 2 * kMiB);
    CHECK(only<StopJob>(h.actions()).empty());
}

TEST_CASE("an attempt over its memory limit is announced until its failure has been told") {
    Limited h;
    h.say({with_memory(1, kMiB)});
    h.session.disconnected(h.now);
    h.session.resident(h.now, 2 * kMiB);
    h.session.connected(h.now);
    const auto said = h.said();
    CHECK(only<native::WorkerReady>(said).at(0).running.size() == 1);
    CHECK(finishes(said).size() == 1);
}

TEST_CASE("a process runs as many jobs as it was told and not one more") {
    SessionOptions options = quiet_with(2);
    options.jobs_max = 3;
    Harness h(options);
    register_with_grace(h, 2s);
    h.say({job(1), job(2), job(3), job(4)});
    CHECK(started(h.actions()) == Numbers{1, 2});
    CHECK_FALSE(h.session.is_leaving());
    h.finish(2);
    const auto actions = h.actions();
    CHECK(started(actions) == Numbers{3});
    CHECK_FALSE(only<Leaving>(actions).at(0).is_forced);
    auto said = h.said();
    REQUIRE(said.size() == 3);
    CHECK(std::get<native::Goodbye>(said[0]).finishing);
    CHECK(std::get<native::Return>(said[1]).attempts == std::vector{attempt(4)});
    h.pass(30min);  // what runs may take its time
    h.finish(1);
    h.finish(3);
    CHECK(h.actions().empty());
    said = h.said();
    CHECK(finishes(said) == Texts{"1 succeeded", "3 succeeded"});
    const Left end = parted(h);
    CHECK(end.wants_successor);
    CHECK_FALSE(end.is_stuck);
}

TEST_CASE("a process that holds too much after a job leaves before it starts another") {
    SessionOptions options = quiet_with(1);
    options.memory_bytes_max = 10 * kMiB;
    Harness h(options);
    register_with_grace(h, 2s);
    h.say({job(1), job(2), job(3)});
    h.session.finished(h.now, attempt(1), success(), 3ms, 10 * kMiB);
    CHECK(started(h.actions()) == Numbers{1, 2});
    h.session.finished(h.now, attempt(2), success(), 3ms, 10 * kMiB + 1);
    const auto actions = h.actions();
    CHECK(started(actions).empty());
    CHECK(only<Leaving>(actions).at(0).why.find("10MiB") != std::string::npos);
    const auto said = h.said();
    CHECK(only<native::Return>(said).at(0).attempts == std::vector{attempt(3)});
    CHECK(finishes(said) == Texts{"1 succeeded", "2 succeeded"});
    CHECK(parted(h).wants_successor);
}

TEST_CASE("a process leaves at the end of its lifetime, idle or not") {
    SessionOptions options = quiet_with(1);
    options.lifetime_max = 10min;
    Harness h(options);
    register_with_grace(h, 2s);
    SUBCASE("idle") {
        h.pass(10min - kBlink);
        CHECK_FALSE(h.session.is_leaving());
        h.pass(kBlink);
        CHECK(only<native::Goodbye>(h.said()).size() == 1);
        CHECK(parted(h).wants_successor);
    }
    SUBCASE("at work") {
        h.say({job(1), job(2)});
        h.pass(20min);
        CHECK(only<native::Return>(h.said()).at(0).attempts == std::vector{attempt(2)});
        CHECK(only<Left>(h.actions()).empty());
        h.finish(1);
        CHECK(finishes(h.said()) == Texts{"1 succeeded"});
        CHECK(parted(h).wants_successor);
    }
    SUBCASE("told to leave before") {
        h.say({job(1)});
        h.session.leave(h.now);
        h.pass(20min);
        CHECK(only<Leaving>(h.actions()).empty());
        h.finish(1);
        static_cast<void>(h.said());
        CHECK_FALSE(parted(h).wants_successor);
    }
}

TEST_CASE("told to leave while it waits for its last jobs, a process wants no successor") {
    SessionOptions options = quiet_with(1);
    options.jobs_max = 1;
    Harness h(options);
    register_with_grace(h, 2s);
    h.say({job(1)});
    h.session.leave(h.now);
    h.finish(1);
    static_cast<void>(h.said());
    CHECK_FALSE(parted(h).wants_successor);
}

TEST_CASE(
    "an attempt that is assigned again while its thread is not back is not run beside itself") {
    Limited h(2);
    h.say({job(1)});
    h.say({native::StopAttempt{attempt(1), "cancelled"}});
    static_cast<void>(h.actions());
    h.pass(1s);
    h.session.disconnected(h.now);
    h.pass(50ms);
    h.session.connected(h.now);  // what has ended is forgotten by this
    h.say({native::Welcome{1, "broker", 1h, 1'000'000, 100, 2s}, job(1)});
    CHECK(started(h.actions()).empty());
}

TEST_CASE("a snooze is told with its pause") {
    Limited h;
    h.say({job(1)});
    h.finish(1, {model::Verdict::Snoozed, "no token", {}, 30s});
    const auto all = only<native::Finish>(h.said());
    REQUIRE(all.size() == 1);
    CHECK(all[0].outcome == model::Outcome{model::Verdict::Snoozed, "no token", {}, 30s});
}

}  // namespace steward::worker::testing
