// broker/app: the verbs that change jobs: which arguments each takes and which it refuses.
#include "common/model/limits.hpp"
#include "tests/unit/app/request_reader.hpp"

namespace steward::app {
namespace {

using namespace std::chrono_literals;
using namespace fakes;
using base::Errc;
using model::JobState;

const std::string kId = model::JobId{1, 2}.text();

std::string ids(std::size_t count) {
    std::string json = "{\"jobs\":[";
    for (std::size_t i = 0; i < count; ++i) {
        json += (i == 0 ? "\"" : ",\"") + model::JobId{1, i}.text() + '"';
    }
    return json + "]}";
}

}  // namespace

TEST_CASE("a request that there is none of is refused with those there are") {
    const base::Error error = fault("shutdown", "");
    CHECK(error.code == Errc::UnknownCommand);
    CHECK(contains(error.message, "cancel, retry, discard, purge, edit, mode, limit-set"));
    CHECK(contains(error.message, "batch-close"));
    CHECK(fault("", "").code == Errc::UnknownCommand);
    CHECK(fault("CANCEL", "").code == Errc::UnknownCommand);
}

TEST_CASE("arguments are a JSON object, or nothing where nothing is needed") {
    CHECK(as<core::RetryDead>("retry", "").which == core::JobFilter{});
    CHECK(as<core::RetryDead>("retry", "{}").which == core::JobFilter{});
    for (const char* const json : {"[]", "1", "null", "\"jobs\""}) {
        const base::Error error = fault("retry", json);
        CHECK(error.code == Errc::BadParams);
        CHECK(contains(error.message, "retry: the arguments are an object"));
    }
    for (const char* const json : {"{", "{}x", "{'a':1}", "\xff"}) {
        CHECK(fault("retry", json).code == Errc::BadParams);
    }
    CHECK(fault("retry", std::string(100'000, '[')).code == Errc::BadParams);
}

TEST_CASE("a filter names jobs, states, a service, a context, a group, a batch and a cursor") {
    const auto request = as<core::CancelJobs>(
        "cancel",
        R"({"jobs":[")" + kId +
            R"("],"states":["dead","blocked"],"service":"mail","context":"c","group":"g",)"
            R"("batch":"b","from":18446744073709551615})");
    CHECK(request.which.jobs == std::vector{model::JobId{1, 2}});
    CHECK(request.which.states == (core::only(JobState::Dead) | core::only(JobState::Blocked)));
    CHECK(request.which.service == "mail");
    CHECK(request.which.context == "c");
    CHECK(request.which.group == "g");
    CHECK(request.which.batch == "b");
    CHECK(request.from == UINT64_MAX);
}

TEST_CASE("every verb with a filter takes all of it") {
    const std::string json = R"({"service":"mail","group":"g","from":7})";
    CHECK(as<core::CancelJobs>("cancel", json).which.group == "g");
    CHECK(as<core::RetryDead>("retry", json).from == 7);
    CHECK(as<core::DiscardDead>("discard", json).which.service == "mail");
    CHECK(as<core::PurgeQueue>("purge", json).which.service == "mail");
}

TEST_CASE("an argument that a verb does not know is refused by its name, before anything else") {
    const base::Error error = fault("purge", R"({"servce":"mail"})");
    CHECK(error.code == Errc::UnknownOption);
    CHECK(contains(error.message, "purge: no argument is called \"servce\""));
    CHECK(contains(error.message, "service"));
    CHECK(contains(error.message, "from"));
    CHECK(fault("edit", R"({"job":1,"x":1})").code == Errc::UnknownOption);
    CHECK(fault("retry", R"({"":1})").code == Errc::UnknownOption);
}

TEST_CASE("a list in a filter that is empty is refused: it would mean all") {
    CHECK(contains(fault("cancel", R"({"jobs":[],"service":"mail"})").message,
                   "jobs is a list of at least one, not []"));
    CHECK(fault("discard", R"({"states":[]})").code == Errc::BadOption);
    for (const char* const name : {"service", "context", "group", "batch"}) {
        CHECK(fault("retry", "{\"" + std::string(name) + "\":\"\"}").code == Errc::BadName);
    }
}

TEST_CASE("a filter takes as many jobs as may be named and not one more") {
    CHECK(as<core::RetryDead>("retry", ids(model::kFilterJobsMax)).which.jobs.size() ==
          model::kFilterJobsMax);
    const base::Error error = fault("retry", ids(model::kFilterJobsMax + 1));
    CHECK(error.code == Errc::TooLarge);
    CHECK(contains(error.message, "jobs has 16385 entries, 16384 are allowed"));
}

TEST_CASE("a wrong value in a filter is refused with what is allowed and what it was") {
    CHECK(contains(fault("retry", R"({"jobs":["x"]})").message,
                   "retry: jobs holds ids of jobs, 26 characters each, not \"x\""));
    CHECK(fault("retry", R"({"jobs":")" + kId + "\"}").code == Errc::BadOption);
    CHECK(fault("retry", R"({"jobs":[1]})").code == Errc::BadOption);
    CHECK(contains(fault("retry", R"({"states":["lost"]})").message, "scheduled, ready, active"));
    CHECK(fault("retry", R"({"service":"two words"})").code == Errc::BadName);
    CHECK(fault("retry", R"({"service":7})").code == Errc::BadOption);
    CHECK(fault("retry", R"({"service":"mmi.x"})").code == Errc::ReservedName);
    CHECK(fault("retry", R"({"group":"a\u0001b"})").code == Errc::BadName);
    CHECK(fault("retry", "{\"group\":\"" + std::string(256, 'g') + "\"}").code == Errc::BadName);
    CHECK(as<core::RetryDead>("retry", "{\"group\":\"" + std::string(255, 'g') + "\"}")
              .which.group.size() == 255);
    for (const char* const from : {"-1", "1.5", "\"1\"", "true", "18446744073709551616"}) {
        CHECK(fault("retry", "{\"from\":" + std::string(from) + "}").code == Errc::BadOption);
    }
}

TEST_CASE("cancelling everything needs to be said: states alone are no filter") {
    for (const char* const json : {"", "{}", R"({"states":["ready"]})", R"({"from":3})"}) {
        const base::Error error = fault("cancel", json);
        CHECK(error.code == Errc::BadParams);
        CHECK(contains(error.message, "one of jobs, service, context, group and batch is needed"));
    }
    CHECK(as<core::CancelJobs>("cancel", R"({"batch":"b"})").which.batch == "b");
    CHECK(contains(fault("purge", R"({"group":"g"})").message, "the argument service is needed"));
}

TEST_CASE("an edit names one job and a priority, a delay or both") {
    const auto both =
        as<core::EditJob>("edit", R"({"job":")" + kId + R"(","priority":"high","delay":"90s"})");
    CHECK(both.job == model::JobId{1, 2});
    CHECK(both.priority == model::kPriorityHigh);
    CHECK(both.delay == 90s);
    const auto now = as<core::EditJob>("edit", R"({"job":")" + kId + R"(","delay":0})");
    CHECK_FALSE(now.priority);
    CHECK(now.delay == 0s);
    CHECK(as<core::EditJob>("edit", R"({"job":")" + kId + R"(","priority":-5})").priority == -5);
    CHECK(contains(fault("edit", R"({"priority":1})").message, "the argument job is needed"));
    CHECK(contains(fault("edit", R"({"job":")" + kId + "\"}").message,
                   "priority, delay or both are needed"));
    CHECK(contains(fault("edit", R"({"job":"x","delay":1})").message, "job is the id of a job"));
    CHECK(fault("edit", R"({"job":")" + kId + R"(","priority":"top"})").code == Errc::BadOption);
    CHECK(fault("edit", R"({"job":")" + kId + R"(","priority":2147483648})").code ==
          Errc::BadOption);
    CHECK(fault("edit", R"({"job":")" + kId + R"(","delay":-1})").code == Errc::BadOption);
    CHECK(fault("edit", R"({"job":")" + kId + R"(","delay":"3651d"})").code == Errc::BadOption);
}

}  // namespace steward::app
