// gateway/api: services, workers, the broker, and what is named beside them: groups, limits,
// schedules, batches.
#pragma once

#include <memory>

#include "gateway/api/call.hpp"

namespace steward::gateway {

class Desk;

// ---- services.cpp ----
void list_services(Desk& desk, std::shared_ptr<Call> call);
void show_service(Desk& desk, std::shared_ptr<Call> call);
void set_mode(Desk& desk, std::shared_ptr<Call> call);
void set_modes(Desk& desk, std::shared_ptr<Call> call);
void purge_service(Desk& desk, std::shared_ptr<Call> call);
void list_workers(Desk& desk, std::shared_ptr<Call> call);
void show_broker(Desk& desk, std::shared_ptr<Call> call);

// ---- names.cpp ----
void list_groups(Desk& desk, std::shared_ptr<Call> call);
void set_group(Desk& desk, std::shared_ptr<Call> call);
void list_limits(Desk& desk, std::shared_ptr<Call> call);
void set_limit(Desk& desk, std::shared_ptr<Call> call);
void remove_limit(Desk& desk, std::shared_ptr<Call> call);
void list_schedules(Desk& desk, std::shared_ptr<Call> call);
void set_schedule(Desk& desk, std::shared_ptr<Call> call);
void remove_schedule(Desk& desk, std::shared_ptr<Call> call);
void list_batches(Desk& desk, std::shared_ptr<Call> call);
void open_batch(Desk& desk, std::shared_ptr<Call> call);
void close_batch(Desk& desk, std::shared_ptr<Call> call);

}  // namespace steward::gateway
