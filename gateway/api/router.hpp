// gateway/api: which handler a path belongs to. One table, which the OpenAPI document is held to.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/access/origin.hpp"
#include "gateway/access/roles.hpp"
#include "gateway/api/call.hpp"

namespace steward::gateway {

class Desk;

using Handle = void (*)(Desk&, std::shared_ptr<Call>);

struct Route {
    Method method;
    std::string_view pattern;  // "/v1/jobs/{id}/result": a name in braces takes one segment
    std::uint8_t roles;        // any of them will do; 0: nobody has to say who they are
    Handle handle;
    Exposure exposure = Exposure::Guarded;
};

struct Found {
    const Route* route = nullptr;    // null: see `allowed`
    std::vector<std::string> names;  // what the braces took, in order
    std::string allowed;             // "GET, HEAD, PUT"; empty: no route has this path
};

/// HEAD is a GET without its body.
[[nodiscard]] Found find_route(std::span<const Route> routes,
                               Method method,
                               const std::vector<std::string>& segments);

/// All routes under /v1 and the gateway's other paths.
[[nodiscard]] std::span<const Route> all_routes();

}  // namespace steward::gateway
