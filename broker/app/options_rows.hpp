// broker/app: the repeated sections of the configuration, a row of each as it is written. What a
// row leaves out is nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/core/policy.hpp"

namespace steward::app {

struct ServiceRow {
    core::ServicePolicy policy;  // but for what follows
    std::optional<std::size_t> jobs_max;
    std::optional<std::string> priority;
    std::optional<std::string> channel;
    std::optional<std::string> group;
    std::optional<std::string> group_rate;
};

struct GroupRow {
    std::string name;
    std::optional<std::uint32_t> weight;
    std::optional<std::uint32_t> limit;
    std::optional<std::string> rate;
};

struct LimitRow {
    std::string name;
    std::optional<std::uint32_t> at_once;
    std::optional<std::string> rate;
    std::vector<std::string> services;
};

struct ScheduleRow {
    std::string name;
    std::string expression;
    std::optional<std::string> zone;
    std::optional<std::string> missed;
    std::string service;
    std::optional<std::string> params;   // JSON
    std::optional<std::string> options;  // JSON
};

/// Rows that are being read or shown; they hold nothing between two uses.
struct ScratchRows {
    ServiceRow service;
    GroupRow group;
    LimitRow limit;
    ScheduleRow schedule;
};

}  // namespace steward::app
