// tests: ranges, verdicts and performance data as the monitoring plugins' guidelines have them.
#include "client/cli/check_range.hpp"

#include <doctest/doctest.h>

namespace steward::cli {

namespace {

bool alerts_at(std::string_view range, double value) {
    const auto parsed = CheckRange::parse(range);
    REQUIRE(parsed);
    return parsed->alerts(value);
}

wire::Check checked() {
    return {"2 ready | or\nmore",
            false,
            {{"ready", 12, "", 0, 100}, {"done", 3, "c"}, {"it's", 0.5, "s", {}, {}}}};
}

std::vector<Watched> ready_within(std::string_view warning, std::string_view critical) {
    return {{"ready", *CheckRange::parse(warning), *CheckRange::parse(critical)}};
}

}  // namespace

TEST_CASE("A range alerts outside of its bounds, which belong to it") {
    CHECK_FALSE(alerts_at("10", 0));
    CHECK_FALSE(alerts_at("10", 10));
    CHECK(alerts_at("10", 10.5));
    CHECK(alerts_at("10", -1));
    CHECK(alerts_at("10:", 9));
    CHECK_FALSE(alerts_at("10:", 10));
    CHECK_FALSE(alerts_at("10:", 1e9));
    CHECK_FALSE(alerts_at("~:10", -1e9));
    CHECK(alerts_at("~:10", 11));
    CHECK(alerts_at("10:20", 9));
    CHECK_FALSE(alerts_at("10:20", 20));
    CHECK(alerts_at("10:20", 21));
    CHECK_FALSE(alerts_at("-5:-1", -3));
}

TEST_CASE("A range with @ alerts inside of its bounds") {
    CHECK(alerts_at("@10:20", 10));
    CHECK(alerts_at("@10:20", 20));
    CHECK_FALSE(alerts_at("@10:20", 9.9));
    CHECK(alerts_at("@0", 0));
    CHECK_FALSE(alerts_at("@0", 1));
}

TEST_CASE("What is no range is refused with the grammar") {
    for (const char* text :
         {"", ":", "@", "x", "10:5", "1:2:3", "~", "10:~", "1e3", "nan", "inf:", " 1"}) {
        INFO("range: ", text);
        const auto range = CheckRange::parse(text);
        REQUIRE_FALSE(range);
        CHECK(range.error().message.find("[@]start:end") != std::string::npos);
    }
}

TEST_CASE("The worst range that is left decides, and the line says why") {
    const Judgement good = judge(checked(), ready_within("20", "50"));
    CHECK(good.verdict == Verdict::Ok);
    CHECK(good.line ==
          "STEWARD OK - 2 ready   or more | 'ready'=12;20;50;0;100 'done'=3c;;;0; "
          "'it''s'=0.5s;;;;");
    const Judgement warned = judge(checked(), ready_within("10", "50"));
    CHECK(warned.verdict == Verdict::Warning);
    CHECK(warned.line.starts_with("STEWARD WARNING - ready is 12, outside 10; 2 ready"));
    const Judgement worst = judge(checked(), ready_within("10", "@10:12"));
    CHECK(worst.verdict == Verdict::Critical);
    CHECK(worst.line.starts_with("STEWARD CRITICAL - ready is 12, inside 10:12; "));
}

TEST_CASE("A counter that is not there makes the verdict unknown") {
    CHECK(judge(checked(), {{"memory", {}, {}}}).verdict == Verdict::Unknown);
    CHECK(failed(Verdict::Critical, "nobody\nthere|").line == "STEWARD CRITICAL - nobody there ");
}

}  // namespace steward::cli
