// gateway/api: the description of the API, docs/openapi.json as it was when this was built.
#pragma once

#include "gateway/page/asset.hpp"

namespace steward::gateway {

/// OpenAPI 3.1, served as /v1/openapi.json.
[[nodiscard]] const Asset& openapi();

}  // namespace steward::gateway
