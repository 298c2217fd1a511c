// gateway/page: the dashboard's files, which the build puts into the program (embed.cmake). Knows
// nothing of jobs; what the page shows it asks for itself.
#pragma once

#include <span>
#include <string_view>

#include "gateway/message/message.hpp"

namespace steward::gateway {

/// Views of the program's own constants.
struct Asset {
    std::string_view path;  // "/" or "/ui/HASH/NAME", where HASH is of all files together
    std::string_view content_type;
    std::string_view etag;      // a strong one, with its quotes
    bool is_immutable = false;  // another content would have another path
    std::string_view bytes;
};

/// All of them, "/" among them.
[[nodiscard]] std::span<const Asset> assets();

/// The file of exactly this path; null when there is none.
[[nodiscard]] const Asset* find_asset(std::string_view path);

/// The answer to a GET or HEAD of `asset`: 200, or 304 when If-None-Match names it; with ETag and
/// Cache-Control. The server leaves the body of a HEAD out.
[[nodiscard]] Response answer_with(const Asset& asset, const Request& request);

}  // namespace steward::gateway
