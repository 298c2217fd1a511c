// tests: which instants of schedules are given, when, and that none is given twice.
#include "broker/core/schedules.hpp"

#include <chrono>
#include <map>

#include <doctest/doctest.h>

#include "common/base/prng.hpp"
#include "common/model/limits.hpp"

using namespace steward;
using namespace steward::core;
using namespace std::chrono_literals;
using base::WallTime;
using model::MissedRuns;
using model::Schedule;

namespace {

/// Of 10 May 2026, UTC.
WallTime today(int hour, int minute = 0) {
    const std::chrono::sys_days day =
        std::chrono::year(2026) / std::chrono::May / std::chrono::day(10);
    return WallTime(day.time_since_epoch() + std::chrono::hours(hour) +
                    std::chrono::minutes(minute));
}

Schedule make(std::string_view name,
              std::string_view expression,
              MissedRuns missed = MissedRuns::Skip) {
    Schedule schedule;
    schedule.name = name;
    schedule.expression = expression;
    schedule.missed = missed;
    return schedule;
}

JobAccepted ran(std::string_view schedule, WallTime instant, std::uint64_t job) {
    JobAccepted fact;
    fact.id = {1, job};
    fact.schedule = schedule;
    fact.instant = instant;
    return fact;
}

model::Zone two_hours_east() {
    return {"East", {{WallTime::min(), 2h}}};
}

void add(ScheduleTable& table, const Schedule& schedule, WallTime now) {
    REQUIRE(table.set(schedule, now).has_value());
}

std::vector<Record> configure(ScheduleTable& table,
                              const std::vector<Schedule>& schedules,
                              WallTime now) {
    auto facts = table.configure(schedules, now);
    REQUIRE(facts.has_value());
    return *facts;
}

void restore(ScheduleTable& table, const Record& record) {
    if (const auto* set = std::get_if<ScheduleSet>(&record)) {
        REQUIRE(table.restore(*set).has_value());
    } else if (const auto* removed = std::get_if<ScheduleRemoved>(&record)) {
        table.restore(*removed);
    } else if (const auto* moved = std::get_if<ScheduleMoved>(&record)) {
        table.restore_mark(moved->name, moved->instant);
    } else {
        const auto& job = std::get<JobAccepted>(record);
        table.note_run(job.schedule, job.instant, job.id);
    }
}

std::vector<ScheduleRun> runs(ScheduleTable& table, WallTime now) {
    return table.due(now).runs;
}

WallTime mark_of(const ScheduleTable& table, std::string_view name) {
    const ScheduleEntry* const entry = table.find(name);
    REQUIRE(entry != nullptr);
    return entry->mark;
}

template <class T>
base::Errc code_of(const base::Expected<T>& result) {
    REQUIRE_FALSE(result.has_value());
    return result.error().code;
}

using Runs = std::vector<ScheduleRun>;

}  // namespace

TEST_CASE("a schedule is due at its next instant after it was set, and not before") {
    ScheduleTable table;
    CHECK_FALSE(table.next_due().has_value());
    add(table, make("tick", "*/10 * * * *"), today(8, 10));
    CHECK(table.next_due() == today(8, 20));
    CHECK(table.due(today(8, 20) - 1us) == DueSchedules{});
    CHECK(table.due(today(8, 20)) == DueSchedules{{{"tick", today(8, 20)}}, {}});
    CHECK(table.due(today(8, 20)) == DueSchedules{});
    CHECK(table.next_due() == today(8, 30));
    CHECK(mark_of(table, "tick") == today(8, 20));
}

TEST_CASE("an instant that is noticed a minute late is on time, later it was missed") {
    for (const MissedRuns missed : {MissedRuns::Skip, MissedRuns::Once, MissedRuns::All}) {
        ScheduleTable table;
        add(table, make("hourly", "@hourly", missed), today(8));
        CHECK(runs(table, today(9, 1)) == Runs{{"hourly", today(9)}});
        const DueSchedules late = table.due(today(10, 1) + 1us);
        if (missed == MissedRuns::Skip) {
            CHECK(late == DueSchedules{{}, {{"hourly", today(10)}}});
        } else {
            CHECK(late == DueSchedules{{{"hourly", today(10)}}, {}});
        }
        CHECK(table.next_due() == today(11));
    }
}

TEST_CASE("skip runs none of the missed instants, but the one that is due now") {
    ScheduleTable table;
    add(table, make("hourly", "@hourly"), today(0));
    CHECK(table.due(today(6)) == DueSchedules{{{"hourly", today(6)}}, {}});
    const DueSchedules later = table.due(today(9, 30));
    CHECK(later.runs.empty());
    REQUIRE(later.skipped.size() == 1);
    CHECK(later.skipped[0].name == "hourly");
    CHECK(later.skipped[0].instant >= today(9));
    CHECK(later.skipped[0].instant < today(10));
    CHECK(table.next_due() == today(10));
}

TEST_CASE("once runs the latest of the missed instants, and the one that is due now") {
    ScheduleTable table;
    add(table, make("hourly", "@hourly", MissedRuns::Once), today(0));
    CHECK(table.due(today(6)) == DueSchedules{{{"hourly", today(5)}, {"hourly", today(6)}}, {}});
    CHECK(table.due(today(9, 30)) == DueSchedules{{{"hourly", today(9)}}, {}});
    CHECK(table.next_due() == today(10));
}

TEST_CASE("all runs each missed instant, the oldest first") {
    ScheduleTable table;
    add(table, make("hourly", "@hourly", MissedRuns::All), today(0));
    CHECK(table.due(today(3, 30)) ==
          DueSchedules{{{"hourly", today(1)}, {"hourly", today(2)}, {"hourly", today(3)}}, {}});
    CHECK(table.due(today(3, 30)) == DueSchedules{});
}

TEST_CASE("all runs as many as its limit and no more; the others are skipped") {
    constexpr auto kMost = static_cast<int>(model::kMissedRunsMax);
    for (const int missed : {kMost - 1, kMost, kMost + 1, 10 * kMost}) {
        CAPTURE(missed);
        ScheduleTable table;
        add(table, make("tick", "* * * * *", MissedRuns::All), today(0));
        // The two instants up to a minute ago are not missed.
        const WallTime now = today(0) + std::chrono::minutes(missed + 2);
        const DueSchedules due = table.due(now);
        const int given = std::min(missed, kMost);
        REQUIRE(due.runs.size() == static_cast<std::size_t>(given + 2));
        CHECK(due.runs.front().instant == today(0, 1));
        CHECK(due.runs[static_cast<std::size_t>(given - 1)].instant ==
              today(0) + std::chrono::minutes(given));
        CHECK(due.runs[static_cast<std::size_t>(given)].instant == now - 1min);
        CHECK(due.runs.back().instant == now);
        CHECK(due.skipped.empty());
        CHECK(mark_of(table, "tick") == now);
    }
}

TEST_CASE("a mark that no run tells is told as skipped") {
    ScheduleTable table;
    add(table, make("tick", "*/2 * * * *", MissedRuns::All), today(0));
    const WallTime now = today(0) + std::chrono::minutes(2 * model::kMissedRunsMax + 21) + 30s;
    const DueSchedules due = table.due(now);
    CHECK(due.runs.size() == model::kMissedRunsMax);
    REQUIRE(due.skipped.size() == 1);
    CHECK(due.skipped[0].instant == mark_of(table, "tick"));
    CHECK(due.skipped[0].instant > due.runs.back().instant);
    CHECK(due.skipped[0].instant < now);
    CHECK(runs(table, now + 2min).size() == 1);
}

TEST_CASE("a year of missed minutes costs as little as an hour") {
    ScheduleTable table;
    add(table, make("skip", "* * * * *", MissedRuns::Skip), today(0));
    add(table, make("once", "* * * * *", MissedRuns::Once), today(0));
    const WallTime now = today(0) + 24h * 3650;
    const DueSchedules due = table.due(now);
    CHECK(due.runs == Runs{{"once", now - 2min},
                           {"skip", now - 1min},
                           {"once", now - 1min},
                           {"skip", now},
                           {"once", now}});
}

TEST_CASE("runs of several schedules come in the order of their instants") {
    ScheduleTable table;
    add(table, make("slow", "0 * * * *", MissedRuns::All), today(0));
    add(table, make("fast", "*/30 * * * *", MissedRuns::All), today(0));
    CHECK(runs(table, today(2, 10)) == Runs{{"fast", today(0, 30)},
                                            {"fast", today(1)},
                                            {"slow", today(1)},
                                            {"fast", today(1, 30)},
                                            {"fast", today(2)},
                                            {"slow", today(2)}});
}

TEST_CASE("when more is due than one answer takes, the rest stays due") {
    ScheduleTable table;
    for (int i = 0; i < 5; ++i) {
        add(table, make("s" + std::to_string(i), "* * * * *", MissedRuns::All), today(0));
    }
    const WallTime now = today(0) + 500min;
    std::map<std::string, std::size_t> given;
    int answers = 0;
    while (table.next_due() && *table.next_due() <= now) {
        const Runs some = runs(table, now);
        CHECK(some.size() <= 2000);
        CHECK_FALSE(some.empty());
        ++answers;
        for (const ScheduleRun& run : some) {
            ++given[std::string(run.schedule.view())];
        }
    }
    CHECK(answers == 3);
    CHECK(given.size() == 5);
    for (const auto& [name, count] : given) {
        CHECK(count == 500);
    }
}

TEST_CASE("a clock that jumps back gives no instant again") {
    ScheduleTable table;
    add(table, make("tick", "* * * * *", MissedRuns::All), today(8));
    CHECK(runs(table, today(8, 5)).size() == 5);
    CHECK(runs(table, today(7)).empty());
    CHECK(runs(table, today(8, 5)).empty());
    CHECK(table.next_due() == today(8, 6));
    CHECK(runs(table, today(8, 6)) == Runs{{"tick", today(8, 6)}});
}

TEST_CASE("setting the same again keeps the mark; another expression or zone begins now") {
    ScheduleTable table;
    add(table, make("s", "*/10 * * * *", MissedRuns::All), today(8));
    Schedule same = make("s", "*/10 * * * *", MissedRuns::Once);
    same.job.params.bytes = base::Blob::copy("other");
    add(table, same, today(9, 5));
    CHECK(mark_of(table, "s") == today(8));
    CHECK(table.find("s")->schedule == same);
    CHECK(table.size() == 1);
    CHECK(runs(table, today(9, 5)) == Runs{{"s", today(9)}});

    add(table, make("s", "*/5 * * * *", MissedRuns::All), today(9, 32));
    CHECK(mark_of(table, "s") == today(9, 32));
    CHECK(runs(table, today(9, 35)) == Runs{{"s", today(9, 35)}});

    Schedule elsewhere = make("s", "*/5 * * * *", MissedRuns::All);
    elsewhere.zone = two_hours_east();
    add(table, elsewhere, today(9, 52));
    CHECK(mark_of(table, "s") == today(9, 52));

    // A newer database, not another zone.
    elsewhere.zone.changes.push_back({today(9, 54), 3h});
    add(table, elsewhere, today(9, 58));
    CHECK(mark_of(table, "s") == today(9, 52));
}

TEST_CASE("another expression does not take the mark back when the clock has") {
    ScheduleTable table;
    add(table, make("s", "*/10 * * * *"), today(8));
    CHECK(runs(table, today(8, 10)).size() == 1);
    add(table, make("s", "*/5 * * * *"), today(7));
    CHECK(mark_of(table, "s") == today(8, 10));
    CHECK(table.next_due() == today(8, 15));
}

TEST_CASE("removing a schedule forgets its mark") {
    ScheduleTable table;
    add(table, make("s", "*/10 * * * *"), today(8));
    CHECK(runs(table, today(8, 10)).size() == 1);
    REQUIRE(table.remove("s").has_value());
    CHECK(table.find("s") == nullptr);
    CHECK(table.size() == 0);
    CHECK_FALSE(table.next_due().has_value());
    CHECK(runs(table, today(9)).empty());
    add(table, make("s", "*/10 * * * *"), today(7));
    CHECK(table.next_due() == today(7, 10));
    CHECK(code_of(table.remove("t")) == base::Errc::UnknownName);
}

TEST_CASE("what cannot be run is refused and changes nothing") {
    ScheduleTable table;
    add(table, make("s", "@daily"), today(8));
    const auto bad = table.set(make("s", "0 0 30 2 *"), today(9));
    CHECK(code_of(bad) == base::Errc::BadOption);
    CHECK(bad.error().message.find("the schedule \"s\"") != std::string::npos);
    CHECK(bad.error().message.find("never comes") != std::string::npos);
    Schedule broken = make("s", "@daily");
    broken.zone = {"Broken", {}};
    const auto no_table = table.set(broken, today(9));
    CHECK(code_of(no_table) == base::Errc::BadOption);
    CHECK(no_table.error().message.find("\"Broken\"") != std::string::npos);
    CHECK(code_of(table.configure({make("t", "@daily"), make("u", "x")}, today(9))) ==
          base::Errc::BadOption);
    CHECK(code_of(table.configure({make("t", "@daily"), make("t", "@hourly")}, today(9))) ==
          base::Errc::BadOption);
    CHECK(table.size() == 1);
    CHECK(table.find("s")->schedule == make("s", "@daily"));
}

TEST_CASE("a configured schedule can only be changed by the configuration") {
    ScheduleTable table;
    const Schedule s = make("s", "@hourly", MissedRuns::All);
    const Schedule t = make("t", "@hourly");
    CHECK(configure(table, {s, t}, today(8)) ==
          std::vector<Record>{ScheduleSet{s, today(8), true}, ScheduleSet{t, today(8), true}});
    CHECK(table.find("s")->is_configured);
    CHECK(code_of(table.set(make("s", "@daily"), today(8))) == base::Errc::ReservedName);
    CHECK(code_of(table.remove("s")) == base::Errc::ReservedName);
    CHECK(configure(table, {s}, today(9, 30)) == std::vector<Record>{ScheduleRemoved{"t"}});
    CHECK(table.find("t") == nullptr);
    CHECK(configure(table, {s}, today(9, 35)).empty());

    const Schedule milder = make("s", "@hourly", MissedRuns::Once);
    CHECK(configure(table, {milder}, today(9, 40)) ==
          std::vector<Record>{ScheduleSet{milder, today(9, 40), true}});
    CHECK(mark_of(table, "s") == today(8));
    CHECK(table.find("s")->schedule == milder);
    const Schedule daily = make("s", "@daily");
    CHECK(configure(table, {daily}, today(9, 50)) ==
          std::vector<Record>{ScheduleSet{daily, today(9, 50), true}});
    CHECK(mark_of(table, "s") == today(9, 50));
    CHECK(configure(table, {}, today(10)) == std::vector<Record>{ScheduleRemoved{"s"}});
    CHECK(table.size() == 0);
    CHECK_FALSE(table.next_due().has_value());
}

TEST_CASE("of two schedules of one name the configured one wins") {
    const Schedule hourly = make("s", "@hourly", MissedRuns::Skip);
    const auto taken_over_by = [&](const Schedule& configured) {
        ScheduleTable table;
        restore(table, ScheduleSet{hourly, today(1, 30), false});
        restore(table, ScheduleSet{make("other", "@hourly"), today(1, 30), false});
        restore(table, ScheduleMoved{"s", today(3)});
        CHECK(configure(table, {configured}, today(6, 30)) ==
              std::vector<Record>{ScheduleSet{configured, today(6, 30), true}});
        CHECK(table.find("s")->is_configured);
        CHECK(table.find("s")->schedule == configured);
        CHECK_FALSE(table.find("other")->is_configured);
        return mark_of(table, "s");
    };
    SUBCASE("with the other's mark when expression and zone are the same") {
        CHECK(taken_over_by(hourly) == today(3));
        CHECK(taken_over_by(make("s", "@hourly", MissedRuns::All)) == today(3));
    }
    SUBCASE("from now on when one of them is another") {
        CHECK(taken_over_by(make("s", "@daily")) == today(6, 30));
        Schedule elsewhere = hourly;
        elsewhere.zone = two_hours_east();
        CHECK(taken_over_by(elsewhere) == today(6, 30));
    }
}

TEST_CASE("what the configuration has lost while the broker was down is gone") {
    ScheduleTable table;
    restore(table, ScheduleSet{make("configured", "@hourly"), today(1), true});
    restore(table, ScheduleSet{make("set", "@hourly"), today(1), false});
    CHECK(configure(table, {}, today(6)) == std::vector<Record>{ScheduleRemoved{"configured"}});
    CHECK(table.find("configured") == nullptr);
    CHECK(table.find("set") != nullptr);
}

TEST_CASE("a configured schedule goes on from the mark of the journal") {
    ScheduleTable table;
    const Schedule s = make("s", "@hourly", MissedRuns::All);
    restore(table, ScheduleSet{s, today(1, 30), true});
    restore(table, ran("s", today(3), 3));
    restore(table, ScheduleMoved{"s", today(2)});
    CHECK(configure(table, {s}, today(6, 30)).empty());
    CHECK(mark_of(table, "s") == today(3));
    CHECK(runs(table, today(6, 30)) == Runs{{"s", today(4)}, {"s", today(5)}, {"s", today(6)}});
}

TEST_CASE("facts bring back schedules with their marks") {
    ScheduleTable table;
    restore(table, ScheduleSet{make("s", "@hourly", MissedRuns::All), today(1), false});
    restore(table, ScheduleSet{make("t", "@hourly"), today(1), false});
    restore(table, ScheduleSet{make("gone", "@hourly"), today(1), false});
    restore(table, ran("s", today(3), 7));
    restore(table, ran("s", today(2), 6));
    restore(table, ScheduleMoved{"t", today(4)});
    restore(table, ScheduleRemoved{"gone"});
    restore(table, ScheduleRemoved{"unheard of"});
    CHECK(table.size() == 2);
    CHECK(mark_of(table, "s") == today(3));
    CHECK(table.find("s")->last == today(3));
    CHECK(table.find("s")->last_job == model::JobId{1, 7});
    CHECK(mark_of(table, "t") == today(4));
    CHECK_FALSE(table.find("t")->last.has_value());
    CHECK(runs(table, today(5)) == Runs{{"s", today(4)}, {"s", today(5)}, {"t", today(5)}});
}

TEST_CASE("a fact that cannot be run any more is refused") {
    ScheduleTable table;
    CHECK(code_of(table.restore(ScheduleSet{make("s", "whenever"), today(1), false})) ==
          base::Errc::BadOption);
    CHECK(table.size() == 0);
}

TEST_CASE("the last run and its job are remembered") {
    ScheduleTable table;
    add(table, make("s", "@hourly"), today(8));
    CHECK(runs(table, today(9)).size() == 1);
    CHECK_FALSE(table.find("s")->last.has_value());
    table.note_run("s", today(9), {1, 5});
    CHECK(table.find("s")->last == today(9));
    CHECK(table.find("s")->last_job == model::JobId{1, 5});
    CHECK(table.next_due() == today(10));
}

TEST_CASE("pages give every schedule once, in the order in which they were set") {
    ScheduleTable table;
    for (int i = 0; i < 25; ++i) {
        add(table, make("s" + std::to_string(i), "@daily"), today(8));
    }
    REQUIRE(table.remove("s7").has_value());
    std::vector<std::string> names;
    std::uint64_t from = 0;
    for (;;) {
        const auto page = table.page(from, 10);
        if (page.empty()) {
            break;
        }
        CHECK(page.size() <= 10);
        for (const ScheduleEntry* entry : page) {
            names.emplace_back(entry->schedule.name.view());
        }
        from = page.back()->number + 1;
    }
    CHECK(names.size() == 24);
    CHECK(names.front() == "s0");
    CHECK(names[7] == "s8");
    CHECK(names.back() == "s24");
}

TEST_CASE("ten thousand schedules are each due in their turn") {
    ScheduleTable table;
    for (int i = 0; i < 10'000; ++i) {
        const std::string expression =
            std::to_string(i % 60) + ' ' + std::to_string(i / 60 % 24) + " * * *";
        add(table, make("s" + std::to_string(i), expression), today(0) - 1us);
    }
    std::size_t given = 0;
    for (WallTime now = today(0); now < today(24); now += 1min) {
        CHECK(table.next_due() == now);
        given += runs(table, now).size();
    }
    CHECK(given == 10'000);
    CHECK(table.next_due() == today(24));
}
