#include "common/model/time_histogram.hpp"

#include <doctest/doctest.h>

namespace steward::model {

using namespace std::chrono_literals;

namespace {

std::size_t bucket_of(base::Duration time) {
    TimeHistogram one;
    one.add(time);
    std::size_t bucket = 0;
    while (one.counts[bucket] == 0) {
        ++bucket;
    }
    return bucket;
}

}  // namespace

TEST_CASE("Each bucket holds what is over the bound before it, its own bound included") {
    CHECK(TimeHistogram::bound(0) == 128us);
    for (std::size_t i = 0; i < TimeHistogram::kBounds; ++i) {
        CHECK(bucket_of(TimeHistogram::bound(i)) == i);
        CHECK(bucket_of(TimeHistogram::bound(i) + 1us) == i + 1);
    }
    CHECK(TimeHistogram::bound(TimeHistogram::kBounds - 1) > 71min);
}

TEST_CASE("Nothing, less than nothing and ten years are counted as well") {
    CHECK(bucket_of(0us) == 0);
    CHECK(bucket_of(-5s) == 0);
    CHECK(bucket_of(24h * 3650) == TimeHistogram::kBounds);
    CHECK(bucket_of(base::Duration::max()) == TimeHistogram::kBounds);
}

TEST_CASE("All are counted, and their times are summed up") {
    TimeHistogram some;
    CHECK(some.count() == 0);
    some.add(1ms);
    some.add(2s);
    some.add(-1s);
    CHECK(some.count() == 3);
    CHECK(some.sum_us == 2'001'000);
}

TEST_CASE("What is noted is counted as if it had been counted at once") {
    TimeHistogram at_once;
    TimeHistogram counted;
    RecentTimes recent;
    const auto noted = [&](base::Duration took) {
        at_once.add(took);
        recent.add(took, counted);
        TimeHistogram all = counted;
        RecentTimes(recent).move_to(all);
        CHECK(all == at_once);
    };
    for (int i = 0; i < 40; ++i) {
        noted(1us * (std::int64_t{1} << i));  // 6 days the longest: more than 32 bits hold
        noted(-1s);
        noted(71min);
    }
    CHECK(counted.count() > 100);
}

}  // namespace steward::model
