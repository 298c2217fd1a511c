// common/posix: what this process takes of its machine, for operators.
#pragma once

#include <cstdint>

#include "common/base/expected.hpp"
#include "common/base/time.hpp"

namespace steward::posix {

struct ProcessFigures {
    std::uint64_t resident_bytes = 0;
    std::uint64_t open_files = 0;      // descriptors, sockets among them
    std::uint64_t open_files_max = 0;  // what the system allows
    base::Duration cpu{};              // user and system, of all threads
};

/// Takes some microseconds, and a tenth of one for each descriptor. Errors: Io, as without /proc.
[[nodiscard]] base::Expected<ProcessFigures> process_figures();

}  // namespace steward::posix
