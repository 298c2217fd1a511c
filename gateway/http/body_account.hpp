// gateway/http: what bodies of requests have in memory, of all connections together. Private to
// this folder.
#pragma once

#include <cstddef>
#include <utility>

namespace steward::gateway {

/// One request's share of that, from its first byte to its answer. Small bodies count nothing: they
/// are let in whatever others do.
class BodyAccount {
public:
    static constexpr std::size_t kSmallBytes = 64UL << 10U;

    BodyAccount() = default;

    BodyAccount(BodyAccount&& other) noexcept
        : total_(std::exchange(other.total_, nullptr)),
          counted_(std::exchange(other.counted_, 0)) {}

    BodyAccount& operator=(BodyAccount&& other) noexcept {
        std::swap(total_, other.total_);
        std::swap(counted_, other.counted_);
        return *this;
    }

    ~BodyAccount() {
        if (total_ != nullptr) {
            *total_ -= counted_;
        }
    }

    /// The body has `bytes` now. Returns whether there is room for it within `max`; else it is
    /// counted as before. Pre: `total` is the same each time, and outlives this.
    [[nodiscard]] bool holds(std::size_t bytes, std::size_t& total, std::size_t max) {
        if (bytes <= kSmallBytes) {
            return true;
        }
        if (total - counted_ + bytes > max) {
            return false;
        }
        total_ = &total;
        *total_ += bytes - std::exchange(counted_, bytes);
        return true;
    }

private:
    std::size_t* total_ = nullptr;
    std::size_t counted_ = 0;
};

}  // namespace steward::gateway
