// broker/core: a filter of jobs with its names looked up.
#pragma once

#include <optional>

#include "broker/core/handles.hpp"
#include "broker/core/request.hpp"

namespace steward::core {

struct Wanted {
    Asker asker;
    JobStates states = 0;
    std::optional<ServiceHandle> service;
    std::optional<GroupHandle> group;
    std::optional<BatchHandle> batch;
    model::Label context;
    std::optional<model::JobId> context_id;  // jobs without a context have their id as one
};

}  // namespace steward::core
