// common/model: how long many things took, counted in buckets whose bounds double. The broker's
// waits and runs and the gateway's answers are counted in it. Reads no clock.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "common/base/time.hpp"

namespace steward::model {

/// Cost: some ten instructions to count one; 224 bytes.
struct TimeHistogram {
    /// Bucket i holds what took longer than the bound before it and at most 128 µs * 2^i; the last
    /// bucket has no bound: it holds what took longer than 71 minutes.
    static constexpr std::size_t kBounds = 26;

    [[nodiscard]] static constexpr base::Duration bound(std::size_t bucket) {
        return base::Duration{std::int64_t{1} << (kFirstBits + bucket)};
    }

    /// What is negative counts as nothing at all.
    void add(base::Duration took) {
        ++counts[bucket_of(took)];
        sum_us += microseconds(took);
    }

    [[nodiscard]] static std::size_t bucket_of(base::Duration took) {
        const std::uint64_t us = std::max(microseconds(took), std::uint64_t{1});
        const auto bucket = static_cast<std::size_t>(std::bit_width((us - 1) >> kFirstBits));
        return std::min(bucket, kBounds);
    }

    [[nodiscard]] static std::uint64_t microseconds(base::Duration took) {
        return static_cast<std::uint64_t>(std::max(took.count(), std::int64_t{0}));
    }

    [[nodiscard]] std::uint64_t count() const {
        std::uint64_t all = 0;
        for (const std::uint64_t one : counts) {
            all += one;
        }
        return all;
    }

    bool operator==(const TimeHistogram&) const = default;

    std::uint64_t sum_us = 0;  // of all that was counted; beside the counts of what is quick
    std::array<std::uint64_t, kBounds + 1> counts{};

private:
    static constexpr std::size_t kFirstBits = 7;
};

/// The last few times, which a histogram does not count yet. They stand beside what is at hand when
/// they are noted: the histogram, which is far, is fetched once for seven of them. Twelve bytes.
class RecentTimes {
public:
    void add(base::Duration took, TimeHistogram& all) {
        const std::uint64_t us = TimeHistogram::microseconds(took);
        if (count_ == buckets_.size() || us > UINT32_MAX - sum_us_) {
            move_to(all);
            all.add(took);
            return;
        }
        buckets_[count_++] = static_cast<std::uint8_t>(TimeHistogram::bucket_of(took));
        sum_us_ += static_cast<std::uint32_t>(us);
    }

    void move_to(TimeHistogram& all) {
        for (std::size_t i = 0; i < count_; ++i) {
            ++all.counts[buckets_[i]];
        }
        all.sum_us += sum_us_;
        *this = {};
    }

private:
    std::uint32_t sum_us_ = 0;
    std::array<std::uint8_t, 7> buckets_{};
    std::uint8_t count_ = 0;
};

}  // namespace steward::model
