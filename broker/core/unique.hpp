// broker/core: which job has which unique key. Keeps no keys: the jobs have them.
#pragma once

#include <functional>
#include <string_view>

#include "broker/core/job.hpp"
#include "common/base/flat_index.hpp"

namespace steward::core {

/// A key belongs to a queue and an owner: jobs of two channels, or of two owners, are never the
/// same. With `unique_params` the key is the params themselves, encoding and bytes: equal, not
/// merely of equal hash.
///
/// Cost: O(1) expected.
class UniqueTable {
public:
    struct Key {
        QueueHandle queue;
        OwnerId owner = kNobody;
        bool is_params = false;
        std::string_view text;  // the key, or the params
        model::Encoding encoding = model::Encoding::Absent;

        bool operator==(const Key&) const = default;
    };

    [[nodiscard]] static Key key_of(const Job& job) {
        const JobExtras& extras = *job.extras;
        return extras.unique_params
                   ? Key{job.queue, job.owner, true, job.params.bytes.view(), job.params.encoding}
                   : Key{job.queue,
                         job.owner,
                         false,
                         extras.unique.view(),
                         model::Encoding::Absent};
    }

    [[nodiscard]] JobHandle find(const JobMap& jobs, const Key& key) const {
        return index_.find(hash_of(key),
                           [&](JobHandle handle) { return key_of(jobs.at(handle)) == key; });
    }

    /// Pre: the job is unique and nobody has its key.
    void take(JobMap& jobs, JobHandle handle) {
        Job& job = jobs.at(handle);
        index_.insert(hash_of(key_of(job)), handle);
        job.extras->holds_key = true;
    }

    /// Nothing happens to a job that holds none.
    void release(JobMap& jobs, JobHandle handle) {
        Job& job = jobs.at(handle);
        if (job.extras != nullptr && job.extras->holds_key) {
            index_.erase(hash_of(key_of(job)), handle);
            job.extras->holds_key = false;
        }
    }

    [[nodiscard]] std::size_t size() const { return index_.size(); }

private:
    [[nodiscard]] static std::size_t hash_of(const Key& key) {
        std::uint64_t x = std::hash<std::string_view>{}(key.text);
        x ^= (std::uint64_t{key.queue.slot} + 1 + (std::uint64_t{key.owner} << 32U)) *
             0x9E3779B97F4A7C15ULL;
        return static_cast<std::size_t>(x * 0xD6E8FEB86659FD93ULL);
    }

    base::FlatIndex<JobHandle> index_;
};

}  // namespace steward::core
