// broker/core: where the core puts waiting jobs for which memory is too dear. It knows no file: the
// shell gives it a store, and memory serves as one in tests.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/expected.hpp"
#include "common/model/ids.hpp"

namespace steward::core {

/// Names one spill for ever: later ones have higher numbers, also in later runs.
using SpillNumber = std::uint64_t;

/// One job of a spill.
struct SpillEntry {
    model::JobId id;
    std::uint32_t end = 0;  // of its bytes, among those of the spill; they begin at the end before
    std::uint32_t checksum = 0;  // the store's own
};

/// Like memory, only slower: what was written is there at once, and is what it was.
///
/// Thread: the core's.  Blocks: as the disk does.
class SpillStore {
public:
    virtual ~SpillStore() = default;

    /// Keeps `bytes` and fills in the checksums of `entries`. Whoever refers to it in facts that
    /// replace others must have it on the disk before.
    /// Errors: DiskFull, Io – nothing was kept.
    [[nodiscard]] virtual base::Expected<SpillNumber> write(std::span<SpillEntry> entries,
                                                            std::string_view bytes) = 0;

    /// The entries of a spill of an earlier run. Errors: Io; Malformed when it is damaged or gone.
    [[nodiscard]] virtual base::Expected<std::vector<SpillEntry>> open(SpillNumber number) = 0;

    /// The bytes from `begin` to the end of the last of these neighbours.
    /// Errors: Io; Malformed when they are not what was written.
    [[nodiscard]] virtual base::Expected<std::string> read(SpillNumber number,
                                                           std::uint32_t begin,
                                                           std::span<const SpillEntry> entries) = 0;

    /// It will be read soon, from its beginning.
    virtual void will_need(SpillNumber number) = 0;

    /// Nothing of it is needed any more, once the facts say so too.
    virtual void drop(SpillNumber number) = 0;
};

}  // namespace steward::core
