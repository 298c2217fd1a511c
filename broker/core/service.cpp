// broker/core: services that make room for others.
#include "broker/core/service.hpp"

namespace steward::core {

bool ServiceTable::make_room(std::size_t count, std::size_t max, base::MonoTime now) {
    return forget_until([&] { return size() + count <= max; }, now);
}

template <class Fits>
bool ServiceTable::forget_until(Fits&& fits, base::MonoTime now) {
    if (fits()) {
        return true;
    }
    if (looked_at_ != now) {
        looked_at_ = now;
        forget_unknown();
        list_unused(now);
    }
    while (!fits() && !unused_.empty()) {
        const ServiceHandle oldest = unused_.back();
        unused_.pop_back();
        Service* service = map.find(oldest);
        if (service != nullptr && service->is_unused() && service->used_at < now) {
            service->announced = false;
            forget_if_unknown(oldest);
        }
    }
    return fits();
}

void ServiceTable::make_room_for_queues(const std::vector<ServiceHandle>& services,
                                        const std::vector<model::Label>& channels,
                                        std::size_t max,
                                        base::MonoTime now) {
    const auto missing = [&] {
        std::size_t count = 0;
        for (const ServiceHandle service : services) {
            for (const model::Label& channel : channels) {
                const bool is_default = channel.view() == model::kDefaultChannel;
                const auto queue =
                    find_queue(service, is_default ? std::string_view() : channel.view());
                count += queue.names_something() ? 0U : 1U;
            }
        }
        return count;
    };
    // Those that make room may be some of these: it is seen twice how many are missing.
    for (int i = 0; i < 2; ++i) {
        const std::size_t more = missing();
        static_cast<void>(forget_until([&] { return queues.size() + more <= max; }, now));
    }
}

void ServiceTable::forget_unknown() {
    for (std::uint32_t slot = 0; slot < map.slots(); ++slot) {
        const ServiceHandle handle = map.handle_at(slot);
        if (handle.names_something()) {
            forget_if_unknown(handle);
        }
    }
}

void ServiceTable::list_unused(base::MonoTime now) {
    unused_.clear();
    for (std::uint32_t slot = 0; slot < map.slots(); ++slot) {
        const ServiceHandle handle = map.handle_at(slot);
        if (handle.names_something() && map.at(handle).is_unused() &&
            map.at(handle).used_at < now) {
            unused_.push_back(handle);
        }
    }
    // Of those that left together, as a worker of many services, the first in the table stay.
    std::ranges::stable_sort(
        unused_, std::ranges::greater{}, [&](ServiceHandle at) { return map.at(at).used_at; });
}

bool ServiceTable::forget_if_unknown(ServiceHandle handle) {
    Service& service = map.at(handle);
    if (service.jobs() + service.dead == 0) {
        std::erase_if(service.queues, [&](QueueHandle queue) { return forget(queue); });
        note_default(service);
    }
    if (!service.is_forgettable() || !service.queues.empty()) {
        return false;
    }
    by_name_.erase(service.name.hash(), handle);
    map.erase(handle);
    return true;
}

bool ServiceTable::forget(QueueHandle handle) {
    Queue& queue = queues.at(handle);
    if (!queue.crews.empty() || queue.size > 0 || queue.parking.linked) {
        return false;
    }
    queues.erase(handle);
    return true;
}

}  // namespace steward::core
