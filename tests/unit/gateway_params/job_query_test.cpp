// tests/unit/gateway_params: what a query asks of the gateway: options, waiting, JSONP, forms.
#include "gateway/params/job_query.hpp"

#include <array>
#include <chrono>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "common/wire/params.hpp"
#include "gateway/params/accept.hpp"
#include "gateway/params/jsonp.hpp"
#include "gateway/params/limits.hpp"

namespace steward::gateway {
namespace {

using namespace std::chrono_literals;
using base::Errc;

constexpr const char* kJob = "06g3xyvqk00000000000000000";

template <class Result>
void check_refused(const Result& result, Errc code, std::string_view part) {
    REQUIRE_FALSE(result);
    CHECK(result.error().code == code);
    CHECK_MESSAGE(result.error().message.find(part) != std::string::npos, result.error().message);
}

}  // namespace

TEST_CASE("Options in a query are those of the protocol") {
    const auto read = parse_pairs(
        "x=1&option.priority=-7&option.delay=30s&option.max_attempts=3&option.durable=false&"
        "option.group=17&option.group_rate=5/s&option.unique=true&option.on_duplicate=attach&"
        "option.memory_limit=512MiB&option.meta.trace=a&option.meta.n=1",
        "query");
    REQUIRE(read);
    const auto options = options_of(*read);
    REQUIRE_MESSAGE(options, (options ? "" : options.error().message));
    const auto meant = wire::parse_options({{"priority", -7},
                                            {"delay", "30s"},
                                            {"max_attempts", 3},
                                            {"durable", false},
                                            {"group", "17"},
                                            {"group_rate", "5/s"},
                                            {"unique", true},
                                            {"on_duplicate", "attach"},
                                            {"memory_limit", "512MiB"},
                                            {"meta", {{"trace", "a"}, {"n", "1"}}}});
    REQUIRE(meant);
    CHECK(*options == *meant);
    CHECK(options_of({}) == model::JobOptions{});
    CHECK(options_of({{"option.priority", "high"}})->priority == model::kPriorityHigh);
    CHECK(options_of({{"option.unique", "mail-7"}})->unique.view() == "mail-7");
    CHECK(options_of({{"option.delay", "1"}, {"option.delay", "2"}})->delay == 2s);
}

TEST_CASE("Jobs to wait for stand between commas, or come one by one") {
    const auto id = model::JobId::parse(kJob);
    REQUIRE(id);
    const std::string two = std::string(kJob) + "," + kJob;
    CHECK(options_of({{"option.after", two}})->after == std::vector{*id, *id});
    CHECK(options_of({{"option.after", kJob}, {"option.after", kJob}})->after.size() == 2);
    check_refused(options_of({{"option.after", "x"}}), Errc::BadOption, "after");
}

TEST_CASE("A wrong option is refused as everywhere") {
    check_refused(options_of({{"option.x", "1"}}), Errc::UnknownOption, "no option is called");
    check_refused(options_of({{"option.", "1"}}), Errc::UnknownOption, "no option is called");
    check_refused(options_of({{"option.max_attempts", "0"}}), Errc::BadOption, "is 1 to 1000");
    check_refused(options_of({{"option.max_attempts", "many"}}), Errc::BadOption, "is 1 to 1000");
    check_refused(options_of({{"option.durable", "yes"}}), Errc::BadOption, "true or false");
    check_refused(options_of({{"option.meta", "a"}}), Errc::BadOption, "option.meta.NAME=VALUE");
}

TEST_CASE("A wait is a time up to an hour") {
    CHECK(wait_of("wait", "200ms") == 200ms);
    CHECK(wait_of("wait", "0") == 0s);
    CHECK(wait_of("wait", "2.5") == 2500ms);
    CHECK(wait_of("wait", "1h") == 1h);
    check_refused(wait_of("timeout", "61min"), Errc::BadOption, "timeout is 0 to 1h: 250ms");
    check_refused(wait_of("wait", "soon"), Errc::BadOption, "not \"soon\"");
    check_refused(wait_of("wait", ""), Errc::BadOption, "wait");
}

TEST_CASE("On the door a query holds params, a JSONP name and options") {
    const auto door = door_query_of("a=1&jsonp=app.done&option.priority=5&wait=1");
    REQUIRE(door);
    CHECK(door->params == Pairs{{"a", "1"}, {"wait", "1"}});
    CHECK(door->jsonp == "app.done");
    CHECK(door->options.priority == 5);
    CHECK_FALSE(door_query_of("a=1")->jsonp);
    check_refused(door_query_of("jsonp=alert(1)"), Errc::BadParams, "jsonp is the name");
    check_refused(door_query_of("a=%"), Errc::BadParams, "byte 2");
    check_refused(door_query_of("option.x=1"), Errc::UnknownOption, "no option");
}

TEST_CASE("A name that nobody reads is told with those there are") {
    const Pairs pairs = {{"wait", "1"}, {"option.delay", "1"}, {"wait", "2"}};
    CHECK(only_known(pairs, {"wait", kOptionPrefix}));
    CHECK(value_of(pairs, "wait") == "2");
    CHECK_FALSE(value_of(pairs, "x"));
    check_refused(only_known(pairs, {"wait", "follow"}),
                  Errc::BadParams,
                  "the query has no \"option.delay\"; there are wait, follow");
    check_refused(only_known({{"wiat", ""}}, {"wait", kOptionPrefix}),
                  Errc::BadParams,
                  "there are wait, option.NAME");
    check_refused(only_known(pairs, {}), Errc::BadParams, "it is empty");
}

TEST_CASE("A JSONP name is words joined by points") {
    for (const char* name : {"a", "$", "_1", "jQuery111_17", "app.jobs.$done"}) {
        CHECK_MESSAGE(is_jsonp_name(name), name);
    }
    for (const char* name :
         {"", "1a", "a.", ".a", "a..b", "a b", "a(b)", "a[0]", "a-b", "a;b", "\xC3\xA9"}) {
        CHECK_FALSE_MESSAGE(is_jsonp_name(name), name);
    }
    CHECK(is_jsonp_name(std::string(kJsonpNameBytesMax, 'a')));
    CHECK_FALSE(is_jsonp_name(std::string(kJsonpNameBytesMax + 1, 'a')));
}

TEST_CASE("A JSONP answer is a call that no script engine misreads") {
    CHECK(jsonp_text("cb", R"({"a":1})") == R"(/**/cb({"a":1});)");
    CHECK(jsonp_text("cb", "\"\xE2\x80\xA8|\xE2\x80\xA9|\xE2\x82\xAC|\xE2\"") ==
          "/**/cb(\"\\u2028|\\u2029|\xE2\x82\xAC|\xE2\");");
}

TEST_CASE("The form of an answer is what the caller likes best") {
    static constexpr std::array<std::string_view, 2> kOffers = {"application/json",
                                                                "text/event-stream"};
    const auto best = [](std::string_view accept) { return best_offer(accept, kOffers); };
    CHECK(best("") == 0);
    CHECK(best("*/*") == 0);
    CHECK(best("text/event-stream") == 1);
    CHECK(best("Text/Event-Stream ; charset=utf-8") == 1);
    CHECK(best("text/*, */*;q=0.1") == 1);
    CHECK(best("application/json;q=0.5, text/event-stream;q=0.501") == 1);
    CHECK(best("text/event-stream;q=0, */*") == 0);
    CHECK(best("application/json, text/event-stream") == 0);
    CHECK(best("text/html,application/xml;q=0.9,*/*;q=0.8") == 0);
    CHECK_FALSE(best("text/html"));
    CHECK_FALSE(best("*/*;q=0"));
    CHECK(best("text/event-stream;q=bad") == 1);
    CHECK(best("nonsense") == 0);
    std::string many;
    for (std::size_t i = 0; i < kAcceptRangesMax; ++i) {
        many += "text/html,";
    }
    CHECK_FALSE(best(many + "application/json"));
}

}  // namespace steward::gateway
