// tests: the worker session's rules about jobs.
#include "tests/unit/worker/session_harness.hpp"

namespace steward::worker::testing {
namespace {

using Numbers = std::vector<std::uint64_t>;

SessionOptions with_concurrency(std::uint32_t concurrency) {
    SessionOptions options = Harness::defaults();
    options.concurrency = concurrency;
    return options;
}

}  // namespace

TEST_CASE("a worker with one thread starts one job and holds the others ahead in order") {
    Harness h;
    h.register_worker();
    h.say({job(1), job(2), job(3)});
    CHECK(started(h.actions()) == Numbers{1});
    CHECK(h.session.running() == 1);
    CHECK(h.session.held() == 3);
    h.finish(1);
    CHECK(started(h.actions()) == Numbers{2});
    h.finish(2);
    CHECK(started(h.actions()) == Numbers{3});
    h.finish(3);
    CHECK(h.actions().empty());
    CHECK(h.session.running() == 0);
}

TEST_CASE("a worker runs as many jobs at once as its concurrency and not one more") {
    Harness h(with_concurrency(2));
    h.register_worker();
    h.say({job(1), job(2), job(3)});
    CHECK(started(h.actions()) == Numbers{1, 2});
    CHECK(h.session.running() == 2);
    h.finish(2);
    CHECK(started(h.actions()) == Numbers{3});
    CHECK(h.session.running() == 2);
}

TEST_CASE("a start carries the job as the broker gave it") {
    Harness h;
    h.register_worker();
    native::Assign given = job(1);
    given.params = text("params");
    given.time_limit = 30s;
    h.say({given});
    const auto starts = only<StartJob>(h.actions());
    REQUIRE(starts.size() == 1);
    CHECK(starts[0].job.attempt == given.attempt);
    CHECK(starts[0].job.service == "ECHO");
    CHECK(starts[0].job.params == given.params);
    CHECK(starts[0].job.time_limit == 30s);
    CHECK(starts[0].job.submission == given.submission);
}

TEST_CASE("an outcome reaches the broker with its run time, after the partial answers before it") {
    Harness h;
    h.register_worker();
    h.say({job(1)});
    h.session.partial(h.now, attempt(1), text("a"));
    h.session.progress(h.now, attempt(1), 1, 2, "half");
    h.session.partial(h.now, attempt(1), text("b"));
    h.finish(1, success("result"));
    const auto said = h.said();
    REQUIRE(said.size() == 4);
    CHECK(std::get<native::Partial>(said[0]).data == text("a"));
    CHECK(std::get<native::Progress>(said[1]).done == 1);
    CHECK(std::get<native::Progress>(said[1]).text == "half");
    CHECK(std::get<native::Partial>(said[2]).data == text("b"));
    const auto& finish = std::get<native::Finish>(said[3]);
    CHECK(finish.attempt == attempt(1));
    CHECK(finish.outcome == success("result"));
    CHECK(finish.run_time == 3ms);
    CHECK(h.batches == 2);  // READY was the first
}

TEST_CASE("many small outcomes leave in one message") {
    Harness h(with_concurrency(4));
    h.register_worker();
    h.batches = 0;
    h.say({job(1), job(2), job(3), job(4)});
    for (const std::uint64_t number : Numbers{1, 2, 3, 4}) {
        h.finish(number);
    }
    CHECK(only<native::Finish>(h.said()).size() == 4);
    CHECK(h.batches == 1);
}

TEST_CASE("a batch ends before it grows over its limit and a larger outcome goes alone") {
    SessionOptions options = with_concurrency(3);
    options.batch_bytes_max = 1000;
    Harness h(options);
    h.register_worker();
    h.batches = 0;
    h.say({job(1), job(2), job(3)});
    h.finish(1, success(std::string(700, 'x')));
    h.finish(2, success(std::string(700, 'x')));
    h.finish(3, success(std::string(5000, 'x')));
    CHECK(only<native::Finish>(h.said()).size() == 3);
    CHECK(h.batches == 3);
}

TEST_CASE("an Assign that comes twice is one job, while held, running, unsent and when long done") {
    Harness h;
    h.register_worker();
    h.say({job(1), job(2), job(1), job(2)});
    CHECK(started(h.actions()) == Numbers{1});
    CHECK(h.session.held() == 2);
    h.finish(1);
    h.say({job(1)});
    CHECK(started(h.actions()) == Numbers{2});
    CHECK(only<native::Finish>(h.said()).size() == 1);
    h.finish(2);
    h.say({job(1), job(2)});
    CHECK(started(h.actions()).empty());
    CHECK(only<native::Finish>(h.said()).size() == 1);
    CHECK(only<native::Return>(h.said()).empty());
}

TEST_CASE("another attempt of a job that has failed is a job of its own") {
    Harness h;
    h.register_worker();
    h.say({job(1)});
    static_cast<void>(h.actions());
    h.finish(1, failure("no"));
    native::Assign again = job(1);
    again.attempt.number = 2;
    h.say({again});
    CHECK(started(h.actions()) == Numbers{1});
}

TEST_CASE("an Assign beyond the credit is given back at once, one at the credit is not") {
    Harness h;  // credit 4
    h.register_worker();
    h.say({job(1), job(2), job(3), job(4)});
    CHECK(only<native::Return>(h.said()).empty());
    h.say({job(5)});
    const auto returns = only<native::Return>(h.said());
    REQUIRE(returns.size() == 1);
    CHECK(returns[0].attempts == std::vector{attempt(5)});
    CHECK(h.session.held() == 4);
}

TEST_CASE("a job that was given back may be assigned again under the same attempt") {
    Harness h;
    h.register_worker();
    h.say({job(1), job(2)});
    h.say({native::Recall{{attempt(2)}}});
    CHECK(only<native::Return>(h.said()).size() == 1);
    h.say({job(2)});
    h.finish(1);
    CHECK(started(h.actions()) == Numbers{1, 2});
}

TEST_CASE("a recall gives back what has not been started and nothing else") {
    Harness h;
    h.register_worker();
    h.say({job(1), job(2), job(3)});
    h.say({native::Recall{{attempt(1), attempt(3), attempt(2), attempt(77)}}});
    const auto returns = only<native::Return>(h.said());
    REQUIRE(returns.size() == 1);
    CHECK(returns[0].attempts == std::vector{attempt(3), attempt(2)});
    h.finish(1);
    CHECK(started(h.actions()) == Numbers{1});
    CHECK(only<native::Finish>(h.said()).size() == 1);
}

TEST_CASE("a recall of what runs or is unknown is answered with nothing") {
    Harness h;
    h.register_worker();
    h.say({job(1)});
    h.say({native::Recall{{attempt(1), attempt(5)}}, native::Recall{{}}});
    CHECK(h.said().empty());
}

TEST_CASE("a stop of a running attempt fires its token, and only its end is told") {
    Harness h;
    h.register_worker();
    h.say({job(1), job(2)});
    CHECK(started(h.actions()) == Numbers{1});
    h.say({native::StopAttempt{attempt(1), "time limit"}});
    const auto stops = only<StopJob>(h.actions());
    REQUIRE(stops.size() == 1);
    CHECK(stops[0].attempt == attempt(1));
    CHECK(stops[0].why == "time limit");
    CHECK(h.session.running() == 1);  // its thread is busy until work() returns
    h.session.partial(h.now, attempt(1), text("late"));
    h.session.progress(h.now, attempt(1), 1, 2, "late");
    CHECK(h.said().empty());
    h.finish(1);
    CHECK(started(h.actions()) == Numbers{2});
    const auto said = h.said();
    REQUIRE(said.size() == 1);  // the broker must know that the slot is free
    const auto& finish = std::get<native::Finish>(said[0]);
    CHECK(finish.attempt == attempt(1));
    CHECK(finish.outcome == failure("time limit"));
}

TEST_CASE("stopped work that does not end keeps its thread but no credit") {
    SessionOptions options = Harness::defaults();
    options.credit_max = 1;
    Harness h(options);
    h.register_worker();
    h.say({job(1)});
    h.say({native::StopAttempt{attempt(1), "time limit"}, job(2)});
    CHECK(started(h.actions()) == Numbers{1});
    CHECK(h.session.held() == 1);
    CHECK(h.said().empty());  // giving it back would only make the broker assign it again
    h.finish(1);
    CHECK(started(h.actions()) == Numbers{2});
}

TEST_CASE("a stop of a job held ahead drops it, and its end is told") {
    Harness h;
    h.register_worker();
    h.say({job(1), job(2), job(3), native::StopAttempt{attempt(2), "cancelled"}});
    CHECK(only<StopJob>(h.actions()).empty());
    const auto ends = only<native::Finish>(h.said());
    REQUIRE(ends.size() == 1);
    CHECK(ends[0].attempt == attempt(2));
    CHECK(ends[0].outcome == failure("cancelled"));
    h.finish(1);
    CHECK(started(h.actions()) == Numbers{3});
    CHECK(only<native::Return>(h.said()).empty());
}

TEST_CASE("a stop that comes with its job, before a thread had it, is one of a job held ahead") {
    Harness h;
    h.register_worker();
    h.say({job(1), native::StopAttempt{attempt(1), "cancelled"}});
    CHECK(h.actions().empty());
    const auto ends = only<native::Finish>(h.said());
    REQUIRE(ends.size() == 1);
    CHECK(ends[0].outcome == failure("cancelled"));
    CHECK(h.session.held() == 0);
}

TEST_CASE("a stop that comes twice or for an unknown attempt does nothing more") {
    Harness h;
    h.register_worker();
    h.say({job(1)});
    h.say({native::StopAttempt{attempt(1), "once"},
           native::StopAttempt{attempt(1), "twice"},
           native::StopAttempt{attempt(9), "who"},
           native::StopAttempt{attempt(1, 2), "when"}});
    CHECK(only<StopJob>(h.actions()).size() == 1);
}

TEST_CASE("what work threads say of attempts that are not running is ignored") {
    Harness h;
    h.register_worker();
    h.say({job(1), job(2)});
    h.session.partial(h.now, attempt(2), text("not started"));
    h.finish(2);
    h.finish(9);
    h.finish(1);
    h.finish(1);
    h.session.partial(h.now, attempt(1), text("over"));
    const auto said = h.said();
    REQUIRE(said.size() == 1);
    CHECK(std::get<native::Finish>(said[0]).attempt == attempt(1));
}

TEST_CASE("a result larger than the broker takes becomes a failure that names the limit") {
    Harness h;
    h.register_worker();  // the broker takes 1'000'000 bytes
    h.say({job(1), job(2)});
    h.finish(1, success(std::string(1'000'000 - 8192, 'x')));
    h.finish(2, success(std::string(1'000'000 - 8191, 'x')));
    const auto finishes = only<native::Finish>(h.said());
    REQUIRE(finishes.size() == 2);
    CHECK(finishes[0].outcome.verdict == model::Verdict::Succeeded);
    CHECK(finishes[1].outcome.verdict == model::Verdict::FailedForGood);
    CHECK(finishes[1].outcome.text.find("message_bytes_max") != std::string::npos);
    CHECK(finishes[1].outcome.result.bytes.empty());
}

TEST_CASE("a partial answer larger than the broker takes makes the attempt fail") {
    Harness h;
    h.register_worker();
    h.say({job(1)});
    h.session.partial(h.now, attempt(1), text(std::string(1'000'000, 'x')));
    h.finish(1);
    const auto said = h.said();
    REQUIRE(said.size() == 1);
    CHECK(std::get<native::Finish>(said[0]).outcome.verdict == model::Verdict::FailedForGood);
}

TEST_CASE("a failure's text is cut at its limit, between two characters") {
    Harness h;
    h.register_worker();
    h.say({job(1), job(2)});
    h.finish(1, failure(std::string(4096, 'x')));
    h.finish(2, failure(std::string(4095, 'x') + "ä"));
    const auto finishes = only<native::Finish>(h.said());
    REQUIRE(finishes.size() == 2);
    CHECK(finishes[0].outcome.text.size() == 4096);
    CHECK(finishes[1].outcome.text.size() == 4095);
}

TEST_CASE("the backlog of partial answers tells when it is full, and has room again when taken") {
    SessionOptions options = Harness::defaults();
    options.backlog_bytes_max = 10'000;
    Harness h(options);
    h.register_worker();
    h.say({job(1)});
    CHECK(h.session.has_room());
    h.session.partial(h.now, attempt(1), text(std::string(9'000, 'x')));
    CHECK(h.session.has_room());
    h.session.partial(h.now, attempt(1), text(std::string(1'000, 'x')));
    CHECK_FALSE(h.session.has_room());
    h.session.progress(h.now, attempt(1), 1, 2, "dropped");
    h.finish(1);  // an outcome always has room
    const auto said = h.said();
    CHECK(only<native::Partial>(said).size() == 2);
    CHECK(only<native::Progress>(said).empty());
    CHECK(only<native::Finish>(said).size() == 1);
    CHECK(h.session.has_room());
}

}  // namespace steward::worker::testing
