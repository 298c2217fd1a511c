// broker/app: every dialect's clients with every dialect's workers, frame by frame.
#include <algorithm>

#include <doctest/doctest.h>

#include "tests/unit/app/node_world.hpp"

namespace steward::app {
namespace {

using namespace fakes;
namespace native = wire::native;

Words only(const std::vector<Words>& messages) {
    CHECK(messages.size() == 1);
    return messages.empty() ? Words{} : messages.back();
}

}  // namespace

TEST_CASE("every dialect's client is served by every dialect's worker") {
    for (const Speaks asks : kDialects) {
        for (const Speaks works : kDialects) {
            CAPTURE(static_cast<int>(asks));
            CAPTURE(static_cast<int>(works));
            World world;
            world.worker("w", ready(works, "mail"));
            world.transport.sent.clear();

            world.client("c", call(asks, "mail", R"({"n":1})"));
            const auto job = job_in(works, only(world.transport.take("w")));
            REQUIRE(job);
            CHECK(job->body == param_in(works, R"({"n":1})")
                                   .substr(asks == Speaks::Mdp01 || asks == Speaks::Mdp02
                                               ? param_in(works, "").size()
                                               : 0));
            world.transport.sent.clear();  // a native client's receipt

            world.worker("w", done(works, "mail", *job, "42"));
            const Words answer = only(world.transport.take("c"));
            CHECK(answer_in(asks, "mail", answer) == param_in(asks, "42"));
            CHECK(world.transport.sent.empty());
            CHECK(world.journal.records.empty());
            world.node.core().check_invariants();
        }
    }
}

TEST_CASE("an async job of ZMWS is receipted with its id and its result goes to nobody") {
    for (const Words& request :
         std::vector<Words>{{"JOB: mail"}, {"", "JOB: mail"}, {"", "MDPC02", "1", "mail"}}) {
        World world;
        world.worker("w", ready(Speaks::Zmws2, "mail"));
        world.client("c", request);
        const Words receipt = only(world.transport.take("c"));
        const auto job = job_in(Speaks::Zmws2, only(world.transport.take("w")));
        REQUIRE(job);
        CHECK(job->body.empty());
        CHECK(receipt.back() == "JOB: " + job->token + " mail");
        world.worker("w", done(Speaks::Zmws2, "mail", *job, "42"));
        CHECK(world.transport.take("c").empty());
        CHECK(world.node.core().counters().succeeded == 1);
    }
}

TEST_CASE("partial results reach those clients whose dialect has them") {
    for (const Speaks asks : kDialects) {
        CAPTURE(static_cast<int>(asks));
        World world;
        world.worker("w", ready(Speaks::Mdp02, "mail"));
        world.client("c", call(asks, "mail", "1"));
        const auto job = job_in(Speaks::Mdp02, only(world.transport.take("w")));
        REQUIRE(job);
        world.transport.sent.clear();
        world.worker("w", {"MDPW02", byte(3), job->token, "", "\"half\""});
        const auto got = world.transport.take("c");
        if (asks == Speaks::Mdp01) {
            CHECK(got.empty());
        } else if (asks == Speaks::Native) {
            CHECK(first<native::JobPartial>(got)->data.bytes.view() == "\"half\"");
        } else {
            CHECK(only(got).back() == param_in(asks, "\"half\""));
        }
        world.worker("w", done(Speaks::Mdp02, "mail", *job, "42"));
        CHECK(answer_in(asks, "mail", only(world.transport.take("c"))) == param_in(asks, "42"));
    }
}

TEST_CASE(
    "Majordomo bodies of several frames, and frames that look like delimiters, stay as they are") {
    for (const Words& body : std::vector<Words>{
             {""}, {"0"}, {std::string(1, '\0')}, {"a", "", "b"}, {std::string(1U << 20U, '\0')}}) {
        World world;
        world.worker("w", ready(Speaks::Mdp01, "mail"));
        Words request = {"", "MDPC01", "mail"};
        request.insert(request.end(), body.begin(), body.end());
        world.client("c", request);
        const Words job = only(world.transport.take("w"));
        REQUIRE(job.size() == 5 + body.size());
        CHECK(std::equal(body.begin(), body.end(), job.begin() + 5));
        Words result = {"", "MDPW01", byte(3), job[3], ""};
        result.insert(result.end(), body.begin(), body.end());
        world.worker("w", result);
        CHECK(only(world.transport.take("c")) == request);
    }
}

TEST_CASE("a failed call is told in each dialect") {
    for (const Speaks asks : {Speaks::Zmws1, Speaks::Zmws2}) {
        World world;
        world.worker("w", ready(Speaks::Zmws1, "mail"));
        world.client("c", call(asks, "mail", "1"));
        const auto job = job_in(Speaks::Zmws1, only(world.transport.take("w")));
        world.worker("w", {"mail", "FAIL: " + job->token});
        const Words answer = only(world.transport.take("c"));
        CHECK(answer[answer.size() - 2].starts_with("FAIL: mail ["));
    }
}

TEST_CASE(
    "an unknown service is refused to ZMWS at once, to native when settled, to Majordomo late") {
    World world;
    for (const Speaks asks :
         kDialects) {  // each for a service of its own: a job that waits is news
        const std::string number = std::to_string(static_cast<int>(asks));
        world.client("c" + number, call(asks, "nobody" + number, "1"));
    }
    const auto got = [&](Speaks asks) {
        return world.transport.take("c" + std::to_string(static_cast<int>(asks)));
    };
    CHECK(only(got(Speaks::Zmws1))[1].starts_with("FAIL: nobody"));
    CHECK(only(got(Speaks::Zmws2))[4].starts_with("FAIL: nobody"));
    CHECK(got(Speaks::Native).empty());
    world.pass(world.policy.settle);
    CHECK(first<native::Refused>(got(Speaks::Native)).has_value());
    CHECK(got(Speaks::Mdp01).empty());
    world.pass(world.policy.unknown_service_hold);
    CHECK(!got(Speaks::Mdp01).empty());
    CHECK(!got(Speaks::Mdp02).empty());
}

TEST_CASE("management requests are answered with JSON in every dialect") {
    World world;
    world.worker("w", ready(Speaks::Native, "mail"));
    for (const std::string name : {"SERVER-JOBS",
                                   "SERVER-ACTIVE",
                                   "SERVER-HIST",
                                   "SERVER-WORKERS",
                                   "SERVER-STATUS",
                                   "mmi.jobs",
                                   "mmi.status",
                                   "mmi.workers",
                                   "mmi.services"}) {
        for (const Words& request : std::vector<Words>{{"JOB: " + name},
                                                       {"", "MDPC02", "1", "SYNC-" + name},
                                                       {"", "MDPC01", name, ""},
                                                       {"MDPC02", byte(1), name}}) {
            world.client("c", request);
            const std::string json = only(world.transport.take("c")).back();
            CHECK((json.starts_with("[") || json.starts_with("{")));
        }
        world.client("c", batch({native::Session{3, 0}, native_submit(5, name, "", true)}));
        const auto result = first<native::Result>(world.transport.take("c"));
        REQUIRE(result);
        CHECK(result->number == 5);
        CHECK(result->result.encoding == model::Encoding::Json);
    }
    world.client("c", {"", "MDPC01", "SERVER-WORKERS"});
    CHECK(only(world.transport.take("c")).back().find("\"77\"") != std::string::npos);
    native::Query query;
    query.number = 6;
    query.what = "workers";
    world.client("c", batch({query}));
    CHECK(first<native::Report>(world.transport.take("c"))->number == 6);
}

TEST_CASE("mmi requests are answered as RFC 8 says") {
    World world;
    world.worker("w", ready(Speaks::Mdp01, "mail"));
    const auto status = [&](const std::string& name, const std::string& body) {
        world.client("c", {"", "MDPC01", name, body});
        return only(world.transport.take("c"));
    };
    CHECK(status("mmi.service", "mail") == Words{"", "MDPC01", "mmi.service", "200"});
    CHECK(status("mmi.service", "image").back() == "404");
    CHECK(status("mmi.service", "two words").back() == "400");
    CHECK(status("mmi.nonsense", "x") == Words{"", "MDPC01", "mmi.nonsense", "501"});
    CHECK(status("mmi.status", model::JobId{1, 2}.text()).back() == "404");
    CHECK(world.node.edge_counters().garbage == 0);
}

TEST_CASE("a worker that announces a reserved name is disconnected where its dialect can say so") {
    World world;
    world.worker("a", ready(Speaks::Mdp01, "mmi.service"));
    CHECK(only(world.transport.take("a")) == Words{"", "MDPW01", byte(5)});
    world.worker("b", ready(Speaks::Mdp02, "SERVER-JOBS"));
    CHECK(only(world.transport.take("b")) == Words{"MDPW02", byte(6)});
    world.worker("c", ready(Speaks::Zmws1, "mmi.service"));
    CHECK(world.transport.take("c").empty());
    world.worker("d", ready(Speaks::Native, "mmi.service"));
    CHECK(first<native::Disconnect>(world.transport.take("d")).has_value());
    CHECK(world.node.edge_counters().malformed == 4);
}

TEST_CASE("a second READY of a Majordomo worker is answered with a disconnect") {
    World world;
    world.worker("w", ready(Speaks::Mdp01, "mail"));
    world.worker("w", ready(Speaks::Mdp01, "mail"));
    const auto got = world.transport.take("w");
    REQUIRE(!got.empty());
    CHECK(got.back() == Words{"", "MDPW01", byte(5)});
}

TEST_CASE("a stranger is asked to announce itself in its dialect") {
    World world;
    world.worker("native", batch({native::Heartbeat{}}));
    CHECK(first<native::RegisterAgain>(world.transport.take("native")).has_value());
    world.worker("mdp", {"", "MDPW01", byte(4)});
    CHECK(only(world.transport.take("mdp")) == Words{"", "MDPW01", byte(5)});
    world.worker("zmws", {"HEARTBEAT"});
    CHECK(world.transport.take("zmws").empty());
}

TEST_CASE("a zmws2 worker whose heartbeat looks like zmws1 still gets zmws2 jobs") {
    World world;
    world.worker("w", ready(Speaks::Zmws2, "mail"));
    world.worker("w", {"HEARTBEAT"});
    world.client("c", call(Speaks::Zmws2, "mail", "1"));
    const auto got = world.transport.take("w");
    REQUIRE(!got.empty());
    CHECK(job_in(Speaks::Zmws2, got.back()).has_value());
}

}  // namespace steward::app
