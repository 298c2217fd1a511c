// supervisor/app: the table of [[pool]] and [[process]]. Private to settings*.cpp.
#pragma once

#include "supervisor/app/settings.hpp"

namespace steward::supervisor {

inline constexpr std::uint64_t kPathBytesMax = 4'000;

/// Two names for one table: [[process]] is what ZMWS's successors have written so far.
[[nodiscard]] config::RowTable row_table(SupervisorSettings& settings,
                                         const char* name,
                                         std::vector<PoolRow>& rows);

/// The rules between the settings of one row. Errors: BadConfig.
[[nodiscard]] base::Expected<void> check_row(const PoolRow& row);

}  // namespace steward::supervisor
