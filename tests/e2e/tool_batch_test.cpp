// tests/e2e: `steward batch`: many jobs as one, from lines of standard input.
#include <doctest/doctest.h>

#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

using nlohmann::json;

namespace {

std::string name_of_first_line(const Finished& done) {
    const Args lines = lines_of(done.out);
    return lines.empty() ? "" : lines.front();
}

}  // namespace

TEST_CASE("A batch runs its lines and then the job that follows it, and is waited for") {
    Desk desk;
    const std::string file = (desk.broker().directory() / "lines").string();
    desk.start_worker(kLogProgram, "log", {"--file", file});
    desk.start_worker(kTrialProgram, "trial");
    const Finished done =
        desk.run_with_input("{\"line\": \"one\"}\n\n{\"line\": \"two\"}\n",
                            {"batch", "run", "log", "--wait", "--then", "trial", "why=done"});
    CHECK(done.err == "");
    REQUIRE(done.code == kSuccess);
    const std::string name = name_of_first_line(done);
    CHECK(has_all(done.out, {"\nended      true\n", "\nsucceeded  2\n", "\ntotal      2\n"}));
    CHECK(read_file(file) == "one\ntwo\n");

    const json row = desk.ask({"batch", "status", name});
    CHECK(row["failed"] == 0);
    const std::string then = row.value("then", "");
    CHECK(desk.ask({"wait", then})["result"]["batch"] == name);
    const auto rows = desk.rows({"batch"});
    REQUIRE(rows.size() == 1);
    CHECK(rows[0]["batch"] == name);
    CHECK(has_all(desk.say({"batch"}), {"BATCH", "THEN\n", name, "ended", then}));
    CHECK(desk.ids({"list", "--batch", name}).size() == 2);  // not the one that follows
}

TEST_CASE("A batch is opened, filled in steps, watched and closed") {
    Desk desk({}, "10s");
    desk.start_worker(kTrialProgram, "trial", {"--concurrency", "4"});
    const std::string name = lines_of(desk.say({"batch", "open", "--then", "trial"})).at(0);
    const Finished first = desk.run_with_input(
        "{\"service\":\"trial\",\"params\":{\"outcome\":\"reject\"}}\n"
        "{\"service\":\"trial\",\"params\":{\"seconds\":600},\"options\":{\"priority\":\"high\"}}"
        "\n",
        {"batch", "submit", name});
    CHECK(first.code == kSuccess);
    CHECK(desk.run_with_input("{}\n", {"batch", "submit", name, "trial", "--group", "a"}).code ==
          kSuccess);
    const auto figures = [&] { return desk.ask({"batch", "status", name}); };
    REQUIRE(wait_until([&] {
        const json row = figures();
        return row["failed"] == 1 && row["succeeded"] == 1;
    }));
    CHECK(figures()["total"] == 3);
    CHECK(figures()["closed"] == false);
    CHECK(has(desk.say({"batch"}), "open"));
    CHECK(desk.say({"batch", "close", name}) == "the batch " + name + " is closed\n");
    CHECK(figures()["closed"] == true);
    CHECK(figures()["ended"] == false);
    const Finished late = desk.run_with_input("{}\n", {"batch", "submit", name, "trial"});
    CHECK(late.code == kRefused);
    CHECK(has_all(late.err, {"line 1: ", name}));
    CHECK(lines_of(late.err).size() == 1);  // there is nothing to go on with
    CHECK(desk.run_out_of_time({"batch", "status", name, "--wait"}).code == kTimeout);

    CHECK(desk.say({"cancel", "--batch", name}) == "1 job cancelled\n");
    const Finished ended = desk.run({"batch", "status", name, "--wait", "--json"});
    CHECK(ended.code == kJobFailed);  // since some of its jobs have
    const json ended_row = json::parse(ended.out, nullptr, false);
    CHECK(ended_row["failed"] == 2);
    CHECK(desk.broker().wait_for_events(1, "BATCH_COMPLETE"));
    CHECK(desk.ask({"wait", ended_row.value("then", "")})["result"]["batch"] == name);
}

TEST_CASE("A line that is no job ends the run: those before it are in, the batch stays open") {
    Desk desk;
    desk.start_worker(kTrialProgram, "trial");
    const Finished stopped = desk.run_with_input("{}\n{}\nno job\n{}\n", {"batch", "run", "trial"});
    const std::string name = name_of_first_line(stopped);
    CHECK(stopped.code == kRefused);
    CHECK(has_all(stopped.err, {"line 3: ", "batch submit " + name, "cancel --batch " + name}));
    CHECK(desk.ask({"batch", "status", name})["total"] == 2);
    CHECK(desk.ask({"batch", "status", name})["closed"] == false);

    const Finished rest =
        desk.run_with_input("no job\n{}\n", {"batch", "submit", name, "trial", "--keep-going"});
    CHECK(rest.code == kSuccess);
    CHECK(has(rest.err, "line 1: "));
    desk.say({"batch", "close", name});
    CHECK(has(desk.say({"batch", "status", name, "--wait"}), "succeeded  3\n"));
}

TEST_CASE("A refused line ends the run: those before it are in, no line is lost or doubled") {
    Desk desk("[[service]]\nname = \"tiny\"\njobs_max = 1\n[[service]]\nname = \"foo\"\n");
    const auto submit = [&](const std::string& lines) {
        const Finished stopped = desk.run_with_input(lines, {"batch", "run", "--timeout", "2s"});
        CHECK(stopped.code == kRefused);
        const json row = desk.ask({"batch", "status", name_of_first_line(stopped)});
        CHECK(row["closed"] == false);
        return std::pair(stopped.err, row.value("total", 0));
    };
    const std::string tiny = "{\"service\":\"tiny\"}\n";
    const std::string foo = "{\"service\":\"foo\"}\n";
    const std::string nope = "{\"service\":\"nope\"}\n";
    const std::string orphan =
        "{\"service\":\"foo\",\"options\":{\"after\":[\"" + std::string(kUnknownJob) + "\"]}}\n";
    SUBCASE("a service that is not there") {
        const auto [err, total] = submit(foo + foo + nope + foo);
        CHECK(has(err, "steward: line 3: "));
        CHECK_FALSE(has(err, "all others are submitted"));
        CHECK(total == 2);
    }
    SUBCASE("before a line that there is no room for in time, nothing else") {
        const auto [err, total] = submit(tiny + tiny + foo + nope + foo);
        CHECK(has(err, "steward: line 2: "));
        CHECK_FALSE(has(err, "all others are submitted"));
        CHECK(total == 1);
    }
    SUBCASE("those behind it that are in are told") {
        const auto [err, total] = submit(tiny + foo + foo + orphan + tiny + foo + orphan);
        CHECK(has_all(err,
                      {"steward: line 4: ",
                       "of the lines up to 7 these are not submitted: 4-5, 7; "
                       "all others are submitted\n"}));
        CHECK(total == 4);
    }
}

TEST_CASE("An empty batch is complete at once; one that is not there is refused") {
    Desk desk;
    const Finished none = desk.run_with_input("", {"batch", "run", "--wait"});
    CHECK(none.code == kSuccess);
    CHECK(has(none.out, "total      0\n"));
    for (const char* verb : {"status", "close"}) {
        const Finished refused = desk.run({"batch", verb, "nothing"});
        CHECK(refused.code == kRefused);
        CHECK(has(refused.err, "nothing"));
    }
    desk.start_worker(kTrialProgram, "trial");
    const Finished lines = desk.run_with_input("{}\n", {"batch", "submit", "nothing", "trial"});
    CHECK(lines.code == kRefused);
    CHECK(lines.err == "steward: line 1: the batch \"nothing\" was not opened\n");
    CHECK(desk.run({"batch", "dance"}).code == kUsage);
}

}  // namespace steward::e2e
