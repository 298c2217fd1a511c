// broker/core: whose jobs are whose, and how much of the broker each owner has. Owners are names of
// keys; the core knows no keys.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/assert.hpp"
#include "common/base/time.hpp"
#include "common/model/label.hpp"
#include "common/model/quota.hpp"

namespace steward::core {

/// Stands for a name while the broker runs; journals hold the name. 0: nobody, which is who
/// submits to a broker without keys, and the schedules
/// of the configuration.
using OwnerId = std::uint16_t;

inline constexpr OwnerId kNobody = 0;

/// Who asks, as far as jobs are concerned. What he does not see is to him as if it were not there.
struct Asker {
    OwnerId owner = kNobody;  // of what comes of it
    bool sees_all = true;     // else only what is his

    [[nodiscard]] bool sees(OwnerId whose) const { return sees_all || whose == owner; }

    /// Whose jobs he sees; nothing: everybody's.
    [[nodiscard]] std::optional<OwnerId> only() const {
        return sees_all ? std::nullopt : std::optional(owner);
    }

    bool operator==(const Asker&) const = default;
};

/// One owner's share.
struct Owner {
    model::Label name;
    model::Quota quota;
    std::size_t jobs = 0;         // waiting, running and dead
    std::size_t bytes = 0;        // of their params in memory
    base::MonoTime next_start{};  // when the submissions so far are paid for
};

/// All owners that there are or have been jobs of, or questions.
///
/// Cost: O(1).  Bound: kOwnersMax names in one run; they are the administrator's to give.
class OwnerTable {
public:
    static constexpr std::size_t kOwnersMax = UINT16_MAX;

    OwnerTable() { list_.emplace_back(); }

    /// The owner of this name, made if need be; nothing when there are too many. Empty: nobody.
    std::optional<OwnerId> named(std::string_view name) {
        if (name.empty()) {
            return kNobody;
        }
        const auto known = by_name_.find(name);
        if (known != by_name_.end()) {
            return known->second;
        }
        if (list_.size() > kOwnersMax) {
            return std::nullopt;
        }
        const auto id = static_cast<OwnerId>(list_.size());
        list_.emplace_back().name = name;
        by_name_.emplace(list_.back().name.view(), id);  // the view lives as long as the name
        return id;
    }

    [[nodiscard]] const Owner& at(OwnerId id) const { return list_[id]; }

    [[nodiscard]] Owner& at(OwnerId id) { return list_[id]; }

    [[nodiscard]] std::size_t size() const { return list_.size(); }

    // ---- what they have; nobody's is counted by the broker as a whole ----
    void gain(OwnerId id, std::size_t jobs, std::size_t bytes) {
        if (id != kNobody) {
            list_[id].jobs += jobs;
            list_[id].bytes += bytes;
        }
    }

    void lose(OwnerId id, std::size_t jobs, std::size_t bytes) {
        if (id != kNobody) {
            STEWARD_ASSERT(list_[id].jobs >= jobs && list_[id].bytes >= bytes);
            list_[id].jobs -= jobs;
            list_[id].bytes -= bytes;
        }
    }

    /// Whether there is room for one more job with such params. `now` never falls.
    [[nodiscard]] bool has_room(OwnerId id, std::size_t bytes, base::MonoTime now) const {
        if (id == kNobody) {
            return true;
        }
        const Owner& owner = list_[id];
        const model::Quota& quota = owner.quota;
        return (quota.jobs_max == 0 || owner.jobs < quota.jobs_max) &&
               (quota.bytes_max == 0 || owner.bytes + bytes <= quota.bytes_max) &&
               wait_of(owner, now) <= base::Duration::zero();
    }

    /// How long until one more submission keeps to the rate; not above 0: it does.
    [[nodiscard]] static base::Duration wait_of(const Owner& owner, base::MonoTime now) {
        using namespace std::chrono_literals;
        const std::uint32_t rate = owner.quota.submits_per_second;
        return rate == 0 ? base::Duration::zero() : owner.next_start + spacing_of(rate) - 1s - now;
    }

    /// A submission has been taken in.
    void spend(OwnerId id, base::MonoTime now) {
        if (id != kNobody && list_[id].quota.submits_per_second != 0) {
            Owner& owner = list_[id];
            owner.next_start =
                std::max(owner.next_start, now) + spacing_of(owner.quota.submits_per_second);
        }
    }

private:
    // Rounded up: a rate is never exceeded.
    static base::Duration spacing_of(std::uint32_t rate) {
        return base::Duration{(1'000'000 + rate - 1) / rate};
    }

    std::vector<Owner> list_;
    std::unordered_map<std::string_view, OwnerId> by_name_;  // looked up, never walked
};

}  // namespace steward::core
