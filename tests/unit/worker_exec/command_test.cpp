// tests: a command's limits, its keeper's orders and reports, what becomes of its output and log.
#include <doctest/doctest.h>

#include "common/wire/params.hpp"
#include "worker/exec/job_log.hpp"
#include "worker/exec/keeper_order.hpp"
#include "worker/exec/output.hpp"

namespace steward::worker::exec {

namespace {

std::string shown(const Value& value) {
    const auto payload = value.encode(model::Encoding::Json);
    return std::string(payload.bytes.view());
}

struct Parts {
    explicit Parts(Settings with) : settings(std::move(with)) {}

    Settings settings;
    std::vector<std::string> sent;
    Output output{settings, [this](const Value& part) { sent.push_back(shown(part)); }};
};

Settings settings_of(Stream stream, Form form, std::uint64_t bytes_max) {
    Settings settings;
    settings.stream = stream;
    settings.form = form;
    settings.output_bytes_max = bytes_max;
    return settings;
}

}  // namespace

TEST_CASE("resource limits are read with their units") {
    const auto limits =
        parse_limits("nofile=256,cpu=1min,as=1GiB,core=0,nproc=unlimited,stack=512");
    REQUIRE(limits.has_value());
    CHECK(*limits == std::vector<ResourceLimit>{{RLIMIT_NOFILE, 256},
                                                {RLIMIT_CPU, 60},
                                                {RLIMIT_AS, 1UL << 30U},
                                                {RLIMIT_CORE, 0},
                                                {RLIMIT_NPROC, RLIM_INFINITY},
                                                {RLIMIT_STACK, 512}});
    CHECK(parse_limits("")->empty());
    for (const char* text :
         {"nofile", "nofile=", "nofile=1GiB", "cpu=0.5s", "as=-1", "files=1", "nofile=1,,cpu=1"}) {
        CHECK_MESSAGE(!parse_limits(text).has_value(), text);
    }
}

TEST_CASE("the keeper reads what the worker orders, whatever the command's words are") {
    KeeperOrder order;
    order.user = "nobody";
    order.limits = {{RLIMIT_NOFILE, 256}, {RLIMIT_NPROC, RLIM_INFINITY}};
    order.memory_bytes_max = 1UL << 40U;
    order.grace = std::chrono::milliseconds(2500);
    order.command = {"--", "--user", "root", ""};
    const auto read = order_of(words_of(order));
    REQUIRE(read.has_value());
    CHECK(read->user == "nobody");
    CHECK(read->limits == order.limits);
    CHECK(read->memory_bytes_max == order.memory_bytes_max);
    CHECK(read->grace == order.grace);
    CHECK(read->command == order.command);
    CHECK_FALSE(order_of({}).has_value());
    CHECK_FALSE(order_of({"--"}).has_value());
    CHECK_FALSE(order_of({"--grace", "x", "--", "true"}).has_value());
    CHECK_FALSE(order_of({"--other", "1", "--", "true"}).has_value());
}

TEST_CASE("a report is read as it was written, and half a one is none") {
    const KeeperReport report{KeeperReport::End::Unstarted, 2, "start the command"};
    const std::string line = line_of(report);
    const auto read = report_of(line);
    REQUIRE(read.has_value());
    CHECK(read->end == report.end);
    CHECK(read->number == 2);
    CHECK(read->text == report.text);
    CHECK(report_of(line_of({KeeperReport::End::Killed, 11, {}}))->number == 11);
    for (std::size_t size = 0; size < line.size(); ++size) {
        CHECK_FALSE(report_of(line.substr(0, size)).has_value());
    }
}

TEST_CASE("output is one text without its last newline, one document, or bytes") {
    CHECK(shown(*value_of(Form::Text, "a\n\n")) == R"("a\n")");
    CHECK(shown(*value_of(Form::Text, "")) == R"("")");
    CHECK(shown(*value_of(Form::Json, " [1, 2]\n")) == "[1,2]");
    CHECK_FALSE(value_of(Form::Json, "").has_value());
    CHECK_FALSE(value_of(Form::Json, "[1] [2]").has_value());
    CHECK(value_of(Form::Bytes, "a\n")->encode(model::Encoding::Opaque).bytes.view() == "a\n");
}

TEST_CASE("output is taken up to its bound and not a byte beyond") {
    Parts p(settings_of(Stream::None, Form::Text, 4));
    CHECK(p.output.add("ab").has_value());
    CHECK(p.output.add("cd").has_value());
    CHECK(shown(*p.output.finish()) == R"("abcd")");
    const auto more = p.output.add("e");
    REQUIRE_FALSE(more.has_value());
    CHECK(more.error().message == "the output is larger than --output-max of 4B");
}

TEST_CASE("lines leave when they are whole, and the bound is a line's") {
    Parts p(settings_of(Stream::Lines, Form::Text, 4));
    CHECK(p.output.add("a").has_value());
    CHECK(p.sent.empty());
    CHECK(p.output.add("b\n\n").has_value());
    CHECK(p.output.add("cdef").has_value());
    CHECK(p.sent == std::vector<std::string>{R"("ab")", R"("")"});
    CHECK_FALSE(p.output.add("g").has_value());
    CHECK(shown(*p.output.finish()).empty());
    CHECK(p.sent.back() == R"("cdef")");
}

TEST_CASE("the reason of a failure is the end of its log, in one line") {
    JobLog log("id", 0);
    CHECK(log.reason().empty());
    log.add("first\nsec");
    log.add("ond\n\n");
    CHECK(log.reason() == "first | second");
    for (int i = 0; i < 1000; ++i) {
        log.add("line " + std::to_string(i) + "\n");
    }
    CHECK(log.reason().ends_with("line 998 | line 999"));
    CHECK(log.reason().starts_with("line "));
    CHECK(log.reason().size() < 3 * JobLog::kReasonBytesMax);
    log.add("no text: \xff\n");
    CHECK(log.reason().ends_with("\\xff"));
}

}  // namespace steward::worker::exec
