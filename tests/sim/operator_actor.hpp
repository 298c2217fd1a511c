// tests/sim: somebody at the command line: a client that makes no jobs and changes what others
// made.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/session.hpp"
#include "tests/sim/actor.hpp"

namespace steward::sim {

class OperatorActor final : public Actor {
public:
    using Actor::Actor;

    void start() override;
    /// Whatever was stopped runs again: asked for until the end. Dead letters go: for
    /// those that were retried alone others would wait without end.
    void heal() override;

private:
    void connected() override;
    void disconnected() override;
    void take(const wire::Frames& frames) override;
    void on_death() override;

    void plan_next_act();
    void act();
    void tidy();
    void pump();
    void hear(client::Happening& happening);
    void plan_wake_up();

    std::optional<client::Session> session_;
    std::map<std::uint64_t, std::vector<model::JobId>> cancels_;
    std::size_t tidied_ = 0;  // orders given since the faults have stopped
    std::size_t broker_ = 0;  // that it is connected to
    std::optional<MonoTime> wake_at_;
};

}  // namespace steward::sim
