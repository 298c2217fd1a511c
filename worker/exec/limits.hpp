// worker/exec: resource limits as people write them: "nofile=256,cpu=60s,as=1GiB".
#pragma once

#include <string_view>
#include <sys/resource.h>
#include <vector>

#include "common/base/expected.hpp"

namespace steward::worker::exec {

struct ResourceLimit {
    __rlimit_resource_t resource = RLIMIT_NOFILE;
    rlim_t value = 0;

    bool operator==(const ResourceLimit&) const = default;
};

/// A list of NAME=VALUE, comma between: as, core, data, fsize, memlock, stack in bytes or with a
/// unit ("1GiB"), cpu in seconds or with a unit, nofile and nproc in numbers; "unlimited" for any.
/// Errors: BadConfig, with the names there are.
[[nodiscard]] base::Expected<std::vector<ResourceLimit>> parse_limits(std::string_view text);

}  // namespace steward::worker::exec
