#include "tests/sim/session_actor.hpp"

namespace steward::sim {

void SessionActor::begin_session(std::uint64_t id) {
    born();
    client::SessionOptions options;
    options.session = id;
    options.heartbeat_interval = 1s;
    options.brokers = stage_.plan.brokers;
    options.in_flight_max = 256;
    session_.emplace(options, now(), choices().below(UINT64_MAX));
}

void SessionActor::on_death() {
    session_.reset();
    wake_at_.reset();
}

void SessionActor::connected() {
    session_->connected(now());
    pump();
}

void SessionActor::disconnected() {
    session_->disconnected(now());
    pump();
}

void SessionActor::take(const wire::Frames& frames) {
    session_->on_frames(now(), frames);
    pump();
}

void SessionActor::pump() {
    if (!session_) {
        return;
    }
    hear_all();
    while (auto batch = session_->take_batch(now())) {
        send(std::move(*batch));
    }
    hear_all();
    plan_wake_up();
}

void SessionActor::hear_all() {
    while (auto happening = session_->next_happening()) {
        if (const auto* connect = std::get_if<client::Connect>(&*happening)) {
            broker_ = connect->broker;
            connect_to(broker_, app::Side::Frontend);
        } else {
            hear(*happening);
        }
    }
}

void SessionActor::plan_wake_up() {
    const auto due = session_->next_deadline();
    if (!due || (wake_at_ && *wake_at_ <= *due && *wake_at_ > now())) {
        return;
    }
    wake_at_ = due;
    later_at(*due, [this, at = *due] {
        if (wake_at_ == at) {
            wake_at_.reset();
            session_->on_time(now());
            pump();
        }
    });
}

}  // namespace steward::sim
