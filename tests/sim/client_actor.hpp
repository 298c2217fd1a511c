// tests/sim: a native client: a real client::Session and a user who calls and waits.
#pragma once

#include <iterator>
#include <map>
#include <optional>
#include <string>

#include "client/session.hpp"
#include "tests/sim/actor.hpp"

namespace steward::sim {

class ClientActor final : public Actor {
public:
    ClientActor(Stage& stage, std::string name, std::uint64_t number)
        : Actor(stage, std::move(name)), number_(number) {}

    void start() override;

private:
    void connected() override;
    void disconnected() override;
    void take(const wire::Frames& frames) override;
    void on_death() override;

    void pump();
    void hear(client::Happening& happening);
    void plan_wake_up();
    void plan_next_calls();
    void make_call();
    void forget_one();
    [[nodiscard]] Uid uid_of(std::uint64_t number) const;

    void finish(std::uint64_t number) { open_.erase(number); }

    std::uint64_t number_;
    std::uint64_t lives_ = 0;
    std::optional<client::Session> session_;
    std::map<std::uint64_t, Uid> open_;
    std::optional<MonoTime> wake_at_;
};

}  // namespace steward::sim
