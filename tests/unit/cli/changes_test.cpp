// tests: the verbs that wait for jobs, change what is there and list it, against a fake broker.
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "client/cli/exit_status.hpp"
#include "tests/unit/cli/run.hpp"

namespace steward::cli {

using namespace test;
using nlohmann::json;

namespace {

const std::string kJob = model::JobId{1, 7}.text();
const std::string kOther = model::JobId{1, 8}.text();
const std::string kUnknown = model::JobId{1, 0}.text();
const std::string kGoesOn = model::JobId{2, 7}.text();
const std::string kDead = model::JobId{3, 7}.text();

FakeBroker::Operation only(FakeBroker& broker) {
    auto all = broker.operations();
    REQUIRE(all.size() == 1);
    return std::move(all.front());
}

}  // namespace

TEST_CASE("wait and result print the result and end as the job did") {
    FakeBroker broker;
    CHECK(run(broker, {"result", kJob}).out == "0\n");
    CHECK(json::parse(run(broker, {"result", kJob, "--json"}).out) ==
          json{{"job", kJob}, {"result", 0}});
    const auto waited = run(broker, {"wait", kJob, "--timeout", "60s"});
    CHECK(waited.status == kSuccess);
    CHECK(std::stol(waited.out) <= 59'000'000);
    CHECK(std::stol(waited.out) > 50'000'000);
    for (const char* verb : {"wait", "result"}) {
        CAPTURE(verb);
        CHECK(run(broker, {verb, kDead}).status == kJobFailed);
        CHECK(run(broker, {verb, kDead}).err == "steward: no luck\n");
        const auto going_on = run(broker, {verb, kGoesOn});
        CHECK(going_on.status == kTimeout);
        CHECK(going_on.out.empty());
        CHECK(is_one_line(going_on.err));
        CHECK(run(broker, {verb, kUnknown}).status == kRefused);
        CHECK(run(broker, {verb, "nonsense"}).status == kUsage);
    }
}

TEST_CASE("submit prints the result too when it came within the wait") {
    FakeBroker broker;
    const auto quick = run(broker, {"submit", "quick", "n=5", "--wait", "1s"});
    CHECK(quick.status == kSuccess);
    CHECK(quick.out == model::JobId{1, 1}.text() + "\n{\"n\":5}\n");
    CHECK(json::parse(run(broker, {"submit", "quick", "5", "--json", "--wait", "1s"}).out) ==
          json{{"job", model::JobId{1, 2}.text()}, {"result", 5}});
    const auto doomed = run(broker, {"submit", "doomed", "--wait", "1s"});
    CHECK(doomed.status == kJobFailed);
    CHECK(doomed.out == model::JobId{1, 3}.text() + "\n");
    CHECK(is_one_line(doomed.err));
    CHECK(json::parse(run(broker, {"submit", "twin", "--json"}).out)["duplicate"] == true);
    CHECK(run(broker, {"submit", "twin"}).out.size() == 27);
}

TEST_CASE("Jobs are cancelled by id or by filter, and never all by mistake") {
    FakeBroker broker;
    CHECK(run(broker, {"cancel", kJob, kOther}).out == "1 job cancelled\n");
    CHECK(only(broker).arguments == json{{"jobs", {kJob, kOther}}});
    CHECK(run(broker, {"cancel", "--service", "many"}).out == "6 jobs cancelled\n");
    CHECK(broker.operations().size() == 3);
    CHECK(json::parse(run(broker, {"cancel", "--group", "g", "--json"}).out) ==
          json{{"changed", 1}});
    CHECK(only(broker).arguments == json{{"group", "g"}});
    CHECK(run(broker, {"cancel", "--context", "c", "--batch", "b"}).status == kSuccess);
    CHECK(only(broker).arguments == json{{"context", "c"}, {"batch", "b"}});
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"cancel"}, {"retry"}, {"discard"}, {"purge"}, {"cancel", "x"}}) {
        const auto ended = run(broker, words);
        CHECK(ended.status == kUsage);
        CHECK(is_one_line(ended.err));
    }
    CHECK(broker.operations().empty());
}

TEST_CASE("Dead letters are retried or discarded, queues purged, jobs edited") {
    FakeBroker broker;
    CHECK(run(broker, {"retry", "--all"}).out == "1 job will run again\n");
    CHECK(only(broker).arguments == json::object());
    CHECK(run(broker, {"discard", kJob}).out == "1 job discarded\n");
    CHECK(only(broker).verb == "discard");
    CHECK(run(broker, {"purge", "mail", "--group", "g"}).out == "1 job cancelled\n");
    auto asked = only(broker);
    CHECK(asked.verb == "purge");
    CHECK(asked.arguments == json{{"service", "mail"}, {"group", "g"}});
    CHECK(run(broker, {"edit", kJob, "--priority", "high", "--delay", "30s"}).out ==
          "1 job changed\n");
    asked = only(broker);
    CHECK(asked.arguments == json{{"job", kJob}, {"priority", 4096}, {"delay", 30.0}});
    CHECK(run(broker, {"edit", kJob}).status == kUsage);
    CHECK(run(broker, {"edit", kJob, "--priority", "highest"}).status == kUsage);
    CHECK(broker.operations().empty());
}

TEST_CASE("Services change what they do together") {
    FakeBroker broker;
    CHECK(run(broker, {"pause", "mail", "image"}).out == "mail: paused\nimage: paused\n");
    const auto asked = only(broker);
    CHECK(asked.verb == "mode");
    CHECK(asked.arguments == json{{"changes",
                                   {{{"mode", "paused"}, {"service", "mail"}},
                                    {{"mode", "paused"}, {"service", "image"}}}}});
    const std::vector<std::pair<const char*, const char*>> modes = {{"resume", "running"},
                                                                    {"enable", "running"},
                                                                    {"drain", "draining"},
                                                                    {"disable", "disabled"}};
    for (const auto& [verb, mode] : modes) {
        CHECK(run(broker, {verb, "--all"}).out == std::string("all services: ") + mode + "\n");
        CHECK(only(broker).arguments == json{{"changes", {{{"mode", mode}}}}});
    }
    CHECK(json::parse(run(broker, {"pause", "mail", "--json"}).out) ==
          json{{"service", "mail"}, {"mode", "paused"}});
    CHECK(run(broker, {"pause"}).status == kUsage);
    CHECK(run(broker, {"pause", "mail", "--all"}).status == kUsage);
}

TEST_CASE("Limits and groups are listed, set and removed") {
    FakeBroker broker;
    CHECK(run(broker, {"limits"}).out.starts_with("LIMIT"));
    CHECK(
        run(broker, {"limits", "set", "db", "--at-once", "4", "--rate", "5/s", "--services", "a,b"})
            .out == "the limit db is set\n");
    CHECK(only(broker).arguments ==
          json{{"limit", "db"}, {"at_once", 4}, {"rate", "5/s"}, {"services", {"a", "b"}}});
    CHECK(run(broker, {"limits", "remove", "db", "--json"}).out == "{}\n");
    CHECK(only(broker).verb == "limit-remove");
    CHECK(run(broker, {"limits", "set", "db", "--services", "a"}).status == kUsage);
    CHECK(run(broker, {"limits", "set", "db", "--at-once", "4"}).status == kUsage);
    CHECK(run(broker, {"groups"}).out.starts_with("GROUP"));
    CHECK(run(broker, {"groups", "set", "acme", "--weight", "3", "--limit", "0"}).status ==
          kSuccess);
    CHECK(only(broker).arguments == json{{"group", "acme"}, {"weight", 3}, {"limit", 0}});
    CHECK(run(broker, {"groups", "set", "acme"}).status == kUsage);
}

TEST_CASE("Schedules are listed, set with their job, and removed") {
    FakeBroker broker;
    CHECK(run(broker, {"schedule"}).out == run(broker, {"schedule", "list"}).out);
    CHECK(run(broker, {"schedule", "list"}).out.starts_with("SCHEDULE"));
    CHECK(run(broker,
              {"schedule",
               "set",
               "nightly",
               "0 3 * * *",
               "report",
               "day=1",
               "--zone",
               "Europe/Berlin",
               "--missed",
               "once",
               "--priority",
               "low"})
              .out == "the schedule nightly is set\n");
    CHECK(only(broker).arguments == json{{"schedule", "nightly"},
                                         {"expression", "0 3 * * *"},
                                         {"zone", "Europe/Berlin"},
                                         {"missed", "once"},
                                         {"service", "report"},
                                         {"params", {{"day", 1}}},
                                         {"options", {{"priority", "low"}}}});
    CHECK(run(broker, {"schedule", "set", "n", "@daily"}).status == kUsage);
    CHECK(run(broker, {"schedule", "set", "n", "@daily", "report", "--priority", "x"}).status ==
          kUsage);
    CHECK(run(broker, {"schedule", "remove", "nightly"}).status == kSuccess);
    CHECK(only(broker).arguments == json{{"schedule", "nightly"}});
}

TEST_CASE("A list goes through all pages, as a table or a row a line, or ends at its limit") {
    FakeBroker broker;
    const auto all = run(broker, {"list", "--state", "ready,dead", "--service", "mail", "--json"});
    CHECK(all.status == kSuccess);
    CHECK(std::count(all.out.begin(), all.out.end(), '\n') == 3);
    const auto row = json::parse(all.out.substr(0, all.out.find('\n')));
    CHECK(row["states"] == 34);
    CHECK(row["service"] == "mail");
    CHECK(row["rows_max"] == 1000);
    const auto two = run(broker, {"list", "--limit", "2"});
    CHECK(two.out.starts_with("ID "));
    CHECK(std::count(two.out.begin(), two.out.end(), '\n') == 3);
    CHECK(run(broker, {"list", "--state", "waiting"}).status == kUsage);
}

TEST_CASE("why prints the reasons") {
    FakeBroker broker;
    CHECK(run(broker, {"why", kJob}).status == kSuccess);
    CHECK(json::parse(run(broker, {"why", kJob, "--json"}).out)["what"] == "why");
    CHECK(run(broker, {"why", kUnknown}).status == kRefused);
    CHECK(run(broker, {"why", "x"}).status == kUsage);
}

TEST_CASE("A batch is run from lines, and waited for") {
    FakeBroker broker;
    const auto ended = run_with_input(
        broker, "{\"n\":1}\n\n{\"n\":2}\n", {"batch", "run", "mail", "--then", "report", "day=1"});
    CHECK(ended.status == kSuccess);
    CHECK(ended.out.size() == 33);
    CHECK(ended.err.empty());
    const std::string name = ended.out.substr(0, 32);
    const auto asked = broker.operations();
    REQUIRE(asked.size() == 2);
    CHECK(asked[0].verb == "batch-open");
    CHECK(asked[0].arguments ==
          json{{"batch", name}, {"then", {{"service", "report"}, {"params", {{"day", 1}}}}}});
    CHECK(asked[1].verb == "batch-close");
    const auto submits = broker.submits();
    REQUIRE(submits.size() == 2);
    CHECK(submits[1].spec.params.bytes.view() == "{\"n\":2}");

    const auto waited =
        run_with_input(broker, R"({"service":"mail"})", {"batch", "run", "--wait", "--json"});
    CHECK(waited.status == kSuccess);
    CHECK(std::count(waited.out.begin(), waited.out.end(), '\n') == 2);
}

TEST_CASE("The first line that is no job ends a batch, which stays open; or it is left out") {
    FakeBroker broker;
    const auto stopped = run_with_input(broker, "1\n2\nno json\n4\n", {"batch", "run", "mail"});
    CHECK(stopped.status == kRefused);
    CHECK(stopped.err.find("line 3: ") != std::string::npos);
    CHECK(stopped.err.find("steward cancel --batch " + stopped.out.substr(0, 32)) !=
          std::string::npos);
    CHECK(broker.operations().size() == 1);  // not closed
    const auto before = broker.submits();    // so that the batch goes on with line 3
    REQUIRE(before.size() == 2);
    CHECK(before[1].spec.params.bytes.view() == "2");

    const auto most = run_with_input(
        broker, "1\nno json\n{}{}\n4\n", {"batch", "submit", "b1", "mail", "--keep-going"});
    CHECK(most.status == kSuccess);
    CHECK(std::count(most.err.begin(), most.err.end(), '\n') == 2);
    CHECK(broker.submits().size() == 2);
    CHECK(broker.operations().empty());

    const auto full =
        run_out_of_time(broker, {"batch", "submit", "b1"}, kRefused, R"({"service":"refuse"})");
    CHECK(full.status == kRefused);
    CHECK(full.err.find("line 1: the queue is full") != std::string::npos);
    const auto closed = run_with_input(broker, "no json", {"batch", "submit", "closed", "mail"});
    CHECK(closed.err.find("line 1: ") != std::string::npos);
    CHECK(closed.err.find("still open") == std::string::npos);
}

TEST_CASE("Batches are opened, shown, closed and listed") {
    FakeBroker broker;
    CHECK(run(broker, {"batch"}).out.starts_with("BATCH"));
    CHECK(run(broker, {"batch", "open"}).out.size() == 33);
    CHECK(run(broker, {"batch", "close", "b1"}).out == "the batch b1 is closed\n");
    CHECK(run(broker, {"batch", "close", "gone"}).status == kRefused);
    const auto shown = run(broker, {"batch", "status", "b1", "--json"});
    CHECK(shown.status == kSuccess);
    CHECK(json::parse(shown.out)["batch"] == "b1");
    CHECK(run(broker, {"batch", "status", "unlucky"}).status == kJobFailed);
    CHECK(run(broker, {"batch", "status", "endless"}).status == kSuccess);
    CHECK(run_out_of_time(broker, {"batch", "status", "endless", "--wait"}).status == kTimeout);
}

}  // namespace steward::cli
