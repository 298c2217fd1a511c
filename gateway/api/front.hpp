// gateway/api: where each request comes first: who asks, from where, for what; then to its handler.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/api/call.hpp"
#include "gateway/api/desk.hpp"
#include "gateway/api/router.hpp"

namespace steward::gateway {

/// Thread: the loop's.
class Front {
public:
    explicit Front(Desk& desk) : desk_(desk) {}

    void take(std::shared_ptr<Exchange> exchange);

private:
    void route(std::shared_ptr<Call> call);
    void serve(std::shared_ptr<Call> call, Found& found);
    void serve_old_door(std::shared_ptr<Call> call, std::vector<std::string> segments);

    Desk& desk_;
};

}  // namespace steward::gateway
