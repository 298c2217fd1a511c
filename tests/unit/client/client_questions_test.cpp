// tests: waiting for jobs, changing what is there and listing it, against a fake broker.
#include <future>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "client/client.hpp"
#include "common/model/limits.hpp"
#include "tests/unit/client/fake_broker.hpp"

namespace steward::client::test {
namespace {

using nlohmann::json;

struct World {
    FakeBroker broker;
    Client client{Options{.brokers = {broker.endpoint()}}};

    /// What the one operation since was.
    FakeBroker::Operation operation() {
        auto all = broker.operations();
        REQUIRE(all.size() == 1);
        return std::move(all.front());
    }
};

constexpr JobId kAskedJob{1, 7};
constexpr JobId kUnknown{1, 0};
constexpr JobId kGoesOn{2, 7};
constexpr JobId kDead{3, 7};
constexpr JobId kUnanswered{4, 7};

}  // namespace

TEST_CASE("A wait ends with the answer, and the broker is asked to wait a little shorter") {
    World world;
    const auto asked_to_wait = [&](base::Duration timeout) {
        return base::Duration(world.client.wait(kAskedJob, timeout)->as<std::int64_t>().value());
    };
    CHECK(asked_to_wait(60s) <= 59s);
    CHECK(asked_to_wait(60s) > 50s);
    CHECK(asked_to_wait(1h) <= 1h - 1s);
    CHECK(asked_to_wait(1h) > 1h - 10s);
    CHECK(asked_to_wait({}) <= 29s);
    CHECK(asked_to_wait({}) > 20s);
    CHECK(world.client.wait(kGoesOn, 5s).error().code == Errc::Timeout);
    CHECK(world.client.wait(kDead).error() == Error{Errc::JobDead, "no luck", {}});
    CHECK(world.client.wait(kUnknown).error().code == Errc::UnknownJob);
}

TEST_CASE("A wait that runs out of time names its job, also when the broker is silent") {
    World world;
    const auto names = [](const Expected<Answer>& answer, const JobId& job) {
        return !answer && answer.error().code == Errc::Timeout &&
               answer.error().message.find(job.text()) != std::string::npos;
    };
    REQUIRE(world.client.wait(kAskedJob, 5s));  // connected
    CHECK(names(world.client.wait(kGoesOn, 5s), kGoesOn));
    CHECK(names(world.client.wait(kUnanswered, 20ms), kUnanswered));
    CHECK(names(world.client.wait_async(kUnanswered, 20ms).get(), kUnanswered));
    CHECK(names(world.client.follow(kUnanswered, 20ms, {}), kUnanswered));
}

TEST_CASE("A result is there, or the job goes on, or there never will be one") {
    World world;
    const auto there = world.client.result(kAskedJob);
    REQUIRE(there.has_value());
    REQUIRE(there->has_value());
    CHECK((*there)->as<int>().value() == 0);
    CHECK((*there)->job() == kAskedJob);
    const auto goes_on = world.client.result(kGoesOn);
    REQUIRE(goes_on.has_value());
    CHECK_FALSE(goes_on->has_value());
    CHECK(world.client.result(kDead).error().code == Errc::JobDead);
    CHECK(world.client.result(kUnknown).error().code == Errc::UnknownJob);
}

TEST_CASE("A wait does not block when asked not to") {
    World world;
    CHECK(world.client.wait_async(kAskedJob).get().has_value());
    std::promise<Errc> code;
    world.client.wait_async(
        kDead, 10s, [&](const Expected<Answer>& answer) { code.set_value(answer.error().code); });
    CHECK(code.get_future().get() == Errc::JobDead);
}

TEST_CASE("Who follows hears progress and parts in their order, then the answer") {
    World world;
    std::string heard;
    const auto answer = world.client.follow(
        kAskedJob,
        10s,
        [&](const Answer& part) { heard += "part " + std::string(part.bytes()) + "; "; },
        [&](const Progress& step) { heard += step.text + "; "; });
    REQUIRE(answer.has_value());
    CHECK(heard == "begun; part 1; part 2; ");
    CHECK(answer->as<std::int64_t>().value() <= base::Duration(9s).count());
    CHECK(world.client.follow(kAskedJob, {}, {}).has_value());
    heard.clear();
    const auto timeout = world.client.follow(kGoesOn, 5s, [&](const Answer& part) {
        heard += part.bytes();
        CHECK(part.part() == model::PartNumber{5, 1});
    });
    CHECK(timeout.error().code == Errc::Timeout);
    CHECK(heard == "7");
    CHECK(world.client.follow(kUnknown, 5s, {}).error().code == Errc::UnknownJob);
}

TEST_CASE("Following does not block when asked not to") {
    World world;
    std::string heard;  // on the client's thread, all before the end
    std::promise<int> value;
    world.client.follow_async(
        kAskedJob,
        10s,
        {.on_partial = [&](const Answer& part) { heard += part.bytes(); },
         .on_progress = [&](const Progress& step) { heard += step.text; }},
        [&](const Expected<Answer>& answer) { value.set_value(answer.value().as<int>().value()); });
    CHECK(value.get_future().get() > 0);
    CHECK(heard == "begun12");
    std::promise<Errc> code;
    world.client.follow_async(kDead, 10s, {}, [&](const Expected<Answer>& answer) {
        code.set_value(answer.error().code);
    });
    CHECK(code.get_future().get() == Errc::JobDead);
}

TEST_CASE("submit_for has the id and, if it came in time, the result") {
    World world;
    const auto slow = world.client.submit_for(200ms, "mail", 5);
    REQUIRE(slow.has_value());
    CHECK(slow->job == JobId{1, 1});
    CHECK_FALSE(slow->is_duplicate);
    CHECK_FALSE(slow->answer.has_value());

    const auto quick = world.client.submit_for(200ms, "quick", 5);
    REQUIRE(quick.has_value());
    CHECK(quick->job == JobId{1, 2});
    REQUIRE(quick->answer.has_value());
    CHECK((*quick->answer)->as<int>().value() == 5);

    const auto doomed = world.client.submit_for_async(200ms, "doomed").get();
    REQUIRE(doomed.has_value());
    CHECK(doomed->job == JobId{1, 3});
    CHECK(doomed->answer->error().code == Errc::JobDead);

    CHECK(world.client.submit_for({}, "twin")->is_duplicate);
    CHECK(world.client.submit_for(10s, "refuse").error().code == Errc::QueueFull);
}

TEST_CASE("A plain submission whose options wait still gives the id") {
    World world;
    JobOptions options;
    options.wait = 1s;
    CHECK(world.client.submit("quick", 1, options).value() == JobId{1, 1});
    CHECK(world.client.submit("doomed", 1, options).value() == JobId{1, 2});
    CHECK(world.client.submit_async("quick", 1, options).get().value() == JobId{1, 3});
}

TEST_CASE("Bulk operations go on until the broker has looked at all jobs, and sum up") {
    World world;
    CHECK(world.client.retry({.service = "many"}).value() == 6);
    const auto steps = world.broker.operations();
    REQUIRE(steps.size() == 3);
    CHECK(steps[0].verb == "retry");
    CHECK(steps[0].arguments == json{{"service", "many"}});
    CHECK(steps[1].arguments == json{{"service", "many"}, {"from", 1}});
    CHECK(steps[2].arguments == json{{"service", "many"}, {"from", 2}});
}

TEST_CASE("More jobs than one request may name are told in several") {
    World world;
    Filter which;
    for (std::uint64_t n = 1; n <= model::kFilterJobsMax + 1; ++n) {
        which.jobs.push_back({1, n});
    }
    CHECK(world.client.cancel(which).value() == 2);
    const auto steps = world.broker.operations();
    REQUIRE(steps.size() == 2);
    CHECK(steps[0].arguments["jobs"].size() == model::kFilterJobsMax);
    CHECK(steps[1].arguments["jobs"] == json{which.jobs.back().text()});
    CHECK_FALSE(steps[1].arguments.contains("from"));
}

TEST_CASE("Each operation is told with its arguments") {
    World world;
    CHECK(world.client.cancel(kAskedJob).value() == 1);
    auto asked = world.operation();
    CHECK(asked.verb == "cancel");
    CHECK(asked.arguments == json{{"jobs", {kAskedJob.text()}}});

    CHECK(world.client.discard({.states = {model::JobState::Dead}, .group = "g"}).value() == 1);
    asked = world.operation();
    CHECK(asked.verb == "discard");
    CHECK(asked.arguments == json{{"states", {"dead"}}, {"group", "g"}});

    CHECK(world.client.purge("mail", {.context = "c", .batch = "b"}).value() == 1);
    asked = world.operation();
    CHECK(asked.verb == "purge");
    CHECK(asked.arguments == json{{"service", "mail"}, {"context", "c"}, {"batch", "b"}});

    CHECK(world.client.edit(kAskedJob, {.priority = -5, .delay = 1500ms}).has_value());
    asked = world.operation();
    CHECK(asked.verb == "edit");
    CHECK(asked.arguments == json{{"job", kAskedJob.text()}, {"priority", -5}, {"delay", 1.5}});

    const std::vector<ModeChange> changes = {{"mail", Mode::Paused}, {"", Mode::Running}};
    CHECK(world.client.set_modes(changes).has_value());
    asked = world.operation();
    CHECK(asked.verb == "mode");
    CHECK(asked.arguments ==
          json{{"changes", {{{"service", "mail"}, {"mode", "paused"}}, {{"mode", "running"}}}}});

    CHECK(world.client.set_limit({"db", 4, "5/s", {"a", "b"}}).has_value());
    asked = world.operation();
    CHECK(asked.verb == "limit-set");
    CHECK(asked.arguments ==
          json{{"limit", "db"}, {"at_once", 4}, {"rate", "5/s"}, {"services", {"a", "b"}}});
    CHECK(world.client.remove_limit("db").has_value());
    CHECK(world.operation().arguments == json{{"limit", "db"}});

    CHECK(world.client.set_group({"acme", 10, 0, "0"}).has_value());
    asked = world.operation();
    CHECK(asked.verb == "group-set");
    CHECK(asked.arguments == json{{"group", "acme"}, {"weight", 10}, {"limit", 0}, {"rate", "0"}});
}

TEST_CASE("A schedule is told with its job") {
    World world;
    CHECK(world.client
              .set_schedule({"nightly",
                             "0 3 * * *",
                             "Europe/Berlin",
                             "once",
                             {"report", {{"day", 1}}, {{"priority", "low"}}}})
              .has_value());
    CHECK(world.operation().arguments == json{{"schedule", "nightly"},
                                              {"expression", "0 3 * * *"},
                                              {"zone", "Europe/Berlin"},
                                              {"missed", "once"},
                                              {"service", "report"},
                                              {"params", {{"day", 1}}},
                                              {"options", {{"priority", "low"}}}});
    CHECK(world.client.set_schedule({.name = "n", .expression = "@daily", .job = {"report"}})
              .has_value());
    CHECK(world.operation().arguments ==
          json{{"schedule", "n"}, {"expression", "@daily"}, {"service", "report"}});
    CHECK(world.client.remove_schedule("n").has_value());
    CHECK(world.operation().verb == "schedule-remove");
}

TEST_CASE("A batch has a name of its own, takes jobs, is closed and tells how far it is") {
    World world;
    auto batch = world.client.open_batch(JobText{"report", 5});
    REQUIRE(batch.has_value());
    CHECK(batch->name().size() == 32);
    CHECK(batch->name() != world.client.open_batch()->name());
    const auto opened = world.broker.operations();
    REQUIRE(opened.size() == 2);
    CHECK(opened[0].arguments ==
          json{{"batch", batch->name()}, {"then", {{"service", "report"}, {"params", 5}}}});
    CHECK_FALSE(opened[1].arguments.contains("then"));

    CHECK(batch->submit("mail").has_value());
    const std::vector<Spec> specs(3, Spec{"mail"});
    for (const auto& id : batch->submit_many(specs)) {
        CHECK(id.has_value());
    }
    CHECK(batch->close().has_value());
    CHECK(world.operation().verb == "batch-close");
    CHECK(batch->status().value()["page"] == 1);  // the second one names it
    CHECK(world.client.batch("gone").close().error().code == Errc::UnknownName);
    CHECK(world.client.batch("gone").name() == "gone");
}

TEST_CASE("A listing comes page by page, with its filter, and then ends") {
    World world;
    Pages pages = world.client.list({.states = {model::JobState::Ready, model::JobState::Dead},
                                     .service = "mail",
                                     .context = "c",
                                     .group = "g",
                                     .batch = "b"},
                                    10);
    for (int page = 0; page < 3; ++page) {
        const auto rows = pages.next();
        REQUIRE(rows.has_value());
        REQUIRE(rows->has_value());
        REQUIRE((*rows)->size() == 1);
        const json& row = (**rows)[0];
        CHECK(row["page"] == page);
        CHECK(row["service"] == "mail");
        CHECK(row["context"] == "c");
        CHECK(row["group"] == "g");
        CHECK(row["states"] == 34);
        CHECK(row["rows_max"] == 10);
    }
    for (int again = 0; again < 2; ++again) {
        const auto end = pages.next();
        REQUIRE(end.has_value());
        CHECK_FALSE(end->has_value());
    }
    CHECK(world.client.pages({.what = "groups"}).next().value().value()[0]["what"] == "groups");
    CHECK(world.client.pages({.what = "workers"}).next().error().code == Errc::Malformed);
}

TEST_CASE("Any operation can be asked, and a job why it is where it is") {
    World world;
    CHECK(world.client.operate("explode", {{"at", 5}}).value() == json{{"changed", 1}});
    const auto asked = world.operation();
    CHECK(asked.verb == "explode");
    CHECK(asked.arguments == json{{"at", 5}});
    std::promise<json> report;
    world.client.operate_async("explode", json::object(), [&](const Expected<json>& end) {
        report.set_value(end.value());
    });
    CHECK(report.get_future().get() == json{{"changed", 1}});
    CHECK(world.client.why(kAskedJob).value()["what"] == "why");
    CHECK(world.client.why(kUnknown).error().code == Errc::UnknownJob);
}

TEST_CASE("Names that no message can carry are refused before they are sent") {
    World world;
    const std::string longest(model::kNameBytesMax, 'x');
    CHECK(world.client.query("jobs", longest).has_value());
    CHECK(world.client.query("jobs", longest + "x").error().code == Errc::BadName);
    CHECK(world.client.query(longest + "x").error().code == Errc::BadName);
    CHECK(world.client.list({.group = longest + "x"}).next().error().code == Errc::BadName);
    CHECK(world.client.operate(longest + "x", json::object()).error().code == Errc::BadName);
    std::promise<Errc> code;
    world.client.query_async("jobs", longest + "x", std::nullopt, [&](const Expected<json>& end) {
        code.set_value(end.error().code);
    });
    CHECK(code.get_future().get() == Errc::BadName);
}

}  // namespace steward::client::test
