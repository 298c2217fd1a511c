// tests: the front between masters and a worker, on a made-up clock: what each of them is told.
#include "worker/direct/front.hpp"

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

namespace steward::worker {

namespace {

namespace native = wire::native;
using native::Command;

constexpr const char* kSecret = "open sesame, please";

// A front, its worker with `concurrency` threads, and any masters.
struct Hall {
    explicit Hall(std::uint32_t concurrency = 1, FrontOptions options = {})
        : front(with_epoch(options),
                {[](std::string_view given) { return given == kSecret; }, {}},
                now) {
        native::WorkerReady ready;
        ready.services = {"ECHO"};
        ready.concurrency = concurrency;
        ready.credit_max = concurrency;
        worker_says({ready});
        CHECK(std::holds_alternative<native::Welcome>(heard_by_worker().at(0)));
    }

    static FrontOptions with_epoch(FrontOptions options) {
        options.epoch = 7;
        return options;
    }

    static wire::Frames batch(const std::vector<Command>& commands) {
        native::BatchWriter writer;
        for (const Command& command : commands) {
            writer.add(command);
        }
        return writer.take();
    }

    static std::vector<Command> commands_of(const wire::Frames& frames) {
        std::vector<Command> commands;
        native::BatchReader reader(frames);
        while (true) {
            auto next = reader.next();
            REQUIRE(next);
            if (!*next) {
                return commands;
            }
            commands.push_back(std::move(**next));
        }
    }

    void says(const std::string& master, const std::vector<Command>& commands, bool stream = true) {
        front.on_master(now, master, batch(commands), stream);
    }

    // Says hello, and forgets the answer.
    void meet(const std::string& master, bool stream = true) {
        native::ClientHello hello;
        hello.heartbeat_interval = 1s;
        says(master, {hello}, stream);
        CHECK(std::holds_alternative<native::Welcome>(heard_by(master).at(0)));
    }

    static Command job(std::uint64_t number, const char* service = "ECHO") {
        native::Submit submit;
        submit.number = number;
        submit.spec.service = *model::ServiceName::parse(service);
        submit.spec.options.sync = true;
        return submit;
    }

    void gives(const std::string& master, const Command& submit, std::uint64_t session = 5) {
        says(master, {native::Session{session, 0}, submit});
    }

    std::vector<Command> heard_by(const std::string& master) {
        std::vector<Command> all;
        while (const wire::Frames* message = front.message_for(master)) {
            for (Command& command : commands_of(*message)) {
                all.push_back(std::move(command));
            }
            front.sent(master);
        }
        return all;
    }

    template <class Wanted>
    Wanted last_heard_by(const std::string& master) {
        const auto all = heard_by(master);
        REQUIRE_FALSE(all.empty());
        REQUIRE(std::holds_alternative<Wanted>(all.back()));
        return std::get<Wanted>(all.back());
    }

    void worker_says(const std::vector<Command>& commands) {
        front.on_worker(now, batch(commands));
    }

    std::vector<Command> heard_by_worker() {
        return front.has_for_worker() ? commands_of(front.take_for_worker())
                                      : std::vector<Command>{};
    }

    void finishes(std::uint64_t job, model::Verdict verdict = model::Verdict::Succeeded) {
        native::Finish finish;
        finish.attempt = {{7, job}, 1};
        finish.outcome.verdict = verdict;
        finish.outcome.text = verdict == model::Verdict::Succeeded ? "" : "it broke";
        worker_says({finish});
    }

    base::MonoTime now{base::Duration(1'000'000)};
    Front front;
};

base::Errc refusal(Hall& hall, const std::string& master) {
    return hall.last_heard_by<native::Refused>(master).error.code;
}

Command operation(const char* verb, std::optional<std::string> secret = std::nullopt) {
    return native::Operate{9, verb, wire::to_blob({secret, {}})};
}

}  // namespace

TEST_CASE("A job goes to the worker, and its answer to the master that gave it") {
    Hall hall;
    hall.meet("ann");
    hall.meet("bob");
    hall.gives("ann", Hall::job(3));
    const auto assigned = hall.heard_by_worker();
    REQUIRE(assigned.size() == 1);
    CHECK(std::get<native::Assign>(assigned[0]).service == "ECHO");
    hall.worker_says({native::Progress{{{7, 1}, 1}, 1, 2, "half"}});
    hall.finishes(1);
    const auto heard = hall.heard_by("ann");
    REQUIRE(heard.size() == 3);
    CHECK(std::get<native::Accepted>(heard[0]).number == 3);
    CHECK(std::get<native::JobProgress>(heard[1]).text == "half");
    CHECK(std::get<native::Result>(heard[2]).state == model::JobState::Succeeded);
    CHECK(hall.heard_by("bob").empty());
}

TEST_CASE("No more jobs are at work than the worker has threads; the rest wait in their order") {
    Hall hall(2);
    hall.meet("ann");
    for (std::uint64_t number = 1; number <= 3; ++number) {
        hall.gives("ann", Hall::job(number));
    }
    CHECK(hall.heard_by_worker().size() == 2);
    hall.finishes(2, model::Verdict::Failed);
    const auto next = hall.heard_by_worker();
    REQUIRE(next.size() == 1);
    CHECK(std::get<native::Assign>(next[0]).attempt.job.number == 3);
    CHECK(hall.last_heard_by<native::Result>("ann").text == "it broke");
}

TEST_CASE("The jobs of a master that is gone are stopped, and those that wait are forgotten") {
    Hall hall;
    hall.meet("ann");
    hall.meet("bob");
    hall.gives("ann", Hall::job(1), 5);
    hall.gives("ann", Hall::job(2), 5);
    hall.gives("bob", Hall::job(1), 6);
    CHECK(hall.heard_by_worker().size() == 1);
    hall.front.lost("ann");
    const auto told = hall.heard_by_worker();
    REQUIRE(told.size() == 1);
    CHECK(std::get<native::StopAttempt>(told[0]).attempt.job.number == 1);
    hall.finishes(1, model::Verdict::Failed);
    const auto next = hall.heard_by_worker();
    REQUIRE(next.size() == 1);
    CHECK(std::get<native::Assign>(next[0]).attempt.job.number == 3);
}

TEST_CASE("A master whose connection says nothing of its end is given up when it is silent") {
    Hall hall;
    hall.meet("quiet", false);
    hall.meet("stream", true);
    hall.says("quiet", {native::Session{5, 0}, Hall::job(1)}, false);
    CHECK(hall.heard_by_worker().size() == 1);
    hall.now += 3s - base::Duration(1);
    hall.front.on_time(hall.now);
    CHECK(hall.heard_by_worker().empty());
    hall.now += base::Duration(1);
    hall.front.on_time(hall.now);
    CHECK(hall.heard_by_worker().size() == 1);
    hall.gives("stream", Hall::job(2));
    CHECK(hall.last_heard_by<native::Accepted>("stream").number == 2);
}

TEST_CASE("A job that is sent again over a new connection is one job") {
    Hall hall;
    hall.meet("ann");
    hall.gives("ann", Hall::job(1));
    CHECK(hall.heard_by_worker().size() == 1);
    hall.meet("ann again");
    hall.gives("ann again", Hall::job(1));
    CHECK(hall.heard_by_worker().empty());
    hall.finishes(1);
    CHECK(hall.last_heard_by<native::Result>("ann again").number == 1);
}

TEST_CASE("What only a broker can do is refused by its name") {
    Hall hall;
    hall.meet("ann");
    hall.gives("ann", Hall::job(1, "OTHER"));
    CHECK(refusal(hall, "ann") == base::Errc::UnknownService);
    auto background = std::get<native::Submit>(Hall::job(2));
    background.spec.options.sync = false;
    hall.gives("ann", background);
    CHECK(refusal(hall, "ann") == base::Errc::BadOption);
    auto delayed = std::get<native::Submit>(Hall::job(3));
    delayed.spec.options.delay = 1s;
    hall.gives("ann", delayed);
    const auto refused = hall.last_heard_by<native::Refused>("ann");
    CHECK(refused.error.message.find("\"delay\"") != std::string::npos);
    hall.says("ann", {native::Await{4, {7, 1}, 1s, false}});
    CHECK(refusal(hall, "ann") == base::Errc::UnknownJob);
}

TEST_CASE("At the limit of waiting jobs a master hears when to try again") {
    FrontOptions options;
    options.waiting_max = 2;
    Hall hall(1, options);
    hall.meet("ann");
    for (std::uint64_t number = 1; number <= 3; ++number) {
        hall.gives("ann", Hall::job(number));
        CHECK(hall.last_heard_by<native::Accepted>("ann").number == number);
    }
    hall.gives("ann", Hall::job(4));
    const auto refused = hall.last_heard_by<native::Refused>("ann");
    CHECK(refused.error.code == base::Errc::QueueFull);
    CHECK(refused.error.retry_after.has_value());
}

TEST_CASE("One master more than may be is not heard, and one that leaves makes room") {
    FrontOptions options;
    options.masters_max = 2;
    Hall hall(1, options);
    hall.meet("ann");
    hall.meet("bob");
    hall.says("cid", {native::ClientHello{}});
    CHECK(hall.heard_by("cid").empty());
    hall.front.lost("ann");
    hall.meet("cid");
}

TEST_CASE("Who does not say hello, or makes no sense, is told so and nothing more") {
    Hall hall;
    hall.gives("rude", Hall::job(1));
    CHECK(hall.last_heard_by<native::Disconnect>("rude").why.find("hello") != std::string::npos);
    hall.front.on_master(hall.now, "noise", {base::Blob::copy("GET / HTTP/1.1")}, true);
    CHECK(hall.heard_by("noise").empty());
    hall.front.on_master(hall.now, "torn", {base::Blob::copy("STW\x01\x93")}, true);
    CHECK(std::holds_alternative<native::Disconnect>(hall.heard_by("torn").at(0)));
    CHECK(hall.heard_by_worker().empty());
}

TEST_CASE("A check tells more to who knows the secret, and refuses who guesses") {
    Hall hall;
    hall.meet("ann");
    const auto ask = [&](const Command& command) {
        hall.says("ann", {command});
        return wire::parse_check(hall.last_heard_by<native::Report>("ann").json.view()).value();
    };
    native::Query query;
    query.what = "check";
    const wire::Check open = ask(query);
    CHECK_FALSE(open.privileged);
    CHECK(ask(operation("check")) == open);
    const wire::Check full = ask(operation("check", kSecret));
    CHECK(full.privileged);
    CHECK(full.counters.size() > open.counters.size());
    hall.says("ann", {operation("check", "guess")});
    CHECK(refusal(hall, "ann") == base::Errc::Forbidden);
    CHECK(hall.front.take_refusals() == 1);
    hall.says("ann", {operation("purge", kSecret)});
    CHECK(refusal(hall, "ann") == base::Errc::UnknownCommand);
}

TEST_CASE("Only who knows the secret stops the worker") {
    Hall hall;
    hall.meet("ann");
    hall.says("ann", {operation("stop")});
    CHECK(refusal(hall, "ann") == base::Errc::Forbidden);
    CHECK_FALSE(hall.front.take_stop());
    hall.says("ann", {operation("stop", kSecret)});
    CHECK(hall.front.take_stop());
    CHECK_FALSE(hall.front.take_stop());
}

TEST_CASE("A worker that leaves finishes what runs; what waits is refused, to be tried elsewhere") {
    Hall hall;
    hall.meet("ann");
    hall.gives("ann", Hall::job(1));
    hall.gives("ann", Hall::job(2));
    CHECK(hall.heard_by_worker().size() == 1);
    hall.worker_says({native::Goodbye{true}});
    CHECK(refusal(hall, "ann") == base::Errc::Draining);
    CHECK(hall.heard_by_worker().empty());
    hall.gives("ann", Hall::job(3));
    CHECK(refusal(hall, "ann") == base::Errc::Draining);
    hall.finishes(1);
    CHECK(hall.last_heard_by<native::Result>("ann").number == 1);
    CHECK(std::holds_alternative<native::Disconnect>(hall.heard_by_worker().at(0)));
}

TEST_CASE("At the end everybody is told to go; who is told already is not told to stay") {
    Hall hall;
    hall.meet("ann");
    hall.meet("bob");
    hall.front.part();
    hall.front.beat();
    CHECK(hall.heard_by("ann").size() == 1);
    hall.front.beat();
    CHECK(std::holds_alternative<native::Disconnect>(hall.heard_by("bob").at(0)));
    CHECK(std::holds_alternative<native::Heartbeat>(hall.heard_by("ann").at(0)));
    hall.front.lost("ann");
    hall.front.lost("bob");
    CHECK_FALSE(hall.front.has_masters());
}

TEST_CASE("A worker of a broker tells how it is and takes no jobs") {
    FrontOptions options;
    options.takes_jobs = false;
    Hall hall(1, options);
    hall.meet("ann");
    hall.gives("ann", Hall::job(1));
    CHECK(refusal(hall, "ann") == base::Errc::ServiceStopped);
    hall.says("ann", {operation("check")});
    CHECK(hall.last_heard_by<native::Report>("ann").number == 9);
}

TEST_CASE("What a session that announces itself again does not hold is given to it again") {
    Hall hall(2);
    hall.meet("ann");
    hall.gives("ann", Hall::job(1));
    hall.gives("ann", Hall::job(2));
    CHECK(hall.heard_by_worker().size() == 2);
    native::WorkerReady again;
    again.services = {"ECHO"};
    again.concurrency = 2;
    again.running = {{{{7, 1}, 1}, {5, 1}, "ECHO"}};
    hall.worker_says({again});
    const auto heard = hall.heard_by_worker();
    REQUIRE(heard.size() == 2);
    CHECK(std::get<native::Assign>(heard[1]).attempt.job.number == 2);
}

}  // namespace steward::worker
