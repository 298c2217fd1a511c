#include "gateway/params/target.hpp"

#include <algorithm>
#include <utility>

#include "gateway/params/limits.hpp"
#include "gateway/params/percent.hpp"

namespace steward::gateway {

base::Expected<std::vector<std::string>> segments_of(std::string_view path) {
    std::vector<std::string> segments;
    if (!path.starts_with('/')) {
        return unreadable("path", 0, "it begins with a slash");
    }
    for (std::size_t at = 1; at <= path.size() && path.size() > 1;) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        if (segments.size() == kSegmentsMax) {
            return base::fail(base::Errc::TooLarge,
                              "the path has more segments than " + std::to_string(kSegmentsMax));
        }
        auto segment = percent_decoded(path.substr(at, end - at), Plus::IsPlus, "path", at);
        if (!segment) {
            return base::Unexpected(std::move(segment.error()));
        }
        segments.push_back(std::move(*segment));
        at = end + 1;
    }
    return segments;
}

}  // namespace steward::gateway
