// tests: events as people and filters see them.
#include "client/cli/event_filter.hpp"

#include <doctest/doctest.h>

namespace steward::cli {
namespace {

using nlohmann::json;
using Set = std::set<std::string>;

const json kStart = {{"at", 43203.25},
                     {"event", "EXECUTE_START"},
                     {"job", "01abc"},
                     {"service", "mail"},
                     {"attempt", 2},
                     {"worker", "6b8b"},
                     {"group", "acme"}};

}  // namespace

TEST_CASE("An event passes when all that is asked for holds") {
    CHECK(EventFilter{}.lets_through(kStart));
    CHECK(EventFilter{.services = {"mail", "image"}}.lets_through(kStart));
    CHECK_FALSE(EventFilter{.services = {"image"}}.lets_through(kStart));
    CHECK(EventFilter{.events = {"EXECUTE_START"}, .group = "acme"}.lets_through(kStart));
    CHECK_FALSE(EventFilter{.events = {"DEAD"}, .group = "acme"}.lets_through(kStart));
    CHECK(EventFilter{.jobs = {"01abc"}}.lets_through(kStart));
    CHECK_FALSE(EventFilter{.jobs = {"01abd"}}.lets_through(kStart));
    CHECK_FALSE(EventFilter{.batch = "b"}.lets_through(kStart));
    CHECK_FALSE(EventFilter{.services = {"mail"}}.lets_through(5));
}

TEST_CASE("A job without a context is its own context") {
    CHECK(EventFilter{.context = "01abc"}.lets_through(kStart));
    CHECK_FALSE(EventFilter{.context = "c"}.lets_through(kStart));
    json inherited = kStart;
    inherited["context"] = "c";
    CHECK(EventFilter{.context = "c"}.lets_through(inherited));
    CHECK_FALSE(EventFilter{.context = "01abc"}.lets_through(inherited));
}

TEST_CASE("Topics are as narrow as services and events allow") {
    CHECK(EventFilter{}.topics().empty());
    CHECK(EventFilter{.events = {"DEAD"}}.topics().empty());
    CHECK(EventFilter{.services = {"a", "b"}}.topics() == std::vector<std::string>{"a.", "b."});
    CHECK(EventFilter{.services = {"a"}, .events = {"DEAD", "RETRY"}}.topics() ==
          std::vector<std::string>{"a.DEAD", "a.RETRY"});
}

TEST_CASE("Events go by their names in any case") {
    CHECK(events_of({"dead,execute-start", "RETRY"}).value() ==
          Set{"DEAD", "EXECUTE_START", "RETRY"});
    const auto wrong = events_of({"started"});
    REQUIRE_FALSE(wrong.has_value());
    CHECK(wrong.error().message.find("EXECUTE_START") != std::string::npos);
}

TEST_CASE("A line says when, what, and of which job, and only what there is to say") {
    CHECK(event_line(kStart, false) ==
          "12:00:03.250Z  EXECUTE_START     01abc  mail  #2  worker=6b8b  group=acme");
    CHECK(event_line({{"at", 0.001},
                      {"event", "PROGRESS"},
                      {"job", "1"},
                      {"service", "mail"},
                      {"done", 3},
                      {"total", 10},
                      {"detail", "page\x1b 3"}},
                     false) == "00:00:00.001Z  PROGRESS          1  mail  3/10  page\\x1b 3");
    CHECK(
        event_line({{"event", "DELAYED"}, {"due", 60}, {"batch", "b"}, {"context", "c"}}, false) ==
        "               DELAYED           batch=b  context=c  due=1970-01-01 00:01:00Z");
    CHECK(event_line({{"at", 1}, {"event", "DEAD"}, {"job", "1"}}, true) ==
          "00:00:01.000Z  \x1b[31mDEAD            \x1b[0m  1");
    CHECK_FALSE(event_line(json::array(), false).empty());
}

}  // namespace steward::cli
