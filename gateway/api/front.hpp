// gateway/api: where each request comes first: who asks, from where, for what; then to its handler.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/api/call.hpp"
#include "gateway/api/desk.hpp"

namespace steward::gateway {

struct FrontOptions {
    std::vector<std::string> allowed_origins;  // CORS: exact origins, or "*"
    std::vector<std::string> server_names;     // hosts that browsers may name
};

/// Thread: the loop's.
class Front {
public:
    Front(Desk& desk, FrontOptions options) : desk_(desk), options_(std::move(options)) {}

    void take(std::shared_ptr<Exchange> exchange);

private:
    void route(std::shared_ptr<Call> call);

    Desk& desk_;
    const FrontOptions options_;
};

}  // namespace steward::gateway
