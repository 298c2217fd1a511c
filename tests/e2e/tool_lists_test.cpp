// tests/e2e: what `steward` lists: jobs by what they are, workers, services, the broker's figures.
#include <algorithm>

#include <doctest/doctest.h>

#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

using nlohmann::json;

namespace {

std::string title_of(const std::string& table) {
    const Args lines = lines_of(table);
    return lines.empty() ? "" : lines.front();
}

std::uint64_t sum_of(const json& numbers) {
    std::uint64_t sum = 0;
    for (const json& number : numbers) {
        sum += number.get<std::uint64_t>();
    }
    return sum;
}

Args sorted(Args ids) {
    std::ranges::sort(ids);
    return ids;
}

}  // namespace

TEST_CASE("list chooses by state, service, context, group and batch, and by several at once") {
    Desk desk("[[service]]\nname = \"mail\"\n");
    desk.start_worker(kTrialProgram, "trial");
    const std::string active = desk.submit("trial", kLong, {"--context", "order"});
    REQUIRE(desk.reaches(active, "active"));
    const std::string ready = desk.submit("trial", 1, {"--group", "acme"});
    const std::string scheduled = desk.submit("trial", 2, {"--delay", "1h", "--context", "order"});
    const std::string blocked = desk.submit("mail", 3, {"--after", ready, "--group", "acme"});
    const std::string batch = lines_of(desk.say({"batch", "open"})).at(0);
    const std::string member = desk.submit("mail", 4, {"--batch", batch});
    const std::string cancelled = desk.submit("mail", 5);
    desk.say({"cancel", cancelled});

    const auto listed = [&](Args args) {
        args.insert(args.begin(), "list");
        return sorted(desk.ids(args));
    };
    CHECK(listed({"--state", "active"}) == Args{active});
    CHECK(listed({"--state", "scheduled,blocked"}) == Args{scheduled, blocked});
    CHECK(listed({"--state", "scheduled", "--state", "blocked"}) == Args{scheduled, blocked});
    CHECK(listed({"--state", "cancelled"}) == Args{cancelled});
    CHECK(listed({"--service", "trial"}) == Args{active, ready, scheduled});
    CHECK(listed({"--context", "order"}) == Args{active, scheduled});
    CHECK(listed({"--group", "acme"}) == Args{ready, blocked});
    CHECK(listed({"--group", "acme", "--service", "mail"}) == Args{blocked});
    CHECK(listed({"--batch", batch}) == Args{member});
    CHECK(listed({"--state", "ready", "--service", "nobody"}).empty());
    CHECK(has_all(desk.say({"list", "--state", "ready", "--service", "trial"}),
                  {"ID ", " STATE ", "PARAMS\n", ready, "ready"}));
    CHECK(title_of(desk.say({"list", "--state", "dead"})) ==
          "ID  SERVICE  STATE  PRIORITY  TRY  AGE  PARAMS");
    const Finished wrong = desk.run({"list", "--state", "asleep"});
    CHECK(wrong.code == kUsage);
    CHECK(has_all(wrong.err, {"asleep", "scheduled", "dead"}));
}

TEST_CASE("list goes through as many pages as there are, or as far as it is told") {
    Desk desk("[[service]]\nname = \"mail\"\n");
    const Args all = lines_of(desk.say({"submit", "mail", "5", "--count", "2345"}));
    REQUIRE(all.size() == 2345);
    const Args listed = desk.ids({"list"});
    CHECK(listed.size() == all.size());
    CHECK(sorted(listed) == sorted(all));
    CHECK(lines_of(desk.say({"list"})).size() == all.size() + 1);
    CHECK(desk.ids({"list", "--limit", "1500"}).size() == 1500);
    CHECK(desk.ids({"list", "--limit", "1"}).size() == 1);
}

TEST_CASE("jobs, active and hist show what waits, runs and has ended, of one service if named") {
    Desk desk;
    desk.start_worker(kTrialProgram, "trial");
    desk.start_worker(kReverseProgram, "reverse");
    desk.say({"call", "reverse", R"("x")"});
    const std::string active = desk.submit("trial", kLong);
    REQUIRE(desk.reaches(active, "active"));
    const std::string ready = desk.submit("trial", {{"n", 1}});

    CHECK(desk.ids({"jobs"}) == Args{ready});
    CHECK(desk.ids({"jobs", "trial"}) == Args{ready});
    CHECK(desk.ids({"jobs", "reverse"}).empty());
    CHECK(has_all(desk.say({"jobs"}), {ready, "trial", "ready", "2048", R"({"n":1})"}));
    CHECK(desk.ids({"active"}) == Args{active});
    CHECK(has_all(desk.say({"active"}), {"RUNNING", active, kUntilTold}));
    CHECK(has_all(desk.say({"hist"}), {"REASON\n", "reverse", "succeeded"}));
    const json reversed = desk.ask({"hist", "reverse"});
    REQUIRE(reversed.size() == 1);
    CHECK(reversed[0]["state"] == "succeeded");
}

TEST_CASE("workers and services show who is there and what they have done") {
    Desk desk;
    desk.start_worker(kTrialProgram, "trial", {"--concurrency", "3", "--channel", "gpu"});
    desk.start_worker(kReverseProgram, "reverse");
    desk.say({"call", "reverse", R"("x")"});
    const json workers = desk.ask({"workers"});
    CHECK(workers.size() == 2);
    const json trial = desk.ask({"workers", "trial"});
    REQUIRE(trial.size() == 1);
    CHECK(trial[0]["concurrency"] == 3);
    CHECK(trial[0]["channels"] == json::array({"gpu"}));
    CHECK(has_all(desk.say({"workers"}), {"SLOTS", "HEARD\n", "gpu", "reverse"}));

    CHECK(desk.service("reverse")["succeeded"] == 1);
    CHECK(desk.service("reverse")["workers"] == 1);
    CHECK(sum_of(desk.service("reverse")["wait_buckets"]) == 1);
    CHECK(sum_of(desk.service("reverse")["run_buckets"]) == 1);
    CHECK(desk.service("reverse")["run_sum"] > 0);
    CHECK(has_all(desk.say({"services"}), {"MODE", "WAITS\n", "reverse", "trial", "running"}));
    desk.kill_workers();
    CHECK(title_of(desk.say({"services", "nobody"})).starts_with("SERVICE"));
}

TEST_CASE("broker shows its figures, ping how long it takes to answer") {
    Desk desk;
    desk.start_worker(kTrialProgram, "trial");
    desk.say({"call", "trial"});
    const json figures = desk.ask({"broker"});
    CHECK(figures["accepted"] == 1);
    CHECK(figures["succeeded"] == 1);
    CHECK(figures["workers"] == 1);
    CHECK(figures["mode"] == "running");
    CHECK(figures["limits"]["workers"]["used"] == 1);
    CHECK(figures["limits"]["peers"]["used"] >= 1);
    CHECK(figures["journal"]["engine"] == "disk");
    CHECK(figures["process"]["resident_bytes"] > 1'000'000);
    CHECK(figures["process"]["open_files"] > 3);
    CHECK(figures["messages"]["garbage"] == 0);
    CHECK(figures["time_bounds"].size() == 26);
    CHECK(has_all(desk.say({"broker"}),
                  {"\nsucceeded        1\n",
                   "\nuptime           ",
                   "\nmessages\n",
                   "\njournal\n",
                   "\nforbidden ",
                   "\nLIMIT ",
                   "\nworkers "}));
    const Args answers = lines_of(desk.say({"ping", "--count", "3"}));
    REQUIRE(answers.size() == 3);
    for (const std::string& line : answers) {
        CHECK(line.starts_with("the broker at " + desk.broker().endpoints().frontend));
        CHECK(line.ends_with(" ms"));
    }
    CHECK(desk.ask({"ping"})["round_trip_us"] >= 0);
}

}  // namespace steward::e2e
