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
                          {"text", "no \"disk\""}});
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
                          {"name", "zmws2"},
                          {"concurrency", 2},
                          {"held", 1},
                          {"succeeded", 10},
                          {"failed", 3},
                          {"since", 1.0},
                          {"hb", 2.5}});
    CHECK(rows[1]["services"] == json::array());
    CHECK_FALSE(rows[1].contains("service"));
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
    model::ServiceReport report;
    report.rows = {row, row};
    report.rows[1].oldest_ready = 1500ms;
    const json rows = shown(report);
    json expected{{"service", "mail"},
                  {"workers", 4},
                  {"ready", 1},
                  {"scheduled", 2},
                  {"active", 3},
                  {"accepted", 5},
                  {"succeeded", 6},
                  {"failed", 7}};
    CHECK(rows[0] == expected);
    expected["oldest_ready"] = 1.5;
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

TEST_CASE("The broker's status has every counter") {
    model::BrokerReport report;
    report.counters = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};
    report.ready = 21;
    report.scheduled = 22;
    report.active = 23;
    report.services = 24;
    report.workers = 25;
    report.uptime = 90s;
    report.draining = true;
    CHECK(shown(report) == json{{"uptime", 90.0},    {"draining", true},     {"services", 24},
                                {"workers", 25},     {"ready", 21},          {"scheduled", 22},
                                {"active", 23},      {"accepted", 1},        {"refused", 2},
                                {"started", 3},      {"succeeded", 4},       {"failed", 5},
                                {"dead", 6},         {"expired", 7},         {"lost", 8},
                                {"late_results", 9}, {"resends", 10},        {"readopted", 11},
                                {"recalled", 12},    {"workers_purged", 13}, {"strangers", 14}});
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
