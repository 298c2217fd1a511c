// tests: when clients are heard.
#include "broker/app/intake.hpp"

#include <doctest/doctest.h>

namespace steward::app {
namespace {

using namespace std::chrono_literals;
using Door = Intake::Door;

constexpr std::uint64_t kMany = Intake::kPlenty + 1;

struct Loop {
    Intake intake;
    base::MonoTime now{1h};

    /// Turns of 100 microseconds, one after another.
    void turn(std::uint64_t accepted, std::uint64_t ended, int times = 200) {
        for (int i = 0; i < times; ++i) {
            const base::MonoTime begin = now;
            now += 100us;
            intake.note_turn(begin, now, accepted, ended);
        }
    }
};

}  // namespace

TEST_CASE("clients are heard while no jobs end, however many wait") {
    Loop loop;
    loop.turn(400, 0);
    CHECK(loop.intake.door(loop.now, 10'000'000, 0) == Door::Open);
}

TEST_CASE("clients are heard while jobs that end take little of the loop's time") {
    Loop loop;
    loop.turn(900, 100);
    CHECK(loop.intake.door(loop.now, 10'000'000, 0) == Door::Open);
    for (int i = 0; i < 100; ++i) {
        loop.turn(0, 100, 1);
        loop.now += 900us;  // it waits
    }
    CHECK(loop.intake.door(loop.now, 10'000'000, 0) == Door::Open);
}

TEST_CASE("where the loop is busy with jobs that end, plenty of them are enough") {
    Loop loop;
    loop.turn(200, 200);
    CHECK(loop.intake.door(loop.now, Intake::kPlenty, 0) == Door::Open);
    CHECK(loop.intake.door(loop.now, kMany, 0) == Door::Closed);
    SUBCASE("until few are left") {
        CHECK(loop.intake.door(loop.now, Intake::kFew + 1, 0) == Door::Closed);
        CHECK(loop.intake.door(loop.now, Intake::kFew, 0) == Door::Open);
        CHECK(loop.intake.door(loop.now, Intake::kFew + 1, 0) == Door::Open);
    }
    SUBCASE("or jobs end more slowly") {
        loop.turn(0, 0);
        CHECK(loop.intake.door(loop.now, kMany, 0) == Door::Open);
    }
}

TEST_CASE("jobs in many queues are plenty sooner than jobs in one") {
    Loop loop;
    loop.turn(200, 200);
    constexpr std::uint64_t kJobs = Intake::kPlenty / (1 + Intake::kQueueWeight);
    CHECK(loop.intake.door(loop.now, kJobs, kJobs) == Door::Open);
    CHECK(loop.intake.door(loop.now, kJobs + 1, kJobs + 1) == Door::Closed);
    CHECK(loop.intake.door(loop.now, kJobs + 1, 1) == Door::Open);
}

TEST_CASE("the message that brings plenty is the last until few are left") {
    Loop loop;
    loop.turn(200, 200);
    REQUIRE(loop.intake.door(loop.now, 0, 0) == Door::Open);
    CHECK(loop.intake.stays_open(Intake::kPlenty, 0));
    CHECK(!loop.intake.stays_open(kMany, 0));
    CHECK(loop.intake.door(loop.now, Intake::kFew + 1, 0) == Door::Closed);
    CHECK(loop.intake.door(loop.now, Intake::kFew, 0) == Door::Open);
    CHECK(!loop.intake.stays_open(1, Intake::kPlenty / Intake::kQueueWeight));
    SUBCASE("what came in for its patience's sake closes nothing") {
        loop.now += Intake::kPatience;
        REQUIRE(loop.intake.door(loop.now, kMany, 0) == Door::Ajar);
        CHECK(loop.intake.stays_open(kMany, 0));
    }
}

TEST_CASE("where no jobs end, no message is the last") {
    Loop loop;
    loop.turn(400, 0);
    REQUIRE(loop.intake.door(loop.now, 0, 0) == Door::Open);
    CHECK(loop.intake.stays_open(10'000'000, 1'000));
}

TEST_CASE("a client is never kept waiting longer than the patience") {
    Loop loop;
    loop.turn(200, 200);
    CHECK(loop.intake.door(loop.now, Intake::kFew, 0) == Door::Open);
    for (int i = 0; i < 3; ++i) {
        const base::MonoTime heard = loop.now;
        CHECK(loop.intake.door(heard + Intake::kPatience - 1us, kMany, 0) == Door::Closed);
        loop.now = heard + Intake::kPatience;
        CHECK(loop.intake.door(loop.now, kMany, 0) == Door::Ajar);
    }
}

}  // namespace steward::app
