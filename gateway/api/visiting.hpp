// gateway/api: what is no job: sessions of browsers, the dashboard's files, the description of the
// API.
#pragma once

#include <memory>

#include "gateway/api/call.hpp"

namespace steward::gateway {

class Desk;

void open_session(Desk& desk, std::shared_ptr<Call> call);
void show_session(Desk& desk, std::shared_ptr<Call> call);
void close_session(Desk& desk, std::shared_ptr<Call> call);

/// "/v1/openapi.json".
void show_api(Desk& desk, std::shared_ptr<Call> call);

/// "/" and "/ui/…".
void show_page(Desk& desk, std::shared_ptr<Call> call);

}  // namespace steward::gateway
