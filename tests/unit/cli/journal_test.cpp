// tests: the verbs that look at the files of a journal, on journals written here.
#include <algorithm>
#include <map>
#include <utility>

#include <doctest/doctest.h>

#include "client/cli/exit_status.hpp"
#include "client/cli/journal_facts.hpp"
#include "tests/unit/cli/journal_folder.hpp"
#include "tests/unit/cli/temp_file.hpp"
#include "tests/unit/store/doc_block.hpp"

namespace steward::cli {

using namespace test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

const std::string kFirst = store::file_name(store::FileKind::Log, 1);
const std::string kSecond = store::file_name(store::FileKind::Log, 2);

// Two files: four jobs, of which one has ended, one runs, one waits for an hour and one is bytes.
void write_journal(const std::string& folder) {
    Writer writer(folder);
    writer.write(accepted(1, "mail"));
    writer.write(accepted(2, "mail"));
    core::JobAccepted later = accepted(3, "mail");
    later.spec.options.delay = 1h;
    writer.write(later);
    writer.next_file();
    core::JobAccepted bytes = accepted(4, "print");
    bytes.spec.params = {model::Encoding::Opaque, base::Blob::copy("\xff\x01")};
    writer.write(bytes);
    writer.write(core::AttemptStarted{{job(1), 1}, posix::read_clock().wall});
    writer.write(core::AttemptStarted{{job(2), 1}, posix::read_clock().wall});
    core::JobEnded ended;
    ended.id = job(1);
    ended.at = posix::read_clock().wall;
    writer.write(ended);
}

template <std::size_t... I>
std::map<int, std::string> names_by_number(std::index_sequence<I...> /*all*/) {
    std::map<int, std::string> names;
    const auto add = [&](const core::Record& fact) {
        std::string bytes;
        core::encode_record(fact, bytes);
        names[static_cast<unsigned char>(bytes.at(1))] = name_of(fact);
        const json value = fact_json(fact);
        CHECK(value["fact"] == name_of(fact));
        CHECK(value.size() > 1);
        CHECK(value.dump().find("discarded") == std::string::npos);
    };
    (add(core::Record(std::in_place_index<I>)), ...);
    return names;
}

}  // namespace

TEST_CASE("Facts have the names that docs/journal-format.md gives their numbers") {
    std::string page = content_of(STEWARD_SOURCE_DIR "/docs/journal-format.md");
    std::ranges::replace(page, '\n', ' ');
    const auto names =
        names_by_number(std::make_index_sequence<std::variant_size_v<core::Record>>{});
    CHECK(names.size() == std::variant_size_v<core::Record>);
    for (const auto& [number, name] : names) {
        std::string words = std::to_string(number);
        words += " `" + name + "`";
        CAPTURE(words);
        CHECK(has(page, words));
    }
}

namespace {

void is_shown(const std::string& block, const core::Record& fact) {
    CAPTURE(block);
    std::string written;
    core::encode_record(fact, written);
    const std::string bytes = store::testing::bytes_of_block(block);
    CHECK(base::to_hex(bytes) == base::to_hex(written));
    const auto read = core::decode_record(bytes);
    REQUIRE(read);
    CHECK(*read == fact);
}

}  // namespace

TEST_CASE("docs/journal-format.md shows records as the program writes them, and they are read") {
    core::JobsSpilled spilled;
    spilled.spill = 1;
    spilled.service = *model::ServiceName::parse("mail");
    spilled.options.priority = 10;
    spilled.options.group = "ann";
    spilled.count = 1;
    spilled.gone = {0};
    is_shown("a-record-of-a-spill", spilled);
    is_shown(
        "a-record-of-neighbours",
        core::AttemptsStarted{10, base::WallTime(std::chrono::microseconds(4)), {{7, 1}, {8, 2}}});
}

TEST_CASE("Facts of neighbours are told and counted one by one") {
    const TempFolder folder;
    const std::string journal = folder.at("journal");
    {
        Writer writer(journal);
        core::JobsAccepted accepted;
        accepted.first = job(1);
        accepted.service = *model::ServiceName::parse("mail");
        accepted.jobs = {{1, {}}, {2, {}}, {3, {}}};
        writer.write(accepted);
        writer.write(core::AttemptsStarted{job(1).epoch, {}, {{1, 1}, {2, 1}}});
        writer.write(core::JobsSucceeded{job(1).epoch, {}, {{1, {}}}});
    }
    const json found = only_document(run({"--json", "journal", "inspect", journal}));
    CHECK(found["facts"] == json{{"AttemptStarted", 2}, {"JobAccepted", 3}, {"JobEnded", 1}});
    const Ended exported = run({"journal", "export", journal});
    CHECK(exported.status == kSuccess);
    for (const std::uint64_t number : {1U, 2U, 3U}) {
        CHECK(has(exported.out, job(number).text()));
    }
}

TEST_CASE("A sound journal: inspect, verify") {
    const TempFolder folder;
    const std::string journal = folder.at("journal");
    write_journal(journal);
    const Ended verified = run({"journal", "verify", journal});
    CHECK(verified.status == kSuccess);
    CHECK(has(verified.out, "sound: 7 records"));
    const json found = only_document(run({"--json", "journal", "inspect", journal, "--alive"}));
    CHECK(found["state"] == "sound");
    CHECK(found["checkpoint"] == 0);
    CHECK(found["next_record"] == 8);
    CHECK(found["facts"] == json{{"AttemptStarted", 2}, {"JobAccepted", 4}, {"JobEnded", 1}});
    REQUIRE(found["files"].size() == 2);
    CHECK(found["files"][1]["file"] == kSecond);
    CHECK(found["files"][1]["kind"] == "log");
    CHECK(found["files"][1]["version"] == 1);
    CHECK(found["files"][1]["commits"] == 4);
    CHECK(found["files"][1]["first_record"] == 4);
    CHECK(found["files"][1]["bytes"] == fs::file_size(journal + "/" + kSecond));
    const json jobs = {{{"service", "mail"}, {"state", "active"}, {"jobs", 1}},
                       {{"service", "mail"}, {"state", "scheduled"}, {"jobs", 1}},
                       {{"service", "print"}, {"state", "ready"}, {"jobs", 1}}};
    CHECK(found["alive"]["jobs"] == jobs);
    CHECK(found["alive"]["results"] == 1);
    const Ended people = run({"journal", "inspect", journal, "--alive"});
    CHECK(people.status == kSuccess);
    for (const char* part : {"sound", "JobAccepted", "scheduled", "schedules  none"}) {
        CHECK(has(people.out, part));
    }
}

TEST_CASE("export: a record a line; bytes that are no text as base64; what is alive") {
    const TempFolder folder;
    const std::string journal = folder.at("journal");
    write_journal(journal);
    const Ended all = run({"journal", "export", journal});
    CHECK(all.status == kSuccess);
    const auto lines = lines_in(all.out);
    REQUIRE(lines.size() == 7);
    CHECK(lines[0]["fact"] == "JobAccepted");
    CHECK(lines[0]["file"] == kFirst);
    CHECK(lines[0]["record"] == 1);
    CHECK(lines[0]["service"] == "mail");
    CHECK(lines[0]["params"] == json{{"encoding", "json"}, {"text", "{\"n\":1}"}});
    CHECK(lines[2]["options"]["delay"] == 3600);
    CHECK(lines[3]["params"] == json{{"encoding", "opaque"}, {"base64", "/wE="}});
    CHECK(lines[6]["record"] == 7);
    CHECK(lines[6]["state"] == "succeeded");
    std::map<std::string, int> alive;
    for (const json& line : lines_in(run({"journal", "export", journal, "--alive"}).out)) {
        ++alive[line["fact"]];
        CHECK((line["fact"] != "JobAccepted" || line["job"] != job(1).text()));
    }
    CHECK(alive ==
          std::map<std::string, int>{{"JobAccepted", 3}, {"JobStands", 3}, {"ResultKept", 1}});
}

TEST_CASE("A torn end is no damage: told with its own status, and left as it is") {
    const TempFolder folder;
    const std::string journal = folder.at("journal");
    write_journal(journal);
    const std::string last = journal + "/" + kSecond;
    fs::resize_file(last, fs::file_size(last) - 1);
    const std::string before = content_of(last);
    const Ended verified = run({"journal", "verify", journal});
    CHECK(verified.status == kTorn);
    CHECK(has(verified.out, "torn: "));
    CHECK(has(verified.out, "acknowledged to nobody"));
    const json found = only_document(run({"--json", "journal", "verify", journal}));
    CHECK(found["state"] == "torn");
    CHECK(found["problem"]["file"] == kSecond);
    CHECK(found["drops"][0]["offset"] == found["problem"]["offset"]);
    const Ended exported = run({"journal", "export", journal});
    CHECK(exported.status == kSuccess);
    CHECK(lines_in(exported.out).size() == 6);
    CHECK(has(exported.err, "torn"));
    CHECK(content_of(last) == before);
}

TEST_CASE("Damage is told with file, offset, rule and what a repair would drop") {
    const TempFolder folder;
    const std::string journal = folder.at("journal");
    write_journal(journal);
    flip_byte(journal + "/" + kFirst, 100);
    const Ended verified = run({"journal", "verify", journal});
    CHECK(verified.status == kDamaged);
    for (const std::string& part : {"damaged: " + journal + "/" + kFirst,
                                    std::string("offset 32: this was safe"),
                                    std::string("--repair would drop"),
                                    "all of " + kSecond}) {
        CHECK(has(verified.out, part));
    }
    const json found = only_document(run({"--json", "journal", "inspect", journal}));
    CHECK(found["state"] == "damaged");
    CHECK(found["can_repair"] == true);
    CHECK(found["drops"].size() == 2);
    CHECK(found["files"][1]["is_read"] == false);
    CHECK(run({"journal", "export", journal}).status == kDamaged);
    const Ended copied = run({"backup", folder.at("copy"), "--journal", journal});
    CHECK(copied.status == kDamaged);
    CHECK(is_one_line(copied.err));
    CHECK(folder.names() == std::vector<std::string>{"journal"});
}

TEST_CASE("A whole record that no broker can read is damage that a repair does not help") {
    const TempFolder folder;
    const std::string journal = folder.at("journal");
    {
        Writer writer(journal);
        writer.write(accepted(1, "mail"));
        writer.write(std::vector<std::string>{"\x02\xc8  of the future"});
        writer.write(accepted(2, "mail"));
    }
    const json found = only_document(run({"--json", "journal", "verify", journal}));
    CHECK(found["state"] == "damaged");
    CHECK(found["can_repair"] == false);
    CHECK(has(found["problem"]["rule"], "kind"));
    CHECK(found["problem"]["file"] == kFirst);
    CHECK(found["problem"]["offset"] > 32);
    const Ended exported = run({"journal", "export", journal});
    CHECK(exported.status == kDamaged);
    const auto lines = lines_in(exported.out);
    REQUIRE(lines.size() == 3);
    CHECK(lines[1]["fact"].is_null());
    CHECK(lines[1]["bytes"]["base64"] == "AsggIG9mIHRoZSBmdXR1cmU=");
}

TEST_CASE("Folders that hold no journal") {
    const TempFolder folder;
    write_journal(folder.at("journal"));
    const Ended above = run({"journal", "verify", folder.at("")});
    CHECK(above.status == kRefused);
    CHECK(has(above.err, "holds no journal; do you mean"));
    CHECK(run({"journal", "inspect", folder.at("nowhere")}).status == kRefused);
    CHECK(run({"journal"}).status == kUsage);
    const Ended copied = run({"backup", folder.at("copy"), "--journal", folder.at("")});
    CHECK(copied.status == kRefused);
    CHECK(has(copied.err, "--journal"));
    CHECK(folder.names() == std::vector<std::string>{"journal"});
}

TEST_CASE("The journal is found through the configuration") {
    const TempFolder folder;
    write_journal(folder.at("durable"));
    const TempFile config("[broker]\ndata_dir = \"" + folder.at("") +
                          "\"\n[journal]\nfolder = \"durable\"\n");
    CHECK(run({"journal", "verify", "--config", config.name()}).status == kSuccess);
    const Ended missing = run({"journal", "verify", "--config", folder.at("no.toml")});
    CHECK(missing.status == kUsage);
    CHECK(is_one_line(missing.err));
}

TEST_CASE("backup: a copy of its own, into a folder that is new or empty") {
    const TempFolder folder;
    const std::string journal = folder.at("journal");
    write_journal(journal);
    const std::string copy = folder.at("copy");
    const json made = only_document(run({"--json", "backup", copy, "--journal", journal}));
    CHECK(made["records"] == 7);
    CHECK(made["files"] == 2);
    CHECK(content_of(copy + "/" + kFirst) == content_of(journal + "/" + kFirst));
    CHECK(run({"journal", "verify", copy}).status == kSuccess);

    const Ended again = run({"backup", copy, "--journal", journal});
    CHECK(again.status == kRefused);
    CHECK(has(again.err, "is there already"));

    REQUIRE(fs::create_directory(folder.at("empty")));
    CHECK(run({"backup", folder.at("empty") + "/", "--journal", journal}).status == kSuccess);
    CHECK(folder.names() == std::vector<std::string>{"copy", "empty", "journal"});

    const Ended nowhere = run({"backup", folder.at("no/copy"), "--journal", journal});
    CHECK(nowhere.status == kRefused);
    CHECK(has(nowhere.err, "cannot make a folder beside"));
    CHECK(run({"backup"}).status == kUsage);
}

}  // namespace steward::cli
