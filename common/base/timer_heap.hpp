// common/base: timers ordered by (due, when armed), each cancellable in O(log n).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "common/base/assert.hpp"
#include "common/base/time.hpp"

namespace steward::base {

/// A binary heap of (due, value) whose entries know their place. Equal instants fire in the order
/// in which they were armed, so that a run is the same with every library.
///
/// Cost: arm and cancel O(log n), next_due O(1).  Thread: one.
template <class Value>
class TimerHeap {
public:
    using Id = std::uint32_t;
    static constexpr Id kNone = UINT32_MAX;

    Id arm(MonoTime due, Value value) {
        Id id = 0;
        if (free_.empty()) {
            id = static_cast<Id>(entries_.size());
            entries_.push_back({});
        } else {
            id = free_.back();
            free_.pop_back();
        }
        entries_[id] = {due, ++armed_, static_cast<std::uint32_t>(heap_.size()), std::move(value)};
        heap_.push_back(id);
        sift_up(heap_.size() - 1);
        return id;
    }

    /// Cancels and forgets. `kNone` is allowed and does nothing.
    /// Pre: the id was armed and has neither fired nor been cancelled.
    void cancel(Id& id) {
        if (id == kNone) {
            return;
        }
        remove(id);
        id = kNone;
    }

    [[nodiscard]] std::optional<MonoTime> next_due() const {
        return heap_.empty() ? std::nullopt : std::optional(entries_[heap_.front()].due);
    }

    /// Takes the earliest timer that is due at `now`.
    std::optional<Value> pop_due(MonoTime now) {
        if (heap_.empty() || entries_[heap_.front()].due > now) {
            return std::nullopt;
        }
        const Id id = heap_.front();
        Value value = std::move(entries_[id].value);
        remove(id);
        return value;
    }

    [[nodiscard]] std::size_t size() const { return heap_.size(); }

private:
    struct Entry {
        MonoTime due{};
        std::uint64_t order = 0;
        std::uint32_t place = 0;
        Value value{};
    };

    [[nodiscard]] bool before(Id a, Id b) const {
        return std::pair(entries_[a].due, entries_[a].order) <
               std::pair(entries_[b].due, entries_[b].order);
    }

    void put(std::size_t place, Id id) {
        heap_[place] = id;
        entries_[id].place = static_cast<std::uint32_t>(place);
    }

    void sift_up(std::size_t place) {
        const Id id = heap_[place];
        while (place > 0 && before(id, heap_[(place - 1) / 2])) {
            put(place, heap_[(place - 1) / 2]);
            place = (place - 1) / 2;
        }
        put(place, id);
    }

    void sift_down(std::size_t place) {
        const Id id = heap_[place];
        for (;;) {
            std::size_t child = 2 * place + 1;
            if (child >= heap_.size()) {
                break;
            }
            if (child + 1 < heap_.size() && before(heap_[child + 1], heap_[child])) {
                ++child;
            }
            if (!before(heap_[child], id)) {
                break;
            }
            put(place, heap_[child]);
            place = child;
        }
        put(place, id);
    }

    void remove(Id id) {
        const std::size_t place = entries_[id].place;
        STEWARD_ASSERT(place < heap_.size() && heap_[place] == id);
        const Id last = heap_.back();
        heap_.pop_back();
        if (last != id) {
            put(place, last);
            sift_up(place);
            sift_down(entries_[last].place);
        }
        entries_[id].value = Value{};
        free_.push_back(id);
    }

    std::vector<Entry> entries_;
    std::vector<Id> heap_;
    std::vector<Id> free_;
    std::uint64_t armed_ = 0;
};

}  // namespace steward::base
