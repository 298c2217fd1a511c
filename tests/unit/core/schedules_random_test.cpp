// tests: schedules under a clock that jumps and a broker that dies: no instant twice, none lost
// that was noticed in time, a mark that never goes back.
#include <chrono>
#include <map>
#include <set>

#include <doctest/doctest.h>

#include "broker/core/schedules.hpp"
#include "common/base/prng.hpp"

using namespace steward;
using namespace steward::core;
using namespace std::chrono_literals;
using base::WallTime;
using model::MissedRuns;
using model::Schedule;

namespace {

constexpr WallTime kStart{std::chrono::hours{24 * 20'000}};

/// A broker's life around a table: a journal, a configuration, a clock, restarts.
class Life {
public:
    explicit Life(std::uint64_t seed) : prng_(seed) { begin(); }

    void step() {
        switch (prng_.below(12)) {
            case 0: jump(std::chrono::seconds(prng_.below(86'400))); break;
            case 1: jump(-std::chrono::seconds(prng_.below(7'200))); break;
            case 2: set(); break;
            case 3: remove(); break;
            case 4: reconfigure(); break;
            case 5: restart(); break;
            default: jump(std::chrono::seconds(prng_.below(90))); break;
        }
        take_due();
    }

    std::size_t given = 0;

private:
    Schedule draw() {
        static const char* const kExpressions[] = {
            "* * * * *", "*/7 * * * *", "30 2 * * *", "@hourly", "0 */2 * * *"};
        Schedule schedule;
        schedule.name = std::string(1, static_cast<char>('a' + prng_.below(4)));
        schedule.expression = kExpressions[prng_.below(5)];
        schedule.missed = static_cast<MissedRuns>(prng_.below(3));
        return schedule;
    }

    void begin() {
        for (const Record& record : journal_) {
            restore(record);
        }
        configure();
    }

    void configure() {
        auto facts = table_.configure(configured_, now_);
        REQUIRE(facts.has_value());
        append(*facts);
        for (const char* name : {"a", "b", "c", "d"}) {
            if (table_.find(name) == nullptr) {
                forget(name);
            }
        }
    }

    void restore(const Record& record) {
        if (const auto* set = std::get_if<ScheduleSet>(&record)) {
            REQUIRE(table_.restore(*set).has_value());
        } else if (const auto* removed = std::get_if<ScheduleRemoved>(&record)) {
            table_.restore(*removed);
        } else if (const auto* moved = std::get_if<ScheduleMoved>(&record)) {
            table_.restore_mark(moved->name, moved->instant);
        } else {
            const auto& job = std::get<JobAccepted>(record);
            table_.note_run(job.schedule, job.instant, job.id);
        }
    }

    void append(const std::vector<Record>& records) {
        journal_.insert(journal_.end(), records.begin(), records.end());
    }

    void jump(base::Duration by) { now_ += by; }

    void set() {
        const Schedule schedule = draw();
        if (table_.set(schedule, now_)) {
            journal_.emplace_back(ScheduleSet{schedule, now_, false});
        }
    }

    // What is removed begins anew, with a clock that may have been set back: forget it.
    void remove() {
        const Schedule schedule = draw();
        if (table_.remove(schedule.name)) {
            journal_.emplace_back(ScheduleRemoved{schedule.name});
            forget(schedule.name.view());
        }
    }

    void draw_configuration() {
        configured_.clear();
        std::set<std::string> names;
        for (int i = 0; i < 2; ++i) {
            const Schedule schedule = draw();
            if (prng_.chance(2, 3) && names.emplace(schedule.name.view()).second) {
                configured_.push_back(schedule);
            }
        }
    }

    void reconfigure() {
        draw_configuration();
        configure();
    }

    void forget(std::string_view name) {
        given_.erase(std::string(name));
        marks_.erase(std::string(name));
    }

    void restart() {
        std::map<std::string, std::pair<Schedule, WallTime>> before;
        for (const ScheduleEntry* entry : table_.page(0, 100)) {
            before[std::string(entry->schedule.name.view())] = {entry->schedule, entry->mark};
        }
        table_ = ScheduleTable();
        now_ += std::chrono::seconds(prng_.below(600));
        const bool is_edited = prng_.chance(1, 3);
        if (is_edited) {
            draw_configuration();
        }
        begin();
        for (const auto& [name, known] : before) {
            const ScheduleEntry* const entry = table_.find(name);
            if (is_edited && entry == nullptr) {
                continue;
            }
            REQUIRE(entry != nullptr);
            if (entry->schedule.expression == known.first.expression) {
                CHECK(entry->mark == known.second);
            } else {
                CHECK(is_edited);
                CHECK(entry->mark == std::max(known.second, now_));
            }
            CHECK((is_edited || entry->schedule == known.first));
        }
        CHECK((is_edited || table_.size() == before.size()));
    }

    void take_due() {
        DueSchedules due = table_.due(now_);
        for (const ScheduleRun& run : due.runs) {
            const std::string name(run.schedule.view());
            CHECK(run.instant <= now_);
            REQUIRE_MESSAGE(given_[name].insert(run.instant).second, "an instant was given twice");
            table_.note_run(run.schedule, run.instant, {1, ++given});
            if (prng_.chance(1, 2)) {
                JobAccepted fact;
                fact.id = {1, given};
                fact.schedule = run.schedule;
                fact.instant = run.instant;
                journal_.emplace_back(fact);
            } else {
                journal_.emplace_back(ScheduleMoved{run.schedule, run.instant});
            }
        }
        append({due.skipped.begin(), due.skipped.end()});
        for (const ScheduleEntry* entry : table_.page(0, 100)) {
            const std::string name(entry->schedule.name.view());
            if (marks_.contains(name)) {
                CHECK(entry->mark >= marks_[name]);
            }
            marks_[name] = entry->mark;
            CHECK((!entry->next || *entry->next > entry->mark));
            check_nothing_fresh_is_left(*entry);
        }
    }

    void check_nothing_fresh_is_left(const ScheduleEntry& entry) {
        if (table_.next_due() && *table_.next_due() <= now_) {
            return;  // there is more in the next answer
        }
        CHECK((!entry.next || *entry.next > now_));
    }

    base::Prng prng_;
    WallTime now_ = kStart;
    ScheduleTable table_;
    std::vector<Schedule> configured_;
    std::vector<Record> journal_;
    std::map<std::string, std::set<WallTime>> given_;
    std::map<std::string, WallTime> marks_;
};

}  // namespace

TEST_CASE("no instant is given twice, whatever the clock does and however often the broker dies") {
    std::size_t given = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        CAPTURE(seed);
        Life life(seed);
        for (int i = 0; i < 200; ++i) {
            life.step();
        }
        given += life.given;
    }
    CHECK(given > 10'000);
}
