// client/cli: a listing that comes in pages, printed as it comes.
#pragma once

#include <cstdint>

#include "client/cli/listing.hpp"
#include "client/cli/settings.hpp"

namespace steward::cli {

/// All pages as one table, or with --json one row a line; `limit` rows at most, 0 for all.
[[nodiscard]] int show_pages(Console& console,
                             const Settings& settings,
                             client::Query query,
                             std::uint64_t limit = 0);

}  // namespace steward::cli
