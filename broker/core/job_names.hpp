// broker/core: what few jobs belong to, by name.
#pragma once

#include "common/model/label.hpp"

namespace steward::core {

struct JobNames {
    model::Label context;  // empty: the job's own id
    model::Label group;
    model::Label batch;

    [[nodiscard]] bool empty() const { return context.empty() && group.empty() && batch.empty(); }
};

}  // namespace steward::core
