#pragma once
#include "broker/core/request.hpp"
#include "common/model/limits.hpp"
#include "common/model/report.hpp"

namespace steward::core {
class ScheduleTable {
public:
    struct Due {
        model::Label name;
        base::WallTime instant;
    };

    std::vector<Due> due(base::WallTime) { return {}; }

    std::optional<base::WallTime> next_due() const { return {}; }

    std::size_t size() const { return 0; }

    void restore_mark(std::string_view, base::WallTime, model::JobId) {}
};
}  // namespace steward::core
