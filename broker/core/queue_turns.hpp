// broker/core: the queues of a crew that serves several, in the order of their turns. Knows no
// policy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "broker/core/handles.hpp"
#include "common/model/options.hpp"

namespace steward::core {

/// Queues with waiting jobs, as one crew sees them: highest priority first, queues of one priority
/// in turns. What is listed may have been true once: take() asks.
///
/// Cost: O(log priorities); of the normal one, O(1).
class QueueTurns {
public:
    explicit QueueTurns(std::size_t queues) : listed_{std::vector<Listed>(queues)} {}

    /// Queue number `index` of the crew has jobs, the next of this priority.
    void list(std::size_t index, std::int32_t priority) {
        const Handle handle{static_cast<std::uint32_t>(index), 0};
        Listed& listed = listed_.at(handle);
        if (listed.turn.linked) {
            if (listed.priority >= priority) {
                return;
            }
            Row& row = row_of(listed.priority);
            row.remove(listed_, handle);
            drop_if_empty(row, listed.priority);
        }
        listed.priority = priority;
        row_of(priority).push_back(listed_, handle);
    }

    /// The queue whose turn it is, which is in the list no more: the caller lists it again once it
    /// has given a job and has others. `top(index, priority&)` tells whether it has a job that may
    /// start and the priority of its next. SIZE_MAX: none has jobs.
    template <class Top>
    std::size_t take(Top&& top) {
        while (Row* const row = highest()) {
            const std::size_t index = row->front().slot;
            const std::int32_t as_listed = row->pop_front(listed_).priority;
            drop_if_empty(*row, as_listed);
            std::int32_t priority = 0;
            if (!top(index, priority)) {
                continue;
            }
            if (priority == as_listed) {
                return index;
            }
            list(index, priority);
        }
        return SIZE_MAX;
    }

    /// None of the queues is listed.
    [[nodiscard]] bool empty() const { return normal_.empty() && others_.empty(); }

private:
    struct Listed {
        base::Links<Listed> turn;
        std::int32_t priority = 0;
    };

    using Handle = base::Handle<Listed>;
    using Row = base::LinkedList<Listed, &Listed::turn>;

    struct Places {
        std::vector<Listed> all;

        [[nodiscard]] Listed& at(Handle handle) { return all[handle.slot]; }
    };

    [[nodiscard]] Row& row_of(std::int32_t priority) {
        return priority == model::kPriorityNormal ? normal_ : others_[priority];
    }

    void drop_if_empty(const Row& row, std::int32_t priority) {
        if (&row != &normal_ && row.empty()) {
            others_.erase(priority);
        }
    }

    // Null: none is listed.
    [[nodiscard]] Row* highest() {
        const auto first = others_.begin();
        if (first != others_.end() && (normal_.empty() || first->first > model::kPriorityNormal)) {
            return &first->second;
        }
        return normal_.empty() ? nullptr : &normal_;
    }

    Places listed_;
    Row normal_;                                          // of normal priority: most are
    std::map<std::int32_t, Row, std::greater<>> others_;  // none is empty
};

}  // namespace steward::core
