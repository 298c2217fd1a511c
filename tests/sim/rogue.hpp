// tests/sim: a worker that speaks the native protocol correctly and does not keep to it: it
// finishes twice, late, or what others hold; returns what it runs; claims to run what it never got.
#pragma once

#include <string>
#include <vector>

#include "common/wire/native.hpp"
#include "tests/sim/actor.hpp"

namespace steward::sim {

class Rogue final : public Actor {
public:
    using Actor::Actor;

    void start() override;
    void heal() override;

private:
    void connected() override;
    void disconnected() override;
    void take(const wire::Frames& frames) override;

    void on_death() override {}

    void announce();
    void beat();
    void misuse(const wire::native::Assign& job);
    void finish(const model::Attempt& attempt, Uid uid);
    void lie();
    [[nodiscard]] bool is_its_own(const model::JobId& job) const;
    void say_one(const wire::native::Command& command);
    [[nodiscard]] model::Attempt draw_attempt();

    std::vector<model::Attempt> seen_;
    std::uint64_t beats_ = 0;
};

/// A peer whose messages are no messages, or nearly are.
class Babbler final : public Actor {
public:
    Babbler(Stage& stage, std::string name, app::Side side)
        : Actor(stage, std::move(name)), side_(side) {}

    void start() override;

private:
    void connected() override { babble(); }

    void disconnected() override { connect_to(0, side_); }

    void take(const wire::Frames&) override {}

    void on_death() override {}

    void babble();
    [[nodiscard]] wire::Frames draw_noise();
    [[nodiscard]] wire::Frames draw_nearly_right();

    app::Side side_;
};

}  // namespace steward::sim
