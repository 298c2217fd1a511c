// common/wire: bytes that grow at their end, for those who write much: room is asked for once and
// then written without a further check.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include "common/base/assert.hpp"

namespace steward::wire {

/// Thread: one.  Bound: none of its own; the caller watches size().
class GrowingBuffer {
public:
    GrowingBuffer() = default;
    ~GrowingBuffer() = default;
    GrowingBuffer(const GrowingBuffer&) = delete;
    GrowingBuffer& operator=(const GrowingBuffer&) = delete;

    /// What was moved from is empty.
    GrowingBuffer(GrowingBuffer&& other) noexcept
        : bytes_(std::move(other.bytes_)),
          capacity_(std::exchange(other.capacity_, 0)),
          used_(std::exchange(other.used_, 0)) {}

    GrowingBuffer& operator=(GrowingBuffer&& other) noexcept {
        bytes_ = std::move(other.bytes_);
        capacity_ = std::exchange(other.capacity_, 0);
        used_ = std::exchange(other.used_, 0);
        return *this;
    }

    /// A place behind what is there, for at least `bytes` bytes. What is written there counts from
    /// end_at() on; the next call may move everything.
    [[nodiscard]] char* room(std::size_t bytes) {
        if (capacity_ - used_ < bytes) [[unlikely]] {
            grow(bytes);
        }
        return bytes_.get() + used_;
    }

    /// Pre: `end` lies within the room that was given last.
    void end_at(const char* end) {
        used_ = static_cast<std::size_t>(end - bytes_.get());
        STEWARD_ASSERT(used_ <= capacity_);
    }

    void append(std::string_view text) {
        char* to = room(text.size());
        if (!text.empty()) {
            std::memcpy(to, text.data(), text.size());
        }
        used_ += text.size();
    }

    /// Forgets what stands behind the first `size` bytes. Pre: size <= size().
    void shrink(std::size_t size) {
        STEWARD_ASSERT(size <= used_);
        used_ = size;
    }

    /// Forgets the first `bytes` bytes. Pre: bytes <= size().
    void drop_front(std::size_t bytes) {
        STEWARD_ASSERT(bytes <= used_);
        if (bytes < used_) {
            std::memmove(bytes_.get(), bytes_.get() + bytes, used_ - bytes);
        }
        used_ -= bytes;
    }

    /// Changes one byte that was written before. Pre: at < size().
    void patch(std::size_t at, char value) {
        STEWARD_ASSERT(at < used_);
        bytes_[at] = value;
    }

    [[nodiscard]] std::string_view view() const { return {bytes_.get(), used_}; }

    [[nodiscard]] std::size_t size() const { return used_; }

    [[nodiscard]] bool empty() const { return used_ == 0; }

    /// Forgets the content; keeps the memory unless it is more than `kept_bytes_max`.
    void clear(std::size_t kept_bytes_max) {
        used_ = 0;
        if (capacity_ > std::max(kept_bytes_max, kFirstRoomBytes)) {
            bytes_.reset();
            capacity_ = 0;
        }
    }

private:
    static constexpr std::size_t kFirstRoomBytes = 512;

    void grow(std::size_t bytes) {
        const std::size_t capacity = std::max({kFirstRoomBytes, capacity_ * 2, used_ + bytes});
        auto larger = std::make_unique_for_overwrite<char[]>(capacity);
        if (used_ > 0) {
            std::memcpy(larger.get(), bytes_.get(), used_);
        }
        bytes_ = std::move(larger);
        capacity_ = capacity;
    }

    std::unique_ptr<char[]> bytes_;
    std::size_t capacity_ = 0;
    std::size_t used_ = 0;
};

}  // namespace steward::wire
