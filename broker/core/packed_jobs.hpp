// broker/core: waiting jobs in a few bytes each, for as long as nobody asks for them. Knows no
// policy.
#pragma once

#include <string>
#include <string_view>

#include "broker/core/job.hpp"

namespace steward::core {

/// Jobs of one lane, each as its params and what it does not have in common with the first: about
/// ten bytes of a job that asks for nothing special.
///
/// Bound: the owner's; it packs no large params, for these cost a copy in and out.
class PackedJobs {
public:
    static constexpr std::size_t kParamsMax = base::Blob::slice_copy_bytes_max;

    /// Of what is packed, most is told as a difference to this job.
    explicit PackedJobs(const Job& first);

    /// Appends the bytes of a job. Pre: it waits for a worker and nothing refers to it.
    void put(const Job& job, std::string& out) const;

    /// The job of whose bytes these are, but for its id and what its lane has in common.
    [[nodiscard]] Job get(std::string_view from) const;
    /// Whether it is durable: without a look at the rest.
    [[nodiscard]] static bool is_durable(std::string_view bytes);

    std::string bytes;  // of all of them, the owner's to fill in

private:
    struct Terms {
        base::Duration time_limit{};
        base::Duration result_ttl{};
        std::uint32_t failures_max = 0;
        std::uint32_t losses_max = 0;

        bool operator==(const Terms&) const = default;
    };

    [[nodiscard]] static Terms terms_of(const Job& job);

    Terms terms_;
    model::SubmissionId submission_;
    Seq accepted_seq_ = 0;
    base::MonoTime ready_at_{};
    base::WallTime accepted_at_{};
};

}  // namespace steward::core
