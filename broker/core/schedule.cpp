#include "broker/core/state.hpp"

namespace steward::core {
void State::run_schedules() {}

void State::apply(const Address&, SetSchedule&) {}

void State::apply(const Address&, RemoveSchedule&) {}

model::ScheduleReport State::list_schedules(const Query&) const {
    return {};
}

base::Expected<void> State::restore_fact(const ScheduleSet&) {
    return {};
}

base::Expected<void> State::restore_fact(const ScheduleRemoved&) {
    return {};
}

base::Expected<void> State::restore_fact(const ScheduleMoved&) {
    return {};
}
}  // namespace steward::core

namespace steward::core {
void State::apply_schedule_policies() {}
}  // namespace steward::core
