// tests/sim: somebody at the command line: a client that makes no jobs and changes what others
// made.
#pragma once

#include <map>
#include <vector>

#include "tests/sim/session_actor.hpp"

namespace steward::sim {

class OperatorActor final : public SessionActor {
public:
    using SessionActor::SessionActor;

    void start() override;
    /// Whatever was stopped runs again: asked for until the end. Dead letters go: for
    /// those that were retried alone others would wait without end.
    void heal() override;

private:
    void on_death() override;
    void hear(client::Happening& happening) override;

    void plan_next_act();
    void act();
    void tidy();

    std::map<std::uint64_t, std::vector<model::JobId>> cancels_;
    std::size_t tidied_ = 0;  // orders given since the faults have stopped
};

}  // namespace steward::sim
