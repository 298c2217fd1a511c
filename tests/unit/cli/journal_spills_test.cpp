// tests: the verbs that look at the files of a journal, on one whose queue is spilled: whole,
// damaged and gone.
#include <map>
#include <optional>

#include <doctest/doctest.h>

#include "broker/core/spilled_jobs.hpp"
#include "broker/store/spill_files.hpp"
#include "client/cli/exit_status.hpp"
#include "tests/unit/cli/journal_folder.hpp"

namespace steward::cli {

using namespace test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

const std::string kSpill = store::file_name(store::FileKind::Spill, 1);
const std::string kUnneeded = store::file_name(store::FileKind::Spill, 2);
constexpr std::uint64_t kJobs = 5;
constexpr std::streamoff kEntriesAt = 32;
constexpr std::streamoff kContentAt = kEntriesAt + kJobs * 24 + 4;

core::JobStands waiting(std::uint64_t number) {
    core::JobStands fact;
    fact.id = job(number);
    fact.due = posix::read_clock().wall - 1s;
    return fact;
}

// Jobs `first` and on, as a broker spills them.
std::uint64_t spill(store::SpillFiles& files, std::uint64_t first) {
    std::vector<store::SpillItem> items;
    std::string bytes;
    for (std::uint64_t number = first; number < first + kJobs; ++number) {
        core::put_spilled(bytes, accepted(number, "mail"), waiting(number));
        items.push_back({job(number).epoch, number, static_cast<std::uint32_t>(bytes.size()), 0});
    }
    return files.write(items, bytes).value();
}

// A checkpoint with one job in memory and spill 1, of which job 1 has left; and a spill that nobody
// needs. Then, in the log, job 2 has been started.
void write_spilled_journal(const std::string& folder) {
    {
        const auto disk = store::PosixDisk::open(folder).value();
        store::SpillFiles files(*disk);
        REQUIRE(files.look());
        core::JobsSpilled fact;
        fact.spill = spill(files, 1);
        fact.service = *model::ServiceName::parse("mail");
        fact.count = kJobs - 1;
        fact.gone = {0};
        REQUIRE(spill(files, 11) == 2);
        const core::Record facts[] = {fact, accepted(20, "print"), waiting(20)};
        REQUIRE(store::write_checkpoint(*disk, {1, 1}, [&](const store::RecordSink& put) {
            base::Expected<void> done;
            for (const core::Record& one : facts) {
                std::string bytes;
                core::encode_record(one, bytes);
                done = done.and_then([&] { return put(bytes); });
            }
            return done;
        }));
    }
    Writer writer(folder);
    writer.write(core::AttemptStarted{{job(2), 1}, posix::read_clock().wall});
}

// What `inspect --alive` counts, by service and state.
std::map<std::string, int> alive_in(const std::string& journal) {
    std::map<std::string, int> counts;
    const json found = only_document(run({"--json", "journal", "inspect", journal, "--alive"}));
    for (const json& row : found["alive"]["jobs"]) {
        counts[row["service"].get<std::string>() + " " + row["state"].get<std::string>()] =
            row["jobs"];
    }
    return counts;
}

}  // namespace

TEST_CASE("A spilled queue: verify and inspect count it, and what lies in it is alive") {
    const TempFolder folder;
    const std::string journal = folder.at("journal");
    write_spilled_journal(journal);
    const Ended verified = run({"journal", "verify", journal});
    CHECK(verified.status == kSuccess);
    CHECK(has(verified.out, "sound: 4 records"));
    CHECK(has(verified.out, "4 jobs in 1 spill"));
    const json found = only_document(run({"--json", "journal", "inspect", journal}));
    CHECK(found["spills"] == json{{"files", 1}, {"jobs", 4}});
    CHECK(found["facts"]["JobsSpilled"] == 1);
    CHECK(found["bytes"] == fs::file_size(journal + "/" + kSpill) +
                                fs::file_size(journal + "/0000000000000001.checkpoint") +
                                fs::file_size(journal + "/0000000000000001.log"));
    std::map<std::string, json> files;
    for (const json& row : found["files"]) {
        files[row["file"]] = row;
    }
    CHECK(files.at(kSpill)["kind"] == "spill");
    CHECK(files.at(kSpill)["is_read"] == true);
    CHECK(files.at(kSpill)["jobs"] == 4);
    CHECK(files.at(kSpill)["bytes"] == fs::file_size(journal + "/" + kSpill));
    CHECK(files.at(kUnneeded)["is_read"] == false);
    CHECK(alive_in(journal) ==
          std::map<std::string, int>{{"mail active", 1}, {"mail ready", 3}, {"print ready", 1}});
    const Ended people = run({"journal", "inspect", journal});
    CHECK(has(people.out, "spilled     4 jobs in 1 spill"));
}

TEST_CASE("A spilled queue: export has its fact, and --alive its jobs") {
    const TempFolder folder;
    const std::string journal = folder.at("journal");
    write_spilled_journal(journal);
    const auto all = lines_in(run({"journal", "export", journal}).out);
    REQUIRE(all.size() == 4);
    CHECK(all[0]["fact"] == "JobsSpilled");
    CHECK(all[0]["spill"] == 1);
    CHECK(all[0]["jobs"] == 4);
    CHECK(all[0]["gone"] == json{0});
    std::map<std::string, json> jobs;
    std::map<std::string, json> states;
    for (const json& line : lines_in(run({"journal", "export", journal, "--alive"}).out)) {
        CHECK(line["fact"] != "JobsSpilled");
        (line["fact"] == "JobAccepted" ? jobs : states)[line["job"]] = line;
    }
    CHECK(jobs.size() == 5);
    CHECK(states.size() == 5);
    CHECK_FALSE(jobs.contains(job(1).text()));
    for (std::uint64_t number = 2; number <= kJobs; ++number) {
        CHECK(jobs.at(job(number).text())["service"] == "mail");
        CHECK(jobs.at(job(number).text())["params"]["text"] == "{\"n\":1}");
        CHECK(states.at(job(number).text())["attempt"] == (number == 2 ? 1 : 0));
    }
}

TEST_CASE("A damaged entry is told with file, offset and job, and the others are alive") {
    const TempFolder folder;
    const std::string journal = folder.at("journal");
    write_spilled_journal(journal);
    const std::string file = journal + "/" + kSpill;
    const auto size = static_cast<std::streamoff>(fs::file_size(file));
    flip_byte(file, size - 1);
    const Ended verified = run({"journal", "verify", journal});
    CHECK(verified.status == kDamaged);
    for (const std::string& part : {"damaged: " + file + ", offset ",
                                    std::string("entry 5 is not what was written"),
                                    std::string("a broker ends when it comes to"),
                                    "--repair would drop job " + job(5).text() + "\n"}) {
        CAPTURE(verified.out);
        CHECK(has(verified.out, part));
    }
    const json found = only_document(run({"--json", "journal", "verify", journal}));
    CHECK(found["state"] == "damaged");
    CHECK(found["can_repair"] == true);
    REQUIRE(found["lost"].size() == 1);
    CHECK(found["lost"][0]["job"] == job(5).text());
    CHECK(found["lost"][0]["service"] == "mail");
    CHECK(found["problem"]["file"] == kSpill);
    CHECK(found["problem"]["offset"] == kContentAt + (size - kContentAt) / 5 * 4);
    CHECK(alive_in(journal) ==
          std::map<std::string, int>{{"mail active", 1}, {"mail ready", 2}, {"print ready", 1}});
    const Ended exported = run({"journal", "export", journal, "--alive"});
    CHECK(exported.status == kDamaged);
    CHECK(lines_in(exported.out).size() == 8);
    CHECK(has(exported.err, job(5).text()));
    const Ended copied = run({"backup", folder.at("copy"), "--journal", journal});
    CHECK(copied.status == kDamaged);
    CHECK(has(copied.err, kSpill + ", offset "));
    CHECK(folder.names() == std::vector<std::string>{"journal"});
}

TEST_CASE("Facts about a job that is lost in a spill are lost with it") {
    const TempFolder folder;
    const std::string journal = folder.at("journal");
    write_spilled_journal(journal);
    const std::string file = journal + "/" + kSpill;
    const auto size = static_cast<std::streamoff>(fs::file_size(file));
    flip_byte(file, kContentAt + (size - kContentAt) / 5 + 9);  // job 2, which was started
    CHECK(run({"journal", "verify", journal}).status == kDamaged);
    CHECK(alive_in(journal) == std::map<std::string, int>{{"mail ready", 3}, {"print ready", 1}});
}

TEST_CASE("Damage where nothing is needed is none") {
    const TempFolder folder;
    const std::string journal = folder.at("journal");
    write_spilled_journal(journal);
    flip_byte(journal + "/" + kSpill, kContentAt);  // job 1, which has left
    fs::resize_file(journal + "/" + kUnneeded, 40);
    CHECK(run({"journal", "verify", journal}).status == kSuccess);
    const std::string copy = folder.at("copy");
    const json made = only_document(run({"--json", "backup", copy, "--journal", journal}));
    CHECK(made["files"] == 3);
    CHECK(made["spills"] == 1);
    CHECK(content_of(copy + "/" + kSpill) == content_of(journal + "/" + kSpill));
    CHECK_FALSE(fs::exists(copy + "/" + kUnneeded));
    CHECK(alive_in(copy) == alive_in(journal));
}

TEST_CASE(
    "A spill whose entries are damaged, or that is missing, is told with how many jobs it had") {
    const TempFolder folder;
    const std::string journal = folder.at("journal");
    write_spilled_journal(journal);
    const std::string file = journal + "/" + kSpill;
    flip_byte(file, kEntriesAt);
    for (const std::string& where : {std::string(", offset 32: its entries are not"),
                                     std::string(", offset 0: it is missing")}) {
        CAPTURE(where);
        const Ended verified = run({"journal", "verify", journal});
        CAPTURE(verified.out);
        CHECK(verified.status == kDamaged);
        CHECK(has(verified.out, file + where));
        CHECK(has(verified.out, "no broker starts with it"));
        CHECK(has(verified.out, "4 jobs of mail in " + kSpill));
        CHECK(alive_in(journal) == std::map<std::string, int>{{"print ready", 1}});
        CHECK(run({"backup", folder.at("copy"), "--journal", journal}).status == kDamaged);
        fs::remove(file);
    }
}

}  // namespace steward::cli
