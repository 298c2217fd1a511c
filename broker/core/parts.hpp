// broker/core: what an attempt of a background job has said so far, kept for those who follow it
// later. Knows no jobs.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/base/chunk_queue.hpp"
#include "common/model/job.hpp"
#include "common/model/limits.hpp"

namespace steward::core {

struct Part {
    std::uint64_t number = 0;  // as in model::PartNumber
    model::Payload data;

    [[nodiscard]] std::size_t bytes() const { return sizeof *this + data.bytes.size(); }
};

/// Of all jobs together.
struct PartsInAll {
    std::uint64_t said = 0;  // the number given last
    std::size_t bytes = 0;   // of those that are kept, of jobs that run and that have ended
};

/// The latest parts of one job, without a gap. They are counted in `all`, which outlives them.
///
/// Cost:  O(1) for each part.
/// Bound: parts_per_job_max and parts_bytes_per_job_max: the oldest go.
///        parts_bytes_max of all jobs: those of ended jobs go (LastSaidTable), then the job's own
///        oldest, and when that is not enough the new one is not kept either.
class Parts {
public:
    explicit Parts(PartsInAll& all) : all_(all) {}

    Parts(const Parts&) = delete;
    Parts& operator=(const Parts&) = delete;

    ~Parts() { all_.bytes -= bytes_; }

    /// For a part of so many bytes among this job's. False: it is not to be kept.
    bool make_room(std::size_t bytes, const model::Limits& limits);
    /// Pre: make_room() for it.
    void keep(Part&& part, const model::Limits& limits);

    [[nodiscard]] std::size_t size() const { return kept_.size(); }

    [[nodiscard]] std::size_t bytes() const { return bytes_; }

    /// Pre: index < size(). 0: the oldest.
    [[nodiscard]] const Part& operator[](std::size_t index) const { return kept_[index]; }

private:
    void drop_oldest();

    PartsInAll& all_;
    base::ChunkQueue<Part, 8> kept_;
    std::size_t bytes_ = 0;
};

}  // namespace steward::core
