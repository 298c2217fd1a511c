// tests: what work() is given and what it returns.
#include "worker/job.hpp"

#include <limits>
#include <map>
#include <vector>

#include <doctest/doctest.h>

#include "common/wire/params.hpp"
#include "worker/answer.hpp"
#include "worker/runtime/work_thread.hpp"

namespace steward::worker {
namespace {

using model::Encoding;
using model::Verdict;
using nlohmann::json;
using namespace std::chrono_literals;

struct Point {
    int x = 0;
    int y = 0;
    MSGPACK_DEFINE_MAP(x, y)
};

struct Money {
    long cents = 0;
};

void to_json(json& value, const Money& money) {
    value = {{"cents", money.cents}};
}

class Recorder : public JobLink {
public:
    void partial(const model::Attempt&, model::Payload data, const std::stop_token&) override {
        partials.push_back(std::move(data));
    }

    void progress(const model::Attempt&,
                  std::uint64_t done,
                  std::uint64_t total,
                  std::string text) override {
        progressed = std::to_string(done) + "/" + std::to_string(total) + " " + text;
    }

    base::Expected<model::JobId> submit(model::JobSpec spec) override {
        submitted.push_back(std::move(spec));
        return model::JobId{1, 2};
    }

    std::vector<model::Payload> partials;
    std::string progressed;
    std::vector<model::JobSpec> submitted;
};

model::Payload payload(Encoding encoding, std::string_view bytes) {
    return {encoding, base::Blob::copy(bytes)};
}

struct Given {
    explicit Given(model::Payload params, base::Blob meta = {}, model::JobOptions options = {})
        : job({{{7, 9}, 2}, "ECHO", std::move(params), std::move(meta), {}, std::move(options)},
              link,
              stop.get_token()) {}

    Recorder link;
    std::stop_source stop;
    Job job;
};

model::Outcome answered(const Answer& answer, Encoding encoding = Encoding::Json) {
    return answer.outcome(encoding);
}

std::string result(const Answer& answer, Encoding encoding = Encoding::Json) {
    return std::string(answer.outcome(encoding).result.bytes.view());
}

class Scripted : public Worker {
public:
    explicit Scripted(std::function<Answer(const Job&)> script) : script_(std::move(script)) {}

    Answer work(const Job& job) override { return script_(job); }

    void idle() override { throw std::runtime_error("no rest"); }

private:
    std::function<Answer(const Job&)> script_;
};

model::Outcome outcome_of(std::function<Answer(const Job&)> script, model::Payload params = {}) {
    Seat seat({{"ECHO", [&] { return std::make_unique<Scripted>(script); }}});
    const Given given(std::move(params));
    return seat.work(given.job);
}

const model::Payload kJsonPoint = payload(Encoding::Json, R"({"x":1,"y":2})");
const model::Payload kPhpPoint = payload(Encoding::Php, R"(a:2:{s:1:"x";i:1;s:1:"y";i:2;})");
const model::Payload kMsgpackPoint = payload(Encoding::Msgpack, "\x82\xa1x\x01\xa1y\x02");

}  // namespace

TEST_CASE("a value returned is success with that value, whatever its type") {
    CHECK(answered(42).verdict == Verdict::Succeeded);
    CHECK(result(42) == "42");
    CHECK(result(true) == "true");
    CHECK(result(1.5) == "1.5");
    CHECK(result("text") == R"("text")");
    CHECK(result(std::string("text")) == R"("text")");
    CHECK(result(json{{"a", 1}}) == R"({"a":1})");
    CHECK(result(std::vector<int>{1, 2}) == "[1,2]");
    CHECK(result(Money{5}) == R"({"cents":5})");
    CHECK(result(Point{1, 2}) == R"({"x":1,"y":2})");
    CHECK(result(Value::packed(std::map<std::string, int>{{"a", 1}})) == R"({"a":1})");
    CHECK(result(payload(Encoding::Msgpack, "\x01")) == "1");
    CHECK(result(nullptr) == "null");
}

TEST_CASE("an answer goes back in the encoding of the params") {
    CHECK(answered(Point{1, 2}, Encoding::Msgpack).result == kMsgpackPoint);
    CHECK(answered(Point{1, 2}, Encoding::Php).result == kPhpPoint);
    CHECK(answered("text", Encoding::Opaque).result == payload(Encoding::Opaque, "text"));
    CHECK(answered("text", Encoding::Msgpack).result == payload(Encoding::Msgpack, "\xa4text"));
    CHECK(answered(json{{"a", 1}}, Encoding::Absent).result.encoding == Encoding::Json);
    CHECK(answered(Value::opaque("\xff\x01"), Encoding::Opaque).result ==
          payload(Encoding::Opaque, "\xff\x01"));
}

TEST_CASE("plain success has no value; failures have a reason and may have a value") {
    CHECK(answered(Answer::ok()) == model::Outcome{});
    CHECK(answered(fail("why")) == model::Outcome{Verdict::Failed, "why", {}, {}});
    CHECK(answered(fail_for_good("why")) == model::Outcome{Verdict::FailedForGood, "why", {}, {}});
    CHECK(answered(fail("why", 7)).result == payload(Encoding::Json, "7"));
}

TEST_CASE("a snooze says when, within bounds, and is neither success nor failure") {
    CHECK(answered(snooze(30s)) == model::Outcome{Verdict::Snoozed, "", {}, 30s});
    CHECK(answered(snooze(30s, "no token yet")).text == "no token yet");
    CHECK(answered(snooze(0s)).again_in == 0s);
    CHECK(answered(snooze(-1us)).again_in == 0s);
    CHECK(answered(snooze(model::kDurationMax)).again_in == model::kDurationMax);
    CHECK(answered(snooze(model::kDurationMax + 1us)).again_in == model::kDurationMax);
    CHECK(answered(7).again_in == 0s);
}

TEST_CASE("a job tells what it was given beside its params") {
    model::JobOptions options;
    options.priority = -3;
    options.channel = "gpu";
    options.context = "order-17";
    options.group = "acme";
    options.batch = "night";
    options.memory_limit = 1U << 20U;
    const Given given({}, {}, options);
    CHECK(given.job.priority() == -3);
    CHECK(given.job.channel() == "gpu");
    CHECK(given.job.context() == "order-17");
    CHECK(given.job.group() == "acme");
    CHECK(given.job.batch() == "night");
    CHECK(given.job.memory_limit() == std::optional<std::uint64_t>{1U << 20U});
}

TEST_CASE("a job that was given nothing is normal, on the default channel and its own context") {
    const Given given({});
    CHECK(given.job.priority() == model::kPriorityNormal);
    CHECK(given.job.channel() == "default");
    CHECK(given.job.context() == given.job.id().text());
    CHECK(given.job.group().empty());
    CHECK(given.job.batch().empty());
    CHECK_FALSE(given.job.memory_limit().has_value());
}

TEST_CASE("a job tells who it is") {
    const Given given({});
    CHECK(given.job.id() == model::JobId{7, 9});
    CHECK(given.job.attempt() == 2);
    CHECK(given.job.service() == "ECHO");
    CHECK_FALSE(given.job.deadline().has_value());
}

TEST_CASE("params are one dynamic value, whatever encoding they came in") {
    for (const model::Payload& params : {kJsonPoint, kPhpPoint, kMsgpackPoint}) {
        const Given given(params);
        CHECK(given.job.params() == json{{"x", 1}, {"y", 2}});
        CHECK(given.job.raw_params() == params);
    }
    CHECK(Given({}).job.params().is_null());
    CHECK(Given(payload(Encoding::Opaque, "text")).job.params() == "text");
}

TEST_CASE("params are read as a type, whatever encoding they came in") {
    for (const model::Payload& params : {kJsonPoint, kPhpPoint, kMsgpackPoint}) {
        const Given given(params);
        const auto point = given.job.params<Point>();
        CHECK(point.x == 1);
        CHECK(point.y == 2);
        CHECK(given.job.params<std::map<std::string, int>>().at("y") == 2);
    }
    CHECK(Given(payload(Encoding::Json, "[1,2,3]")).job.params<std::vector<int>>().size() == 3);
    CHECK(Given(payload(Encoding::Json, R"("ä")")).job.params<std::string>() == "ä");
    CHECK(Given(payload(Encoding::Opaque, "raw")).job.params<std::string>() == "raw");
}

TEST_CASE("params of another type, or that are no params, are refused") {
    const auto refuses = [](Encoding encoding, std::string_view bytes, auto read) {
        const Given given(payload(encoding, bytes));
        CHECK_THROWS_AS(static_cast<void>(read(given.job)), BadParams);
    };
    const auto dynamic = [](const Job& job) { return job.params(); };
    const auto point = [](const Job& job) { return job.params<Point>(); };
    const auto small = [](const Job& job) { return job.params<std::int8_t>(); };
    const auto list = [](const Job& job) { return job.params<std::vector<int>>(); };
    refuses(Encoding::Json, R"("x")", point);
    refuses(Encoding::Json, "300", small);
    refuses(Encoding::Json, "{", dynamic);
    refuses(Encoding::Json, "{", point);
    refuses(Encoding::Php, "O:1:\"A\":0:{}", dynamic);
    // What announces more than it has must not take memory for it: an array of two billion, whose
    // first element is an array of two billion …
    std::string announced;
    for (int i = 0; i < 100; ++i) {
        announced += "\xdd\x7f\xff\xff\xff";
    }
    refuses(Encoding::Msgpack, announced, list);
}

TEST_CASE("a param is found by name, or its default is taken, or it is missed") {
    const Given given(payload(Encoding::Json, R"({"n":5,"s":"x","t":"2.5","none":null})"));
    CHECK(given.job.param("n", 1) == 5);
    CHECK(given.job.param<std::string>("s") == "x");
    CHECK(given.job.param("absent", 1) == 1);
    CHECK(given.job.param("none", 1) == 1);
    CHECK(given.job.param("t", 1.0) == 2.5);  // a number as text, from a query string
    CHECK(given.job.param<std::string>("t") == "2.5");
    CHECK(given.job.param<json>("n") == 5);
    CHECK(given.job.param("absent", json::array()) == json::array());
    for (const char* name : {"absent", "none", "s"}) {
        CHECK_THROWS_AS(static_cast<void>(given.job.param<int>(name)), BadParams);
    }
    CHECK_THROWS_AS(static_cast<void>(given.job.param("s", 1)), BadParams);
}

TEST_CASE("params that are no map have no names, an opaque body that is a JSON map has") {
    CHECK(Given({}).job.param("n", 1) == 1);
    CHECK(Given(payload(Encoding::Json, "[1]")).job.param("n", 1) == 1);
    CHECK(Given(payload(Encoding::Opaque, R"({"n":5})")).job.param("n", 1) == 5);
    CHECK(Given(payload(Encoding::Opaque, "n=5")).job.param("n", 1) == 1);
}

TEST_CASE("meta is a map of strings; anything else in it is left out") {
    CHECK(Given({}).job.meta().empty());
    CHECK(Given({}, base::Blob::copy("\x81\xa1k\xa1v")).job.meta() ==
          std::map<std::string, std::string>{{"k", "v"}});
    CHECK(Given({}, base::Blob::copy("\x81\xa1k\x01")).job.meta().empty());
    CHECK(Given({}, base::Blob::copy("\xc1")).job.meta().empty());
}

TEST_CASE("what a job says meanwhile goes out as it should") {
    Given given(kPhpPoint);
    given.job.partial(5);
    CHECK(given.link.partials.at(0) == payload(Encoding::Php, "i:5;"));
    given.job.progress(1, 2, "half");
    CHECK(given.link.progressed == "1/2 half");
    CHECK_FALSE(given.job.stop_requested());
    given.stop.request_stop();
    CHECK(given.job.stop_requested());
}

TEST_CASE("a child job is checked and handed on with its options") {
    Given given({});
    model::JobOptions options;
    options.priority = 7;
    CHECK(given.job.submit("child", json{{"a", 1}}, options).value() == model::JobId{1, 2});
    const model::JobSpec& spec = given.link.submitted.at(0);
    CHECK(spec.service.view() == "child");
    CHECK(spec.params == payload(Encoding::Json, R"({"a":1})"));
    options.context = given.job.id().text();
    CHECK(spec.options == options);
    CHECK(given.job.submit("no name", {}).error().code == base::Errc::BadName);
    CHECK(given.link.submitted.size() == 1);
}

TEST_CASE("a child job inherits the context, unless it is given one") {
    model::JobOptions options;
    options.context = "order-17";
    options.group = "acme";
    Given given({}, {}, options);
    CHECK(given.job.submit("child").has_value());
    model::JobOptions own;
    own.context = "other";
    CHECK(given.job.submit("child", {}, own).has_value());
    CHECK(given.link.submitted.at(0).options.context == model::Label("order-17"));
    CHECK(given.link.submitted.at(0).options.group.empty());
    CHECK(given.link.submitted.at(1).options.context == model::Label("other"));
}

TEST_CASE("what work() throws is a failure with its text") {
    CHECK(outcome_of([](const Job&) { return 1; }).verdict == Verdict::Succeeded);
    CHECK(outcome_of([](const Job&) -> Answer { throw std::runtime_error("oh"); }) ==
          model::Outcome{Verdict::Failed, "oh", {}, {}});
    CHECK(outcome_of([](const Job&) -> Answer { throw 7; }).verdict == Verdict::Failed);
}

TEST_CASE("params that work() cannot read fail the job for good, with a text that says why") {
    const auto read = [](const Job& job) { return job.params<Point>().x; };
    CHECK(outcome_of(read, kJsonPoint).verdict == Verdict::Succeeded);
    const auto outcome = outcome_of(read, payload(Encoding::Json, R"("x")"));
    CHECK(outcome.verdict == Verdict::FailedForGood);
    CHECK(outcome.text.find("ECHO") != std::string::npos);
    CHECK(outcome.text.find("\"x\"") != std::string::npos);
}

TEST_CASE("a job of a service that is not served fails; idle that throws is told and no more") {
    Seat seat({{"OTHER", [] { return std::make_unique<Scripted>([](const Job&) { return 1; }); }}});
    const Given given({});
    CHECK(seat.work(given.job).verdict == Verdict::Failed);
    CHECK(seat.idle() == std::vector<std::string>{"OTHER: no rest"});
}

}  // namespace steward::worker
