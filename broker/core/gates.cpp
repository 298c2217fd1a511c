// broker/core: groups and named limits: who may start, and what is looked at again when a gate
// opens. What finds a gate closed is parked there, so that nobody looks at it in vain.
#include <algorithm>

#include "broker/core/state.hpp"

namespace steward::core {

using base::Errc;

// ---- groups ----

bool State::has_room_for_group(const model::Label& name) const {
    return groups_.map.size() < policy.limits.groups_max ||
           groups_.find(name.view()).names_something();
}

GroupHandle State::group_for(const model::Label& name) {
    const GroupHandle known = groups_.find(name.view());
    return known.names_something() ? known : groups_.add(name);
}

// What the latest job says of its group counts, unless an operator or the configuration did.
GroupHandle State::name_group(const model::JobOptions& options) {
    const GroupHandle group_handle = group_for(options.group);
    Group& group = groups_.map.at(group_handle);
    if (group.is_set) {
        return group_handle;
    }
    group.weight = options.group_weight.value_or(group.weight);
    if (options.group_limit || options.group_rate) {
        group.gate.set_bounds(
            options.group_limit.value_or(group.gate.at_once),
            options.group_rate ? options.group_rate->spacing : group.gate.spacing);
        consequences_.opened_groups.push_back(group_handle);
    }
    return group_handle;
}

void State::join_group(JobHandle handle, const model::JobOptions& options) {
    const GroupHandle group = name_group(options);
    jobs_.map.at(handle).more().group = group;
    ++groups_.map.at(group).jobs;
}

// One job less names it. With the last one it is forgotten, but not before it may start again: or
// its rate would be forgotten too early.
void State::leave_group(GroupHandle handle) {
    Group& group = groups_.map.at(handle);
    --group.jobs;
    if (group.jobs == 0) {
        consequences_.opened_groups.push_back(handle);
    }
}

void State::set_group(const GroupPolicy& settings) {
    const GroupHandle handle = group_for(settings.name);
    Group& group = groups_.map.at(handle);
    group.weight = std::max(settings.weight, 1U);
    group.gate.set_bounds(settings.limit, settings.spacing);
    // Nothing is set any more: jobs may say again.
    group.is_set =
        settings.weight > 1 || settings.limit != 0 || settings.spacing != base::Duration::zero();
    consequences_.opened_groups.push_back(handle);
}

void State::apply(const Address& from, SetGroup& request) {
    if (!has_room_for_group(request.name)) {
        return refuse(from,
                      {},
                      {Errc::TooManyNames,
                       "the broker knows " + std::to_string(groups_.map.size()) +
                           " groups, as many as [limits] groups_max allows",
                       std::chrono::seconds(1)});
    }
    const Group* known = groups_.map.find(groups_.find(request.name.view()));
    GroupPolicy settings;
    settings.name = request.name;
    settings.weight = request.weight.value_or(known != nullptr ? known->weight : 1);
    settings.limit = request.limit.value_or(known != nullptr ? known->gate.at_once : 0);
    settings.spacing =
        request.spacing.value_or(known != nullptr ? known->gate.spacing : base::Duration::zero());
    set_group(settings);
    const Seq seq =
        appends_.put(GroupSet{settings.name, settings.weight, settings.limit, settings.spacing});
    answer_done(from, 1, 0, seq);
}

// ---- named limits ----

// False: it names too many services.
bool State::set_limit(const LimitSettings& settings, bool is_configured) {
    if (!has_room_for_services(settings.services)) {
        return false;
    }
    base::MonoTime last_start = base::MonoTime::min();
    if (const LimitHandle known = limits_.find(settings.name.view()); known.names_something()) {
        last_start = limits_.map.at(known).gate.last_start;
        remove_limit(known);
    }
    const LimitHandle handle = limits_.map.emplace();
    Limit& limit = limits_.map.at(handle);
    limits_.by_name.emplace(settings.name.view(), handle);
    limit.settings = settings;
    limit.is_configured = is_configured;
    limit.gate.set_bounds(settings.at_once.value_or(0),
                          settings.rate ? settings.rate->spacing : base::Duration::zero());
    limit.gate.last_start = last_start;
    for (const std::string& text : settings.services) {
        const auto name = model::ServiceName::parse(text);
        if (!name) {
            continue;
        }
        Service& service = services_.map.at(service_for(*name));
        if (std::ranges::find(service.limits, handle) == service.limits.end()) {
            service.limits.push_back(handle);
            limit.gate.active += service.active;
        }
    }
    return true;
}

// Whether all of these can be known, when need be in the place of others.
bool State::has_room_for_services(const std::vector<std::string>& names) {
    std::size_t unknown = 0;
    for (const std::string& name : names) {
        if (Service* service = services_.map.find(services_.find(name))) {
            service->used_at = now_.mono;  // it does not make room itself
        } else {
            ++unknown;
        }
    }
    return services_.make_room(unknown, policy.limits.services_max, now_.mono);
}

void State::remove_limit(LimitHandle handle) {
    Limit& limit = limits_.map.at(handle);
    timers_.cancel(limit.timer);
    while (!limit.parked.empty()) {
        consequences_.unparked.push_back(limit.parked.front());
        unpark_queue(limit.parked.front());
    }
    for (const std::string& text : limit.settings.services) {
        if (Service* service = services_.map.find(services_.find(text))) {
            std::erase(service->limits, handle);
        }
    }
    limits_.by_name.erase(std::string(limit.settings.name.view()));
    limits_.map.erase(handle);
}

void State::apply(const Address& from, SetLimit& request) {
    const LimitHandle known = limits_.find(request.limit.name.view());
    if (!known.names_something() && limits_.map.size() >= policy.limits.limits_max) {
        return refuse(from,
                      {},
                      {Errc::TooManyNames,
                       "the broker has " + std::to_string(limits_.map.size()) +
                           " named limits, as many as [limits] limits_max allows",
                       {}});
    }
    const bool was_configured = known.names_something() && limits_.map.at(known).is_configured;
    if (!set_limit(request.limit, was_configured)) {
        return refuse(from,
                      {},
                      {Errc::TooManyServices,
                       "the broker cannot keep the services of this limit: [limits] services_max "
                       "is reached",
                       {}});
    }
    const Seq seq = appends_.put(LimitSet{request.limit});
    answer_done(from, 1, 0, seq);
}

void State::apply(const Address& from, RemoveLimit& request) {
    const LimitHandle handle = limits_.find(request.name.view());
    if (!handle.names_something()) {
        return refuse(from,
                      {},
                      {Errc::UnknownName,
                       "there is no limit \"" + std::string(request.name.view()) + '"',
                       {}});
    }
    remove_limit(handle);
    const Seq seq = appends_.put(LimitRemoved{request.name});
    answer_done(from, 1, 0, seq);
}

// ---- starts and ends ----

void State::enter_gates(const Job& job, const Service& service) {
    if (const GroupHandle group = job.group(); group.names_something()) {
        groups_.map.at(group).gate.enter(now_.mono);
    }
    for (const LimitHandle limit : service.limits) {
        limits_.map.at(limit).gate.enter(now_.mono);
    }
}

void State::leave_gates(const Job& job, const Service& service) {
    if (const GroupHandle handle = job.group(); handle.names_something()) {
        Group& group = groups_.map.at(handle);
        group.gate.leave();
        if (!group.parked.empty()) {
            consequences_.opened_groups.push_back(handle);
        }
    }
    for (const LimitHandle handle : service.limits) {
        Limit& limit = limits_.map.at(handle);
        limit.gate.leave();
        if (!limit.parked.empty()) {
            consequences_.opened_limits.push_back(handle);
        }
    }
}

void State::park_lane(Queue& queue, LaneHandle handle) {
    const GroupHandle group_handle = lanes_.map.at(handle).group;
    lanes_.park(queue, handle, groups_.map.at(group_handle).parked);
    watch_gate(groups_.map.at(group_handle), Timer(Timer::Kind::Group, group_handle));
}

void State::park_queue(QueueHandle handle, LimitHandle limit_handle) {
    Limit& limit = limits_.map.at(limit_handle);
    services_.queues.at(handle).parked_at = limit_handle;
    limit.parked.push_back(services_.queues, handle);
    watch_gate(limit, Timer(Timer::Kind::Limit, limit_handle));
}

void State::unpark_queue(QueueHandle handle) {
    Queue& queue = services_.queues.at(handle);
    limits_.map.at(queue.parked_at).parked.remove(services_.queues, handle);
    queue.parked_at = {};
}

// A gate that only time will open has a timer while something is parked at it. Its bounds may have
// changed since it was armed.
template <class Gated>
void State::watch_gate(Gated& gated, Timer timer) {
    const Gate& gate = gated.gate;
    timers_.cancel(gated.timer);
    if (!gated.parked.empty() && gate.has_room() && gate.next_start() > now_.mono) {
        gated.timer = timers_.arm(gate.next_start(), timer);
    }
}

// Looks again at what was parked at gates that may be open now.
void State::open_gates() {
    for (const GroupHandle handle : std::exchange(consequences_.opened_groups, {})) {
        if (groups_.map.find(handle) != nullptr) {
            open_group(handle);
        }
    }
    for (const LimitHandle handle : std::exchange(consequences_.opened_limits, {})) {
        if (limits_.map.find(handle) != nullptr) {
            open_limit(handle);
        }
    }
    for (const QueueHandle handle : std::exchange(consequences_.unparked, {})) {
        if (services_.queues.find(handle) != nullptr) {
            list_turn(handle);
            dispatch_queue(handle);
        }
    }
}

// A lane for which no worker is free stays in its queue's turns, so the next look is not at it.
void State::open_group(GroupHandle handle) {
    Group& group = groups_.map.at(handle);
    while (!group.parked.empty() && group.gate.is_open(now_.mono)) {
        const LaneHandle lane = group.parked.front();
        const QueueHandle queue = lanes_.map.at(lane).queue;
        lanes_.unpark(services_.queues.at(queue), lane, group.parked);
        list_turn(queue);
        dispatch_queue(queue);
    }
    watch_gate(group, Timer(Timer::Kind::Group, handle));
    if (group.jobs > 0 || group.is_set) {
        return;
    }
    // Nothing is parked without jobs, so it has no timer yet.
    if (group.gate.next_start() <= now_.mono) {
        groups_.remove(handle);
    } else {
        group.timer = timers_.arm(group.gate.next_start(), Timer(Timer::Kind::Group, handle));
    }
}

void State::open_limit(LimitHandle handle) {
    Limit& limit = limits_.map.at(handle);
    while (!limit.parked.empty() && limit.gate.is_open(now_.mono)) {
        const QueueHandle queue = limit.parked.front();
        unpark_queue(queue);
        list_turn(queue);
        dispatch_queue(queue);
    }
    watch_gate(limit, Timer(Timer::Kind::Limit, handle));
}

}  // namespace steward::core
