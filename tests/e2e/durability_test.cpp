// tests/e2e: what was acknowledged is there after the broker is killed at any moment, and a disk
// that is full refuses and recovers.
#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <signal.h>
#include <sys/resource.h>

#include <doctest/doctest.h>

#include "tests/e2e/harness/broker.hpp"
#include "tests/e2e/harness/old_client.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/sanitized.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using Args = std::vector<std::string>;

const std::map<std::string, std::string> kFastHeartbeats = {{"HEARTBEAT_INTERVAL", "1"}};
const std::string kSettleSoon = "[broker]\nsettle = \"300ms\"\n";
// However slowly a worker starts again: its service is not refused meanwhile.
const std::string kSettleLate = "[broker]\nsettle = \"10s\"\n";

// STEWARD_CRASHES kills so often; as many as fit into an ordinary test without it.
std::size_t crashes_wanted() {
    const char* given = std::getenv("STEWARD_CRASHES");
    return given == nullptr ? 15 : std::stoul(given);
}

json tool(const Broker& broker, Args args) {
    args.insert(args.begin(), "--json");
    const Finished done = run(broker.tool(args));
    CAPTURE(done.out);
    CAPTURE(done.err);
    return json::parse(done.out, nullptr, false);
}

std::string submit(const Broker& broker, Args args) {
    args.insert(args.begin(), "submit");
    const Finished done = run(broker.tool(args));
    CAPTURE(done.err);
    REQUIRE(done.code == 0);
    return done.out.substr(0, 26);
}

std::string state_of(const Broker& broker, const std::string& id) {
    return tool(broker, {"status", id}).value("state", "");
}

/// How the lifecycle log says that each job ended, in the order of ending.
std::map<std::string, std::vector<std::string>> ends_of(const Broker& broker) {
    const std::set<std::string> ends = {
        "EXECUTE_COMPLETE", "CANCELLED", "DEAD", "EXPIRED", "FAILED"};
    std::map<std::string, std::vector<std::string>> found;
    for (const json& line : broker.lifecycle()) {
        const std::string event = line.value("event", "");
        if (ends.contains(event)) {
            found[line.value("job", "")].push_back(event);
        }
    }
    return found;
}

}  // namespace

TEST_CASE("Killed again and again under load: every acknowledged job comes to its end") {
    Broker broker({kFastHeartbeats, kSettleLate, {}});
    const Args args = {"--service-name", "crash", "--concurrency", "4"};
    std::vector<std::unique_ptr<Process>> workers;
    for (int i = 0; i < 2; ++i) {
        workers.push_back(broker.start_worker(kTrialProgram, args, kFastHeartbeats));
    }
    broker.wait_until_served("crash");
    std::mt19937 random(20'26'11);
    const auto below = [&](unsigned bound) { return static_cast<unsigned>(random() % bound); };
    std::set<std::string> acknowledged;
    const std::size_t crashes = crashes_wanted();
    for (std::size_t crash = 0; crash < crashes; ++crash) {
        CAPTURE(crash);
        OldClient client(Old::Zmws1, broker.endpoints().frontend);
        const unsigned wanted = 20 + below(200);
        for (unsigned i = 0; i < wanted; ++i) {
            json options = json::object();
            switch (below(6)) {
                case 0: options["delay"] = "300ms"; break;
                case 1: options["unique"] = "key " + std::to_string(below(20)); break;
                case 2: options["priority"] = "high"; break;
                case 3: options["group"] = "g" + std::to_string(below(3)); break;
                default: break;
            }
            json params = {{"seconds", 0}};
            if (below(10) == 0) {
                params = {{"outcome", "fail"}};
                options["max_attempts"] = 2;
                options["backoff"] = "10ms";
            }
            client.request_with("crash", "PARAM-JSON: " + params.dump(), false, options.dump());
        }
        std::string some;
        const auto note = [&](const Answer& answer) {
            REQUIRE(answer.kind == Answer::Kind::Taken);
            acknowledged.insert(answer.job);
            some = answer.job;
        };
        // The kill comes soon after what was sent, in every other round soon after the first
        // answer: a disk may be slower than all of this.
        if (crash % 2 == 0) {
            note(client.answer());
        }
        const auto end =
            std::chrono::steady_clock::now() + std::chrono::microseconds(below(40'000));
        do {
            if (const auto answer = client.maybe_answer(1ms)) {
                note(*answer);
            }
        } while (std::chrono::steady_clock::now() < end);
        std::unique_ptr<Process> cancel;
        if (!some.empty() && below(3) == 0) {
            cancel = std::make_unique<Process>(broker.tool({"cancel", some, "--timeout", "5s"}));
        }
        if (below(4) == 0) {
            workers[below(2)]->kill();
        }
        broker.kill();
        broker.start_again();
        for (auto& worker : workers) {
            if (worker->wait(0ms)) {
                worker = broker.start_worker(kTrialProgram, args, kFastHeartbeats);
            }
        }
        if (cancel != nullptr) {
            static_cast<void>(cancel->wait());
        }
    }
    // What ended in the last moment before a kill may be missing from the log; the broker knows.
    std::set<std::string> missing = acknowledged;
    const bool have_all_ended = wait_until(
        [&] {
            for (const auto& [id, ends] : ends_of(broker)) {
                missing.erase(id);
            }
            return std::ranges::all_of(missing, [&](const std::string& id) {
                const std::string state = state_of(broker, id);
                return state == "succeeded" || state == "dead" || state == "cancelled";
            });
        },
        60s);
    const std::string where = have_all_ended ? "" : run(broker.tool({"why", *missing.begin()})).out;
    CAPTURE(where);
    CHECK(have_all_ended);
    std::size_t again = 0;
    for (const auto& [id, ends] : ends_of(broker)) {
        // The end of a job may be told twice when the broker died before its fact was on the disk.
        again += ends.size() - 1;
        CHECK(ends.size() <= crashes);
    }
    CHECK(acknowledged.size() > crashes / 4);  // a key that is taken acknowledges no new one
    MESSAGE(crashes,
            " crashes, ",
            acknowledged.size(),
            " jobs acknowledged and ended, ",
            again,
            " ends told more than once");
}

TEST_CASE("What was set and what waits is as it was after a kill") {
    Broker broker({kFastHeartbeats, kSettleSoon, {}});
    auto worker = broker.start_worker(kTrialProgram, {"--service-name", "keep"}, kFastHeartbeats);
    broker.wait_until_served("keep");
    const std::string done = submit(broker, {"keep", R"({"seconds": 0})"});
    REQUIRE(wait_until([&] { return state_of(broker, done) == "succeeded"; }));
    const std::string dead =
        submit(broker, {"keep", R"({"outcome": "fail"})", "--max-attempts", "1"});
    REQUIRE(wait_until([&] { return state_of(broker, dead) == "dead"; }));
    REQUIRE(run(broker.tool({"pause", "keep"})).code == 0);
    REQUIRE(
        run(broker.tool({"limits", "set", "shared", "--services", "keep,other", "--at-once", "3"}))
            .code == 0);
    REQUIRE(run(broker.tool({"schedule", "set", "nightly", "@daily", "keep", "{}"})).code == 0);
    const std::string first =
        submit(broker, {"keep", R"({"seconds": 0})", "--unique=only", "--group", "g"});
    const std::string second = submit(broker, {"keep", R"({"seconds": 0})", "--after", first});
    const std::string later = submit(broker, {"keep", R"({"seconds": 0})", "--delay", "1h"});
    broker.kill();
    broker.start_again();
    broker.wait_until_served("keep");
    CHECK(state_of(broker, done) == "succeeded");
    CHECK(tool(broker, {"result", done})["result"]["service"] == "keep");
    CHECK(state_of(broker, dead) == "dead");
    CHECK(run(broker.tool({"limits"})).out.find("shared") != std::string::npos);
    CHECK(run(broker.tool({"schedule"})).out.find("nightly") != std::string::npos);
    REQUIRE(wait_until([&] { return state_of(broker, first) == "ready"; }));
    CHECK(state_of(broker, second) == "blocked");
    CHECK(state_of(broker, later) == "scheduled");
    // The key is still its own, and the mode still stands.
    CHECK(submit(broker, {"keep", R"({"seconds": 0})", "--unique=only"}) == first);
    CHECK(run(broker.tool({"why", first})).out.find("paused") != std::string::npos);
    REQUIRE(run(broker.tool({"resume", "keep"})).code == 0);
    CHECK(wait_until([&] { return state_of(broker, second) == "succeeded"; }));
    CHECK(state_of(broker, later) == "scheduled");
    REQUIRE(run(broker.tool({"retry", dead})).code == 0);
    CHECK(broker.wait_for_events(2, "DEAD", "keep"));
}

TEST_CASE("Checkpoints while jobs come and go give back the space, and a kill loses nothing") {
    Broker broker({kFastHeartbeats,
                   kSettleSoon + "[journal]\nfile_bytes_max = \"64KiB\"\n"
                                 "checkpoint_bytes_min = \"128KiB\"\n",
                   {}});
    const auto worker =
        broker.start_worker(kTrialProgram, {"--service-name", "space"}, kFastHeartbeats);
    broker.wait_until_served("space");
    OldClient client(Old::Zmws1, broker.endpoints().frontend);
    const std::string params =
        "PARAM-JSON: " + json{{"seconds", 0}, {"filling", std::string(500, 'x')}}.dump();
    const json held = {{"delay", "1h"}};
    std::vector<std::string> waiting;
    for (int round = 0; round < 30; ++round) {  // the first of each hundred waits
        for (int i = 0; i < 100; ++i) {
            client.request_with("space", params, false, i == 0 ? held.dump() : "");
        }
        for (int i = 0; i < 100; ++i) {
            const Answer answer = client.answer();
            REQUIRE(answer.kind == Answer::Kind::Taken);
            if (i == 0) {
                waiting.push_back(answer.job);
            }
        }
    }
    REQUIRE(broker.wait_for_events(2970, "EXECUTE_COMPLETE", "space"));
    const auto bytes_on_disk = [&] {
        std::uintmax_t bytes = 0;
        for (const auto& entry :
             std::filesystem::recursive_directory_iterator(broker.directory())) {
            const std::string name = entry.path().filename().string();
            if (name.ends_with(".log") && name.size() == 20) {
                std::error_code error;  // a checkpoint may have removed it meanwhile
                const std::uintmax_t size = entry.file_size(error);
                bytes += error ? 0 : size;
            }
        }
        return bytes;
    };
    // All of it was some 3 MB; as much log as the checkpoint has, with the results, may stand
    // beside it.
    CHECK((kIsSanitized || wait_until([&] { return bytes_on_disk() < 2'000'000; })));
    broker.kill();
    broker.start_again();
    for (const std::string& id : waiting) {
        CHECK(state_of(broker, id) == "scheduled");
    }
}

TEST_CASE("A queue longer than memory keeps its order, and its jobs can be reached, over a kill") {
    Broker broker({kFastHeartbeats,
                   kSettleSoon + "[limits]\nresident_jobs_max = 0\n"
                                 "[journal]\ncheckpoint_bytes_min = \"128KiB\"\n"
                                 "[[service]]\nname = \"long\"\n",
                   {}});
    constexpr std::size_t kJobs = 6000;
    OldClient client(Old::Zmws1, broker.endpoints().frontend);
    std::vector<std::string> jobs;
    for (std::size_t i = 0; i < kJobs; ++i) {
        client.request_with("long", "PARAM-JSON: \"" + std::to_string(i) + "\"", false, "");
    }
    for (std::size_t i = 0; i < kJobs; ++i) {
        const Answer answer = client.answer();
        REQUIRE(answer.kind == Answer::Kind::Taken);
        jobs.push_back(answer.job);
    }
    const auto spills = [&] {
        std::size_t count = 0;
        for (const auto& entry :
             std::filesystem::recursive_directory_iterator(broker.directory())) {
            count += entry.path().extension() == ".spill" ? 1U : 0U;
        }
        return count;
    };
    const std::size_t spilled = spills();
    CHECK(spilled >= 4);
    CHECK(tool(broker, {"status", jobs[3500]}).value("place", 0) == 3501);
    REQUIRE(run(broker.tool({"cancel", jobs[3000]})).code == 0);
    REQUIRE(run(broker.tool({"edit", jobs[4000], "--priority", "4096"})).code == 0);
    broker.kill();
    broker.start_again();
    CHECK(state_of(broker, jobs[3000]) == "cancelled");
    const auto worker = broker.start_worker(
        kReverseProgram, {"--service-name", "long", "--concurrency", "1"}, kFastHeartbeats);
    REQUIRE(broker.wait_for_events(kJobs - 1, "EXECUTE_COMPLETE", "long"));
    std::vector<std::string> wanted = jobs;
    wanted.erase(wanted.begin() + 4000);
    wanted.erase(wanted.begin() + 3000);
    std::vector<std::string> done;
    for (const json& line : broker.lifecycle()) {
        if (line.at("event") == "EXECUTE_COMPLETE") {
            done.push_back(line.at("job"));
        }
    }
    // The one with the higher priority comes as soon as the broker has settled.
    const auto edited = std::find(done.begin(), done.end(), jobs[4000]);
    REQUIRE(edited != done.end());
    CHECK(edited - done.begin() < 100);
    done.erase(edited);
    CHECK(done == wanted);
    CHECK(spills() <= spilled);
}

TEST_CASE("A full disk refuses durable jobs and says so, serves on, and recovers by itself") {
    Broker broker({kFastHeartbeats, "[lifecycle]\nenabled = false\n", {}});
    const auto worker =
        broker.start_worker(kReverseProgram, {"--service-name", "full"}, kFastHeartbeats);
    broker.wait_until_served("full");
    const auto set_room = [&](rlim_t bytes) {
        const rlimit limit{bytes, RLIM_INFINITY};
        REQUIRE(::prlimit(broker.process().pid(), RLIMIT_FSIZE, &limit, nullptr) == 0);
    };
    set_room(64U << 10U);
    OldClient client(Old::Zmws1, broker.endpoints().frontend);
    const json held = {{"delay", "1h"}};
    std::size_t taken = 0;
    std::string refusal;
    for (int i = 0; i < 1000 && refusal.empty(); ++i) {
        const Finished done = run(broker.tool({"submit",
                                               "full",
                                               json(std::string(4000, 'x')).dump(),
                                               "--delay",
                                               "1h",
                                               "--timeout",
                                               "5s"}));
        taken += done.code == 0 ? 1U : 0U;
        refusal = done.code == 0 ? "" : done.err;
    }
    CAPTURE(refusal);
    CHECK(taken > 5);
    // The first one that found no room waits for it; from then on the answer is clear.
    const Finished refused = run(broker.tool({"submit", "full", "1", "--timeout", "10s"}));
    CHECK(refused.code != 0);
    CHECK(refused.err.find("full") != std::string::npos);
    const Finished called = run(broker.tool({"call", "full", "\"stressed\"", "--timeout", "5s"}));
    CHECK(called.out == "\"desserts\"\n");
    client.request("full", {"\"stressed\""});
    CHECK(client.answer().body.at(0) == "\"desserts\"");
    set_room(RLIM_INFINITY);
    CHECK(wait_until([&] {
        return run(broker.tool({"submit", "full", "\"late\"", "--timeout", "1s"})).code == 0;
    }));
    broker.kill();
    broker.start_again();
    const Finished listed = run(broker.tool({"--json", "list", "--state", "scheduled"}));
    CHECK(static_cast<std::size_t>(std::count(listed.out.begin(), listed.out.end(), '\n')) >=
          taken);
}

}  // namespace steward::e2e
