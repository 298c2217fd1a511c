// broker/core: listings in pages.
#include <algorithm>

#include "broker/core/walks.hpp"

namespace steward::core {

namespace {

// A cursor of List: jobs as visit_jobs() goes first, then results by number, marked by the highest
// bit.
constexpr Cursor kResults = Cursor{1} << 63U;

constexpr JobStates kEndedStates = only(model::JobState::Succeeded) |
                                   only(model::JobState::Failed) | only(model::JobState::Expired) |
                                   only(model::JobState::Cancelled);

bool matches_ended(const Ended& ended, const JobFilter& filter) {
    const auto has = [](const std::string& wanted, std::string_view value) {
        return wanted.empty() || wanted == value;
    };
    const JobNames none;
    const JobNames& names = ended.names != nullptr ? *ended.names : none;
    return filter.asker.sees(ended.owner) &&
           (filter.states == 0 || (filter.states & only(ended.state)) != 0) &&
           has(filter.service, ended.service.view()) && has(filter.group, names.group.view()) &&
           has(filter.batch, names.batch.view()) &&
           (filter.context.empty() ||
            filter.context ==
                (names.context.empty() ? ended.id.text() : std::string(names.context.view())));
}

}  // namespace

model::ListReport State::list_page(const Query& query) {
    model::ListReport report;
    const std::size_t rows_max =
        std::min<std::size_t>(query.rows_max == 0 ? policy.limits.report_rows_max : query.rows_max,
                              policy.limits.report_rows_max);
    const JobFilter& filter = query.which;
    Cursor next = query.after;
    const bool wants_ended = filter.states == 0 || (filter.states & kEndedStates) != 0;
    const bool wants_others = filter.states == 0 || (filter.states & ~kEndedStates) != 0;
    if (wants_others && (next & kResults) == 0) {
        next = visit_jobs(filter, next, [&](JobHandle handle) {
            report.rows.push_back(row_of(jobs_.map.at(handle)));
            return report.rows.size() < rows_max;
        });
        next = next == 0 && wants_ended ? kResults : next;
    } else if (!wants_others && next == 0) {
        next = kResults;
    }
    if ((next & kResults) != 0 && report.rows.size() < rows_max) {
        next = list_ended(filter, next, rows_max, report);
    }
    report.next = next;
    std::ranges::sort(report.rows, {}, &model::JobRow::id);
    return report;
}

Cursor State::list_ended(const JobFilter& filter,
                         Cursor from,
                         std::size_t rows_max,
                         model::ListReport& report) const {
    if (!filter.jobs.empty()) {
        for (const model::JobId& id : filter.jobs) {
            const std::optional<Ended> ended = results_.find(id, now_.mono);
            if (ended && matches_ended(*ended, filter)) {
                report.rows.push_back(ended->row(jobs_.owners));
            }
        }
        return 0;
    }
    std::uint64_t number = std::max(from & ~kResults, results_.first());
    const std::uint64_t end = std::min(results_.end(), number + policy.limits.scan_jobs_max);
    while (number < end && report.rows.size() < rows_max) {
        const Ended ended = results_.at(number++);
        if (ended.forget_at > now_.mono && matches_ended(ended, filter)) {
            report.rows.push_back(ended.row(jobs_.owners));
        }
    }
    return number < results_.end() ? kResults | number : 0;
}

model::GroupReport State::list_groups(const Query& query) const {
    model::GroupReport report;
    report.total = groups_.map.size();
    const auto tell = [&](GroupHandle handle) {
        if (const Group* group = groups_.map.find(handle)) {
            report.rows.push_back({group->name,
                                   group->weight,
                                   group->gate.at_once,
                                   group->gate.spacing,
                                   group->jobs - group->dead - group->gate.active,
                                   group->gate.active});
        }
    };
    if (!query.which.group.empty()) {
        tell(groups_.find(query.which.group));
        return report;
    }
    std::uint64_t slot = query.after;
    while (slot < groups_.map.slots() && report.rows.size() < policy.limits.report_rows_max) {
        tell(groups_.map.handle_at(static_cast<std::uint32_t>(slot++)));
    }
    report.next = slot < groups_.map.slots() ? slot : 0;
    return report;
}

model::LimitReport State::list_limits() const {
    model::LimitReport report;
    for (const auto& [name, handle] : limits_.by_name) {
        const Limit& limit = limits_.map.at(handle);
        report.rows.push_back({limit.settings.name,
                               limit.settings.at_once,
                               limit.settings.rate,
                               limit.settings.services,
                               limit.gate.active,
                               !limit.parked.empty()});
    }
    return report;
}

model::BatchReport State::list_batches(const Query& query) const {
    model::BatchReport report;
    report.total = query.asker.sees_all ? batches_.map.size() : 0;
    if (!query.which.batch.empty()) {
        if (const Batch* batch =
                batches_.map.find(batches_.find(query.asker.owner, query.which.batch))) {
            report.rows.push_back(batch->row());
        }
        return report;
    }
    std::uint64_t slot = query.after;
    while (slot < batches_.map.slots() && report.rows.size() < policy.limits.report_rows_max) {
        const BatchHandle handle = batches_.map.handle_at(static_cast<std::uint32_t>(slot++));
        if (handle.names_something() && query.asker.sees(batches_.map.at(handle).owner)) {
            report.rows.push_back(batches_.map.at(handle).row());
        }
    }
    report.next = slot < batches_.map.slots() ? slot : 0;
    return report;
}

}  // namespace steward::core
