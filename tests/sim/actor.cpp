// tests/sim: lives and deaths of processes.
#include "tests/sim/actor.hpp"

namespace steward::sim {

void Actor::born() {
    ++life_;
    alive_ = true;
    frozen_ = false;
    waiting_.clear();
}

void Actor::die(Duration pause) {
    if (alive_) {
        say("dies");
        stage_.network.drop(link_);
        end_and_restart(pause);
    }
}

void Actor::end_and_restart(Duration pause) {
    link_ = 0;
    alive_ = false;
    frozen_ = false;
    waiting_.clear();
    ++life_;
    on_death();
    stage_.schedule.in(pause, [this, life = life_] {
        if (life == life_) {
            start();
        }
    });
}

void Actor::freeze(Duration pause) {
    if (!alive_ || frozen_) {
        return;
    }
    say("freezes");
    frozen_ = true;
    stage_.network.mark_hurt(link_);
    stage_.schedule.in(pause, [this, freeze = ++freezes_] {
        if (freeze == freezes_) {
            thaw();
        }
    });
}

void Actor::thaw() {
    if (!frozen_) {
        return;
    }
    say("thaws");
    frozen_ = false;
    auto actions = std::move(waiting_);
    waiting_.clear();
    for (auto& action : actions) {
        act(std::move(action));
    }
    stage_.network.resume(link_);
}

void Actor::act(std::function<void()> action) {
    if (frozen_) {
        waiting_.push_back(std::move(action));
    } else {
        action();
    }
}

void Actor::connect_to(std::size_t broker, app::Side side, std::string fixed_id) {
    hang_up();
    link_ = stage_.network.open(*this, broker, side, std::move(fixed_id));
}

void Actor::hang_up() {
    stage_.network.close(link_);
    link_ = 0;
}

void Actor::later(Duration pause, std::function<void()> action) {
    later_at(now() + pause, std::move(action));
}

void Actor::later_at(MonoTime when, std::function<void()> action) {
    stage_.schedule.at(when, [this, life = life_, action = std::move(action)] {
        if (life == life_) {
            act([this, life, action] {
                if (life == life_) {
                    action();
                }
            });
        }
    });
}

void Actor::on_connected() {
    act([this, link = link_] {
        if (link == link_) {
            connected();
        }
    });
}

void Actor::on_disconnected() {
    act([this, link = link_] {
        if (link == link_) {
            disconnected();
        }
    });
}

void Actor::on_frames(const wire::Frames& frames) {
    take(frames);
}

}  // namespace steward::sim
