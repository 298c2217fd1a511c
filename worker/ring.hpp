// worker: a queue in one circular buffer, so that what comes and goes costs no allocation.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

namespace steward::worker {

/// First in, first out. Grows by doubling and keeps its room until it ends.
///
/// Cost: O(1).  Bound: none of its own; the owner bounds what it holds.  Thread: one at a time.
template <class T>
class Ring {
public:
    Ring() = default;
    Ring(const Ring&) = delete;
    Ring& operator=(const Ring&) = delete;

    ~Ring() {
        clear();
        std::allocator<T>().deallocate(places_, capacity_);
    }

    template <class... Args>
    T& emplace_back(Args&&... args) {
        if (size_ == capacity_) {
            grow();
        }
        return *std::construct_at(&at(size_++), std::forward<Args>(args)...);
    }

    /// Pre: not empty, as for pop_front().
    [[nodiscard]] T& front() { return places_[first_]; }

    void pop_front() {
        std::destroy_at(&places_[first_]);
        first_ = (first_ + 1) & (capacity_ - 1);
        --size_;
    }

    void clear() {
        while (!empty()) {
            pop_front();
        }
    }

    /// Calls `see(value)` for all, the first first.
    template <class See>
    void for_each(See&& see) const {
        for (std::size_t i = 0; i < size_; ++i) {
            see(std::as_const(places_[(first_ + i) & (capacity_ - 1)]));
        }
    }

    [[nodiscard]] bool empty() const { return size_ == 0; }

    [[nodiscard]] std::size_t size() const { return size_; }

private:
    static constexpr std::size_t kFirstCapacity = 16;  // a power of two, as every one is

    [[nodiscard]] T& at(std::size_t i) { return places_[(first_ + i) & (capacity_ - 1)]; }

    void grow() {
        const std::size_t capacity = capacity_ == 0 ? kFirstCapacity : capacity_ * 2;
        T* places = std::allocator<T>().allocate(capacity);
        for (std::size_t i = 0; i < size_; ++i) {
            std::construct_at(places + i, std::move(at(i)));
            std::destroy_at(&at(i));
        }
        std::allocator<T>().deallocate(places_, capacity_);
        places_ = places;
        capacity_ = capacity;
        first_ = 0;
    }

    T* places_ = nullptr;
    std::size_t capacity_ = 0;
    std::size_t first_ = 0;
    std::size_t size_ = 0;
};

}  // namespace steward::worker
