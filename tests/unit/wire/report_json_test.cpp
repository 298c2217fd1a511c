// tests/unit/wire: the broker's reports as JSON documents, with ZMWS's key names.
#include "common/wire/report_json.hpp"

#include <chrono>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/unit/wire/frames_text.hpp"

namespace steward::wire {
namespace {

using namespace std::chrono_literals;
using namespace test;
using model::Encoding;
using nlohmann::json;

std::string hex_of(model::Peer peer) {
    return "peer" + std::to_string(peer.value);
}

json shown(const model::Report& report) {
    const std::string text = to_json(report, hex_of);
    REQUIRE(json::accept(text));
    return json::parse(text);
}

model::ServiceName service(std::string_view name) {
    return *model::ServiceName::parse(name);
}

model::JobRow waiting() {
    model::JobRow row;
    row.id = kJob;
    row.service = service("mail");
    row.priority = 2048;
    row.accepted_at = base::WallTime(1'700'000'000'250'000us);
    return row;
}

json shown_param(std::string_view bytes) {
    model::JobReport report;
    report.rows.push_back(waiting());
    report.rows[0].params = payload(Encoding::Opaque, bytes);
    return shown(report)[0]["param"];
}

}  // namespace

TEST_CASE("A waiting job is shown without what it has not") {
    model::JobReport report;
    report.rows.push_back(waiting());
    CHECK(to_json(report, hex_of) ==
          "[{\"jobid\":\"" + kJobText +
              "\",\"service\":\"mail\",\"state\":\"ready\",\"sync\":false,\"priority\":2048,"
              "\"attempt\":0,\"reqtime\":1700000000.250000}]");
}

TEST_CASE("A job is shown with ZMWS's key names") {
    model::JobRow row = waiting();
    row.state = model::JobState::Dead;
    row.sync = true;
    row.priority = -1;
    row.attempt = 5;
    row.client = model::Peer{1};
    row.worker = model::Peer{2};
    row.started_at = base::WallTime(2s);
    row.ended_at = base::WallTime(3s);
    row.due_at = base::WallTime(4s);
    row.params = payload(Encoding::Json, "{\"a\": 1}");
    row.text = "no \"disk\"";
    row.channel = "gpu";
    row.context = "order-7";
    row.group = "acme";
    row.batch = "night";
    row.failures = 4;
    row.losses = 1;
    model::JobReport report;
    report.rows = {row, waiting()};
    const json rows = shown(report);
    REQUIRE(rows.size() == 2);
    CHECK(rows[0] == json{{"jobid", kJobText},
                          {"service", "mail"},
                          {"state", "dead"},
                          {"sync", true},
                          {"priority", -1},
                          {"attempt", 5},
                          {"clientid", "peer1"},
                          {"worker", "peer2"},
                          {"reqtime", 1700000000.25},
                          {"startedat", 2.0},
                          {"completedat", 3.0},
                          {"dueat", 4.0},
                          {"encoding", "json"},
                          {"param_bytes", 8},
                          {"param", "{\"a\": 1}"},
                          {"text", "no \"disk\""},
                          {"channel", "gpu"},
                          {"context", "order-7"},
                          {"group", "acme"},
                          {"batch", "night"},
                          {"failures", 4},
                          {"losses", 1}});
}

TEST_CASE("Params are shown up to 256 bytes, never through a character") {
    CHECK(shown_param(std::string(256, 'x')) == std::string(256, 'x'));
    CHECK(shown_param(std::string(257, 'x')) == std::string(256, 'x'));
    CHECK(shown_param(std::string(255, 'x') + "üy") == std::string(255, 'x'));
    CHECK(shown_param(std::string(254, 'x') + "üy") == std::string(254, 'x') + "ü");
    CHECK(shown_param(std::string(253, 'x') + "😀y") == std::string(253, 'x'));
    CHECK(shown_param(std::string(252, 'x') + "😀y") == std::string(252, 'x') + "😀");
    CHECK(shown_param(std::string(300, '\x80')).contains("base64"));
    CHECK(shown_param("") == "");
}

TEST_CASE("Empty lists are empty arrays") {
    CHECK(to_json(model::JobReport{}, hex_of) == "[]");
    CHECK(to_json(model::WorkerReport{}, hex_of) == "[]");
    CHECK(to_json(model::ServiceReport{}, hex_of) == "[]");
}

TEST_CASE("A worker is shown with its services and ZMWS's key names") {
    model::WorkerRow row;
    row.peer = model::Peer{9};
    row.services = {service("mail"), service("image")};
    row.channels = {"default", "gpu"};
    row.name = "zmws2";
    row.concurrency = 2;
    row.held = 1;
    row.succeeded = 10;
    row.failed = 3;
    row.since = base::WallTime(1s);
    row.last_heard = base::WallTime(2500ms);
    model::WorkerReport report;
    report.rows = {row, {}};
    const json rows = shown(report);
    CHECK(rows[0] == json{{"workerid", "peer9"},
                          {"service", "mail"},
                          {"services", {"mail", "image"}},
                          {"channels", {"default", "gpu"}},
                          {"name", "zmws2"},
                          {"concurrency", 2},
                          {"held", 1},
                          {"succeeded", 10},
                          {"failed", 3},
                          {"since", 1.0},
                          {"hb", 2.5}});
    CHECK(rows[1]["services"] == json::array());
    CHECK_FALSE(rows[1].contains("service"));
    CHECK_FALSE(rows[1].contains("channels"));
}

TEST_CASE("A service is shown with its counts") {
    model::ServiceRow row;
    row.service = service("mail");
    row.ready = 1;
    row.scheduled = 2;
    row.active = 3;
    row.workers = 4;
    row.accepted = 5;
    row.succeeded = 6;
    row.failed = 7;
    row.blocked = 8;
    row.dead = 9;
    row.mode = "paused";
    row.failed_jobs = 10;
    row.died = 11;
    row.expired = 12;
    row.cancelled = 13;
    row.lost = 14;
    row.retried = 15;
    model::ServiceReport report;
    report.rows = {row, row};
    report.rows[1].oldest_ready = 1500ms;
    report.rows[1].wait.add(100us);
    report.rows[1].wait.add(500us);
    report.rows[1].run.add(2h);
    const json rows = shown(report);
    json expected{{"service", "mail"}, {"workers", 4},
                  {"ready", 1},        {"scheduled", 2},
                  {"active", 3},       {"accepted", 5},
                  {"succeeded", 6},    {"failed", 7},
                  {"blocked", 8},      {"dead_letters", 9},
                  {"mode", "paused"},  {"failed_jobs", 10},
                  {"died", 11},        {"expired", 12},
                  {"cancelled", 13},   {"lost", 14},
                  {"retried", 15},     {"wait_buckets", json::array()},
                  {"wait_sum", 0.0},   {"run_buckets", json::array()},
                  {"run_sum", 0.0}};
    CHECK(rows[0] == expected);
    expected["oldest_ready"] = 1.5;
    expected["wait_buckets"] = {1, 0, 1};
    expected["wait_sum"] = 0.0006;
    json long_runs(std::vector<int>(model::TimeHistogram::kBounds, 0));
    long_runs.push_back(1);
    expected["run_buckets"] = long_runs;
    expected["run_sum"] = 7200.0;
    CHECK(rows[1] == expected);
}

TEST_CASE("A job's status has its place or its progress where there is one") {
    model::StatusReport report;
    report.job = waiting();
    report.queue_place = 12;
    CHECK(shown(report)["place"] == 12);
    CHECK_FALSE(shown(report).contains("total"));
    report.queue_place.reset();
    report.progress_done = 0;
    report.progress_total = 50;
    report.progress_text = "half";
    CHECK_FALSE(shown(report).contains("place"));
    CHECK(shown(report)["done"] == 0);
    CHECK(shown(report)["total"] == 50);
    CHECK(shown(report)["progress"] == "half");
    CHECK(shown(report)["jobid"] == kJobText);
}

TEST_CASE("Why a job is where it is stands beside the job, in words") {
    model::WhyReport report;
    report.job = waiting();
    report.reasons = {"3 jobs are before it", "the \"gpu\" channel has no worker"};
    const json why = shown(report);
    CHECK(why["jobid"] == kJobText);
    CHECK(why["state"] == "ready");
    CHECK(why["reasons"] == json{"3 jobs are before it", "the \"gpu\" channel has no worker"});
}

TEST_CASE("A list comes in pages, the last without a next") {
    model::ListReport report;
    CHECK(to_json(report, hex_of) == "{\"rows\":[]}");
    report.rows = {waiting(), waiting()};
    report.next = UINT64_MAX;
    const json page = shown(report);
    CHECK(page["rows"].size() == 2);
    CHECK(page["rows"][1]["jobid"] == kJobText);
    CHECK(page["next"] == UINT64_MAX);
}

TEST_CASE("A group is shown with what holds it back, where something does") {
    model::GroupReport report;
    report.rows = {{"acme", 3, 5, 200ms, 6, 7}, {"free", 1, 0, {}, 8, 9}};
    report.total = 100;
    report.next = 42;
    CHECK(shown(report) ==
          json{{"rows",
                {{{"group", "acme"},
                  {"weight", 3},
                  {"limit", 5},
                  {"rate", "5/s"},
                  {"waiting", 6},
                  {"active", 7}},
                 {{"group", "free"}, {"weight", 1}, {"waiting", 8}, {"active", 9}}}},
               {"next", 42}});
}

TEST_CASE("A named limit is shown with its services and whether it holds one back") {
    model::LimitReport report;
    report.rows = {{"disk", 5, model::Rate{90s}, {"mail", "image"}, 4, true},
                   {"idle", std::nullopt, std::nullopt, {}, 0, false}};
    CHECK(shown(report) == json{{"rows",
                                 {{{"limit", "disk"},
                                   {"at_once", 5},
                                   {"rate", "40/h"},
                                   {"services", {"mail", "image"}},
                                   {"active", 4},
                                   {"holding", true}},
                                  {{"limit", "idle"},
                                   {"services", json::array()},
                                   {"active", 0},
                                   {"holding", false}}}}});
}

TEST_CASE("A schedule is shown with its next run, its last and that one's job") {
    model::ScheduleRow row;
    row.name = "nightly";
    row.expression = "0 3 * * *";
    row.zone = "Europe/Berlin";
    row.missed = "once";
    row.service = service("report");
    model::ScheduleReport report;
    report.rows = {row, row};
    report.rows[1].next = base::WallTime(2s);
    report.rows[1].last = base::WallTime(1500ms);
    report.rows[1].last_job = kJob;
    report.rows[1].is_configured = true;
    report.next = 7;
    json expected{{"schedule", "nightly"},
                  {"expression", "0 3 * * *"},
                  {"zone", "Europe/Berlin"},
                  {"missed", "once"},
                  {"service", "report"},
                  {"configured", false}};
    CHECK(shown(report)["rows"][0] == expected);
    expected["next"] = 2.0;
    expected["last"] = 1.5;
    expected["last_job"] = kJobText;
    expected["configured"] = true;
    CHECK(shown(report)["rows"][1] == expected);
    CHECK(shown(report)["next"] == 7);
}

TEST_CASE("A batch is shown with its jobs counted and what followed it") {
    model::BatchRow row;
    row.name = "night";
    row.total = 10;
    row.succeeded = 6;
    row.failed = 1;
    row.opened_at = base::WallTime(1s);
    model::BatchReport report;
    report.rows = {row, row};
    report.rows[1].is_closed = true;
    report.rows[1].is_ended = true;
    report.rows[1].ended_at = base::WallTime(2s);
    report.rows[1].then = kJob;
    json expected{{"batch", "night"},
                  {"total", 10},
                  {"succeeded", 6},
                  {"failed", 1},
                  {"closed", false},
                  {"ended", false},
                  {"openedat", 1.0}};
    CHECK(shown(report)["rows"][0] == expected);
    expected["closed"] = true;
    expected["ended"] = true;
    expected["endedat"] = 2.0;
    expected["then"] = kJobText;
    CHECK(shown(report)["rows"][1] == expected);
    CHECK_FALSE(shown(report).contains("next"));
}

TEST_CASE("The broker's status has every counter") {
    model::BrokerReport report;
    report.counters = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20};
    report.ready = 21;
    report.scheduled = 22;
    report.active = 23;
    report.services = 24;
    report.workers = 25;
    report.uptime = 90s;
    report.draining = true;
    report.blocked = 26;
    report.dead = 27;
    report.results = 28;
    report.groups = 29;
    report.schedules = 30;
    report.batches = 31;
    report.mode = "disabled";
    report.stored = 32;
    report.usages = {{"jobs", 33, 34}};
    json expected{{"uptime", 90.0},       {"draining", true},
                  {"services", 24},       {"workers", 25},
                  {"ready", 21},          {"scheduled", 22},
                  {"active", 23},         {"blocked", 26},
                  {"dead_letters", 27},   {"results", 28},
                  {"groups", 29},         {"schedules", 30},
                  {"batches", 31},        {"mode", "disabled"},
                  {"accepted", 1},        {"refused", 2},
                  {"started", 3},         {"succeeded", 4},
                  {"failed", 5},          {"dead", 6},
                  {"expired", 7},         {"lost", 8},
                  {"late_results", 9},    {"resends", 10},
                  {"readopted", 11},      {"recalled", 12},
                  {"workers_purged", 13}, {"cancelled", 14},
                  {"snoozed", 15},        {"deduplicated", 16},
                  {"scheduled_runs", 17}, {"results_dropped", 18},
                  {"dead_dropped", 19},   {"strangers", 20},
                  {"stored", 32},         {"limits", {{"jobs", {{"used", 33}, {"max", 34}}}}}};
    for (int i = 0; i < 26; ++i) {
        expected["time_bounds"].push_back(0.000128 * (1 << i));
    }
    CHECK(shown(report) == expected);
}

TEST_CASE("The broker's shell adds what it knows") {
    model::BrokerReport report;
    CHECK_FALSE(shown(report).contains("journal"));
    CHECK_FALSE(shown(report).contains("process"));
    CHECK_FALSE(shown(report).contains("messages"));
    report.messages = {1, 2, 3, 4, 5, 6};
    report.journal = {"disk", "sync", 5, 6, 7, 8, 9, 1500ms, 2ms, 10, true};
    report.process = {11, 12, 13, 2500ms, base::WallTime(1s)};
    CHECK(shown(report)["messages"] == json{{"garbage", 1},
                                            {"malformed", 2},
                                            {"undeliverable", 3},
                                            {"backlog_dropped", 4},
                                            {"forbidden", 5},
                                            {"unfinished", 6}});
    CHECK(shown(report)["journal"] == json{{"engine", "disk"},
                                           {"durability", "sync"},
                                           {"checkpoint_bytes", 5},
                                           {"log_bytes", 6},
                                           {"queue_bytes", 7},
                                           {"spill_files", 8},
                                           {"syncs", 9},
                                           {"sync_seconds", 1.5},
                                           {"last_sync_seconds", 0.002},
                                           {"last_sync_records", 10},
                                           {"full", true}});
    CHECK(shown(report)["process"] == json{{"resident_bytes", 11},
                                           {"open_files", 12},
                                           {"open_files_max", 13},
                                           {"cpu_seconds", 2.5},
                                           {"startedat", 1.0}});
    report.journal->engine = "memory";
    report.journal->durability = "";
    CHECK_FALSE(shown(report)["journal"].contains("durability"));
}

TEST_CASE("Whether a service is known is one flag") {
    CHECK(to_json(model::ServiceKnown{true}, hex_of) == "{\"workers\":true}");
    CHECK(to_json(model::ServiceKnown{false}, hex_of) == "{\"workers\":false}");
}

TEST_CASE("Without a way to show peers they are left out") {
    model::WorkerReport report;
    report.rows.emplace_back();
    CHECK_FALSE(json::parse(to_json(report, nullptr))[0].contains("workerid"));
}

}  // namespace steward::wire
