// tests: where the I/O thread and the work threads meet. Threads are real here, the broker is not.
#include "worker/runtime/exchange.hpp"

#include <atomic>
#include <thread>
#include <unistd.h>

#include "common/posix/clock.hpp"
#include "tests/unit/worker/session_harness.hpp"
#include "worker/runtime/link.hpp"
#include "worker/runtime/work_thread.hpp"

namespace steward::worker::testing {
namespace {

using Turn = Exchange::Turn;

constexpr base::Duration kPatience = 20s;  // a test that waits longer has failed

struct Meeting {
    explicit Meeting(SessionOptions options = Harness::defaults(),
                     const posix::AlarmFd* alarm = nullptr)
        : exchange(std::move(options), posix::read_mono(), 1, wake, alarm) {
        CHECK(exchange.take_connect() == std::optional<std::size_t>{0});
        exchange.connected();
        exchange.on_frames(batch({native::Welcome{1, "broker", 1h, 0, 0, 0s}}));
        static_cast<void>(said());
    }

    std::vector<native::Command> said() {
        std::vector<native::Command> all;
        batches = 0;
        while (const auto frames = exchange.take_batch()) {
            ++batches;
            native::BatchReader reader(*frames);
            for (auto command = reader.next(); command && command->has_value();
                 command = reader.next()) {
                all.push_back(std::move(**command));
            }
        }
        return all;
    }

    /// Waits, as the I/O thread does, until `count` outcomes have come.
    std::size_t wait_for_finishes(std::size_t count) {
        const base::MonoTime end = posix::read_mono() + kPatience;
        std::size_t finishes = 0;
        while (finishes < count && posix::read_mono() < end) {
            wake.clear();
            exchange.on_time();
            finishes += only<native::Finish>(said()).size();
        }
        return finishes;
    }

    /// How often the I/O thread has been woken since this was asked last.
    std::uint64_t wake_ups() const {
        std::uint64_t count = 0;
        return ::read(wake.fd(), &count, sizeof count) > 0 ? count : 0;
    }

    posix::WakeFd wake = std::move(*posix::WakeFd::open());
    Exchange exchange;
    int batches = 0;
};

void do_work(Exchange::Desk& desk) {
    desk.outcome = success();
    desk.ended_at = desk.begun_at + 1ms;
}

SessionOptions small_backlog() {
    SessionOptions options = Harness::defaults();
    options.backlog_bytes_max = 10'000;
    return options;
}

}  // namespace

TEST_CASE("a work thread that waits gets the job that comes") {
    Meeting m;
    std::uint64_t number = 0;
    std::thread thread([&] {
        Exchange::Desk desk(m.exchange);
        number = m.exchange.next(desk) == Turn::Work ? desk.job->attempt.job.number : 0;
    });
    m.exchange.on_frames(batch({job(7)}));
    thread.join();
    CHECK(number == 7);
}

TEST_CASE("a work thread that has finished takes the next job held ahead without the I/O thread") {
    Meeting m;
    m.exchange.on_frames(batch({job(1), job(2), job(3)}));
    Exchange::Desk desk(m.exchange);
    REQUIRE(m.exchange.next(desk) == Turn::Work);
    for (const std::uint64_t number : {2U, 3U}) {
        do_work(desk);
        REQUIRE(m.exchange.next(desk) == Turn::Work);
        CHECK(desk.job->attempt == attempt(number));
    }
    CHECK(only<native::Finish>(m.said()).size() == 2);
    CHECK(m.batches == 1);
}

TEST_CASE(
    "of two jobs that come together each sleeping thread gets one, none waits for the other") {
    SessionOptions options = Harness::defaults();
    options.concurrency = 2;
    Meeting m(options);
    std::atomic<int> working = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
        threads.emplace_back([&] {
            Exchange::Desk desk(m.exchange);
            if (m.exchange.next(desk) == Turn::Work) {
                ++working;
                const base::MonoTime end = posix::read_mono() + kPatience;
                while (working < 2 && posix::read_mono() < end) {
                    std::this_thread::yield();
                }
            }
        });
    }
    m.exchange.on_frames(batch({job(1), job(2)}));
    for (std::thread& thread : threads) {
        thread.join();
    }
    CHECK(working == 2);
}

TEST_CASE("an outcome is there for the I/O thread while the next job runs") {
    Meeting m;
    m.exchange.on_frames(batch({job(1), job(2)}));
    Exchange::Desk desk(m.exchange);
    REQUIRE(m.exchange.next(desk) == Turn::Work);
    do_work(desk);
    static_cast<void>(m.said());
    static_cast<void>(m.exchange.state());
    REQUIRE(m.exchange.next(desk) == Turn::Work);  // and does not return for a long time
    CHECK(m.wake_ups() == 1);
    CHECK(only<native::Finish>(m.said()).size() == 1);
}

TEST_CASE("a message of more jobs than are decoded at once arrives whole") {
    SessionOptions options = Harness::defaults();
    options.credit_max = 1000;
    Meeting m(options);
    std::vector<native::Command> jobs;
    for (std::uint64_t number = 1; number <= 100; ++number) {
        jobs.emplace_back(job(number));
    }
    m.exchange.on_frames(batch(jobs));
    Exchange::Desk desk(m.exchange);
    for (std::uint64_t number = 1; number <= 100; ++number) {
        REQUIRE(m.exchange.next(desk) == Turn::Work);
        CHECK(desk.job->attempt == attempt(number));
        do_work(desk);
    }
    m.exchange.close();
    CHECK(m.exchange.next(desk) == Turn::End);
    CHECK(only<native::Finish>(m.said()).size() == 100);
}

TEST_CASE("several work threads share the jobs and none is run twice or lost") {
    SessionOptions options = Harness::defaults();
    options.concurrency = 4;
    options.credit_max = 1000;
    Meeting m(options);
    std::atomic<std::uint64_t> sum = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            Exchange::Desk desk(m.exchange);
            for (Turn turn = m.exchange.next(desk); turn != Turn::End;
                 turn = m.exchange.next(desk)) {
                if (turn == Turn::Work) {
                    sum += desk.job->attempt.job.number;
                    do_work(desk);
                }
            }
        });
    }
    std::vector<native::Command> jobs;
    for (std::uint64_t number = 1; number <= 1000; ++number) {
        jobs.emplace_back(job(number));
    }
    m.exchange.on_frames(batch(jobs));
    CHECK(m.wait_for_finishes(1000) == 1000);
    m.exchange.close();
    for (std::thread& thread : threads) {
        thread.join();
    }
    CHECK(sum == 500'500);
}

TEST_CASE("a stop of the broker fires the token of the attempt and of no other") {
    SessionOptions options = Harness::defaults();
    options.concurrency = 2;
    Meeting m(options);
    m.exchange.on_frames(batch({job(1), job(2)}));
    Exchange::Desk first(m.exchange);
    Exchange::Desk second(m.exchange);
    REQUIRE(m.exchange.next(first) == Turn::Work);
    REQUIRE(m.exchange.next(second) == Turn::Work);
    // A callback is user code: it must be free to use the exchange.
    const std::stop_callback callback(first.stop.token(), [&] {
        m.exchange.progress(attempt(2), 1, 2, "the other was stopped");
    });
    m.exchange.on_frames(batch({native::StopAttempt{attempt(1), "time limit"}}));
    CHECK(first.stop.is_requested());
    CHECK_FALSE(second.stop.is_requested());
    CHECK(only<native::Progress>(m.said()).size() == 1);
    m.exchange.stop_all();
    CHECK(second.stop.is_requested());
}

TEST_CASE(
    "partial answers wait for room, so that what gathers is bounded, and all arrive in order") {
    Meeting m(small_backlog());
    m.exchange.on_frames(batch({job(1)}));
    Exchange::Desk desk(m.exchange);
    REQUIRE(m.exchange.next(desk) == Turn::Work);
    std::thread thread([&] {
        for (int i = 0; i < 500; ++i) {
            m.exchange.partial(
                attempt(1), text(std::to_string(i) + std::string(1000, ' ')), desk.stop.token());
        }
    });
    int arrived = 0;
    std::size_t most = 0;
    const base::MonoTime end = posix::read_mono() + kPatience;
    while (arrived < 500 && posix::read_mono() < end) {
        const auto partials = only<native::Partial>(m.said());
        most = std::max(most, partials.size() / static_cast<std::size_t>(std::max(m.batches, 1)));
        for (const native::Partial& partial : partials) {
            CHECK(partial.data.bytes.view().starts_with(std::to_string(arrived) + " "));
            ++arrived;
        }
    }
    thread.join();
    CHECK(arrived == 500);
    CHECK(most <= 10);
}

TEST_CASE("a partial answer that waits for room is let go by a stop and by the end") {
    Meeting m(small_backlog());
    m.exchange.on_frames(batch({job(1)}));
    Exchange::Desk desk(m.exchange);
    REQUIRE(m.exchange.next(desk) == Turn::Work);
    m.exchange.partial(attempt(1), text(std::string(20'000, 'x')), desk.stop.token());  // full
    std::thread thread(
        [&] { m.exchange.partial(attempt(1), text("too late"), desk.stop.token()); });
    SUBCASE("stop") {
        m.exchange.stop_all();
    }
    SUBCASE("end") {
        m.exchange.close();
    }
    thread.join();
    CHECK(only<native::Partial>(m.said()).size() == 1);
}

TEST_CASE("many results before the I/O thread looks are one wake-up, the next one is another") {
    Meeting m;
    m.exchange.on_time();
    static_cast<void>(m.said());
    static_cast<void>(m.exchange.state());
    m.wake.clear();
    m.exchange.on_frames(batch({job(1), job(2), job(3), job(4)}));
    Exchange::Desk desk(m.exchange);
    REQUIRE(m.exchange.next(desk) == Turn::Work);
    do_work(desk);
    REQUIRE(m.exchange.next(desk) == Turn::Work);
    CHECK(m.wake_ups() == 0);  // it has read a message and will look for outcomes before it waits
    CHECK(only<native::Finish>(m.said()).size() == 1);
    do_work(desk);
    REQUIRE(m.exchange.next(desk) == Turn::Work);
    do_work(desk);
    REQUIRE(m.exchange.next(desk) == Turn::Work);
    CHECK(m.wake_ups() == 1);
    CHECK(only<native::Finish>(m.said()).size() == 2);
    static_cast<void>(m.exchange.state());
    m.exchange.progress(attempt(4), 1, 2, "");
    CHECK(m.wake_ups() == 1);
}

TEST_CASE("a job whose limit comes before the I/O thread would look wakes it, another does not") {
    Meeting m;
    native::Assign limited = job(2);
    limited.time_limit = 10ms;
    m.exchange.on_frames(batch({job(1), limited}));
    static_cast<void>(m.said());
    REQUIRE(m.exchange.state().deadline.has_value());
    Exchange::Desk desk(m.exchange);
    REQUIRE(m.exchange.next(desk) == Turn::Work);
    CHECK(m.wake_ups() == 0);
    do_work(desk);
    REQUIRE(m.exchange.next(desk) == Turn::Work);
    CHECK(m.wake_ups() == 1);  // an outcome is there as well
    static_cast<void>(m.said());
    const auto deadline = m.exchange.state().deadline;
    CHECK(deadline == desk.begun_at + 10ms);
}

TEST_CASE("a limit alone wakes the I/O thread") {
    Meeting m;
    native::Assign limited = job(1);
    limited.time_limit = 10ms;
    m.exchange.on_frames(batch({limited}));
    static_cast<void>(m.said());
    static_cast<void>(m.exchange.state());
    Exchange::Desk desk(m.exchange);
    REQUIRE(m.exchange.next(desk) == Turn::Work);
    CHECK(m.wake_ups() == 1);
}

TEST_CASE("idle comes once to each work thread") {
    SessionOptions options = Harness::defaults();
    options.heartbeat_interval = 10ms;
    options.concurrency = 2;
    Meeting m(options);
    std::atomic<int> idles = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
        threads.emplace_back([&] {
            Exchange::Desk desk(m.exchange);
            while (m.exchange.next(desk) == Turn::Idle) {
                ++idles;
            }
        });
    }
    const base::MonoTime end = posix::read_mono() + kPatience;
    while (idles < 2 && posix::read_mono() < end) {
        m.exchange.on_time();
    }
    m.exchange.close();
    for (std::thread& thread : threads) {
        thread.join();
    }
    CHECK(idles == 2);
}

TEST_CASE("remarks for the log are kept up to their limit and no further") {
    Meeting m;
    for (std::size_t i = 0; i < Exchange::kRemarksMax + 5; ++i) {
        m.exchange.remark({"job_failed", "", std::to_string(i), true});
    }
    CHECK(m.exchange.take_remarks().size() == Exchange::kRemarksMax);
    CHECK(m.exchange.take_remarks().empty());
}

TEST_CASE("after leaving with nothing to do the exchange says so once the broker lets it go") {
    Meeting m;
    m.exchange.leave();
    CHECK_FALSE(m.exchange.state().left.has_value());
    CHECK(only<native::Goodbye>(m.said()).size() == 1);
    m.exchange.on_frames(batch({native::Disconnect{"goodbye"}}));
    REQUIRE(m.exchange.state().left.has_value());
    CHECK_FALSE(m.exchange.state().left->wants_successor);
}

TEST_CASE("the wish to know the memory reaches the I/O thread once for each time") {
    Meeting m;
    CHECK_FALSE(m.exchange.take_measure());
    native::Assign limited = job(1);
    limited.options.memory_limit = 1'000'000;
    m.exchange.on_frames(batch({limited}));
    Exchange::Desk desk(m.exchange);
    REQUIRE(m.exchange.next(desk) == Turn::Work);
    m.exchange.on_time();
    CHECK(m.exchange.take_measure());
    CHECK_FALSE(m.exchange.take_measure());
    m.exchange.resident(1'000'000);
    CHECK_FALSE(desk.stop.is_requested());
    m.exchange.resident(1'000'001);
    CHECK(desk.stop.is_requested());
    CHECK(m.exchange.take_remarks().at(0).event == "giving_up");
    CHECK(only<native::Finish>(m.said()).size() == 1);
}

TEST_CASE("reports tell the memory where the process is bounded by it, and it is heeded") {
    CHECK_FALSE(Meeting().exchange.wants_memory());
    SessionOptions options = Harness::defaults();
    options.memory_bytes_max = 1000;
    Meeting m(options);
    CHECK(m.exchange.wants_memory());
    m.exchange.on_frames(batch({job(1), job(2)}));
    Exchange::Desk desk(m.exchange);
    REQUIRE(m.exchange.next(desk) == Turn::Work);
    m.exchange.close();  // or the next call would wait for work
    do_work(desk);
    desk.resident_bytes = 1001;
    CHECK(m.exchange.next(desk) == Turn::End);
    CHECK(m.exchange.state().is_leaving);
    const auto remarks = m.exchange.take_remarks();
    REQUIRE(remarks.size() == 1);
    CHECK(remarks[0].event == "leaving");
    CHECK_FALSE(remarks[0].is_warning);
    CHECK(only<native::Return>(m.said()).size() == 1);
    m.exchange.on_frames(batch({native::Disconnect{"goodbye"}}));
    REQUIRE(m.exchange.state().left.has_value());
    CHECK(m.exchange.state().left->wants_successor);
}

TEST_CASE("a job that is stopped by the runtime before its thread took it has not succeeded") {
    Meeting m;
    m.exchange.on_frames(batch({job(1)}));
    m.exchange.stop_all();

    class Never : public Worker {
        Answer work(const Job&) override { return Answer::ok(); }
    };

    Seat seat({{"ECHO", [] { return std::make_unique<Never>(); }}});
    Link link(m.exchange, [](model::JobSpec) -> base::Expected<model::JobId> { return {}; });
    std::thread thread([&] { run_work_thread(m.exchange, seat, link); });
    const base::MonoTime end = posix::read_mono() + kPatience;
    std::vector<native::Finish> finishes;
    while (finishes.empty() && posix::read_mono() < end) {
        finishes = only<native::Finish>(m.said());
    }
    m.exchange.close();
    thread.join();
    REQUIRE(finishes.size() == 1);
    CHECK(finishes[0].outcome.verdict == model::Verdict::Failed);
}

// ---- a work thread that serves the connection ----

namespace {

// Of one work thread, which has nothing to do and has been told to serve.
struct Serving : Meeting {
    Serving() : Meeting(Harness::defaults(), &alarm) {
        std::thread sleeper([&] { turn = exchange.next(desk); });
        const base::MonoTime end = posix::read_mono() + kPatience;
        while (!exchange.hands_over() && posix::read_mono() < end) {
            std::this_thread::yield();  // it does not sleep yet
        }
        sleeper.join();
    }

    /// What comes next when a job is there. One who is late for it may have to serve once more
    /// first.
    Turn next_job() {
        const base::MonoTime end = posix::read_mono() + kPatience;
        Turn next = exchange.next(desk);
        while (next == Turn::Serve && posix::read_mono() < end) {
            CHECK_FALSE(exchange.serves_on(desk));
            next = exchange.next(desk);
        }
        return next;
    }

    bool io_thread_takes_over() {
        const base::MonoTime end = posix::read_mono() + kPatience;
        do {
            alarm.wait();
        } while (!exchange.takes_over() && posix::read_mono() < end);
        return posix::read_mono() < end;
    }

    posix::AlarmFd alarm = posix::AlarmFd::open().value();
    Exchange::Desk desk{exchange};
    Turn turn = Turn::End;
};

}  // namespace

TEST_CASE("a lone work thread serves while it has nothing to do, and works without a wake-up") {
    Serving m;
    REQUIRE(m.turn == Turn::Serve);
    CHECK(m.exchange.serves_on(m.desk));
    static_cast<void>(m.wake_ups());
    m.exchange.on_frames(batch({job(1), job(2)}));
    CHECK_FALSE(m.exchange.serves_on(m.desk));
    REQUIRE(m.next_job() == Turn::Work);
    m.desk.outcome = success();
    m.desk.ended_at = m.desk.begun_at;  // quick: the next one before the connection
    REQUIRE(m.exchange.next(m.desk) == Turn::Work);
    CHECK(m.desk.job->attempt == attempt(2));
    m.desk.outcome = success();
    m.desk.ended_at = m.desk.begun_at;
    REQUIRE(m.exchange.next(m.desk) == Turn::Serve);
    CHECK(only<native::Finish>(m.said()).size() == 2);
    CHECK(m.wake_ups() == 0);
    m.exchange.close();
}

TEST_CASE("between one job and the next a lone work thread serves when it is time") {
    Serving m;
    m.exchange.on_frames(batch({job(1), job(2)}));
    CHECK_FALSE(m.exchange.serves_on(m.desk));
    REQUIRE(m.next_job() == Turn::Work);
    do_work(m.desk);  // a millisecond
    REQUIRE(m.exchange.next(m.desk) == Turn::Serve);
    CHECK(m.exchange.state().deadline == base::MonoTime{});  // not to wait there
    CHECK_FALSE(m.exchange.serves_on(m.desk));
    CHECK(m.next_job() == Turn::Work);
    m.exchange.close();
}

TEST_CASE(
    "the I/O thread serves while a job takes long, and at once when that has something to say") {
    Serving m;
    m.exchange.on_frames(batch({job(1)}));
    CHECK_FALSE(m.exchange.serves_on(m.desk));
    REQUIRE(m.next_job() == Turn::Work);
    SUBCASE("nothing") {}
    SUBCASE("a partial answer") {
        m.exchange.partial(attempt(1), text("half"), m.desk.stop.token());
    }
    SUBCASE("progress") {
        m.exchange.progress(attempt(1), 1, 2, "");
    }
    CHECK(m.io_thread_takes_over());
    m.exchange.on_time();
    static_cast<void>(m.said());
    static_cast<void>(m.exchange.state());
    static_cast<void>(m.wake_ups());
    CHECK_FALSE(m.exchange.hands_over());  // the work thread is at work
    std::thread worker([&] {
        do_work(m.desk);
        m.turn = m.exchange.next(m.desk);  // the I/O thread serves: it sleeps
    });
    CHECK(m.wait_for_finishes(1) == 1);
    const base::MonoTime end = posix::read_mono() + kPatience;
    while (!m.exchange.hands_over() && posix::read_mono() < end) {
        std::this_thread::yield();
    }
    worker.join();
    CHECK(m.turn == Turn::Serve);
    m.exchange.close();
}

TEST_CASE("what cannot be served any more is the I/O thread's for good") {
    Serving m;
    SUBCASE("a failure") {
        m.exchange.give_up_serving();
    }
    SUBCASE("the end") {
        m.exchange.close();
        CHECK_FALSE(m.exchange.serves_on(m.desk));
    }
    CHECK(m.io_thread_takes_over());
    CHECK_FALSE(m.exchange.hands_over());
    m.exchange.close();
    CHECK(m.exchange.next(m.desk) == Turn::End);
}

}  // namespace steward::worker::testing
