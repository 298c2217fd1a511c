// client/cli: what `steward doctor` makes of what it has seen. Values in, findings out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/cli/doctor_facts.hpp"

namespace steward::cli::doctor {

enum class Level : std::uint8_t {
    Fine,
    Advice,   // it works, but not as well or as safely as it could
    Problem,  // it does not work, or not for long
};

[[nodiscard]] const char* name_of(Level level);

struct Finding {
    Level level = Level::Fine;
    std::string about;  // "port 5555"
    std::string what;   // as it is
    std::string why;    // why that matters; empty when it is fine
    std::string type;   // what to type, or to write where; empty when it is fine
};

// Below, or above, these something is said.
inline constexpr std::uint64_t kDiskBytesLow = std::uint64_t{5} << 30U;
inline constexpr std::uint64_t kDiskBytesNone = std::uint64_t{200} << 20U;
inline constexpr base::Duration kSyncSlow = std::chrono::milliseconds(5);
inline constexpr base::Duration kSyncWorst = std::chrono::milliseconds(100);
inline constexpr base::Duration kSyncTooGood = std::chrono::microseconds(10);
inline constexpr std::uint64_t kDescriptorsLow = 8192;
inline constexpr std::uint64_t kBacklogLow = 1024;

/// In the order in which they are best put right.
[[nodiscard]] std::vector<Finding> findings_of(const Facts& facts);

}  // namespace steward::cli::doctor
