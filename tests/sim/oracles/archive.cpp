// tests/sim: everything that a broker ever gave its journal.
#include "tests/sim/oracles/archive.hpp"

#include <algorithm>

#include "tests/sim/failure.hpp"

namespace steward::sim {

void Archive::checkpoint(const store::LogPosition& at, const std::vector<std::string>& facts) {
    if (at.record != records_.size() + 1) {
        broken("a checkpoint stands for all that was appended: it is before record " +
               std::to_string(at.record) + " of " + std::to_string(records_.size()));
    }
    checkpoints_[records_.size()] = facts;
}

void Archive::check(const ReadBack& read, std::uint64_t safe) const {
    if (read.last < safe) {
        broken("what is safe is there: the disk has " + std::to_string(read.last) +
               " records, safe were " + std::to_string(safe));
    }
    if (read.last > records_.size() || !holds(read)) {
        broken("what is read is what was written: " + std::to_string(read.records.size()) +
               " records up to number " + std::to_string(read.last));
    }
}

// All from the first on, or a checkpoint and all behind it.
bool Archive::holds(const ReadBack& read) const {
    const auto is_tail_from = [&](std::uint64_t first, std::uint64_t place) {
        return read.records.size() == place + (read.last - first) &&
               std::equal(read.records.begin() + static_cast<std::ptrdiff_t>(place),
                          read.records.end(),
                          records_.begin() + static_cast<std::ptrdiff_t>(first));
    };
    return is_tail_from(0, 0) || std::ranges::any_of(checkpoints_, [&](const auto& checkpoint) {
               const auto& [first, facts] = checkpoint;
               return first <= read.last && read.records.size() >= facts.size() &&
                      std::equal(facts.begin(), facts.end(), read.records.begin()) &&
                      is_tail_from(first, facts.size());
           });
}

void Archive::cut(std::uint64_t last) {
    records_.resize(static_cast<std::size_t>(last));
    checkpoints_.erase(checkpoints_.upper_bound(last), checkpoints_.end());
}

}  // namespace steward::sim
