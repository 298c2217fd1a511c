// tests: the verbs that look at the files of a journal, on journals written here.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <utility>

#include <doctest/doctest.h>

#include "broker/core/record_codec.hpp"
#include "broker/store/log_files.hpp"
#include "broker/store/log_writer.hpp"
#include "broker/store/posix_disk.hpp"
#include "client/cli/exit_status.hpp"
#include "client/cli/journal_facts.hpp"
#include "common/posix/clock.hpp"
#include "tests/unit/cli/run.hpp"
#include "tests/unit/cli/temp_file.hpp"

namespace steward::cli {

using namespace test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

const std::string kFirst = store::file_name(store::FileKind::Log, 1);
const std::string kSecond = store::file_name(store::FileKind::Log, 2);

class TempFolder {
public:
    TempFolder() : path_((fs::temp_directory_path() / "steward-XXXXXX").string()) {
        REQUIRE(mkdtemp(path_.data()) != nullptr);
    }

    ~TempFolder() { fs::remove_all(path_); }

    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;

    [[nodiscard]] std::string at(const std::string& name) const { return path_ + "/" + name; }

    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(path_)) {
            names.push_back(entry.path().filename().string());
        }
        std::ranges::sort(names);
        return names;
    }

private:
    std::string path_;
};

// A broker's journal; each call is one commit, on the disk when it returns.
class Writer {
public:
    explicit Writer(const std::string& folder)
        : disk_(store::PosixDisk::open(folder).value()), log_(*disk_) {}

    void write(const std::vector<std::string>& records) {
        store::Group group{at_, std::exchange(begins_file_, false), {}};
        const std::vector<std::string_view> views(records.begin(), records.end());
        store::put_commit(group.bytes, at_.record, views);
        REQUIRE(log_.write(group));
        REQUIRE(log_.sync());
        at_.record += records.size();
    }

    void write(const core::Record& fact) {
        std::string bytes;
        core::encode_record(fact, bytes);
        write(std::vector<std::string>{bytes});
    }

    void next_file() {
        ++at_.file;
        begins_file_ = true;
    }

private:
    std::unique_ptr<store::PosixDisk> disk_;
    store::LogWriter log_;
    store::LogPosition at_;
    bool begins_file_ = true;
};

model::JobId job(std::uint64_t number) {
    return {1ULL << 40U, number};
}

core::JobAccepted accepted(std::uint64_t number, const std::string& service) {
    core::JobAccepted fact;
    fact.id = job(number);
    fact.at = posix::read_clock().wall;
    fact.spec.service = *model::ServiceName::parse(service);
    fact.spec.params = {model::Encoding::Json, base::Blob::copy("{\"n\":1}")};
    return fact;
}

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

std::vector<json> lines_in(const std::string& text) {
    std::vector<json> lines;
    std::istringstream all(text);
    for (std::string line; std::getline(all, line);) {
        lines.push_back(json::parse(line, nullptr, false));
        CHECK_FALSE(lines.back().is_discarded());
    }
    return lines;
}

json only_document(const Ended& ended) {
    const auto lines = lines_in(ended.out);
    REQUIRE(lines.size() == 1);
    return lines.front();
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

void flip_byte(const std::string& path, std::streamoff offset) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(offset);
    const char byte = static_cast<char>(file.get() ^ 1);
    file.seekp(offset);
    file.put(byte);
    REQUIRE(file.good());
}

std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
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
