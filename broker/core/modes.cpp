// broker/core: pause, resume, drain and the kill switch, of one service and of all.
#include "broker/core/state.hpp"
#include "broker/core/words.hpp"

namespace steward::core {

using base::Errc;
using model::EventKind;

namespace {

EventKind event_of(Mode before, Mode after) {
    switch (after) {
        case Mode::Running:
            return before == Mode::Disabled ? EventKind::Enabled : EventKind::Resumed;
        case Mode::Paused: return EventKind::Paused;
        case Mode::Draining: return EventKind::Drained;
        case Mode::Disabled: return EventKind::Disabled;
    }
    return EventKind::Resumed;
}

}  // namespace

// False: it was so before.
bool State::set_mode(const ModeChange& change) {
    const bool is_of_all = change.service.empty();
    const ServiceHandle handle = is_of_all ? ServiceHandle{} : services_.find(change.service);
    Mode& mode = is_of_all ? mode_ : services_.map.at(handle).mode;
    const Mode before = std::exchange(mode, change.mode);
    if (before == change.mode) {
        return false;
    }
    const EventKind kind = event_of(before, change.mode);
    if (announcing.has(kind)) {
        Announce& event = out_->announces.emplace_back();
        event.kind = kind;
        event.service = is_of_all ? every_service() : services_.map.at(handle).name;
        event.at = now_.wall;
        event.after = appends_.last();
    }
    for (std::uint32_t slot = 0; is_of_all && slot < services_.queues.slots(); ++slot) {
        const QueueHandle queue = services_.queues.handle_at(slot);
        if (queue.names_something() && services_.queues.at(queue).size > 0) {
            consequences_.unparked.push_back(queue);
        }
    }
    if (!is_of_all) {
        const std::vector<QueueHandle>& queues = services_.map.at(handle).queues;
        consequences_.unparked.insert(consequences_.unparked.end(), queues.begin(), queues.end());
    }
    return true;
}

// Everything is checked before anything is changed.
void State::apply(const Address& from, SetModes& request) {
    std::vector<std::string> named;
    for (const ModeChange& change : request.changes) {
        if (!change.service.empty()) {
            named.push_back(change.service);
        }
    }
    // Now: not a service that was just made for its mode. Whether it was enough is seen below.
    static_cast<void>(has_room_for_services(named));
    for (const ModeChange& change : request.changes) {
        if (change.service.empty()) {
            continue;
        }
        auto name = model::ServiceName::parse(change.service);
        if (!name) {
            return refuse(from, change.service, std::move(name.error()));
        }
        if (name->is_reserved()) {
            return refuse(from,
                          change.service,
                          {Errc::ReservedName,
                           "the service \"" + change.service + "\" belongs to the broker",
                           {}});
        }
        const bool is_known = services_.find(*name).names_something();
        if (!is_known && services_.size() >= policy.limits.services_max) {
            return refuse(from,
                          change.service,
                          {Errc::TooManyServices,
                           "the broker knows as many services as [limits] services_max allows",
                           {}});
        }
        if (!is_known) {
            services_.add(*name);
        }
    }
    const Seq seq = appends_.put(ModesChanged{request.changes});
    std::size_t changed = 0;
    for (const ModeChange& change : request.changes) {
        changed += set_mode(change) ? 1U : 0U;
    }
    answer_done(from, changed, 0, seq);
}

}  // namespace steward::core
