// tests/sim: clients of the old dialects, frame by frame as docs/protocol.md has them: one request
// at a time, no resends; when an answer stays out the user gives up and connects anew.
#pragma once

#include <string>
#include <string_view>

#include "tests/sim/actor.hpp"

namespace steward::sim {

enum class OldDialect : std::uint8_t { Zmws1, Zmws2, Mdp01, Mdp02 };
inline constexpr std::uint64_t kOldDialects = 4;

class OldClient final : public Actor {
public:
    OldClient(Stage& stage, std::string name, OldDialect dialect)
        : Actor(stage, std::move(name)), dialect_(dialect) {}

    void start() override;

private:
    void connected() override;
    void disconnected() override;
    void take(const wire::Frames& frames) override;

    void on_death() override { give_up(); }

    void call_again();
    void ask();
    void give_up();
    void reconnect();
    void hear_zmws(const wire::Frames& frames, std::size_t first);
    void hear_mdp(const wire::Frames& frames);
    [[nodiscard]] wire::Frames make_request(const Call& call, Uid uid) const;

    OldDialect dialect_;
    bool is_connected_ = false;
    Uid open_ = 0;  // 0: nothing is asked
    std::uint64_t asked_ = 0;
};

[[nodiscard]] wire::Frames frames_of(std::initializer_list<std::string_view> texts);

}  // namespace steward::sim
