// gateway/metrics: the parts of the page, one for each thing that it tells of. Internal to the
// room.
#pragma once

#include <nlohmann/json.hpp>

#include "gateway/metrics/exposition.hpp"
#include "gateway/metrics/families.hpp"

namespace steward::gateway {

/// From the report `broker`: how it stands, its counters, its limits, messages, journal, process.
void put_broker(const nlohmann::json& broker, Page& page);

/// From the report `services`. `has_times`: the broker's buckets are ours.
void put_services(const nlohmann::json& services,
                  bool has_times,
                  std::size_t services_max,
                  Page& page);

void put_workers(const nlohmann::json& workers, Page& page);
void put_groups(const nlohmann::json& groups, std::size_t groups_max, Page& page);
void put_limits(const nlohmann::json& limits, std::size_t limits_max, Page& page);

void put_gateway(const GatewayCounters& counters, Page& page);
void put_process(const OwnProcess& process, Page& page);

}  // namespace steward::gateway
