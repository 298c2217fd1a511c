#include "gateway/page/asset.hpp"

#include <algorithm>

namespace steward::gateway {

namespace {

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    const std::size_t last = text.find_last_not_of(" \t");
    return first == std::string_view::npos ? std::string_view()
                                           : text.substr(first, last - first + 1);
}

/// If-None-Match compares weakly (RFC 9110, 13.1.2): W/"x" names "x" too.
bool names(std::string_view list, std::string_view etag) {
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        std::string_view entry = trimmed(list.substr(0, comma));
        if (entry.starts_with("W/")) {
            entry.remove_prefix(2);
        }
        if (entry == etag || entry == "*") {
            return true;
        }
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

}  // namespace

const Asset* find_asset(std::string_view path) {
    const auto all = assets();
    const auto found = std::ranges::find(all, path, &Asset::path);
    return found == all.end() ? nullptr : &*found;
}

Response answer_with(const Asset& asset, const Request& request) {
    Response response;
    response.headers = {
        {"ETag", std::string(asset.etag)},
        {"Cache-Control", asset.is_immutable ? "public, max-age=31536000, immutable" : "no-cache"}};
    if (names(request.header("If-None-Match"), asset.etag)) {
        response.status = 304;
        return response;
    }
    response.content_type = asset.content_type;
    response.body = base::Blob::copy(asset.bytes);
    return response;
}

}  // namespace steward::gateway
