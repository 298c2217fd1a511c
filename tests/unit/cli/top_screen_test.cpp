// tests: the live screen, computed.
#include "client/cli/top_screen.hpp"

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

namespace steward::cli {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

// Arrays by name: what `json{one}` is, compilers disagree about.
TopSample sample(int seconds, json::array_t services, json::array_t workers = {}) {
    return {{{"uptime", 3600 + seconds},
             {"ready", 5},
             {"active", 2},
             {"scheduled", 0},
             {"dead_letters", 1},
             {"accepted", 100 * seconds},
             {"succeeded", 50 * seconds},
             {"failed", seconds},
             {"mode", "running"}},
            std::move(services),
            std::move(workers),
            base::MonoTime(std::chrono::seconds(seconds)),
            base::WallTime(1000s)};
}

json service(const std::string& name, int ready, int accepted, int active = 0) {
    return {{"service", name},
            {"mode", "running"},
            {"workers", 1},
            {"ready", ready},
            {"active", active},
            {"accepted", accepted},
            {"succeeded", accepted / 2},
            {"failed", 0},
            {"scheduled", 0},
            {"dead_letters", 0}};
}

TopView view(std::size_t columns = 80, std::size_t rows = 24) {
    TopView made;
    made.space = {columns, rows};
    made.brokers = "127.0.0.1";
    return made;
}

bool fits(const std::vector<std::string>& lines, const Space& space) {
    return lines.size() <= space.lines && std::ranges::all_of(lines, [&](const std::string& line) {
               return width_of(line) <= space.columns;
           });
}

// The first words of the lines of services.
std::vector<std::string> services_of(const std::vector<std::string>& lines) {
    std::vector<std::string> names;
    const auto titles = std::ranges::find_if(
        lines, [](const std::string& line) { return line.starts_with("SERVICE"); });
    for (auto line = titles == lines.end() ? titles : titles + 1;
         line != lines.end() && !line->empty();
         ++line) {
        names.push_back(line->substr(0, line->find(' ')));
    }
    return names;
}

}  // namespace

TEST_CASE("Rates come of two samples, and not of one") {
    TopScreen screen;
    screen.update(sample(10, {service("mail", 3, 1000)}));
    CHECK(screen.lines(view())[1] == "jobs  5 ready  2 active  1 dead");
    CHECK_FALSE(screen.document().contains("rates"));
    screen.update(sample(12, {service("mail", 3, 1500)}));
    CHECK(screen.lines(view())[1] ==
          "jobs  5 ready  2 active  1 dead  in 100.0/s  ok 50.0/s  failed 1.0/s");
    const json document = screen.document();
    CHECK(document["rates"]["in"] == 100.0);
    CHECK(document["services"][0]["rates"]["in"] == 250.0);
    CHECK(document["services"][0]["rates"]["succeeded"] == 125.0);
}

TEST_CASE("A broker that began anew has no rates at first") {
    TopScreen screen;
    screen.update(sample(10, {service("mail", 3, 1000)}));
    screen.update(sample(1, {service("mail", 3, 1)}));  // counts have gone back, and time too
    CHECK_FALSE(screen.document().contains("rates"));
    CHECK_FALSE(screen.document()["services"][0].contains("rates"));
    screen.update(sample(2, {service("mail", 3, 2), service("new", 0, 4)}));
    CHECK(screen.document()["services"][1]["rates"]["in"] == 4.0);
}

TEST_CASE("Services are sorted by what is asked for, and by name among equals") {
    TopScreen screen;
    screen.update(sample(1, {service("b", 5, 0, 0), service("a", 5, 0, 1), service("c", 9, 0, 0)}));
    screen.update(sample(2, {service("b", 5, 9, 0), service("a", 5, 2, 1), service("c", 9, 4, 0)}));
    TopView shown = view();
    CHECK(services_of(screen.lines(shown)) == std::vector<std::string>{"c", "a", "b"});
    shown.sort = next_sort(shown.sort);
    CHECK(name_of(shown.sort) == "active");
    CHECK(services_of(screen.lines(shown)) == std::vector<std::string>{"a", "b", "c"});
    shown.sort = next_sort(shown.sort);
    CHECK(services_of(screen.lines(shown)) == std::vector<std::string>{"b", "c", "a"});
    shown.sort = next_sort(shown.sort);
    CHECK(services_of(screen.lines(shown)) == std::vector<std::string>{"a", "b", "c"});
    CHECK(next_sort(shown.sort) == TopSort::Waiting);
}

TEST_CASE("In 80 by 24 there is room for both tables, and what is left out is counted") {
    json services = json::array();
    json workers = json::array();
    for (int i = 0; i < 100; ++i) {
        services.push_back(service("service-" + std::to_string(i), i, i));
        workers.push_back({{"workerid", "00" + std::to_string(i)},
                           {"services", {"a-very-long-service-name", "another-very-long-name"}},
                           {"concurrency", 1},
                           {"held", 1},
                           {"succeeded", 123456},
                           {"failed", 0},
                           {"since", 1},
                           {"hb", 999}});
    }
    TopScreen screen;
    screen.update(sample(1, services, workers));
    const auto lines = screen.lines(view());
    REQUIRE(lines.size() == 24);
    CHECK(fits(lines, {80, 24}));
    CHECK(lines[0].starts_with("steward 127.0.0.1  up 1h00m  100 services  100 workers"));
    CHECK(lines[3].starts_with("SERVICE"));
    CHECK(lines[3].find("DEAD") != std::string::npos);
    CHECK(lines[4].starts_with("service-99"));
    CHECK(lines.back().starts_with("q quits"));
    CHECK(std::ranges::count_if(
              lines, [](const std::string& line) { return line.starts_with("… and "); }) == 2);
    const auto titles = std::ranges::find_if(
        lines, [](const std::string& line) { return line.starts_with("WORKER"); });
    REQUIRE(titles != lines.end());
    CHECK((titles + 1)->find("…") != std::string::npos);
}

TEST_CASE("Few services leave their room to the workers") {
    json workers = json::array();
    for (int i = 0; i < 12; ++i) {
        workers.push_back({{"workerid", std::to_string(i)}});
    }
    TopScreen screen;
    screen.update(sample(1, {service("mail", 0, 0)}, workers));
    const auto lines = screen.lines(view());
    CHECK(lines[0].find("  1 service  12 workers") != std::string::npos);
    CHECK(std::ranges::none_of(lines,
                               [](const std::string& line) { return line.starts_with("… and "); }));
}

TEST_CASE("Every size is held to, also one in which nothing has room") {
    TopScreen screen;
    TopView shown = view();
    shown.trouble = "no broker answers at tcp://a-very-long-name-of-a-host.example.org:5555";
    for (int filled = 0; filled < 2; ++filled) {
        for (std::size_t rows = 0; rows < 30; ++rows) {
            for (const std::size_t columns : {0UL, 1UL, 2UL, 7UL, 13UL, 40UL, 79UL, 200UL}) {
                CAPTURE(rows);
                CAPTURE(columns);
                shown.space = {columns, rows};
                CHECK(fits(screen.lines(shown), shown.space));
            }
        }
        screen.update(sample(1, {service("größte", 1, 1)}, {{{"workerid", "1"}}}));
    }
}

TEST_CASE("Trouble and a pause are told; a screen that is printed has no word on keys") {
    TopScreen screen;
    TopView shown = view();
    shown.trouble = "no broker answers";
    CHECK(screen.lines(shown)[1] == "no broker answers");
    screen.update(sample(1, json::array()));
    CHECK(screen.lines(shown)[2] == "no broker answers");
    shown.is_paused = true;
    CHECK(screen.lines(shown).back().ends_with("PAUSED"));
    shown.is_live = false;
    CHECK_FALSE(screen.lines(shown).back().ends_with("PAUSED"));
}

TEST_CASE("Reports that are not as expected are no harm") {
    TopScreen screen;
    CHECK(screen.document().is_null());
    screen.update({nullptr, 5, {{"a", 1}}, base::MonoTime(1s), base::WallTime(1s)});
    screen.update({5,
                   {nullptr, {{"service", 5}, {"ready", "many"}}},
                   {{{"services", 5}}},
                   base::MonoTime(1s),
                   base::WallTime(1s)});
    CHECK(fits(screen.lines(view()), {80, 24}));
}

TEST_CASE("A table is cut to its space: long cells first, then the last columns, then rows") {
    const FittedRows table{{{"NAME", false, true}, {"N", true}, {"LAST"}},
                           {{{"a-name-of-twenty-chr"}, {"1"}, {"end"}}, {{"b"}, {"22"}, {"x"}}}};
    CHECK(fitted_table(table, {80, 24}, false) ==
          std::vector<std::string>{"NAME                   N  LAST",
                                   "a-name-of-twenty-chr   1  end",
                                   "b                     22  x"});
    CHECK(fitted_table(table, {22, 24}, false) == std::vector<std::string>{"NAME           N  LAST",
                                                                           "a-name-of-t…   1  end",
                                                                           "b             22  x"});
    CHECK(fitted_table(table, {21, 24}, false) ==
          std::vector<std::string>{
              "NAME                N", "a-name-of-twenty…   1", "b                  22"});
    CHECK(fitted_table(table, {3, 24}, false) == std::vector<std::string>{"NA…", "a-…", "b"});
    CHECK(fitted_table(table, {80, 3}, false).size() == 3);
    CHECK(fitted_table(table, {80, 2}, false) ==
          std::vector<std::string>{"NAME                   N  LAST", "… and 2 more"});
    CHECK(fitted_table(table, {80, 1}, false).size() == 1);
    CHECK(fitted_table(table, {80, 0}, false).empty());
}

}  // namespace steward::cli
