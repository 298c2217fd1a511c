// tests/e2e: `steward wait --follow`: a background job of a real worker that answers in parts,
// heard by who comes early, by who comes late, and across a broker that was away.
#include <algorithm>
#include <csignal>
#include <span>

#include <doctest/doctest.h>

#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

using nlohmann::json;

namespace {

constexpr int kParts = 40;

struct Follower {
    Follower(Desk& desk, const std::string& id)
        : process(desk.broker().tool({"wait", id, "--follow", "--json"})) {}

    [[nodiscard]] std::vector<json> told() const {
        std::vector<json> told;
        const std::string text = process.standard_output();
        for (const std::string& line : lines_of(text.substr(0, text.rfind('\n') + 1))) {
            told.push_back(json::parse(line, nullptr, false));
            REQUIRE(told.back().is_object());
        }
        return told;
    }

    /// The parts of the answer, which the worker numbers from 1 in each attempt.
    [[nodiscard]] std::vector<int> parts() const {
        std::vector<int> parts;
        for (const json& line : told()) {
            if (line.contains("partial")) {
                parts.push_back(line["partial"]);
            }
        }
        return parts;
    }

    void ends_with_result_of(const std::string& id, int attempt) {
        CHECK(process.wait() == kSuccess);
        CHECK(process.standard_error() == "");
        const std::vector<json> all = told();
        REQUIRE_FALSE(all.empty());
        CHECK(all.back()["result"]["id"] == id);
        CHECK(all.back()["result"]["attempt"] == attempt);
        for (const json& line : all) {
            CHECK(line["job"] == id);
            CHECK((line.contains("result") == (&line == &all.back())));
        }
    }

    Process process;
};

// All that one attempt says, so many times.
std::vector<int> all_parts(int attempts) {
    std::vector<int> parts;
    for (int i = 0; i < attempts * kParts; ++i) {
        parts.push_back(i % kParts + 1);
    }
    return parts;
}

}  // namespace

TEST_CASE("wait --follow tells every part, early or late, once and in order, and one result") {
    Desk desk;
    const Process& worker = desk.start_worker(kTrialProgram, "trial");
    const std::string id =
        desk.submit("trial",
                    {{"seconds", 4}, {"parts", kParts}, {"outcome", "throw"}, {"times", 1}},
                    {"--backoff", "10ms"});
    Follower early(desk, id);
    REQUIRE(wait_until([&] { return early.parts().size() >= 5; }));
    worker.signal(SIGSTOP);  // it goes on when both are there
    Follower late(desk, id);
    REQUIRE(wait_until([&] { return late.parts().size() >= 5; }));
    worker.signal(SIGCONT);
    early.ends_with_result_of(id, 2);
    late.ends_with_result_of(id, 2);
    CHECK(early.parts() == all_parts(2));
    CHECK(late.parts() == all_parts(2));
    // Who comes late is told first what was said, and then how far that was.
    const std::vector<json> told = late.told();
    const auto first =
        std::ranges::find_if(told, [](const json& line) { return line.contains("progress"); });
    REQUIRE(first != told.end());
    const json progress = (*first)["progress"];
    CHECK(progress["done"] >= 4);
    CHECK(progress["total"] == kParts);
    CHECK(progress["text"] == "in parts");
    CHECK(first - told.begin() >= progress["done"].get<std::ptrdiff_t>());
}

TEST_CASE("wait --follow of a second attempt tells nothing of the first") {
    Desk desk;
    desk.start_worker(kTrialProgram, "trial");
    const std::string id =
        desk.submit("trial",
                    {{"seconds", 2}, {"parts", kParts}, {"outcome", "throw"}, {"times", 1}},
                    {"--backoff", "10ms"});
    Follower early(desk, id);
    REQUIRE(wait_until([&] { return early.parts().size() >= kParts + 2; }));
    Follower late(desk, id);
    late.ends_with_result_of(id, 2);
    early.ends_with_result_of(id, 2);
    CHECK(late.parts() == all_parts(1));
}

TEST_CASE("wait --follow tells the latest parts when [limits] keeps no more") {
    Desk desk("[limits]\nparts_per_job_max = 3\n");
    desk.start_worker(kTrialProgram, "trial");
    const std::string id = desk.submit("trial", {{"seconds", 4}, {"parts", kParts}});
    Follower early(desk, id);
    REQUIRE(wait_until([&] { return early.parts().size() >= 10; }));
    Follower late(desk, id);
    late.ends_with_result_of(id, 1);
    early.ends_with_result_of(id, 1);
    const std::vector<int> all = all_parts(1);
    CHECK(early.parts().back() == kParts);
    const std::vector<int> parts = late.parts();
    REQUIRE_FALSE(parts.empty());
    CHECK(parts.front() >= 8);
    CHECK(std::ranges::equal(parts, std::span(all).last(parts.size())));
}

TEST_CASE("wait --follow of a job that was over at once tells all of its parts") {
    Desk desk("[limits]\nparts_jobs_max = 1\n");
    desk.start_worker(kTrialProgram, "trial");
    const std::string id = desk.submit("trial", {{"seconds", 0}, {"parts", 3}});
    REQUIRE(desk.reaches(id, "succeeded"));
    for (int i = 0; i < 2; ++i) {
        Follower late(desk, id);
        late.ends_with_result_of(id, 1);
        CHECK(late.parts() == std::vector<int>{1, 2, 3});
    }
    // So does a dead letter; it takes the only place.
    const std::string dead = desk.submit(
        "trial", {{"seconds", 0}, {"parts", 3}, {"outcome", "throw"}}, {"--max-attempts", "1"});
    REQUIRE(desk.reaches(dead, "dead"));
    const Follower mourner(desk, dead);
    REQUIRE(wait_until([&] { return mourner.parts() == std::vector<int>{1, 2, 3}; }));
    Follower later(desk, id);
    later.ends_with_result_of(id, 1);
    CHECK(later.parts().empty());
}

TEST_CASE("wait --follow goes on when the broker was away") {
    Desk desk;
    desk.start_worker(kTrialProgram, "trial");
    const std::string id = desk.submit("trial", {{"seconds", 4}, {"parts", kParts}});
    Follower follower(desk, id);
    REQUIRE(wait_until([&] { return !follower.parts().empty(); }));
    desk.broker().kill();
    desk.broker().start_again();
    follower.ends_with_result_of(id, 1);
    const std::vector<int> parts = follower.parts();
    CHECK(std::ranges::is_sorted(parts));
    CHECK(std::ranges::adjacent_find(parts) == parts.end());
    CHECK(parts.back() == kParts);
}

TEST_CASE("wait --follow prints parts and the result alone to a pipe, and ends at its time-out") {
    Desk desk;
    desk.start_worker(kTrialProgram, "trial");
    const std::string id = desk.submit("trial", {{"parts", kParts}, {"seconds", 4}});
    const Finished impatient = desk.run_out_of_time({"wait", id, "--follow"});
    CHECK(impatient.code == kTimeout);
    const Args lines = lines_of(desk.say({"wait", id, "--follow"}));
    REQUIRE(lines.size() == kParts + 1);
    CHECK(lines.front() == "1");
    CHECK(lines[kParts - 1] == std::to_string(kParts));
    CHECK(has(lines.back(), id));
    CHECK(lines_of(desk.say({"wait", id, "--follow"})) == lines);  // also when it has ended
    CHECK(desk.say({"wait", id}) == lines.back() + "\n");
    CHECK(desk.run({"wait", kUnknownJob, "--follow"}).code == kRefused);
}

}  // namespace steward::e2e
