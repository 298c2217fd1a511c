// tests/e2e: a journal looked at and copied beside the broker that writes it; and what comes of a
// broker that is started on such a copy.
#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "tests/e2e/harness/broker.hpp"
#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/old_client.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/sanitized.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

namespace {

using nlohmann::json;

const std::map<std::string, std::string> kFastHeartbeats = {{"HEARTBEAT_INTERVAL", "1"}};
// A new file every few commits and a checkpoint every moment.
const std::string kSmallFiles =
    "[broker]\nsettle = \"300ms\"\n[journal]\nfile_bytes_max = \"16KiB\"\n"
    "checkpoint_bytes_min = \"64KiB\"\n";

std::string journal_of(const Broker& broker) {
    return (broker.directory() / "data" / "journal").string();
}

std::set<std::string> jobs_that_wait(const Broker& broker) {
    const Finished listed = run(broker.tool({"--json", "list", "--state", "scheduled"}));
    REQUIRE(listed.code == 0);
    std::set<std::string> ids;
    for (const std::string& line : lines_of(listed.out)) {
        ids.insert(json::parse(line).at("jobid").get<std::string>());
    }
    return ids;
}

bool has_checkpoint(const Broker& broker) {
    const std::filesystem::directory_iterator journal(journal_of(broker));
    return std::any_of(begin(journal), end(journal), [](const auto& entry) {
        return entry.path().extension() == ".checkpoint";
    });
}

/// Somebody who submits without a pause: one job in ten waits for an hour, the others run.
class Load {
public:
    explicit Load(const Broker& broker) : client_(Old::Zmws1, broker.endpoints().frontend) {}

    /// A hundred more jobs, acknowledged when this returns.
    void go_on() {
        const std::string params =
            "PARAM-JSON: " + json{{"seconds", 0}, {"filling", std::string(300, 'x')}}.dump();
        const json held = {{"delay", "1h"}};
        for (int i = 0; i < 100; ++i) {
            client_.request_with("load", params, false, i % 10 == 0 ? held.dump() : "");
        }
        for (int i = 0; i < 100; ++i) {
            const Answer answer = client_.answer();
            REQUIRE(answer.kind == Answer::Kind::Taken);
            if (i % 10 == 0) {
                waiting_.insert(answer.job);
            }
        }
    }

    /// Those that wait and were acknowledged.
    [[nodiscard]] const std::set<std::string>& waiting() const { return waiting_; }

private:
    OldClient client_;
    std::set<std::string> waiting_;
};

}  // namespace

TEST_CASE("Backups under load: a broker on each has every job acknowledged before it began") {
    const TempDirectory backups;
    Broker broker({kFastHeartbeats, kSmallFiles, {}});
    const auto worker =
        broker.start_worker(kTrialProgram, {"--service-name", "load"}, kFastHeartbeats);
    broker.wait_until_served("load");
    Load load(broker);
    std::vector<std::set<std::string>> known;  // when each backup began
    for (std::size_t i = 0; i < 4; ++i) {
        load.go_on();
        load.go_on();
        if (i == 3 && !kIsSanitized) {  // it is written beside the load, with less right to run
            CHECK(wait_until([&] { return has_checkpoint(broker); }));
        }
        known.push_back(load.waiting());
        Process backup(broker.tool({"backup",
                                    (backups.path() / std::to_string(i)).string(),
                                    "--journal",
                                    journal_of(broker)}));
        do {
            load.go_on();
        } while (!backup.wait(std::chrono::milliseconds(0)));
        CAPTURE(backup.standard_error());
        CHECK(backup.wait() == 0);
    }
    broker.kill();
    std::size_t checkpoints = 0;
    for (std::size_t i = 0; i < known.size(); ++i) {
        CAPTURE(i);
        const std::string folder = (backups.path() / std::to_string(i)).string();
        const Finished verified = run(broker.tool({"--json", "journal", "verify", folder}));
        CHECK(verified.code == 0);
        checkpoints += json::parse(verified.out).at("checkpoint") == 0 ? 0U : 1U;
        const Broker restored(
            {kFastHeartbeats,
             "[broker]\nsettle = \"300ms\"\n[journal]\nfolder = \"" + folder + "\"\n",
             {}});
        const std::set<std::string> there = jobs_that_wait(restored);
        CHECK(std::ranges::includes(there, known[i]));
    }
    CHECK((checkpoints > 0 || kIsSanitized));
    CHECK(known.back().size() > known.front().size() + 30);
}

TEST_CASE("The journal of a running broker is looked at, and nothing in it is touched") {
    Broker broker({kFastHeartbeats, "[[service]]\nname = \"mail\"\n", {}});
    const std::string journal = journal_of(broker);
    const Finished empty = run(broker.tool({"journal", "verify", journal}));
    CHECK(empty.code == 0);
    const Finished submitted =
        run(broker.tool({"submit", "mail", "to=ann", "--delay", "1h", "--unique=letter"}));
    REQUIRE(submitted.code == 0);
    const std::string id = lines_of(submitted.out).at(0);
    REQUIRE(run(broker.tool({"pause", "mail"})).code == 0);

    const Finished found = run(broker.tool({"--json", "journal", "inspect", journal, "--alive"}));
    REQUIRE(found.code == 0);
    const json report = json::parse(found.out);
    CHECK(report["state"] == "sound");
    CHECK(report["facts"]["JobAccepted"] == 1);
    CHECK(report["alive"]["jobs"] ==
          json{{{"service", "mail"}, {"state", "scheduled"}, {"jobs", 1}}});
    CHECK(report["alive"]["modes"] == json{{{"service", "mail"}, {"mode", "paused"}}});

    const Finished exported = run(broker.tool({"journal", "export", journal}));
    const json first = json::parse(lines_of(exported.out).at(0));
    CHECK(first["job"] == id);
    CHECK(first["params"]["text"] == R"({"to":"ann"})");
    CHECK(first["options"]["unique"] == "letter");

    // The broker's own place, as it finds it.
    CommandLine here = broker.tool({"journal", "verify"});
    here.directory = broker.directory().string();
    CHECK(run(here).code == 0);

    broker.kill();
    broker.start_again();
    CHECK(run(broker.tool({"status", id})).code == 0);
}

TEST_CASE("A backup that finds no room says so and leaves nothing behind") {
    const Broker broker({kFastHeartbeats, "[[service]]\nname = \"mail\"\n", {}});
    const std::string params = json(std::string(4000, 'x')).dump();
    REQUIRE(run(broker.tool({"submit", "mail", params, "--delay", "1h"})).code == 0);
    const TempDirectory backups;
    const CommandLine within_limits{"/bin/sh",
                                    {"-c",
                                     "ulimit -f 1; exec \"$0\" \"$@\"",
                                     built_program("steward"),
                                     "backup",
                                     (backups.path() / "copy").string(),
                                     "--journal",
                                     journal_of(broker)},
                                    {},
                                    {}};
    const Finished full = run(within_limits);
    CHECK(full.code == kRefused);
    CHECK(has_all(full.err, {"cannot write", "0000000000000001.log"}));
    CHECK(std::filesystem::is_empty(backups.path()));
}

TEST_CASE(
    "A journal that verify calls damaged starts no broker, and drops under --repair as told") {
    Broker broker({kFastHeartbeats, "[[service]]\nname = \"mail\"\n", {}});
    for (int i = 0; i < 3; ++i) {
        REQUIRE(run(broker.tool({"submit", "mail", "to=ann", "--delay", "1h"})).code == 0);
    }
    broker.kill();
    const std::string journal = journal_of(broker);
    const std::string log = journal + "/0000000000000001.log";
    std::filesystem::resize_file(log, std::filesystem::file_size(log) - 1);
    CHECK(run(broker.tool({"journal", "verify", journal})).code == 6);
    std::string bytes = read_file(log);
    bytes[100] = static_cast<char>(bytes[100] ^ 1);
    const TempDirectory damaged;
    const std::string file = damaged.write("0000000000000001.log", bytes);
    const Finished verified =
        run(broker.tool({"journal", "verify", "--json", damaged.path().string()}));
    CHECK(verified.code == 7);
    const json report = json::parse(verified.out);
    const auto start = [&](Args more) {
        Args args = {"--client-port",
                     "0",
                     "--worker-port",
                     "0",
                     "--news-port",
                     "0",
                     "--data-dir",
                     (damaged.path() / "data").string(),
                     "--config",
                     damaged.write("steward.toml",
                                   "[lifecycle]\nenabled = false\n[journal]\nfolder = \"" +
                                       damaged.path().string() + "\"\n")};
        args.insert(args.end(), more.begin(), more.end());
        return CommandLine{built_program("steward-broker"), args, {}, damaged.path().string()};
    };
    const Finished refused = run(start({}));
    CHECK(refused.code == 1);
    CHECK(has(refused.err, report["problem"]["rule"].get<std::string>()));
    Process repaired(start({"--repair"}));
    REQUIRE(repaired.wait_for_line("steward-broker ready"));
    CHECK(std::filesystem::file_size(file) ==
          bytes.size() - report["drops"][0]["bytes"].get<std::uint64_t>());
    CHECK(run(broker.tool({"journal", "verify", damaged.path().string()})).code == 0);
    repaired.signal(15);
    CHECK(repaired.wait() == 0);
}

}  // namespace steward::e2e
