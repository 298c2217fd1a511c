// tests: tables and listings as people see them.
#include "client/cli/table.hpp"

#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "client/cli/listing.hpp"

namespace steward::cli {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

struct Paper {
    std::ostringstream out;
    std::ostringstream err;
    Console console{out, err, false, false, false, base::WallTime(1000s)};
};

std::string table(const std::vector<Column>& columns,
                  const std::vector<std::vector<Cell>>& rows,
                  bool has_colours = false) {
    std::ostringstream out;
    print_table(out, columns, rows, has_colours);
    return out.str();
}

std::string listing(std::string_view what, const json& report) {
    Paper paper;
    print_listing(paper.console, what, report);
    return paper.out.str();
}

}  // namespace

TEST_CASE("Columns are as wide as their widest cell, numbers flush right, no spaces at line ends") {
    CHECK(table({{"NAME"}, {"N", true}, {"END"}},
                {{{"a"}, {"1"}, {"x"}}, {{"longer"}, {"100"}, {""}}}) ==
          "NAME      N  END\n"
          "a         1  x\n"
          "longer  100  \n");
    CHECK(table({{"A"}}, {}) == "A\n");
}

TEST_CASE("Characters count, not bytes, and a long cell is cut") {
    CHECK(table({{"A"}, {"B"}}, {{{"äö"}, {"x"}}}) == "A   B\näö  x\n");
    const std::string fits(kCellWidthMax, 'x');
    CHECK(table({{"A"}}, {{{fits}}}) == "A\n" + fits + "\n");
    CHECK(table({{"A"}}, {{{fits + "y"}}}) == "A\n" + fits.substr(1) + "…\n");
}

TEST_CASE("Control characters of others do not reach the terminal") {
    CHECK(harmless("a\x1b[31mb\n\x7f") == "a\\x1b[31mb\\x0a\\x7f");
    CHECK(harmless("\xc2\x9b"
                   "5m") == "\\xc2\\x9b5m");
    CHECK(harmless("\xff") == "\\xff");
    CHECK(harmless("\xc2") == "\\xc2");
    CHECK(harmless("grün") == "grün");
    CHECK(table({{"A"}}, {{{"\x1b[2J"}}}) == "A\n\\x1b[2J\n");
}

TEST_CASE("Colours wrap the text only, so that columns stay straight") {
    CHECK(table({{"A"}, {"B"}}, {{{"x", Colour::Red}, {"y"}}}, true) ==
          "\x1b[1mA\x1b[0m  \x1b[1mB\x1b[0m\n\x1b[31mx\x1b[0m  y\n");
    CHECK(painted("x", Colour::Red, false) == "x");
    CHECK(painted("", Colour::Red, true).empty());
}

TEST_CASE("Durations have about three figures") {
    CHECK(duration_text(0s) == "0ms");
    CHECK(duration_text(999'999us) == "999ms");
    CHECK(duration_text(1s) == "1.0s");
    CHECK(duration_text(59'999ms) == "59.9s");
    CHECK(duration_text(60s) == "1m00s");
    CHECK(duration_text(3599s) == "59m59s");
    CHECK(duration_text(1h) == "1h00m");
    CHECK(duration_text(24h) == "1d00h");
    CHECK(duration_text(-5s) == "-5.0s");
    CHECK(instant_text(base::WallTime(0s)) == "1970-01-01 00:00:00Z");
}

TEST_CASE("Each listing shows its columns") {
    CHECK(listing("jobs",
                  {{{"jobid", "01abc"},
                    {"service", "mail"},
                    {"state", "ready"},
                    {"priority", 2048},
                    {"attempt", 0},
                    {"reqtime", 999.5},
                    {"param", "{\"a\":1}"}}}) ==
          "ID     SERVICE  STATE  PRIORITY  TRY    AGE  PARAMS\n"
          "01abc  mail     ready      2048    0  500ms  {\"a\":1}\n");
    CHECK(listing("active", {{{"jobid", "1"}, {"worker", "aa"}, {"startedat", 990}}}) ==
          "ID  SERVICE  WORKER  TRY  RUNNING  PARAMS\n"
          "1            aa             10.0s  \n");
    CHECK(listing("hist",
                  {{{"jobid", "1"},
                    {"state", "dead"},
                    {"startedat", 1},
                    {"completedat", 3},
                    {"text", "no luck"}}}) ==
          "ID  SERVICE  STATE  TRY  TOOK     AGO  REASON\n"
          "1            dead        2.0s  16m37s  no luck\n");
    CHECK(listing("workers",
                  {{{"workerid", "aa"}, {"services", {"mail", "image"}}, {"failed", 0}}}) ==
          "WORKER  SERVICES    CHANNELS  NAME  SLOTS  HELD  OK  FAILED  UP  HEARD\n"
          "aa      mail,image                                        0           \n");
    CHECK(listing("services", {{{"service", "mail"}, {"ready", 3}, {"oldest_ready", 61}}}) ==
          "SERVICE  MODE  WORKERS  READY  LATER  BLOCKED  ACTIVE  OK  FAILED  DEAD  WAITS\n"
          "mail                        3                                            1m01s\n");
    CHECK(listing("groups", {{"rows", {{{"group", "acme"}, {"weight", 2}, {"rate", "5/s"}}}}}) ==
          "GROUP  WEIGHT  LIMIT  RATE  WAITING  ACTIVE\n"
          "acme        2          5/s                 \n");
    CHECK(listing("limits",
                  {{"rows",
                    {{{"limit", "db"},
                      {"at_once", 4},
                      {"active", 4},
                      {"holding", true},
                      {"services", {"a", "b"}}}}}}) ==
          "LIMIT  AT ONCE  RATE  ACTIVE  HOLDS  SERVICES\n"
          "db           4             4  yes    a,b\n");
    CHECK(
        listing("schedules",
                {{"rows",
                  {{{"schedule", "nightly"},
                    {"expression", "0 3 * * *"},
                    {"zone", "UTC"},
                    {"missed", "skip"},
                    {"service", "report"},
                    {"next", 1090},
                    {"last", 400},
                    {"configured", false}}}}}) ==
        "SCHEDULE  EXPRESSION  ZONE  MISSED  SERVICE  NEXT IN  NEXT                    LAST  LAST "
        "JOB  CONFIGURED\n"
        "nightly   0 3 * * *   UTC   skip    report     1m30s  1970-01-01 00:18:10Z  10m00s        "
        "  "
        "  \n");
    CHECK(listing("batches",
                  {{"rows",
                    {{{"batch", "b1"}, {"total", 3}, {"closed", true}, {"ended", false}},
                     {{"batch", "b2"}, {"failed", 1}, {"ended", true}},
                     {{"batch", "b3"}}}}}) ==
          "BATCH  STATE   JOBS  OK  FAILED  AGE  THEN\n"
          "b1     closed     3                   \n"
          "b2     ended                  1       \n"
          "b3     open                           \n");
}

TEST_CASE("A listing in pages has its titles once, and its columns only grow") {
    Paper paper;
    ListingPrinter printer(paper.console, "groups");
    printer.print({{{"group", "a"}}});
    printer.print(json::array());
    printer.print({{{"group", "longer name"}}, {{"group", "b"}, {"weight", 1}}});
    printer.end();
    CHECK(paper.out.str() ==
          "GROUP  WEIGHT  LIMIT  RATE  WAITING  ACTIVE\n"
          "a                                          \n"
          "longer name                                      \n"
          "b                 1                              \n");
    Paper empty;
    ListingPrinter nothing(empty.console, "groups");
    nothing.end();
    CHECK(empty.out.str() == "GROUP  WEIGHT  LIMIT  RATE  WAITING  ACTIVE\n");
}

TEST_CASE("Reports that are not as expected are no harm") {
    CHECK(listing("jobs", nullptr) == listing("jobs", json::array()));
    CHECK(listing("jobs", {1, "x", nullptr}).size() > 10);
    CHECK(listing("workers", {{{"services", 5}, {"hb", "soon"}, {"since", 1e300}}}).size() > 10);
    Paper paper;
    print_details(paper.console, json::array());
    CHECK(paper.out.str().empty());
}

TEST_CASE("Details are one member a line, with instants readable, and without what holds others") {
    Paper paper;
    print_details(paper.console,
                  {{"jobid", "1"},
                   {"reqtime", 0.5},
                   {"state", "ready"},
                   {"uptime", 90},
                   {"journal", {{"engine", "disk"}}},
                   {"time_bounds", {1, 2}}});
    CHECK(paper.out.str() ==
          "jobid    1\n"
          "reqtime  1970-01-01 00:00:00Z\n"
          "state    ready\n"
          "uptime   1m30s\n");
}

}  // namespace steward::cli
