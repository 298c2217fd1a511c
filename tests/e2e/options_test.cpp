// tests/e2e: each option of a job through real programs, twice: as an OPTION-JSON frame of an old
// client, and as flags of `steward submit`. The sample worker TRIAL tells what it saw.
#include <algorithm>
#include <functional>

#include <doctest/doctest.h>

#include "tests/e2e/harness/broker.hpp"
#include "tests/e2e/harness/old_client.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

namespace {

using nlohmann::json;
using Args = std::vector<std::string>;

std::string text_of(const json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
}

// {"max_attempts": 2} as --max-attempts=2.
Args flags_of(const json& options) {
    Args flags;
    for (const auto& [name, value] : options.items()) {
        std::string flag = "--" + name;
        std::ranges::replace(flag, '_', '-');
        if (name == "durable") {
            flag = value.get<bool>() ? "--durable" : "--volatile";
        } else if (name == "after") {
            std::string ids;
            for (const json& id : value) {
                ids += (ids.empty() ? "" : ",") + id.get<std::string>();
            }
            flag += "=" + ids;
        } else if (name == "meta") {
            for (const auto& [key, entry] : value.items()) {
                flags.push_back("--meta=" + key + "=" + entry.get<std::string>());
            }
            continue;
        } else if (!(name == "unique" && value.is_boolean())) {
            flag += "=" + text_of(value);
        }
        flags.push_back(std::move(flag));
    }
    return flags;
}

using Submit = std::function<std::string(const json& params, const json& options)>;

/// A broker with one service, "trial", whose workers a test starts when it wants them.
struct Trial {
    Trial() : client(Old::Zmws1, broker.endpoints().frontend) {}

    void start_worker(Args more = {}) {
        Args args = {"--service-name", "trial", "--frontend-server", broker.endpoints().frontend};
        args.insert(args.end(), more.begin(), more.end());
        workers.push_back(broker.start_worker(kTrialProgram, args));
    }

    std::string by_frame(const json& params, const json& options) {
        client.request_with("trial", "PARAM-JSON: " + params.dump(), false, options.dump());
        const Answer answer = client.answer();
        REQUIRE(answer.kind == Answer::Kind::Taken);
        return answer.job;
    }

    std::string by_tool(const json& params, const json& options) const {
        Args args = {"submit", "trial", params.dump()};
        const Args flags = flags_of(options);
        args.insert(args.end(), flags.begin(), flags.end());
        const Finished done = run(broker.tool(args));
        CAPTURE(done.err);
        REQUIRE(done.code == 0);
        return done.out.substr(0, 26);
    }

    /// Runs the test once for each way of submitting.
    void each_way(const std::function<void(const Submit&)>& test) {
        SUBCASE("as an OPTION-JSON frame") {
            test(
                [&](const json& params, const json& options) { return by_frame(params, options); });
        }
        SUBCASE("with steward submit") {
            test([&](const json& params, const json& options) { return by_tool(params, options); });
        }
    }

    [[nodiscard]] json tool(Args args) const {
        args.insert(args.begin(), "--json");
        const Finished done = run(broker.tool(args));
        CAPTURE(done.out);
        CAPTURE(done.err);
        return json::parse(done.out, nullptr, false);
    }

    /// What the worker told of the job, once it has ended.
    [[nodiscard]] json result(const std::string& id) const { return tool({"wait", id})["result"]; }

    [[nodiscard]] std::string state(const std::string& id) const {
        return tool({"status", id}).value("state", "");
    }

    [[nodiscard]] bool reaches(const std::string& id, const std::string& wanted) const {
        return wait_until([&] { return state(id) == wanted; });
    }

    /// The ids of jobs in the order in which they were first given to workers: what was given ahead
    /// and is not begun soon is taken back and given anew.
    [[nodiscard]] Args started() const {
        Args ids;
        for (const json& line : broker.lifecycle()) {
            const std::string id = line.value("job", "");
            if (line.value("event", "") == "DELEGATE_START" && std::ranges::count(ids, id) == 0) {
                ids.push_back(id);
            }
        }
        return ids;
    }

    /// Whether these are all that started, in this order. Events are told once they are on the
    /// disk, results as soon as they are.
    [[nodiscard]] bool start_in_order(const Args& ids) const {
        return wait_until([&] { return started().size() >= ids.size(); }) && started() == ids;
    }

    Broker broker{{{}, "[[service]]\nname = \"trial\"\n[broker]\nstop_grace = \"10s\"\n", {}}};
    OldClient client;
    std::vector<std::unique_ptr<Process>> workers;
};

const json kNothing = json::object();

}  // namespace

TEST_CASE("priority: the larger runs first") {
    Trial t;
    t.each_way([&](const Submit& submit) {
        const std::string low = submit(kNothing, {{"priority", "low"}});
        const std::string number = submit(kNothing, {{"priority", 3000}});
        const std::string urgent = submit(kNothing, {{"priority", "urgent"}});
        t.start_worker();
        CHECK(t.result(low)["priority"] == 1024);
        CHECK(t.start_in_order({urgent, number, low}));
    });
}

TEST_CASE("channel: only workers that joined it run the job") {
    Trial t;
    t.each_way([&](const Submit& submit) {
        t.start_worker();
        t.broker.wait_until_served("trial");
        const std::string special = submit(kNothing, {{"channel", "gpu"}});
        CHECK(t.result(submit(kNothing, kNothing))["channel"] == "default");
        CHECK(t.state(special) == "ready");
        t.start_worker({"--channel", "gpu"});
        CHECK(t.result(special)["channel"] == "gpu");
    });
}

TEST_CASE("context: inherited by the jobs that a job submits") {
    Trial t;
    t.each_way([&](const Submit& submit) {
        t.start_worker({"--concurrency", "2"});
        const json told =
            t.result(submit({{"children", {{{"params", kNothing}}}}}, {{"context", "order-17"}}));
        CHECK(told["context"] == "order-17");
        REQUIRE(told["children"].size() == 1);
        CHECK(t.result(told["children"][0])["context"] == "order-17");
        CHECK(t.tool({"list", "--context", "order-17"}).size() >= 1);
    });
}

TEST_CASE("delay and run_at: not before") {
    Trial t;
    t.each_way([&](const Submit& submit) {
        t.start_worker();
        t.broker.wait_until_served("trial");
        const std::string later = submit(kNothing, {{"delay", "1h"}});
        const std::string century = submit(kNothing, {{"run_at", "2099-12-31T23:59:00Z"}});
        const std::string soon = submit(kNothing, {{"delay", "200ms"}});
        CHECK(t.result(soon)["attempt"] == 1);
        CHECK(t.state(later) == "scheduled");
        CHECK(t.state(century) == "scheduled");
        CHECK(run(t.broker.tool({"edit", later, "--delay", "0s"})).code == 0);
        CHECK(t.result(later)["attempt"] == 1);
    });
}

TEST_CASE("expires_in: not started by then, never run") {
    Trial t;
    t.each_way([&](const Submit& submit) {
        const std::string id = submit(kNothing, {{"expires_in", "100ms"}});
        CHECK(t.broker.wait_for_events(1, "EXPIRED"));
        CHECK(t.state(id) == "expired");
    });
}

TEST_CASE("time_limit, max_attempts and backoff: attempts end, are tried again, and have an end") {
    Trial t;
    t.each_way([&](const Submit& submit) {
        t.start_worker();
        const std::string slow =
            submit({{"seconds", 600}}, {{"time_limit", "200ms"}, {"max_attempts", 1}});
        const std::string failing = submit({{"outcome", "fail"}},
                                           {{"max_attempts", 3},
                                            {"backoff", "10ms"},
                                            {"backoff_max", "20ms"},
                                            {"memory_limit", "8GiB"}});
        CHECK(t.reaches(slow, "dead"));
        CHECK(t.reaches(failing, "dead"));
        CHECK(t.tool({"status", failing})["failures"] == 3);
    });
}

TEST_CASE("result_ttl: how long the result can be fetched; wait: the result if it comes in time") {
    Trial t;
    t.start_worker();
    t.broker.wait_until_served("trial");
    t.each_way([&](const Submit& submit) {
        const std::string kept = submit(kNothing, {{"result_ttl", "1h"}});
        CHECK(t.result(kept)["id"] == kept);
        const std::string dropped = submit(kNothing, {{"result_ttl", 0}, {"durable", false}});
        CHECK(t.broker.wait_for_events(2, "EXECUTE_COMPLETE"));
        CHECK(run(t.broker.tool({"result", dropped})).code == 4);
    });
    SUBCASE("wait as an OPTION-JSON frame") {
        t.client.request_with("trial", "PARAM-JSON: {}", false, R"({"wait":"20s"})");
        CHECK(t.client.answer().kind == Answer::Kind::Complete);
        t.client.request_with("trial", R"(PARAM-JSON: {"seconds":30})", false, R"({"wait":0.05})");
        CHECK(t.client.answer().kind == Answer::Kind::Taken);
    }
    SUBCASE("wait with steward submit") {
        const Finished done = run(t.broker.tool({"submit", "trial", "{}", "--wait", "20s"}));
        CHECK(done.code == 0);
        CHECK(done.out.find("attempt") != std::string::npos);
    }
}

TEST_CASE("unique: one job for a key, joined or replaced while it is there") {
    Trial t;
    t.each_way([&](const Submit& submit) {
        const std::string first = submit({{"why", "a"}}, {{"unique", "k"}});
        CHECK(submit({{"why", "b"}}, {{"unique", "k"}}) == first);
        CHECK(submit({{"why", "c"}}, {{"unique", "k"}, {"on_duplicate", "replace"}}) == first);
        CHECK(submit({{"why", "d"}}, {{"unique", "k"}, {"on_duplicate", "attach"}}) == first);
        const std::string same = submit({{"why", "e"}}, {{"unique", true}});
        CHECK(submit({{"why", "e"}}, {{"unique", true}, {"unique_scope", "waiting"}}) == same);
        CHECK(submit({{"why", "f"}}, {{"unique", true}}) != same);
        t.start_worker();
        CHECK(t.result(first)["id"] == first);
        CHECK(submit({{"why", "a"}}, {{"unique", "k"}}) != first);
    });
}

TEST_CASE("group: limit, rate and weight") {
    Trial t;
    t.each_way([&](const Submit& submit) {
        Args ids;
        for (const int seconds : {600, 0, 0}) {
            ids.push_back(submit({{"seconds", seconds}},
                                 {{"group", "acme"},
                                  {"group_limit", 1},
                                  {"group_weight", 2},
                                  {"group_rate", "100/s"}}));
        }
        t.start_worker({"--concurrency", "3"});
        CHECK(wait_until([&] { return t.state(ids[0]) == "active"; }));
        CHECK(t.state(ids[1]) == "ready");
        const json why = t.tool({"why", ids[1]});
        CHECK(why.dump().find("acme") != std::string::npos);
        CHECK(run(t.broker.tool({"cancel", ids[0]})).code == 0);
        CHECK(t.result(ids[1])["group"] == "acme");
        CHECK(t.result(ids[2])["group"] == "acme");
        CHECK(t.start_in_order(ids));
    });
}

TEST_CASE("after: a job waits for others, and dies with them") {
    Trial t;
    t.each_way([&](const Submit& submit) {
        const std::string first = submit(kNothing, kNothing);
        const std::string failing = submit({{"outcome", "fail"}}, {{"max_attempts", 1}});
        const std::string second = submit(kNothing, {{"after", {first}}});
        const std::string doomed = submit(kNothing, {{"after", {first, failing}}});
        CHECK(t.state(second) == "blocked");
        t.start_worker();
        CHECK(t.result(second)["attempt"] == 1);
        CHECK(t.reaches(doomed, "dead"));
        const Args started = t.started();
        CHECK(std::ranges::find(started, doomed) == started.end());
    });
}

TEST_CASE("batch and meta: handed to the worker") {
    Trial t;
    t.each_way([&](const Submit& submit) {
        const Finished opened = run(t.broker.tool({"batch", "open"}));
        REQUIRE(opened.code == 0);
        const std::string batch = opened.out.substr(0, opened.out.find('\n'));
        const std::string id = submit(kNothing, {{"batch", batch}, {"meta", {{"trace", "17"}}}});
        t.start_worker();
        const json told = t.result(id);
        CHECK(told["batch"] == batch);
        CHECK(told["meta"]["trace"] == "17");
        REQUIRE(run(t.broker.tool({"batch", "close", batch})).code == 0);
        CHECK(t.broker.wait_for_events(1, "BATCH_COMPLETE"));
    });
}

}  // namespace steward::e2e
