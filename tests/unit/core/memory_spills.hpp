// A store for spilled jobs that is a map, and holds the core to what the real one relies on.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "broker/core/spill_store.hpp"

namespace steward::core::test {

class MemorySpills final : public SpillStore {
public:
    base::Expected<SpillNumber> write(std::span<SpillEntry> entries,
                                      std::string_view bytes) override {
        if (is_full) {
            return base::fail(base::Errc::DiskFull, "the test's disk is full");
        }
        std::uint32_t before = 0;
        for (SpillEntry& entry : entries) {
            CHECK(entry.end >= before);
            before = entry.end;
            entry.checksum = static_cast<std::uint32_t>(entry.id.number);
        }
        CHECK(before == bytes.size());
        kept[++last] = {{entries.begin(), entries.end()}, std::string(bytes)};
        return last;
    }

    base::Expected<std::vector<SpillEntry>> open(SpillNumber number) override {
        const auto found = kept.find(number);
        if (found == kept.end()) {
            return base::fail(base::Errc::Malformed, "no such spill");
        }
        return found->second.entries;
    }

    base::Expected<std::string> read(SpillNumber number,
                                     std::uint32_t begin,
                                     std::span<const SpillEntry> entries) override {
        ++reads;
        const auto found = kept.find(number);
        const bool hits_damage = std::ranges::any_of(
            entries, [&](const SpillEntry& entry) { return damaged.contains(entry.id); });
        if (found == kept.end() || is_damaged || hits_damage) {
            return base::fail(base::Errc::Malformed, "the spill is damaged");
        }
        CHECK_FALSE(dropped.contains(number));
        CHECK(entries.back().checksum == static_cast<std::uint32_t>(entries.back().id.number));
        return found->second.bytes.substr(begin, entries.back().end - begin);
    }

    void will_need(SpillNumber number) override { CHECK_FALSE(dropped.contains(number)); }

    // Facts that refer to it may be read once more.
    void drop(SpillNumber number) override { CHECK(dropped.insert(number).second); }

    [[nodiscard]] std::size_t alive() const { return kept.size() - dropped.size(); }

    struct Kept {
        std::vector<SpillEntry> entries;
        std::string bytes;
    };

    std::map<SpillNumber, Kept> kept;
    std::set<SpillNumber> dropped;
    SpillNumber last = 0;
    std::size_t reads = 0;
    bool is_full = false;
    bool is_damaged = false;
    std::set<model::JobId> damaged;
};

}  // namespace steward::core::test
