// tests: the flags of a job become its options under their documented names.
#include "client/cli/job_flags.hpp"

#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <doctest/doctest.h>

namespace steward::cli {
namespace {

using nlohmann::json;

JobWords parsed(std::vector<std::string> words, JobKind kind = JobKind::Submitted) {
    JobWords job;
    CLI::App program("", "submit");
    add_job_words(program, job, kind);
    std::reverse(words.begin(), words.end());
    program.parse(words);
    return job;
}

json names(const std::vector<std::string>& flags, JobKind kind = JobKind::Submitted) {
    std::vector<std::string> words = {"mail"};
    words.insert(words.end(), flags.begin(), flags.end());
    return parsed(words, kind).flags.names().value();
}

}  // namespace

TEST_CASE("Each option has a flag, and each flag its documented name") {
    CHECK(names({"--priority=high"}) == json{{"priority", "high"}});
    CHECK(names({"--priority=-5"}) == json{{"priority", -5}});
    CHECK(names({"--delay", "30s"}) == json{{"delay", "30s"}});
    CHECK(names({"--run-at", "2026-11-24T10:00:00Z"}) == json{{"run_at", "2026-11-24T10:00:00Z"}});
    CHECK(names({"--run-at", "1764000000.5"}) == json{{"run_at", 1764000000.5}});
    CHECK(names({"--expires-in", "1h"}) == json{{"expires_in", "1h"}});
    CHECK(names({"--time-limit", "5min"}) == json{{"time_limit", "5min"}});
    CHECK(names({"--memory-limit", "512MiB"}) == json{{"memory_limit", "512MiB"}});
    CHECK(names({"--memory-limit", "1000"}) == json{{"memory_limit", 1000}});
    CHECK(names({"--max-attempts", "3"}) == json{{"max_attempts", 3}});
    CHECK(names({"--backoff", "1s", "--backoff-max", "1h"}) ==
          json{{"backoff", "1s"}, {"backoff_max", "1h"}});
    CHECK(names({"--result-ttl", "1d"}) == json{{"result_ttl", "1d"}});
    CHECK(names({"--wait", "200ms"}) == json{{"wait", "200ms"}});
    CHECK(names({"--channel", "gpu", "--context", "c"}) ==
          json{{"channel", "gpu"}, {"context", "c"}});
    CHECK(names({"--group",
                 "acme",
                 "--group-limit",
                 "4",
                 "--group-rate",
                 "5/s",
                 "--group-weight",
                 "2"}) ==
          json{{"group", "acme"}, {"group_limit", 4}, {"group_rate", "5/s"}, {"group_weight", 2}});
    CHECK(names({"--unique-scope", "waiting", "--on-duplicate", "attach"}) ==
          json{{"unique_scope", "waiting"}, {"on_duplicate", "attach"}});
    CHECK(names({"--batch", "b1"}) == json{{"batch", "b1"}});
    CHECK(names({"--durable"}) == json{{"durable", true}});
    CHECK(names({"--volatile"}) == json{{"durable", false}});
    CHECK(names({"--meta", "a=1", "--meta", "b=2=3"}) ==
          json{{"meta", {{"a", "1"}, {"b", "2=3"}}}});
    CHECK(names({}) == json::object());
}

TEST_CASE("A unique key is given with an equals sign, so that it takes no word away") {
    const auto bare = parsed({"--unique", "mail", "to=ann"});
    CHECK(bare.flags.names().value() == json{{"unique", true}});
    CHECK(bare.service == "mail");
    CHECK(bare.params == std::vector<std::string>{"to=ann"});
    CHECK(names({"--unique=ann"}) == json{{"unique", "ann"}});
}

TEST_CASE("Jobs to wait for are a list, with commas or repeated") {
    CHECK(names({"--after", "a,b", "--after", "c"}) == json{{"after", {"a", "b", "c"}}});
    const auto job = parsed({"--after", "a", "mail", "x=1"});
    CHECK(job.service == "mail");
}

TEST_CASE("Flags that make no sense for a kind of job are not there") {
    CHECK_THROWS_AS(names({"--wait", "1s"}, JobKind::Call), CLI::ParseError);
    CHECK_THROWS_AS(names({"--batch", "b"}, JobKind::Call), CLI::ParseError);
    CHECK_THROWS_AS(names({"--after", "a"}, JobKind::Later), CLI::ParseError);
    CHECK(names({"--after", "a"}, JobKind::Call) == json{{"after", {"a"}}});
}

TEST_CASE("Meta that is no pair is refused, naming it") {
    for (const char* pair : {"a", "=1", ""}) {
        const auto wrong = parsed({"mail", "--meta", pair}).flags.options();
        REQUIRE_FALSE(wrong.has_value());
        CHECK(wrong.error().code == base::Errc::BadOption);
        CHECK(wrong.error().message.find(std::string("--meta ") + pair) == 0);
    }
}

TEST_CASE("What an option may be is said by those who read them") {
    CHECK(parsed({"mail", "--priority", "highest"})
              .flags.options()
              .error()
              .message.find("low, normal, high, urgent") != std::string::npos);
    const auto options =
        parsed({"mail", "--priority", "high", "--max-attempts", "3"}).flags.options();
    REQUIRE(options.has_value());
    CHECK(options->priority == model::kPriorityHigh);
    CHECK(options->max_attempts == 3U);
}

}  // namespace steward::cli
