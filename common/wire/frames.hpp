// common/wire: a message as the codecs see it: its frames, without the routing id.
#pragma once

#include <vector>

#include "common/base/blob.hpp"

namespace steward::wire {

using Frames = std::vector<base::Blob>;

}  // namespace steward::wire
