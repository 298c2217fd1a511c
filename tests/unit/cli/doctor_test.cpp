// tests: what `steward doctor` makes of what it has seen, and that it sees.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "client/cli/doctor_machine.hpp"
#include "client/cli/doctor_rules.hpp"
#include "client/cli/doctor_run.hpp"
#include "client/cli/exit_status.hpp"
#include "common/keys/own_key.hpp"
#include "tests/unit/cli/run.hpp"
#include "tests/unit/cli/temp_file.hpp"

namespace steward::cli::doctor {
namespace {

using namespace std::chrono_literals;

Facts sound() {
    Facts facts;
    facts.version = "1.2.3";
    facts.config = "/etc/steward/steward.toml";
    facts.is_config_there = true;
    facts.programs = {{"steward-broker", "/usr/bin/steward-broker", "1.2.3"},
                      {"steward-guardian", "/usr/bin/steward-guardian", ""}};
    facts.settings = {{"steward-broker", ""}};
    facts.broker = "127.0.0.1";
    facts.ports = {{"broker.client_port", "127.0.0.1", 5555, true, true},
                   {"gateway.port", "127.0.0.1", 5580, false, false}};
    FolderFact data{"broker.data_dir", "/var/lib/steward", true, "steward", 0750};
    data.bytes_free = kDiskBytesLow;
    facts.folders = {data};
    facts.secrets = {{"gateway.tokens_file", "/etc/steward/tokens", true, "steward", 0600}};
    facts.sync = SyncFact{"/var/lib/steward", "", kSyncSlow, kSyncWorst};
    facts.peers_max = 1000;
    facts.payload_bytes_max = 4U << 20U;
    facts.machine = {true, true, kDescriptorsLow, 8U << 20U, 0, kBacklogLow};
    return facts;
}

/// The one finding that is not fine: "problem /etc/steward/tokens".
std::string said_of(const Facts& facts) {
    std::string said;
    for (const Finding& finding : findings_of(facts)) {
        CHECK_FALSE(finding.about.empty());
        CHECK_FALSE(finding.what.empty());
        CHECK(finding.why.empty() == (finding.level == Level::Fine));
        CHECK(finding.type.empty() == (finding.level == Level::Fine));
        if (finding.level != Level::Fine) {
            said += (said.empty() ? "" : ", ") + std::string(name_of(finding.level)) + " " +
                    finding.about;
        }
    }
    return said;
}

/// Gone when its object is.
struct Folder {
    Folder() { REQUIRE(::mkdtemp(path.data()) != nullptr); }

    ~Folder() { std::filesystem::remove_all(path); }

    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    void remove(const std::string& name) const { std::filesystem::remove(path + "/" + name); }

    void append(const std::string& name, const std::string& text) const {
        std::ofstream(path + "/" + name, std::ios::app) << text;
    }

    std::string path = (std::filesystem::temp_directory_path() / "steward-XXXXXX").string();
};

template <typename Change>
std::string said_after(const Change& change) {
    Facts facts = sound();
    change(facts);
    return said_of(facts);
}

}  // namespace

TEST_CASE("Of a sound installation, at every limit, nothing is to be changed") {
    CHECK(said_of(sound()).empty());
    CHECK(findings_of(sound()).size() == 10);
}

TEST_CASE("Programs and the configuration") {
    CHECK(said_after([](Facts& f) { f.programs[0].path.clear(); }) == "problem steward-broker");
    CHECK(said_after([](Facts& f) { f.programs[0].version = "1.2.2"; }) ==
          "problem steward-broker");
    CHECK(said_after([](Facts& f) { f.is_config_there = false; }) == "problem configuration");
    CHECK(said_after([](Facts& f) { f.settings[0].complaint = "x:1:1: no"; }) ==
          "problem configuration");
    CHECK(said_after([](Facts& f) { f.broker_error = "none answers"; }) == "problem broker");
    CHECK(said_after([](Facts& f) { f.left_behind = {"steward-gateway"}; }) ==
          "advice steward-gateway");
}

TEST_CASE("A port that another program has is told; a free one and its own are not") {
    CHECK(said_after([](Facts& f) { f.ports[0].answers_as_meant = false; }) == "problem port 5555");
    CHECK(said_after([](Facts& f) { f.ports[0].is_taken = false; }).empty());
}

TEST_CASE("Folders and secrets: who may read and write them, and what they are on") {
    const auto folder = [](auto change) {
        return said_after([&](Facts& f) { change(f.folders[0]); });
    };
    CHECK(folder([](FolderFact& f) { f.is_there = false; }) == "advice /var/lib/steward");
    CHECK(folder([](FolderFact& f) { f.mode = 0755; }) == "advice /var/lib/steward");
    CHECK(folder([](FolderFact& f) { f.mode = 0777; }) == "problem /var/lib/steward");
    CHECK(folder([](FolderFact& f) { f.is_in_memory = true; }) == "problem /var/lib/steward");
    CHECK(folder([](FolderFact& f) { f.is_on_network = true; }) == "advice /var/lib/steward");
    CHECK(folder([](FolderFact& f) { f.bytes_free = kDiskBytesLow - 1; }) ==
          "advice /var/lib/steward");
    CHECK(folder([](FolderFact& f) { f.bytes_free = kDiskBytesNone - 1; }) ==
          "problem /var/lib/steward");
    CHECK(said_after([](Facts& f) { f.secrets[0].mode = 0640; }) == "problem /etc/steward/tokens");
    CHECK(said_after([](Facts& f) { f.secrets[0].is_there = false; }) ==
          "problem /etc/steward/tokens");
}

TEST_CASE("Keys: whose folder it is, and none at all") {
    const auto clients = [](bool is_there, unsigned mode) {
        return said_after([&](Facts& f) {
            f.clients = FolderFact{
                "security.clients_directory", "/etc/steward/clients", is_there, "root", mode};
        });
    };
    CHECK(clients(true, 0750).empty());
    CHECK(clients(true, 0755).empty());
    CHECK(clients(true, 0770) == "problem /etc/steward/clients");
    CHECK(clients(true, 0752) == "problem /etc/steward/clients");
    CHECK(clients(false, 0) == "problem /etc/steward/clients");
    CHECK(said_after([](Facts& f) { f.is_insecure = true; }) == "advice security.insecure");
    CHECK(said_after([](Facts& f) {
              f.broker_error = "it asks for a key";
              f.has_refused_key = true;
          }) == "advice broker");
}

TEST_CASE("What its unit's user cannot read or write is told, with whom to give it to") {
    CHECK(said_after([](Facts& f) { f.secrets[0].user = "steward"; }).empty());
    CHECK(said_after([](Facts& f) { f.secrets[0].user = "steward-gateway"; }) ==
          "problem /etc/steward/tokens");
    CHECK(said_after([](Facts& f) { f.folders[0].user = "steward"; }).empty());
    CHECK(said_after([](Facts& f) { f.folders[0].user = "other"; }) == "problem /var/lib/steward");
    const auto clients = [](unsigned mode, const char* group) {
        return said_after([&](Facts& f) {
            f.clients = FolderFact{
                "security.clients_directory", "/clients", true, "root", mode, group, "steward"};
        });
    };
    CHECK(clients(0755, "root").empty());
    CHECK(clients(0750, "steward").empty());
    CHECK(clients(0750, "root") == "problem /clients");
    CHECK(clients(0710, "steward") == "problem /clients");
    CHECK(user_of_unit("no-such-unit", "/etc/steward/steward.toml").empty());
}

TEST_CASE("The keys in the clients' folder are read as the broker would read them") {
    const Folder folder;
    const auto look = [&] { return look_at_keys(folder.path); };
    const auto said = [&] {
        return said_after([&](Facts& f) {
            f.clients = FolderFact{"security.clients_directory", "/clients", true, "root", 0755};
            f.keys = look();
        });
    };
    CHECK(look().count == 0);
    CHECK(said() == "advice keys");
    REQUIRE(keys::make_key("web", folder.path));
    CHECK(look().count == 1);
    CHECK(look().grantless == std::vector<std::string>{"web"});
    CHECK(look().secret_files == std::vector<std::string>{folder.path + "/web.key"});
    CHECK(said() == "problem keys, advice keys");
    folder.remove("web.key");
    folder.append("web.pub", "grants = [\"submit = ['mail']\"]\n");
    CHECK(said().empty());
    folder.append("bad.pub",
                  "[key]\nname = \"bad\"\nlocal_users = [\"root\"]\ngrants = [\"all\"]\n");
    CHECK(look().complaint.find("bad.pub") != std::string::npos);
    CHECK(said() == "problem keys");
}

TEST_CASE("The disk's speed: too slow, too good to be true, not measured") {
    CHECK(said_after([](Facts& f) { f.sync->median += 1us; }) == "advice disk speed");
    CHECK(said_after([](Facts& f) { f.sync->worst += 1us; }) == "advice disk speed");
    CHECK(said_after([](Facts& f) { f.sync->median = kSyncTooGood - 1us; }) == "advice disk speed");
    CHECK(said_after([](Facts& f) { f.sync->complaint = "no"; }) == "advice disk speed");
    CHECK(said_after([](Facts& f) { f.sync.reset(); }).empty());
}

TEST_CASE("The machine: clock, zones, open files, memory, connections") {
    const auto machine = [](auto change) {
        return said_after([&](Facts& f) { change(f.machine); });
    };
    CHECK(machine([](MachineFact& m) { m.is_clock_synchronised = false; }) == "advice clock");
    CHECK(machine([](MachineFact& m) { m.is_clock_synchronised.reset(); }).empty());
    CHECK(machine([](MachineFact& m) { m.has_time_zones = false; }) == "problem time zones");
    CHECK(machine([](MachineFact& m) { m.descriptors_max -= 1; }) == "advice open files");
    CHECK(machine([](MachineFact& m) { m.memory_bytes -= 2; }) == "advice memory");
    CHECK(machine([](MachineFact& m) { m.memory_bytes = 0; }).empty());
    CHECK(machine([](MachineFact& m) { m.overcommit = 2; }) == "advice memory");
    CHECK(machine([](MachineFact& m) { m.backlog = kBacklogLow - 1; }) == "advice connections");
    CHECK(machine([](MachineFact& m) { m.backlog.reset(); }).empty());
}

TEST_CASE("What it reads of files, folders and the disk is so") {
    const test::TempFile kept("s3cret");
    const std::string& file = kept.name();
    CHECK(look_at_secret("a.b", file).is_there);
    CHECK_FALSE(look_at_secret("a.b", file + "-not").is_there);
    CHECK_FALSE(look_at_folder("a.b", file).is_there);  // a file is none
    const FolderFact folder = look_at_folder("a.b", "/");
    CHECK(folder.is_there);
    CHECK(folder.owner == "root");
    CHECK(measure_syncs("/proc").complaint.find("/proc") != std::string::npos);
    const SyncFact sync = measure_syncs("/var/tmp");
    CHECK(sync.complaint.empty());
    CHECK(sync.median <= sync.worst);
    CHECK(look_at_machine().memory_bytes > 0);
    CHECK_FALSE(is_port_taken("no address", 80));
    CHECK_FALSE(runs_replaced("steward-no-such-program"));
}

TEST_CASE("A program's output, its exit status, and its end when it takes too long") {
    const auto said = say_of("/bin/sh", {"-c", "echo out; echo err >&2; exit 3"}, 30s);
    REQUIRE(said.has_value());
    CHECK(said->code == 3);
    CHECK(said->out == "out\n");
    CHECK(said->err == "err\n");
    CHECK(say_of("/bin/sh", {"-c", "kill -TERM $$"}, 30s)->code == 128 + 15);
    CHECK(say_of("/no/such/program", {}, 30s).error().code == base::Errc::Io);
    CHECK(say_of("/bin/sh", {"-c", "exec sleep 60"}, 50ms).error().code == base::Errc::Timeout);
}

TEST_CASE("doctor without a configuration and a broker says what to do, and that something is") {
    const auto ended = test::run(
        {"doctor", "--config", "/no/such.toml", "--broker", "127.0.0.1:1", "--timeout", "100ms"});
    CHECK(ended.status == kRefused);
    CHECK(ended.out.find("problem  configuration: there is no /no/such.toml\n") !=
          std::string::npos);
    CHECK(ended.out.find("type: systemctl status steward-broker") != std::string::npos);
    CHECK(ended.err.empty());
}

}  // namespace steward::cli::doctor
