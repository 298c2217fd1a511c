// broker/core: many jobs under one name, and the job that follows them. Knows no policy.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "broker/core/handles.hpp"
#include "broker/core/owner.hpp"
#include "common/model/job.hpp"
#include "common/model/report.hpp"

namespace steward::core {

struct Batch {
    model::Label name;
    OwnerId owner = kNobody;
    std::uint64_t total = 0;
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;  // ended otherwise
    bool is_closed = false;
    bool is_ended = false;
    base::WallTime opened_at{};
    base::WallTime ended_at{};
    base::MonoTime forget_at{};                  // once ended
    std::unique_ptr<const model::JobSpec> then;  // null: nothing follows
    std::optional<model::JobId> followed_by;
    base::Links<Batch> age;  // in `open` or `ended`

    [[nodiscard]] bool is_complete() const { return is_closed && succeeded + failed == total; }

    [[nodiscard]] model::BatchRow row() const {
        model::BatchRow row;
        row.name = name;
        row.total = total;
        row.succeeded = succeeded;
        row.failed = failed;
        row.is_closed = is_closed;
        row.is_ended = is_ended;
        row.opened_at = opened_at;
        if (is_ended) {
            row.ended_at = ended_at;
        }
        row.then = followed_by;
        return row;
    }
};

/// Open batches, and ended ones for a while. A name is its owner's: another's of the same name is
/// another batch.
class BatchTable {
public:
    using List = base::LinkedList<Batch, &Batch::age>;

    [[nodiscard]] BatchHandle find(OwnerId owner, std::string_view name) const {
        const auto found = by_name_.find({owner, name});
        return found == by_name_.end() ? BatchHandle{} : found->second;
    }

    /// Pre: he has no batch of this name.
    BatchHandle add(OwnerId owner, const model::Label& name) {
        const BatchHandle handle = map.emplace();
        Batch& batch = map.at(handle);
        batch.name = name;
        batch.owner = owner;
        by_name_.emplace(Key{owner, batch.name.view()},
                         handle);  // the view lives as long as the name
        open.push_back(map, handle);
        return handle;
    }

    void end(BatchHandle handle) {
        map.at(handle).is_ended = true;
        open.remove(map, handle);
        ended.push_back(map, handle);
    }

    /// Pre: it has ended.
    void remove(BatchHandle handle) {
        ended.remove(map, handle);
        by_name_.erase({map.at(handle).owner, map.at(handle).name.view()});
        map.erase(handle);
    }

    base::SlotMap<Batch> map;
    List open;   // oldest first
    List ended;  // ended first first

private:
    struct Key {
        OwnerId owner = kNobody;
        std::string_view name;

        bool operator==(const Key&) const = default;
    };

    struct Hash {
        std::size_t operator()(const Key& key) const {
            return std::hash<std::string_view>{}(key.name) ^ (key.owner * 0x9E3779B97F4A7C15ULL);
        }
    };

    std::unordered_map<Key, BatchHandle, Hash> by_name_;  // looked up, never walked
};

}  // namespace steward::core
