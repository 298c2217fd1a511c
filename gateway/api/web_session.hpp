// gateway/api: one WebSocket's conversation: submit, call, follow, ask, operate, watch.
#pragma once

#include <memory>

#include "gateway/api/call.hpp"

namespace steward::gateway {

class Desk;

/// GET /v1/ws. docs/http-api.md has the messages.
void open_web_session(Desk& desk, std::shared_ptr<Call> call);

}  // namespace steward::gateway
