// broker/store: one spill file, to the byte; docs/journal-format.md tells the same in words. A
// header, the entries, and the bytes of each entry.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "broker/store/disk.hpp"

namespace steward::store {

/// One entry of a file: its bytes begin where those of the entry before end.
struct SpillItem {
    std::uint64_t epoch = 0;  // two numbers that name the entry
    std::uint64_t number = 0;
    std::uint32_t end = 0;
    std::uint32_t checksum = 0;  // of its bytes

    bool operator==(const SpillItem&) const = default;
};

/// What a record of a checkpoint says of a spill: that it needs it, but for some of its entries.
struct SpillUse {
    std::uint64_t spill = 0;
    std::vector<std::uint16_t> gone;  // their places

    [[nodiscard]] bool needs(std::size_t place) const {
        return std::ranges::find(gone, place) == gone.end();
    }
};

/// Nothing: the record refers to no spill. The store knows no records; who does tells it.
using SpillUses = std::function<std::optional<SpillUse>(std::string_view record)>;

/// What is wrong with a file.
struct SpillFault {
    base::Errc code = base::Errc::Malformed;  // that: damage; else UnsupportedVersion or Io
    std::uint64_t offset = 0;
    std::string rule;  // which the file breaks
};

/// An entry whose bytes are not what was written.
struct SpillLoss {
    std::size_t place = 0;
    SpillFault fault;
};

template <class T>
using SpillExpected = tl::expected<T, SpillFault>;

inline const SpillFault kSpillIsMissing{base::Errc::Malformed, 0, "it is missing"};

/// All of a file. Fills in the checksums of `items`.
[[nodiscard]] std::string encode_spill(std::uint64_t number,
                                       std::span<SpillItem> items,
                                       std::string_view bytes);

/// The entries of the file of this number.
[[nodiscard]] SpillExpected<std::vector<SpillItem>> read_spill_items(ReadableFile& file,
                                                                     std::uint64_t number);

/// The bytes from `begin` to the end of the last of these neighbours, all of them checked. The file
/// has `count` entries.
[[nodiscard]] SpillExpected<std::string> read_spill(ReadableFile& file,
                                                    std::size_t count,
                                                    std::uint32_t begin,
                                                    std::span<const SpillItem> items);

/// Checks the bytes of all `items` of a file.
/// Bound: memory for one entry and a megabyte.
[[nodiscard]] SpillExpected<std::vector<SpillLoss>> check_spill(ReadableFile& file,
                                                                std::span<const SpillItem> items);

/// Why a broker does not go on with the file at `path`, and what there is to do.
[[nodiscard]] base::Error spill_error(const std::string& path, const SpillFault& fault);

}  // namespace steward::store
