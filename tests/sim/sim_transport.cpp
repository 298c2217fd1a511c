// tests/sim: sends and publishes for a broker.
#include "tests/sim/sim_transport.hpp"

#include "tests/sim/failure.hpp"

namespace steward::sim {

std::size_t SimTransport::subscribe(std::string prefix, Reader reader) {
    readers_[++subscribed_] = {std::move(prefix), std::move(reader)};
    return subscribed_;
}

app::SendStatus SimTransport::send(app::Side side,
                                   std::string_view routing_id,
                                   app::Frames& frames) {
    if (is_dead()) {
        frames.clear();
        return app::SendStatus::Sent;
    }
    if (frames.empty()) {
        broken("a message has frames");
    }
    const app::Frames copy = frames;
    const LinkId link = network_.link_of(broker_, side, routing_id);
    const app::SendStatus status = network_.send_to_peer(broker_, side, routing_id, frames);
    if (status != app::SendStatus::Sent) {
        return status;
    }
    if (sends_left_) {
        --*sends_left_;
    }
    if (tap_) {
        tap_(side, link, copy);
    }
    return status;
}

void SimTransport::cut(app::Side side, std::string_view routing_id) {
    if (!is_dead()) {
        network_.cut_by_broker(broker_, side, routing_id);
    }
}

void SimTransport::publish(std::string_view topic, std::string_view body) {
    if (is_dead()) {
        return;
    }
    for (const auto& [number, subscription] : readers_) {
        if (topic.starts_with(subscription.prefix)) {
            subscription.reader(topic, body);
        }
    }
}

}  // namespace steward::sim
