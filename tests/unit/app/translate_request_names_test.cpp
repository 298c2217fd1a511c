// broker/app: the verbs of services, groups, named limits, schedules and batches: which arguments
// each takes and which it refuses.
#include "common/model/limits.hpp"
#include "tests/unit/app/request_reader.hpp"

namespace steward::app {
namespace {

using namespace std::chrono_literals;
using namespace fakes;
using base::Errc;

std::string quoted_names(std::size_t count) {
    std::string json;
    for (std::size_t i = 0; i < count; ++i) {
        json += (i == 0 ? "\"s" : ",\"s") + std::to_string(i) + '"';
    }
    return json;
}

std::string changes(std::size_t count) {
    std::string json = R"({"changes":[)";
    for (std::size_t i = 0; i < count; ++i) {
        json += i == 0 ? "" : ",";
        json += R"({"mode":"paused"})";
    }
    return json + "]}";
}

}  // namespace

// ---- mode ----

TEST_CASE("modes are changed of named services and of all") {
    const auto request = as<core::SetModes>(
        "mode",
        R"({"changes":[{"service":"mail","mode":"paused"},{"mode":"disabled"},)"
        R"({"service":"image","mode":"draining"},{"service":"log","mode":"running"}]})");
    CHECK(request.changes == std::vector<core::ModeChange>{{"mail", core::Mode::Paused},
                                                           {"", core::Mode::Disabled},
                                                           {"image", core::Mode::Draining},
                                                           {"log", core::Mode::Running}});
}

TEST_CASE("a change of mode that is wrong is refused with its place in the list") {
    CHECK(contains(fault("mode", R"({"changes":[{"mode":"paused"},{"mode":"off"}]})").message,
                   "mode: changes[1]: mode is one of running, paused, draining, disabled, not "
                   "\"off\""));
    CHECK(contains(fault("mode", R"({"changes":[{"service":"mail"}]})").message,
                   "changes[0]: the argument mode is needed"));
    CHECK(contains(fault("mode", R"({"changes":[{"mode":"paused","name":"x"}]})").message,
                   "changes[0]: no argument is called \"name\"; there are mode, service"));
    CHECK(contains(fault("mode", R"({"changes":["mail"]})").message,
                   "changes[0] is an object, not \"mail\""));
    CHECK(fault("mode", R"({"changes":[{"service":"","mode":"paused"}]})").code == Errc::BadName);
    CHECK(fault("mode", R"({"changes":[{"service":"SERVER-JOBS","mode":"paused"}]})").code ==
          Errc::ReservedName);
    CHECK(fault("mode", R"({"changes":[]})").code == Errc::BadOption);
    CHECK(fault("mode", "").code == Errc::BadParams);
}

TEST_CASE("as many modes as may be named are changed in one request and not one more") {
    CHECK(as<core::SetModes>("mode", changes(model::kServicesPerRequestMax)).changes.size() ==
          model::kServicesPerRequestMax);
    CHECK(fault("mode", changes(model::kServicesPerRequestMax + 1)).code == Errc::TooLarge);
}

// ---- named limits ----

TEST_CASE("a limit has a name, services, and what they may do together") {
    const auto both = as<core::SetLimit>(
        "limit-set", R"({"limit":"db","at_once":5,"rate":"120/min","services":["a","b"]})");
    CHECK(both.limit.name == model::Label("db"));
    CHECK(both.limit.at_once == 5);
    CHECK(both.limit.rate == model::Rate{500ms});
    CHECK(both.limit.services == std::vector<std::string>{"a", "b"});
    const auto rate =
        as<core::SetLimit>("limit-set", R"({"limit":"db","rate":4,"services":["a"]})");
    CHECK_FALSE(rate.limit.at_once);
    CHECK(rate.limit.rate == model::Rate{250ms});
    CHECK(as<core::RemoveLimit>("limit-remove", R"({"limit":"db"})").name == model::Label("db"));
}

TEST_CASE("a limit that limits nothing, or nobody, is refused") {
    for (const char* const json : {R"({"limit":"db","services":["a"]})",
                                   R"({"limit":"db","services":["a"],"rate":0})",
                                   R"({"limit":"db","services":["a"],"rate":"0"})"}) {
        CHECK(contains(fault("limit-set", json).message, "at_once, rate or both are needed"));
    }
    CHECK(contains(fault("limit-set", R"({"limit":"db","at_once":1})").message,
                   "the argument services is needed"));
    CHECK(fault("limit-set", R"({"limit":"db","at_once":1,"services":[]})").code ==
          Errc::BadOption);
    CHECK(fault("limit-set", R"({"at_once":1,"services":["a"]})").code == Errc::BadParams);
    CHECK(fault("limit-remove", "").code == Errc::BadParams);
    CHECK(fault("limit-remove", R"({"limit":""})").code == Errc::BadName);
}

TEST_CASE("a limit's numbers and names are held to their ranges") {
    const auto with = [](std::string_view at_once) {
        return R"({"limit":"db","services":["a"],"at_once":)" + std::string(at_once) + "}";
    };
    CHECK(as<core::SetLimit>("limit-set", with("1")).limit.at_once == 1);
    CHECK(as<core::SetLimit>("limit-set", with("1000000")).limit.at_once == 1'000'000);
    CHECK(contains(fault("limit-set", with("0")).message,
                   "limit-set: at_once is a whole number, 1 to 1000000, not 0"));
    CHECK(fault("limit-set", with("1000001")).code == Errc::BadOption);
    const auto services = [](std::size_t count) {
        return R"({"limit":"db","at_once":1,"services":[)" + quoted_names(count) + "]}";
    };
    CHECK(as<core::SetLimit>("limit-set", services(model::kServicesPerRequestMax))
              .limit.services.size() == model::kServicesPerRequestMax);
    CHECK(fault("limit-set", services(model::kServicesPerRequestMax + 1)).code == Errc::TooLarge);
    for (const char* const rate : {"\"fast\"", "\"5/year\"", "-1", "true", "[5]", "\"0/s\""}) {
        const base::Error error = fault(
            "limit-set", R"({"limit":"db","services":["a"],"rate":)" + std::string(rate) + "}");
        CHECK(error.code == Errc::BadOption);
        CHECK(contains(error.message, "limit-set: rate"));
    }
}

// ---- groups ----

TEST_CASE("a group's settings are changed one by one, and 0 takes a bound away") {
    const auto all =
        as<core::SetGroup>("group-set", R"({"group":"acme","weight":3,"limit":10,"rate":"5/s"})");
    CHECK(all.name == model::Label("acme"));
    CHECK(all.weight == 3);
    CHECK(all.limit == 10);
    CHECK(all.spacing == 200ms);
    const auto none = as<core::SetGroup>("group-set", R"({"group":"acme","limit":0,"rate":0})");
    CHECK_FALSE(none.weight);
    CHECK(none.limit == 0);
    CHECK(none.spacing == 0s);
    CHECK(as<core::SetGroup>("group-set", R"({"group":"acme","rate":"0"})").spacing == 0s);
    CHECK(contains(fault("group-set", R"({"group":"acme"})").message,
                   "weight, limit or rate is needed"));
    CHECK(fault("group-set", R"({"group":"acme","weight":0})").code == Errc::BadOption);
    CHECK(as<core::SetGroup>("group-set", R"({"group":"acme","weight":1000})").weight == 1000);
    CHECK(fault("group-set", R"({"group":"acme","weight":1001})").code == Errc::BadOption);
    CHECK(fault("group-set", R"({"group":"acme","limit":1000001})").code == Errc::BadOption);
    CHECK(fault("group-set", R"({"weight":1})").code == Errc::BadParams);
}

// ---- schedules ----

TEST_CASE("a schedule has a name, an expression and a job, and what to do with missed runs") {
    const auto full =
        as<core::SetSchedule>("schedule-set",
                              R"({"schedule":"nightly","expression":"0 3 * * *","zone":"UTC",)"
                              R"("missed":"all","service":"report","params":{"days":[1,2]},)"
                              R"("options":{"priority":"low","time_limit":"5min"}})")
            .schedule;
    CHECK(full.name == model::Label("nightly"));
    CHECK(full.expression == "0 3 * * *");
    CHECK(full.zone == model::Zone{});
    CHECK(full.missed == model::MissedRuns::All);
    CHECK(full.job.service.view() == "report");
    CHECK(full.job.params.encoding == model::Encoding::Json);
    CHECK(full.job.params.bytes.view() == R"({"days":[1,2]})");
    CHECK(full.job.options.priority == model::kPriorityLow);
    CHECK(full.job.options.time_limit == 5min);

    const auto least = as<core::SetSchedule>(
        "schedule-set", R"({"schedule":"s","expression":"@daily","service":"report"})");
    CHECK(least.schedule.missed == model::MissedRuns::Skip);
    CHECK(least.schedule.job.params == model::Payload{});
    CHECK(least.schedule.job.options == model::JobOptions{});
    CHECK(as<core::RemoveSchedule>("schedule-remove", R"({"schedule":"s"})").name ==
          model::Label("s"));
}

TEST_CASE("a schedule that could never run is refused when it is set") {
    const auto with = [](std::string_view more) {
        return R"({"schedule":"s","service":"report",)" + std::string(more) + "}";
    };
    CHECK(contains(fault("schedule-set", with(R"("expression":"61 * * * *")")).message, "minute"));
    CHECK(fault("schedule-set", with(R"("expression":"@sometimes")")).code == Errc::BadOption);
    CHECK(fault("schedule-set", with(R"("expression":5)")).code == Errc::BadOption);
    CHECK(contains(fault("schedule-set", with(R"("missed":"once")")).message,
                   "the argument expression is needed"));
    CHECK(contains(
        fault("schedule-set", with(R"("expression":"@daily","zone":"Mars/Olympus")")).message,
        "schedule-set: the time zone \"Mars/Olympus\""));
    CHECK(contains(fault("schedule-set", with(R"("expression":"@daily","missed":"never")")).message,
                   "missed is one of skip, once, all"));
    CHECK(contains(fault("schedule-set", R"({"schedule":"s","expression":"@daily"})").message,
                   "the argument service is needed"));
    CHECK(
        fault("schedule-set", R"({"schedule":"s","expression":"@daily","service":"mmi.x"})").code ==
        Errc::ReservedName);
    CHECK(fault("schedule-remove", "{}").code == Errc::BadParams);
}

TEST_CASE("zones are those of the source that the broker was given") {
    static std::string asked;
    const ZoneSource source = [](std::string_view name) -> base::Expected<model::Zone> {
        asked = name;
        return model::Zone{std::string(name), {{base::WallTime::min(), 1h}}};
    };
    const auto request = read_request(
        "schedule-set",
        base::Blob::copy(
            R"({"schedule":"s","expression":"@daily","zone":"Some/Where","service":"x"})"),
        source);
    REQUIRE(request.has_value());
    CHECK(asked == "Some/Where");
    CHECK(std::get<core::SetSchedule>(*request).schedule.zone.changes.front().offset == 1h);
}

TEST_CASE("a job that the broker submits itself has no client, no instant, nothing it waits for") {
    const std::string id = model::JobId{1, 2}.text();
    for (const std::string& option : {std::string(R"("sync":true)"),
                                      std::string(R"("wait":"1s")"),
                                      std::string(R"("run_at":1800000000)"),
                                      R"("after":[")" + id + R"("])",
                                      std::string(R"("batch":"b")")}) {
        const std::string job = R"("service":"x","options":{)" + option + "}";
        const std::string name = option.substr(1, option.find('"', 1) - 1);
        const base::Error scheduled =
            fault("schedule-set", R"({"schedule":"s","expression":"@daily",)" + job + "}");
        CHECK(scheduled.code == Errc::BadOption);
        CHECK(contains(scheduled.message, "cannot have the option " + name));
        CHECK(fault("batch-open", R"({"batch":"b","then":{)" + job + "}}").code == Errc::BadOption);
    }
    CHECK(as<core::SetSchedule>("schedule-set",
                                R"({"schedule":"s","expression":"@daily","service":"x",)"
                                R"("options":{"delay":"10s","unique":"k","group":"g"}})")
              .schedule.job.options.delay == 10s);
}

TEST_CASE("options of a kept job are refused as those of a submission") {
    CHECK(fault("schedule-set",
                R"({"schedule":"s","expression":"@daily","service":"x","options":{"speed":1}})")
              .code == Errc::UnknownOption);
    CHECK(fault("schedule-set",
                R"({"schedule":"s","expression":"@daily","service":"x","options":[]})")
              .code == Errc::BadOption);
    CHECK(fault("batch-open",
                R"({"batch":"b","then":{"service":"x","options":{"unique_scope":"running"}}})")
              .code == Errc::BadOption);
}

// ---- batches ----

TEST_CASE("a batch is opened with or without a job that follows, and closed by its name") {
    CHECK_FALSE(as<core::OpenBatch>("batch-open", R"({"batch":"b"})").then);
    const auto open = as<core::OpenBatch>(
        "batch-open", R"({"batch":"b","then":{"service":"report","params":null}})");
    CHECK(open.name == model::Label("b"));
    REQUIRE(open.then);
    CHECK(open.then->service.view() == "report");
    CHECK(open.then->params.bytes.view() == "null");
    CHECK(as<core::CloseBatch>("batch-close", R"({"batch":"b"})").name == model::Label("b"));
    CHECK(fault("batch-open", "{}").code == Errc::BadParams);
    CHECK(fault("batch-close", "{}").code == Errc::BadParams);
    CHECK(contains(fault("batch-open", R"({"batch":"b","then":{}})").message,
                   "batch-open: then: the argument service is needed"));
    CHECK(
        contains(fault("batch-open", R"({"batch":"b","then":"x"})").message, "then is an object"));
    CHECK(contains(
        fault("batch-open", R"({"batch":"b","then":{"service":"x","zone":"UTC"}})").message,
        "then: no argument is called \"zone\"; there are service, params, options"));
}

}  // namespace steward::app
