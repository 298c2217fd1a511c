// tests: what a lifecycle log says was never finished.
#include "client/cli/replay_plan.hpp"

#include <string>

#include <doctest/doctest.h>

#include "common/model/event.hpp"

namespace steward::cli {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

model::JobId numbered(std::uint64_t number) {
    return {7, number};
}

std::string received_line(std::uint64_t number, json more = json::object()) {
    json event = {{"at", 100.5},
                  {"event", "RECEIVED"},
                  {"job", numbered(number).text()},
                  {"service", "mail"},
                  {"session", 99},
                  {"number", number},
                  {"encoding", "json"},
                  {"params", R"({"n":1})"},
                  {"options", {{"sync", false}}}};
    event.update(more);
    return event.dump();
}

std::string event(std::string_view name, std::uint64_t number) {
    return json{{"at", 101}, {"event", name}, {"job", numbered(number).text()}, {"service", "mail"}}
        .dump();
}

std::vector<model::JobId> unfinished(const ReplayLog& log, const ReplayLog::Choice& choice = {}) {
    std::vector<model::JobId> ids;
    for (const UnfinishedJob& one : log.unfinished(choice)) {
        ids.push_back(one.id);
    }
    return ids;
}

}  // namespace

TEST_CASE("A job without an end is unfinished, whatever else happened to it") {
    ReplayLog log;
    log.read(received_line(1));
    log.read(event("ENQUEUED", 1));
    log.read(received_line(2));
    log.read(event("DELEGATE_START", 1));
    log.read(event("EXECUTE_ERROR", 1));
    log.read(event("RETRY", 1));
    CHECK(unfinished(log) == std::vector{numbered(1), numbered(2)});
    CHECK(log.events() == 6);
    const UnfinishedJob first = log.unfinished({}).front();
    CHECK(first.received_at == base::WallTime(100500ms));
    CHECK(first.submission == model::SubmissionId{99, 1});
    CHECK(first.spec.service.view() == "mail");
    CHECK(first.spec.params ==
          model::Payload{model::Encoding::Json, base::Blob::copy(R"({"n":1})")});
    CHECK_FALSE(first.was_call);
}

TEST_CASE("Each end is an end, and a dead letter is none to replay until it is retried") {
    for (const char* end :
         {"EXECUTE_COMPLETE", "FAILED", "EXPIRED", "CANCELLED", "DEAD", "DISCARDED"}) {
        CAPTURE(end);
        ReplayLog log;
        log.read(received_line(1));
        log.read(event(end, 1));
        CHECK(unfinished(log).empty());
        CHECK(log.has_succeeded(numbered(1)) == (std::string_view(end) == "EXECUTE_COMPLETE"));
        log.read(event("RETRY", 1));
        CHECK(unfinished(log).size() == (std::string_view(end) == "DEAD" ? 1 : 0));
    }
}

TEST_CASE("An end that is read before its beginning counts all the same") {
    ReplayLog log;
    log.read(event("EXECUTE_COMPLETE", 1));
    log.read(event("CANCELLED", 2));
    log.read(received_line(1));
    log.read(received_line(2));
    CHECK(unfinished(log).empty());
}

TEST_CASE("Lines that are no events are counted, and events of services are no jobs") {
    ReplayLog log;
    for (const char* line : {"",
                             "no json",
                             "5",
                             "{}",
                             R"({"event":"UNHEARD_OF"})",
                             R"({"at":1,"event":"RECEIVED","job":)"}) {
        log.read(line);
    }
    CHECK(log.unreadable() == 6);
    log.read(R"({"at":1,"event":"PAUSED","service":"*"})");
    CHECK(log.events() == 1);
    log.read(received_line(1, {{"service", ""}}));
    log.read(received_line(2, {{"encoding", "klingon"}}));
    log.read(received_line(3, {{"params", {{"base64", "?"}}}}));
    log.read(received_line(4, {{"options", {{"nonsense", 1}}}}));
    log.read(received_line(5, {{"params_bytes", 20'000'000}}));  // the log does not show them
    CHECK(unfinished(log).empty());
    CHECK(log.unreadable() == 11);
}

TEST_CASE("Params of all kinds come back") {
    ReplayLog log;
    log.read(received_line(1, {{"encoding", "opaque"}, {"params", {{"base64", "AP8="}}}}));
    json bare = json::parse(received_line(2));
    bare.erase("params");
    bare.erase("encoding");
    log.read(bare.dump());
    const auto jobs = log.unfinished({});
    REQUIRE(jobs.size() == 2);
    CHECK(jobs[0].spec.params ==
          model::Payload{model::Encoding::Opaque, base::Blob::copy(std::string_view("\0\xff", 2))});
    CHECK(jobs[1].spec.params == model::Payload{});
}

TEST_CASE("What stands beside the options is one of them") {
    ReplayLog log;
    log.read(received_line(1, {{"context", "c"}, {"group", "g"}, {"batch", "b"}}));
    const auto options = log.unfinished({}).front().spec.options;
    CHECK(options.context == "c");
    CHECK(options.group == "g");
    CHECK(options.batch == "b");
}

TEST_CASE("Jobs are chosen by their service and by when they came") {
    ReplayLog log;
    log.read(received_line(1));
    log.read(received_line(2, {{"service", "image"}, {"at", 200}}));
    CHECK(unfinished(log, {"image", {}}) == std::vector{numbered(2)});
    CHECK(unfinished(log, {"", base::WallTime(200s)}) == std::vector{numbered(2)});
    CHECK(unfinished(log, {"", base::WallTime(200s) + 1us}).empty());
    CHECK(unfinished(log, {"", base::WallTime(100500ms)}).size() == 2);
}

TEST_CASE("A submission that was replayed before is the job it became, for those that wait too") {
    ReplayLog log;
    log.read(received_line(1));
    log.read(received_line(2, {{"number", 1}}));  // the same submission, to a later broker
    log.read(received_line(3));
    CHECK(unfinished(log) == std::vector{numbered(2), numbered(3)});
    log.read(event("EXECUTE_COMPLETE", 2));
    CHECK(unfinished(log) == std::vector{numbered(3)});
}

TEST_CASE("A job without a submission id has one made from its own, always the same") {
    ReplayLog log;
    log.read(received_line(1, {{"session", 0}, {"number", 0}}));
    log.read(received_line(5000, {{"session", 0}, {"number", 0}}));
    const auto jobs = log.unfinished({});
    REQUIRE(jobs.size() == 2);
    CHECK(jobs[0].submission == submission_for(numbered(1)));
    CHECK(jobs[0].submission.session != 0);
    CHECK(jobs[0].submission.number == 2);
    CHECK(jobs[0].submission.session != jobs[1].submission.session);
    CHECK(submission_for({7, 1}).session == submission_for({7, 2}).session);
    CHECK(submission_for({7, 1}).session != submission_for({8, 1}).session);
}

TEST_CASE("A job is submitted for what is left of its times") {
    UnfinishedJob one;
    one.received_at = base::WallTime(100s);
    one.spec.options.sync = true;
    one.spec.options.wait = 5s;
    one.spec.options.delay = 60s;
    one.spec.options.expires_in = 120s;
    auto spec = spec_now(one, base::WallTime(130s));
    REQUIRE(spec.has_value());
    CHECK_FALSE(spec->options.sync);
    CHECK_FALSE(spec->options.wait.has_value());
    CHECK_FALSE(spec->options.delay.has_value());
    CHECK(spec->options.run_at == base::WallTime(160s));
    CHECK(spec->options.expires_in == 90s);
    spec = spec_now(one, base::WallTime(160s));
    CHECK_FALSE(spec->options.run_at.has_value());
    CHECK(spec_now(one, base::WallTime(220s) - 1us)->options.expires_in == 1us);
    CHECK_FALSE(spec_now(one, base::WallTime(220s)).has_value());
    CHECK(spec_now(one, base::WallTime(50s))->options.expires_in == 120s);  // a clock that jumped
}

}  // namespace steward::cli
