// common/wire: the words for a payload's encoding in documents that people read.
#pragma once

#include <string_view>

#include "common/model/job.hpp"

namespace steward::wire {

[[nodiscard]] constexpr std::string_view name_of(model::Encoding encoding) {
    switch (encoding) {
        case model::Encoding::Absent: return "absent";
        case model::Encoding::Opaque: return "opaque";
        case model::Encoding::Frames: return "frames";
        case model::Encoding::Json: return "json";
        case model::Encoding::Msgpack: return "msgpack";
        case model::Encoding::Php: return "php";
    }
    return "unknown";
}

}  // namespace steward::wire
