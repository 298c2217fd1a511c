// tests/sim: everything that a broker ever gave its journal. Oracle of: what is read again is what
// was written, byte for byte and in order, up to somewhere behind what was promised to be safe.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "broker/store/segment_format.hpp"

namespace steward::sim {

/// What reading a disk gave.
struct ReadBack {
    std::vector<std::string> records;
    std::uint64_t last = 0;  // number of the last record, counted over all runs
};

class Archive {
public:
    void append(std::span<const std::string_view> records) {
        records_.insert(records_.end(), records.begin(), records.end());
    }

    /// A checkpoint of `facts` is begun: they stand for every record so far.
    void checkpoint(const store::LogPosition& at, const std::vector<std::string>& facts);

    /// Aborts when a disk does not hold what it must: every record up to `safe`.
    void check(const ReadBack& read, std::uint64_t safe) const;

    /// Records behind this one are gone for ever.
    void cut(std::uint64_t last);

    [[nodiscard]] std::uint64_t count() const { return records_.size(); }

    [[nodiscard]] const std::string& record(std::uint64_t number) const {
        return records_[static_cast<std::size_t>(number - 1)];
    }

    [[nodiscard]] const std::vector<std::string>& records() const { return records_; }

private:
    [[nodiscard]] bool holds(const ReadBack& read) const;

    std::vector<std::string> records_;
    std::map<std::uint64_t, std::vector<std::string>> checkpoints_;  // by how many records
};

}  // namespace steward::sim
