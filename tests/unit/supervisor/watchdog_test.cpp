// tests/unit/supervisor: who is silent, and who only was not heard.
#include "supervisor/policy/watchdog.hpp"

#include <doctest/doctest.h>

namespace steward::supervisor::watchdog_tests {

using namespace std::chrono_literals;

namespace {

constexpr base::Duration kLimit = 8s;
constexpr base::MonoTime kStart{base::Duration(100s)};

/// Looks whenever it is wanted until it is silent; nothing: it is not, up to then.
std::optional<base::MonoTime> silent_at(Watchdog& watchdog, base::MonoTime until) {
    while (const auto next = watchdog.next_look()) {
        if (*next > until) {
            return std::nullopt;
        }
        if (watchdog.is_silent(*next)) {
            return *next;
        }
    }
    return std::nullopt;
}

}  // namespace

TEST_CASE("A process is silent when its limit has passed since its last sign of life") {
    Watchdog watchdog(kLimit);
    CHECK_FALSE(watchdog.next_look().has_value());  // not ready yet
    CHECK_FALSE(watchdog.is_silent(kStart));
    watchdog.hear(kStart);
    CHECK_FALSE(silent_at(watchdog, kStart + 7s).has_value());
    watchdog.hear(kStart + 7s);
    CHECK(silent_at(watchdog, kStart + 1h) == kStart + 15s);
    // That is said once; whoever is heard after all is watched again.
    CHECK_FALSE(watchdog.next_look().has_value());
    CHECK_FALSE(watchdog.is_silent(kStart + 1h));
    watchdog.hear(kStart + 1h);
    CHECK(silent_at(watchdog, kStart + 2h) == kStart + 1h + kLimit);
}

TEST_CASE("However often it is looked at, the limit is the same") {
    Watchdog watchdog(kLimit);
    watchdog.hear(kStart);
    for (base::MonoTime now = kStart; now < kStart + kLimit; now += 100ms) {
        REQUIRE_FALSE(watchdog.is_silent(now));
    }
    CHECK(watchdog.is_silent(kStart + kLimit));
}

TEST_CASE("After a pause of any length there is time for a sign of life") {
    for (const base::Duration pause :
         {base::Duration(1s), base::Duration(kLimit), base::Duration(24h)}) {
        Watchdog watchdog(kLimit);
        watchdog.hear(kStart);
        // Its next sign is just due, and the pause begins just after a look.
        REQUIRE_FALSE(silent_at(watchdog, kStart + kLimit / 2).has_value());
        const base::MonoTime awake = kStart + kLimit / 2 + pause;
        CHECK_FALSE(watchdog.is_silent(awake));
        const auto silent = silent_at(watchdog, awake + 1h);
        REQUIRE(silent.has_value());
        CHECK(*silent >= awake + kLimit / 4);
        CHECK(*silent <= awake + kLimit);
    }
}

TEST_CASE("A supervisor that is late each time still finds who is silent") {
    Watchdog watchdog(kLimit);
    watchdog.hear(kStart);
    int looks = 1;
    for (base::MonoTime now = kStart + 1min; !watchdog.is_silent(now); now += 1min) {
        REQUIRE(++looks <= 4);
    }
    CHECK(looks == 4);
}

TEST_CASE("What is heard later than it is looked at costs nothing; no limit is never silent") {
    Watchdog watchdog(kLimit);
    watchdog.hear(kStart + 1s);
    CHECK_FALSE(watchdog.is_silent(kStart));
    CHECK(silent_at(watchdog, kStart + 1h) == kStart + 1s + kLimit);
    Watchdog never;
    never.hear(kStart);
    CHECK_FALSE(never.next_look().has_value());
    CHECK_FALSE(never.is_silent(kStart + 24h));
    Watchdog tiny(base::Duration(1));
    tiny.hear(kStart);
    CHECK(tiny.next_look() == kStart + base::Duration(1));
}

}  // namespace steward::supervisor::watchdog_tests
