// tests: which worker is meant, and what the answers of all of a service say together.
#include "client/cli/check_workers.hpp"

#include <doctest/doctest.h>

namespace steward::cli {

namespace {

using base::Errc;

WorkerAnswer running(std::string name, double jobs, double uptime) {
    return {{"id-" + name, name},
            wire::Check{"at work", false, {{"uptime", uptime, "s"}, {"running", jobs, "", 0, 4}}}};
}

WorkerAnswer silent(std::string name, Errc code, std::string why) {
    return {{"id-" + name, name}, base::Unexpected(base::Error{code, std::move(why), {}})};
}

std::vector<Watched> held(const char* counter, const char* critical) {
    return {{counter, std::nullopt, *CheckRange::parse(critical)}};
}

}  // namespace

TEST_CASE("A worker is called by its id, its name, or where it runs") {
    const auto report = nlohmann::json::parse(
        R"([{"workerid":"0a","name":"steward-cpp box:7"},{"workerid":"0b","name":"zmws1"},)"
        R"({"workerid":"0c","name":"zmws1"},{"no":1},5])");
    const std::vector<ListedWorker> workers = workers_in(report);
    REQUIRE(workers.size() == 3);
    CHECK(worker_called(workers, "0c").value() == ListedWorker{"0c", "zmws1"});
    CHECK(worker_called(workers, "box:7").value().id == "0a");
    CHECK(worker_called(workers, "steward-cpp box:7").value().id == "0a");
    CHECK(worker_called(workers, "zmws1").error().code == Errc::BadOption);
    CHECK(worker_called(workers, "box").error().code == Errc::UnknownName);
    CHECK(worker_called({}, "").error().code == Errc::UnknownName);
}

TEST_CASE("The workers of a service are summed up") {
    const Judgement judged =
        judge_workers("X", {running("a", 1, 90), running("b", 3, 20)}, 2, held("running", "4"));
    CHECK(judged.verdict == Verdict::Ok);
    CHECK(judged.line ==
          "STEWARD OK - 2 of 2 workers of X answer | 'workers'=2;;;0; 'answered'=2;;;0;2 "
          "'uptime'=20s;;;0; 'running'=4;;;0;8");
}

TEST_CASE("Bounds hold for each worker, but those of all") {
    const std::vector<WorkerAnswer> answers = {running("a", 1, 90), running("b", 3, 20)};
    const Judgement each = judge_workers("X", answers, 2, held("running", "2"));
    CHECK(each.verdict == Verdict::Critical);
    CHECK(each.line.starts_with("STEWARD CRITICAL - b: running is 3, outside 2; at work; 2 of 2"));
    const Judgement all = judge_workers("X", answers, 2, held("workers", "3:"));
    CHECK(all.verdict == Verdict::Critical);
    CHECK(all.line.find("workers is 2, outside 3:") != std::string::npos);
    CHECK(judge_workers("X", answers, 2, held("none", "1")).verdict == Verdict::Unknown);
}

TEST_CASE("Who is silent is an alert, who has no words for an answer is none") {
    const WorkerAnswer dead = silent("c", Errc::Timeout, "the worker has not answered for 5 s");
    const WorkerAnswer old = silent("d", Errc::UnknownCommand, "zmws1 has no words");
    const Judgement judged = judge_workers("X", {running("a", 1, 90), dead, old}, 3, {});
    CHECK(judged.verdict == Verdict::Critical);
    CHECK(judged.line.starts_with(
        "STEWARD CRITICAL - c: the worker has not answered for 5 s; 1 of 3 workers of X answer, "
        "1 cannot |"));
    CHECK(judge_workers("X", {running("a", 1, 90), old}, 2, {}).verdict == Verdict::Ok);
    CHECK(judge_workers("X", {old}, 1, {}).verdict == Verdict::Unknown);
    CHECK(judge_workers("X", {}, 0, {}).verdict == Verdict::Critical);
    CHECK(judge_workers("X", {running("a", 1, 90)}, 70, {}).line.find("69 were not asked") !=
          std::string::npos);
}

}  // namespace steward::cli
