// tests/sim: the runtime of a real client::Session in virtual time: what clients and operators
// share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "client/session.hpp"
#include "tests/sim/actor.hpp"

namespace steward::sim {

class SessionActor : public Actor {
public:
    using Actor::Actor;

protected:
    /// A new life with a session of this id. The caller pumps.
    void begin_session(std::uint64_t id);
    /// Hands over what the session has for its user and its broker; after every call into it.
    /// Without a session nothing happens.
    void pump();

    /// Everything but Connect, which is done already.
    virtual void hear(client::Happening& happening) = 0;
    void on_death() override;

    /// Nothing while the process is dead.
    std::optional<client::Session> session_;
    std::size_t broker_ = 0;  // that it is connected to

private:
    void connected() override;
    void disconnected() override;
    void take(const wire::Frames& frames) override;

    void hear_all();
    void plan_wake_up();

    std::optional<MonoTime> wake_at_;
};

}  // namespace steward::sim
