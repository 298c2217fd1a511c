// common/model: which part of a background job's answer one is, so that nobody need hear it twice.
#pragma once

#include <cstdint>

namespace steward::model {

/// Numbers go up from part to part within a run of the broker, over all its jobs. Number 0: of a
/// call, or of a broker that does not count; it does not come again.
struct PartNumber {
    std::uint64_t run = 0;
    std::uint64_t number = 0;

    bool operator==(const PartNumber&) const = default;
};

/// What a follower of one job has heard of it.
class HeardParts {
public:
    /// Notes the part. False when it was heard before. After a part of another run all that run
    /// tells is new.
    [[nodiscard]] bool is_first(const PartNumber& part) {
        if (part.number == 0) {
            return true;
        }
        if (part.run == last_.run && part.number <= last_.number) {
            return false;
        }
        last_ = part;
        return true;
    }

private:
    PartNumber last_;
};

}  // namespace steward::model
