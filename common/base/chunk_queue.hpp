// common/base: a queue in chunks, of which the one that has emptied last is used again: what comes
// and goes at the same pace costs no allocation, and nothing is moved when it grows.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <memory>
#include <utility>

#include "common/base/assert.hpp"

namespace steward::base {

/// First in, first out, with a look at any place. Elements do not move.
///
/// Cost: O(1).  Bound: none of its own; the owner bounds what it holds.  Thread: one.
template <class T, std::size_t ChunkSize>
class ChunkQueue {
public:
    ChunkQueue() = default;
    ChunkQueue(const ChunkQueue&) = delete;
    ChunkQueue& operator=(const ChunkQueue&) = delete;

    ~ChunkQueue() {
        while (!empty()) {
            pop_front();
        }
    }

    template <class... Args>
    T& emplace_back(Args&&... args) {
        if (back_ == back_end_) {
            chunks_.push_back(spare_ != nullptr ? std::move(spare_)
                                                : std::make_unique_for_overwrite<Chunk>());
            back_ = chunks_.back()->data();
            back_end_ = back_ + ChunkSize;
        }
        T& added = *std::construct_at(&back_->value, std::forward<Args>(args)...);
        ++back_;
        ++size_;
        return added;
    }

    /// Pre: not empty, as for front() and back().
    void pop_front() {
        STEWARD_ASSERT(size_ > 0);
        std::destroy_at(&cell_at(first_).value);
        --size_;
        if (++first_ == ChunkSize) {
            spare_ = std::move(chunks_.front());
            chunks_.pop_front();
            first_ = 0;
            if (chunks_.empty()) {
                back_ = back_end_ = nullptr;
            }
        }
    }

    [[nodiscard]] const T& front() const { return (*this)[0]; }

    /// Pre: index < size(). 0: the oldest.
    [[nodiscard]] const T& operator[](std::size_t index) const {
        STEWARD_ASSERT(index < size_);
        const std::size_t place = first_ + index;
        return (*chunks_[place / ChunkSize])[place % ChunkSize].value;
    }

    [[nodiscard]] std::size_t size() const { return size_; }

    [[nodiscard]] bool empty() const { return size_ == 0; }

private:
    union Cell {
        Cell() {}  // NOLINT(modernize-use-equals-default): the member has no default

        ~Cell() {}  // NOLINT(modernize-use-equals-default)

        T value;
    };

    using Chunk = std::array<Cell, ChunkSize>;

    Cell& cell_at(std::size_t place) { return (*chunks_[place / ChunkSize])[place % ChunkSize]; }

    std::deque<std::unique_ptr<Chunk>> chunks_;
    std::unique_ptr<Chunk> spare_;
    std::size_t first_ = 0;  // place of the oldest, in the first chunk
    std::size_t size_ = 0;
    Cell* back_ = nullptr;      // where the next one comes …
    Cell* back_end_ = nullptr;  // … unless that is here
};

}  // namespace steward::base
