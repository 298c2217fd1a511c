// tests: the lines that make a batch.
#include "client/cli/batch_lines.hpp"

#include <sstream>

#include <doctest/doctest.h>

#include "common/model/limits.hpp"

namespace steward::cli {
namespace {

using base::Errc;
using nlohmann::json;

const LineRules kWhole{"", json::object()};
const LineRules kParams{"mail", {{"priority", "low"}}};

}  // namespace

TEST_CASE("With a service each line is params, as they are written") {
    const auto spec = spec_of_line(R"({"to": "ann" , "n":1})", kParams);
    REQUIRE(spec.has_value());
    CHECK(spec->service == "mail");
    CHECK(spec->params.payload().bytes.view() == R"({"to": "ann" , "n":1})");
    CHECK(spec->options.priority == model::kPriorityLow);
    CHECK(spec_of_line("5", kParams)->params.payload().bytes.view() == "5");
    // Even if it looks like a whole job: what a line is does not depend on what is in it.
    CHECK(spec_of_line(R"({"service":"x"})", kParams)->service == "mail");
    CHECK(spec_of_line("no json", kParams).error().code == Errc::BadParams);
}

TEST_CASE("Without a service each line says all of a job") {
    const auto spec = spec_of_line(
        R"({"service":"mail","params":{"to":"ann"},"options":{"max_attempts":3}})", kWhole);
    REQUIRE(spec.has_value());
    CHECK(spec->service == "mail");
    CHECK(spec->params.payload().bytes.view() == R"({"to":"ann"})");
    CHECK(spec->options.max_attempts == 3U);
    const auto bare = spec_of_line(R"({"service":"mail"})", kWhole);
    REQUIRE(bare.has_value());
    CHECK(bare->params.payload().encoding == model::Encoding::Absent);
    CHECK(spec_of_line(R"({"service":"mail","params":null})", kWhole)
              ->params.payload()
              .bytes.view() == "null");
}

TEST_CASE("A line's own options count more than those for all") {
    const LineRules rules{"", {{"priority", "low"}, {"max_attempts", 2}}};
    const auto spec = spec_of_line(R"({"service":"mail","options":{"priority":"high"}})", rules);
    REQUIRE(spec.has_value());
    CHECK(spec->options.priority == model::kPriorityHigh);
    CHECK(spec->options.max_attempts == 2U);
}

TEST_CASE("A line that is no job says what it has to be") {
    for (const char* line : {"5",
                             "[]",
                             "{}",
                             R"({"service":5})",
                             R"({"params":1})",
                             R"({"service":"a","param":1})",
                             R"({"service":"a","options":5})"}) {
        CAPTURE(line);
        const auto spec = spec_of_line(line, kWhole);
        REQUIRE_FALSE(spec.has_value());
        CHECK(spec.error().code == Errc::BadParams);
        CHECK(spec.error().message.find("\"service\"") != std::string::npos);
    }
    CHECK(spec_of_line(R"({"service":"a","options":{"nonsense":1}})", kWhole).error().code ==
          Errc::UnknownOption);
}

TEST_CASE("Lines are counted as an editor does, and empty ones are left out") {
    std::istringstream text("1\n\n  \r\n2\r\n3");
    LineReader lines(text);
    CHECK(lines.next().value() == "1");
    CHECK(lines.number() == 1);
    CHECK(lines.next().value() == "2\r");
    CHECK(lines.number() == 4);
    CHECK(lines.next().value() == "3");
    CHECK(lines.number() == 5);
    CHECK_FALSE(lines.next().value().has_value());
    std::istringstream nothing("");
    CHECK_FALSE(LineReader(nothing).next().value().has_value());
}

TEST_CASE("A line longer than a message may be is refused, not read to its end") {
    constexpr std::size_t kMost = model::Limits{}.message_bytes_max;
    std::istringstream fits(std::string(kMost, 'x'));
    CHECK(LineReader(fits).next().value()->size() == kMost);
    std::istringstream more(std::string(kMost + 1, 'x'));
    CHECK(LineReader(more).next().error().code == Errc::TooLarge);
}

}  // namespace steward::cli
