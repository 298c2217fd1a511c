// tests: what a client session asks of jobs that exist: results to wait for, operations, pages; and
// submissions that wait a while for their result.
#include "tests/unit/client/broker_side.hpp"

namespace steward::client::test {
namespace {

std::uint64_t await(Bench& bench, base::Duration wait, std::uint64_t tag = 0) {
    return bench.session.ask(bench.now, native::Await{0, kJob, wait}, {tag}).value();
}

native::Await sent_await(Bench& bench) {
    const auto batches = bench.sent();
    REQUIRE(batches.size() == 1);
    REQUIRE(batches[0].size() == 1);
    return std::get<native::Await>(batches[0][0]);
}

std::uint64_t submit_waiting(Bench& bench, base::Duration wait) {
    auto spec = spec_of("mail", false);
    spec.options.wait = wait;
    return bench.session.submit(bench.now, std::move(spec)).value();
}

native::Result success(std::uint64_t number) {
    return {number,
            kJob,
            model::JobState::Succeeded,
            "",
            {model::Encoding::Json, base::Blob::copy("8")}};
}

}  // namespace

TEST_CASE("An await ends with the job's result, or with word that the job still goes on") {
    Bench bench;
    bench.connect();
    const auto first = await(bench, 2s, 11);
    CHECK(sent_await(bench) == native::Await{first, kJob, 2s});
    bench.hear(success(first));
    const auto results = bench.only<Result>();
    REQUIRE(results.size() == 1);
    CHECK(results.front().tag == 11);
    CHECK(results.front().job == kJob);
    CHECK(results.front().result.bytes.view() == "8");

    const auto second = await(bench, 0s);
    CHECK(sent_await(bench).wait == 0s);
    bench.hear(native::Accepted{second, kJob});
    CHECK(bench.only<Accepted>().size() == 1);
    CHECK(bench.session.open() == 0);

    const auto third = await(bench, 0s);
    bench.sent();
    bench.hear(native::Refused{third, {base::Errc::UnknownJob, "no such job", {}}});
    CHECK(bench.only<Refused>().front().error.code == base::Errc::UnknownJob);
}

TEST_CASE("A report or a part does not end an await, nor is it told to its user") {
    Bench bench;
    bench.connect();
    const auto number = await(bench, 2s);
    bench.sent();
    bench.hear(native::Report{number, base::Blob::copy("{}")},
               native::JobPartial{number, kJob, {}},
               native::JobProgress{number, kJob, 1, 2, ""});
    CHECK(bench.drain().empty());
    CHECK(bench.session.open() == 1);
}

TEST_CASE("An await that follows hears parts and progress, and ends once") {
    Bench bench;
    bench.connect();
    const auto number =
        bench.session.ask(bench.now, native::Await{0, kJob, 2s, true}, {11}).value();
    CHECK(sent_await(bench) == native::Await{number, kJob, 2s, true});
    bench.hear(native::JobProgress{number, kJob, 1, 2, "half"},
               native::JobPartial{number, kJob, {model::Encoding::Json, base::Blob::copy("7")}},
               success(number),
               native::JobPartial{number, kJob, {}},
               success(number));
    const auto happenings = bench.drain();
    REQUIRE(happenings.size() == 3);
    const auto& step = std::get<ProgressUpdate>(happenings[0]);
    CHECK(step.tag == 11);
    CHECK(step.done == 1);
    CHECK(step.text == "half");
    const auto& part = std::get<PartialAnswer>(happenings[1]);
    CHECK(part.tag == 11);
    CHECK(part.data.bytes.view() == "7");
    CHECK(std::get<Result>(happenings[2]).tag == 11);
    CHECK(bench.session.open() == 0);
}

TEST_CASE(
    "An await that follows goes on following over a new connection, for the rest of its time") {
    Bench bench;
    bench.connect();
    const auto number = bench.session.ask(bench.now, native::Await{0, kJob, 5s, true}).value();
    bench.sent();
    bench.pass(2s);
    bench.session.disconnected(bench.now);
    bench.pass(1s);
    bench.connect();
    CHECK(sent_await(bench) == native::Await{number, kJob, 2s, true});
    bench.hear(native::JobPartial{number, kJob, {}});
    CHECK(bench.only<PartialAnswer>().size() == 1);
    bench.hear(native::Accepted{number, kJob});
    CHECK(bench.only<Accepted>().size() == 1);
    CHECK(bench.session.open() == 0);
}

TEST_CASE("An await that follows hears no part twice, though the broker tells it again") {
    Bench bench;
    bench.connect();
    const auto number = bench.session.ask(bench.now, native::Await{0, kJob, 1h, true}).value();
    const auto told = [&] {
        std::string all;
        for (const auto& part : bench.only<PartialAnswer>()) {
            all += part.data.bytes.view();
        }
        return all;
    };
    const auto part = [&](const char* data, std::uint64_t run, std::uint64_t at) {
        return native::JobPartial{
            number, kJob, {model::Encoding::Json, base::Blob::copy(data)}, {run, at}};
    };
    bench.sent();
    bench.hear(part("a", 5, 11), part("b", 5, 14));
    CHECK(told() == "ab");
    bench.session.disconnected(bench.now);
    bench.pass(1s);
    bench.connect();
    bench.sent();
    bench.hear(part("a", 5, 11), part("b", 5, 14), part("c", 5, 15));
    CHECK(told() == "c");
    // A broker that was started again counts anew.
    bench.hear(part("d", 6, 1), part("d", 6, 1), part("e", 6, 2));
    CHECK(told() == "de");
    // An older one does not count.
    bench.hear(part("f", 0, 0), part("f", 0, 0));
    CHECK(told() == "ff");
}

TEST_CASE(
    "An await that is sent again when its job is over hears the parts it has not, then the end") {
    Bench bench;
    bench.connect();
    const auto number = bench.session.ask(bench.now, native::Await{0, kJob, 1h, true}).value();
    const auto part = [&](const char* data, std::uint64_t at) {
        return native::JobPartial{
            number, kJob, {model::Encoding::Json, base::Blob::copy(data)}, {5, at}};
    };
    bench.sent();
    bench.hear(part("a", 1));
    CHECK(bench.only<PartialAnswer>().size() == 1);
    bench.session.disconnected(bench.now);
    bench.pass(1s);
    bench.connect();
    CHECK(sent_await(bench).follow);
    bench.hear(part("a", 1),
               part("b", 2),
               native::JobProgress{number, kJob, 2, 2, ""},
               native::Result{number, kJob, model::JobState::Succeeded, {}, {}});
    const auto happenings = bench.drain();
    REQUIRE(happenings.size() == 3);
    CHECK(std::get<PartialAnswer>(happenings[0]).data.bytes.view() == "b");
    CHECK(std::holds_alternative<ProgressUpdate>(happenings[1]));
    CHECK(std::holds_alternative<Result>(happenings[2]));
    CHECK(bench.session.open() == 0);
}

TEST_CASE("An await that follows hears of its job what came in one message in its order") {
    Bench bench;
    bench.connect();
    const auto number = bench.session.ask(bench.now, native::Await{0, kJob, 1s, true}).value();
    bench.sent();
    bench.hear(native::JobPartial{number, kJob, {}},
               native::JobProgress{number, kJob, 1, 2, ""},
               native::Accepted{number, kJob});
    std::vector<Accepted> early;
    bench.session.take_accepted(early);
    CHECK(early.empty());
    const auto happenings = bench.drain();
    REQUIRE(happenings.size() == 3);
    CHECK(std::holds_alternative<PartialAnswer>(happenings[0]));
    CHECK(std::holds_alternative<ProgressUpdate>(happenings[1]));
    CHECK(std::get<Accepted>(happenings[2]).is_final);
}

TEST_CASE("An await that has to be asked again waits only for what is left of its time") {
    Bench bench;
    bench.connect();
    const auto number = await(bench, 5s);
    CHECK(sent_await(bench).wait == 5s);
    bench.pass(2s);
    bench.session.disconnected(bench.now);
    bench.pass(1s);
    bench.connect();
    CHECK(sent_await(bench) == native::Await{number, kJob, 2s});
    bench.session.disconnected(bench.now);
    bench.pass(10s);
    bench.connect();
    CHECK(sent_await(bench) == native::Await{number, kJob, 0s});
}

TEST_CASE("An await can be no longer than the protocol allows, and no shorter than nothing") {
    Bench bench;
    bench.connect();
    await(bench, model::kDurationMax + 1h);
    CHECK(sent_await(bench).wait == model::kDurationMax);
    await(bench, -1h);
    CHECK(sent_await(bench).wait == 0s);
}

TEST_CASE("An operation is asked until it is answered, also over a new connection") {
    Bench bench;
    bench.connect();
    const native::Operate operate{0, "cancel", base::Blob::copy(R"({"service":"mail"})")};
    const auto number = bench.session.ask(bench.now, operate, {5}).value();
    for (int connection = 0; connection < 2; ++connection) {
        const auto batches = bench.sent();
        REQUIRE(batches.size() == 1);
        const auto& sent = std::get<native::Operate>(batches[0].at(0));
        CHECK(sent.number == number);
        CHECK(sent.verb == "cancel");
        CHECK(sent.arguments.view() == R"({"service":"mail"})");
        bench.session.disconnected(bench.now);
        bench.pass(1s);
        bench.connect();
    }
    bench.sent();
    bench.hear(native::Accepted{number, kJob}, success(number));
    CHECK(bench.drain().empty());
    bench.hear(native::Report{number, base::Blob::copy(R"({"changed":3})")});
    const auto reports = bench.only<Report>();
    REQUIRE(reports.size() == 1);
    CHECK(reports.front().tag == 5);
    CHECK(reports.front().json.view() == R"({"changed":3})");
}

TEST_CASE("A query carries its filters and where its page begins") {
    Bench bench;
    bench.connect();
    native::Query query;
    query.what = "list";
    query.states = 6;
    query.context = "c";
    query.group = "g";
    query.batch = "b";
    query.after = 77;
    query.rows_max = 10;
    query.number = bench.session.ask(bench.now, query).value();
    CHECK(std::get<native::Query>(bench.sent().at(0).at(0)) == query);
}

TEST_CASE("An operation larger than the broker's messages is refused here") {
    Bench bench;
    bench.connect();
    bench.welcome(200'000);
    const auto number =
        bench.session
            .ask(bench.now,
                 native::Operate{0, "cancel", base::Blob::copy(std::string(300'000, ' '))})
            .value();
    CHECK(bench.sent().empty());
    const auto refused = bench.only<Refused>();
    REQUIRE(refused.size() == 1);
    CHECK(refused.front().number == number);
    CHECK(refused.front().error.code == base::Errc::TooLarge);
}

TEST_CASE("A submission that waits ends with the result if it comes in time, else with the id") {
    Bench bench;
    bench.connect();
    const auto quick = submit_waiting(bench, 200ms);
    const auto slow = submit_waiting(bench, 200ms);
    bench.sent();
    bench.hear(success(quick), native::Accepted{slow, kJob});
    const auto happenings = bench.drain();
    REQUIRE(happenings.size() == 2);
    CHECK(std::get<Result>(happenings[1]).number == quick);
    CHECK(std::get<Accepted>(happenings[0]).number == slow);  // told first
    CHECK(bench.session.open() == 0);
}

TEST_CASE("A submission that joined an earlier job is told so") {
    Bench bench;
    bench.connect();
    const auto first = bench.submit("mail", false);
    const auto second = bench.submit("mail", true);
    bench.sent();
    bench.hear(native::Accepted{first, kJob, true}, native::Accepted{second, kJob, true});
    const auto accepted = bench.only<Accepted>();
    REQUIRE(accepted.size() == 2);
    CHECK(accepted[0].is_duplicate);
    CHECK(accepted[1].is_duplicate);
}

}  // namespace steward::client::test
