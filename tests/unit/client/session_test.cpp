// tests: what a client session sends and tells, conversation by conversation.
#include "tests/unit/client/broker_side.hpp"

namespace steward::client::test {
namespace {

constexpr model::JobId kOtherJob{5, 10};

}  // namespace

TEST_CASE("A session asks for a connection at once and says hello on it, alone") {
    Bench bench;
    const auto connects = bench.only<Connect>();
    REQUIRE(connects.size() == 1);
    CHECK(connects.front().broker == 0);
    bench.submit("mail", false);
    CHECK(bench.sent().empty());

    bench.session.connected(bench.now);
    const auto batches = bench.sent();
    REQUIRE(batches.size() == 2);
    REQUIRE(batches[0].size() == 1);
    const auto& hello = std::get<native::ClientHello>(batches[0][0]);
    CHECK(hello.version == native::kVersion);
    CHECK(hello.heartbeat_interval == 5s);
    CHECK(batches[1].size() == 2);
    CHECK_FALSE(bench.session.is_welcome());
    bench.welcome();
}

TEST_CASE("A batch with submissions begins with the session and what it has settled") {
    SessionOptions options;
    options.session = 77;
    Bench bench(options);
    bench.connect();
    CHECK(bench.submit("mail", false) == 1);
    CHECK(bench.submit("mail", false) == 2);
    auto batches = bench.sent();
    REQUIRE(batches.size() == 1);
    REQUIRE(batches[0].size() == 3);
    CHECK(session_of(batches[0]).session == 77);
    CHECK(session_of(batches[0]).acked_below == 1);
    CHECK(std::get<native::Submit>(batches[0][1]).number == 1);
    CHECK(std::get<native::Submit>(batches[0][2]).number == 2);
    CHECK_FALSE(std::get<native::Submit>(batches[0][1]).again);

    bench.hear(native::Accepted{2, kOtherJob});
    CHECK(bench.submit("mail", false) == 3);
    batches = bench.sent();
    CHECK(session_of(batches.at(0)).acked_below == 1);  // 1 is still open

    bench.hear(native::Accepted{1, kJob});
    CHECK(bench.submit("mail", false) == 4);
    batches = bench.sent();
    CHECK(session_of(batches.at(0)).acked_below == 3);
}

TEST_CASE("An async submission ends when it is accepted, with the user's tag") {
    Bench bench;
    bench.connect();
    const auto number = bench.session.submit(bench.now, spec_of("mail", false), 4711).value();
    bench.sent();
    CHECK(bench.session.open() == 1);
    bench.hear(native::Accepted{number, kJob});
    const auto accepted = bench.only<Accepted>();
    REQUIRE(accepted.size() == 1);
    CHECK(accepted.front().job == kJob);
    CHECK(accepted.front().tag == 4711);
    CHECK(bench.session.open() == 0);
}

TEST_CASE("A call stays open after it is accepted and ends with its result") {
    Bench bench;
    bench.connect();
    const auto number = bench.submit("mail", true);
    bench.sent();
    bench.hear(native::Accepted{number, kJob},
               native::JobPartial{number, kJob, {model::Encoding::Json, base::Blob::copy("7")}},
               native::JobProgress{number, kJob, 1, 2, "half"});
    CHECK(bench.drain().size() == 3);
    CHECK(bench.session.open() == 1);
    bench.hear(native::Result{number,
                              kJob,
                              model::JobState::Succeeded,
                              "",
                              {model::Encoding::Json, base::Blob::copy("8")}});
    const auto results = bench.only<Result>();
    REQUIRE(results.size() == 1);
    CHECK(results.front().result.bytes.view() == "8");
    CHECK(bench.session.open() == 0);
}

TEST_CASE("Answers to what is not open any more are ignored") {
    Bench bench;
    bench.connect();
    const auto call = bench.submit("mail", true);
    const auto async = bench.submit("mail", false);
    bench.sent();
    const native::Result result{call, kJob, model::JobState::Succeeded, "", {}};
    bench.hear(result, result, native::Accepted{async, kJob}, native::Accepted{async, kJob});
    CHECK(bench.drain().size() == 2);
    bench.hear(native::JobPartial{call, kJob, {}},
               native::JobProgress{call, kJob, 1, 1, ""},
               native::Refused{call, {base::Errc::QueueFull, "", {}}},
               native::Accepted{999, kJob},
               native::Accepted{0, kJob},
               native::Report{async, base::Blob::copy("{}")});
    CHECK(bench.drain().empty());
    CHECK(bench.session.open() == 0);
}

TEST_CASE("An answer of the wrong kind does not end a request") {
    Bench bench;
    bench.connect();
    const auto async = bench.submit("mail", false);
    const auto query = bench.ask("jobs").value();
    bench.sent();
    bench.hear(native::Result{async, kJob, model::JobState::Succeeded, "", {}},
               native::Accepted{query, kJob},
               native::Result{query, kJob, model::JobState::Succeeded, "", {}},
               native::JobPartial{async, kJob, {}});
    CHECK(bench.drain().empty());
    CHECK(bench.session.open() == 2);
}

TEST_CASE("A query is answered by its report, and a client that only asks has no session") {
    Bench bench;
    bench.connect();
    const auto number = bench.ask("status", "mail", kJob, 3).value();
    const auto batches = bench.sent();
    REQUIRE(batches.size() == 1);
    REQUIRE(batches[0].size() == 1);
    const auto& query = std::get<native::Query>(batches[0][0]);
    CHECK(query.number == number);
    CHECK(query.what == "status");
    CHECK(query.service == "mail");
    CHECK(query.job == kJob);
    bench.hear(native::Report{number, base::Blob::copy("{}")});
    const auto reports = bench.only<Report>();
    REQUIRE(reports.size() == 1);
    CHECK(reports.front().tag == 3);
}

TEST_CASE("A name of the broker's own can be called, and is refused as a job") {
    Bench bench;
    bench.connect();
    const auto call = bench.submit("SERVER-JOBS", true);
    const auto async = bench.submit("SERVER-JOBS", false);
    bench.sent();
    bench.hear(native::Report{call, base::Blob::copy("[]")});
    const auto results = bench.only<Result>();
    REQUIRE(results.size() == 1);
    CHECK(results.front().result == model::Payload{model::Encoding::Json, base::Blob::copy("[]")});
    bench.hear(native::Report{async, base::Blob::copy("[]")});
    const auto refused = bench.only<Refused>();
    REQUIRE(refused.size() == 1);
    CHECK(refused.front().error.code == base::Errc::ReservedName);
}

TEST_CASE("A refusal that may work later is handed to the user as it is") {
    Bench bench;
    bench.connect();
    const auto number = bench.submit("mail", false);
    bench.sent();
    bench.hear(native::Refused{number, {base::Errc::QueueFull, "full", 3s}});
    const auto refused = bench.only<Refused>();
    REQUIRE(refused.size() == 1);
    CHECK(refused.front().error == base::Error{base::Errc::QueueFull, "full", 3s});
    CHECK(bench.session.open() == 0);
    CHECK(bench.sent().empty());
}

TEST_CASE("What was forgotten has no happenings and counts as settled") {
    Bench bench;
    bench.connect();
    const auto first = bench.submit("mail", true);
    bench.sent();
    bench.session.forget(first);
    bench.session.forget(first);
    bench.session.forget(12345);
    CHECK(bench.session.open() == 0);
    bench.hear(native::Result{first, kJob, model::JobState::Succeeded, "", {}});
    CHECK(bench.drain().empty());
    bench.submit("mail", false);
    CHECK(session_of(bench.sent().at(0)).acked_below == first + 1);
}

TEST_CASE("What is forgotten before it was sent is never sent") {
    Bench bench;
    const auto first = bench.submit("mail", false);
    const auto second = bench.submit("mail", false);
    bench.session.forget(first);
    bench.connect();
    const auto submits = bench.sent_submits();
    REQUIRE(submits.size() == 1);
    CHECK(submits.front().number == second);
}

TEST_CASE("As many requests are open as allowed, and not one more") {
    SessionOptions options;
    options.in_flight_max = 3;
    Bench bench(options);
    bench.connect();
    bench.submit("mail", false);
    bench.submit("mail", true);
    CHECK(bench.session.room() > 0);
    CHECK(bench.ask("jobs").has_value());
    CHECK(bench.session.room() == 0);
    const auto submitted = bench.session.submit(bench.now, spec_of("mail", false));
    REQUIRE_FALSE(submitted.has_value());
    CHECK(submitted.error().code == base::Errc::TooManyInFlight);
    CHECK(bench.ask("jobs").error().code == base::Errc::TooManyInFlight);
    bench.sent();
    bench.hear(native::Accepted{1, kJob});
    CHECK(bench.session.room() > 0);
    CHECK(bench.submit("mail", false) == 4);
}

TEST_CASE("The broker's limit of open requests counts too once it is known") {
    Bench bench;
    bench.connect();
    bench.welcome(0, 2);
    bench.submit("mail", false);
    bench.submit("mail", false);
    CHECK(bench.session.room() == 0);
}

TEST_CASE("A message ends at its size and the rest comes in the next") {
    SessionOptions options;
    options.batch_bytes_max = 1100;
    Bench bench(options);
    bench.connect();
    bench.welcome();
    for (int i = 0; i < 4; ++i) {
        REQUIRE(bench.session.submit(bench.now, spec_of("mail", false, std::string(400, 'x'))));
    }
    for (int i = 0; i < 2; ++i) {
        REQUIRE(bench.session.submit(bench.now, spec_of("mail", false, std::string(600, 'x'))));
    }
    const auto batches = bench.sent();
    REQUIRE(batches.size() == 4);
    for (std::size_t i = 0; i < batches.size(); ++i) {
        CHECK(batches[i].size() == (i < 2 ? 3 : 2));  // the session, then two small or one large
        CHECK(session_of(batches[i]).acked_below == 1);
    }
}

TEST_CASE("A submission larger than a batch travels alone") {
    SessionOptions options;
    options.batch_bytes_max = 1000;
    Bench bench(options);
    bench.connect();
    bench.welcome();
    bench.submit("mail", false);
    REQUIRE(bench.session.submit(bench.now, spec_of("mail", false, std::string(9000, 'x'))));
    bench.submit("mail", false);
    const auto batches = bench.sent();
    REQUIRE(batches.size() == 3);
    CHECK(std::get<native::Submit>(batches[1][1]).spec.params.bytes.size() == 9000);
}

TEST_CASE("A large submission waits until the broker has said how large a message may be") {
    Bench bench;
    bench.connect();
    const auto fits = spec_of("mail", false, std::string(100'000, 'x'));
    const auto too_large = spec_of("mail", false, std::string(300'000, 'x'));
    REQUIRE(bench.session.submit(bench.now, fits));
    const auto refused = bench.session.submit(bench.now, too_large).value();
    CHECK(bench.sent().empty());
    bench.welcome(200'000);
    CHECK(bench.sent_submits().size() == 1);
    const auto happenings = bench.only<Refused>();
    REQUIRE(happenings.size() == 1);
    CHECK(happenings.front().number == refused);
    CHECK(happenings.front().error.code == base::Errc::TooLarge);
}

TEST_CASE("Progress and partial answers reach only a call") {
    Bench bench;
    bench.connect();
    const auto async = bench.submit("mail", false);
    bench.sent();
    bench.hear(native::JobProgress{async, kJob, 1, 2, ""}, native::JobPartial{async, kJob, {}});
    CHECK(bench.drain().empty());
}

TEST_CASE("Of a request that was forgotten nothing more is told, not even what was heard before") {
    Bench bench;
    bench.connect();
    const auto call = bench.submit("mail", true);
    const auto other = bench.submit("mail", true);
    const auto plain = bench.submit("mail", false);
    bench.sent();
    bench.drain();
    bench.hear(native::JobPartial{call, kJob, {model::Encoding::Json, base::Blob::copy("7")}},
               native::Result{call, kJob, model::JobState::Succeeded, "", {}},
               native::JobPartial{other, kJob, {model::Encoding::Json, base::Blob::copy("8")}},
               native::Accepted{plain, kOtherJob});
    const auto first = bench.session.next_happening();
    REQUIRE(first);
    CHECK(std::get<Accepted>(*first).number == plain);
    const auto second = bench.session.next_happening();
    REQUIRE(second);
    CHECK(std::get<PartialAnswer>(*second).number == call);
    bench.session.forget(call);
    const auto rest = bench.only<PartialAnswer>();
    REQUIRE(rest.size() == 1);
    CHECK(rest.front().number == other);
    CHECK(bench.session.open() == 1);
}

TEST_CASE("Acceptances are taken many at once or one by one, each once") {
    Bench bench;
    bench.connect();
    for (int i = 0; i < 3; ++i) {
        bench.submit("mail", false);
    }
    bench.sent();
    bench.drain();
    bench.hear(native::Accepted{2, kJob}, native::Accepted{2, kJob}, native::Accepted{1, kJob});
    REQUIRE(bench.session.next_happening());
    std::vector<Accepted> taken;
    bench.session.take_accepted(taken);
    REQUIRE(taken.size() == 1);
    CHECK(taken.front().number == 1);
    CHECK(taken.front().is_final);
    CHECK_FALSE(bench.session.next_happening());
    bench.session.take_accepted(taken);
    CHECK(taken.size() == 1);
    CHECK(bench.session.open() == 1);
}

TEST_CASE("Those whose users wait no longer are named, with the next instant to look") {
    SessionOptions options;
    Bench bench(options);
    bench.connect();
    const auto submit = [&](std::uint64_t tag, base::Duration patience) {
        return bench.session
            .submit(native::pack_job(spec_of("mail", false)), {tag, kStart + patience})
            .value();
    };
    submit(10, 5s);
    const auto second = submit(11, 1s);
    submit(12, 3s);
    std::vector<Open> overdue;
    CHECK(bench.session.overdue(kStart, overdue) == kStart + 1s);
    CHECK(overdue.empty());
    CHECK(bench.session.overdue(kStart + 1s, overdue) == kStart + 3s);
    REQUIRE(overdue.size() == 1);
    CHECK(overdue.front().number == second);
    CHECK(overdue.front().tag == 11);
    bench.session.forget(second);
    overdue.clear();
    CHECK(bench.session.overdue(kStart + 9s, overdue) == base::MonoTime::max());
    CHECK(overdue.size() == 2);
}

}  // namespace steward::client::test
