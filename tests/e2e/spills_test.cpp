// tests/e2e: queues that lie in spills beside the log: copied while they come and go, damaged, and
// repaired.
#include <algorithm>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/e2e/harness/broker.hpp"
#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/old_client.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

const std::map<std::string, std::string> kFastHeartbeats = {{"HEARTBEAT_INTERVAL", "1"}};
// Every queue of more than some 2,000 jobs is spilled; a checkpoint every moment.
const std::string kSpilling =
    "[broker]\nsettle = \"300ms\"\n[limits]\nresident_jobs_max = 0\n"
    "[[service]]\nname = \"long\"\n[[service]]\nname = \"load\"\n"
    "[journal]\ncheckpoint_bytes_min = \"128KiB\"\n";

std::string journal_of(const Broker& broker) {
    return (broker.directory() / "data" / "journal").string();
}

/// Jobs of a service that have been acknowledged.
std::vector<std::string> submit_many(OldClient& client, const std::string& service, int count) {
    for (int i = 0; i < count; ++i) {
        client.request_with(service, "PARAM-JSON: \"abc\"", false, "");
    }
    std::vector<std::string> jobs;
    for (int i = 0; i < count; ++i) {
        const Answer answer = client.answer();
        REQUIRE(answer.kind == Answer::Kind::Taken);
        jobs.push_back(answer.job);
    }
    return jobs;
}

json verified(const Broker& broker, const std::string& journal, ExitCode wanted) {
    const Finished done = run(broker.tool({"--json", "journal", "verify", journal}));
    CAPTURE(done.out);
    CAPTURE(done.err);
    CHECK(done.code == wanted);
    return json::parse(done.out);
}

/// To how many spills its latest checkpoint refers.
std::size_t spills_in(const Broker& broker, const std::string& journal) {
    const Finished done = run(broker.tool({"--json", "journal", "verify", journal}));
    return json::parse(done.out)["spills"]["files"].get<std::size_t>();
}

/// Ids of a service's jobs that are alive in a journal.
std::set<std::string> alive_in(const Broker& broker,
                               const std::string& journal,
                               const std::string& service) {
    const Finished done = run(broker.tool({"journal", "export", "--alive", journal}));
    REQUIRE(done.code == 0);
    std::set<std::string> ids;
    for (const std::string& text : lines_of(done.out)) {
        const json line = json::parse(text);
        CHECK(line["fact"] != "JobsSpilled");
        if (line["fact"] == "JobAccepted" && line["service"] == service) {
            ids.insert(line["job"].get<std::string>());
        }
    }
    return ids;
}

void flip_byte(const std::string& file, std::size_t offset) {
    std::string bytes = read_file(file);
    bytes.at(offset) = static_cast<char>(bytes[offset] ^ 1);
    std::ofstream(file, std::ios::binary) << bytes;
}

}  // namespace

TEST_CASE("Backups while spills come and go: each has every waiting job acknowledged before") {
    const TempDirectory backups;
    Broker broker({kFastHeartbeats, kSpilling, {}});
    const auto worker =
        broker.start_worker(kReverseProgram, {"--service-name", "load"}, kFastHeartbeats);
    broker.wait_until_served("load");
    OldClient client(Old::Zmws1, broker.endpoints().frontend);
    std::set<std::string> waiting;
    const auto go_on = [&](int jobs) {
        const auto more = submit_many(client, "long", jobs);
        waiting.insert(more.begin(), more.end());
        static_cast<void>(submit_many(client, "load", jobs));
    };
    go_on(4000);
    REQUIRE(wait_until([&] {
        go_on(500);
        return spills_in(broker, journal_of(broker)) > 0;
    }));
    std::vector<std::set<std::string>> known;  // when each backup began
    for (std::size_t i = 0; i < 3; ++i) {
        known.push_back(waiting);
        Process backup(broker.tool({"backup",
                                    (backups.path() / std::to_string(i)).string(),
                                    "--journal",
                                    journal_of(broker)}));
        do {
            go_on(700);
        } while (!backup.wait(std::chrono::milliseconds(0)));
        CAPTURE(backup.standard_error());
        CHECK(backup.wait() == 0);
    }
    broker.kill();
    std::uint64_t spilled = 0;
    for (std::size_t i = 0; i < known.size(); ++i) {
        CAPTURE(i);
        const std::string folder = (backups.path() / std::to_string(i)).string();
        spilled += verified(broker, folder, 0)["spills"]["jobs"].get<std::uint64_t>();
        CHECK(std::ranges::includes(alive_in(broker, folder, "long"), known[i]));
    }
    CHECK(spilled > 0);
    // A broker on the last one works all of it off.
    const std::string last = (backups.path() / "2").string();
    const std::size_t jobs = alive_in(broker, last, "long").size();
    const Broker restored({kFastHeartbeats, kSpilling + "folder = \"" + last + "\"\n", {}});
    const auto other =
        restored.start_worker(kReverseProgram, {"--service-name", "long"}, kFastHeartbeats);
    CHECK(restored.wait_for_events(jobs, "EXECUTE_COMPLETE", "long"));
}

TEST_CASE(
    "Damaged and missing spills are told as verify does; --repair goes on without their jobs") {
    Broker broker({kFastHeartbeats, kSpilling, {}});
    const std::string journal = journal_of(broker);
    OldClient client(Old::Zmws1, broker.endpoints().frontend);
    std::size_t jobs = submit_many(client, "long", 4000).size();
    // Until a checkpoint has come that refers to some.
    REQUIRE(wait_until([&] {
        jobs += submit_many(client, "long", 500).size();
        return spills_in(broker, journal) >= 2;
    }));
    broker.kill();
    const TempDirectory whole;
    fs::copy(journal, whole.path() / "journal");
    std::string spill;
    const Finished inspected = run(broker.tool({"--json", "journal", "inspect", journal}));
    const json found = json::parse(inspected.out);
    for (const json& row : found["files"]) {
        if (row["kind"] == "spill" && row["is_read"] == true) {
            spill = row["file"];
        }
    }
    REQUIRE_FALSE(spill.empty());
    const std::string file = journal + "/" + spill;

    enum class Damage : std::uint8_t { Entry, Index, Missing };
    for (const Damage damage : {Damage::Entry, Damage::Index, Damage::Missing}) {
        CAPTURE(static_cast<int>(damage));
        fs::remove_all(journal);
        fs::copy(whole.path() / "journal", journal);
        switch (damage) {
            case Damage::Entry: flip_byte(file, fs::file_size(file) - 1); break;
            case Damage::Index: flip_byte(file, 40); break;
            case Damage::Missing: fs::remove(file); break;
        }
        const json report = verified(broker, journal, 7);
        REQUIRE(report["lost"].size() == 1);
        const json& lost = report["lost"][0];
        const std::string where =
            file + ", offset " + std::to_string(lost["offset"].get<std::uint64_t>());
        const std::string told =
            damage == Damage::Entry
                ? "job " + lost["job"].get<std::string>()
                : std::to_string(lost["jobs"].get<std::uint64_t>()) + " jobs of long";
        // Where the entries are whole, a broker starts, and ends when it comes to the damaged one.
        if (damage == Damage::Entry) {
            broker.start_again();
            CHECK(run(broker.tool({"status", lost["job"], "--timeout", "5s"})).code != 0);
            const auto ended = broker.process().wait_for_line("broker_ended");
            REQUIRE(ended);
            CHECK(has(*ended, where));
            CHECK(broker.process().wait() == 1);
        } else {
            const Finished refused = run(broker.command());
            CHECK(refused.code == 1);
            CHECK(has(refused.err, where));
        }
        broker.start_again({"--repair"});
        const auto cut = broker.process().wait_for_line("journal_cut");
        REQUIRE(cut);
        CAPTURE(*cut);
        CHECK(has_all(*cut, {where, told}));
        CHECK(fs::exists(file + ".damaged") == (damage == Damage::Index));
        // It is whole again, and needs no second repair.
        CHECK(wait_until([&] {
            return run(broker.tool({"journal", "verify", journal})).code == 0;
        }));
        broker.kill();
        broker.start_again();
        const std::size_t done = broker.count_events("EXECUTE_COMPLETE");
        const std::size_t left = jobs - lost["jobs"].get<std::size_t>();
        CHECK(alive_in(broker, journal, "long").size() == left);
        const auto worker =
            broker.start_worker(kReverseProgram, {"--service-name", "long"}, kFastHeartbeats);
        CHECK(broker.wait_for_events(done + left, "EXECUTE_COMPLETE", "long"));
        CHECK(wait_until([&] { return alive_in(broker, journal, "long").empty(); }));
        CHECK(broker.count_events("EXECUTE_COMPLETE") == done + left);
        broker.kill();
    }
}

}  // namespace steward::e2e
