// tests/sim: a process with one connection. It can freeze: whatever happens to it then happens when
// it thaws, all at once and in order. It can die: then nothing of what was planned happens.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/sim/stage.hpp"

namespace steward::sim {

class Actor : public PeerEnd {
public:
    Actor(Stage& stage, std::string name) : stage_(stage), name_(std::move(name)) {}

    ~Actor() override = default;

    /// The first start, and again after each death.
    virtual void start() = 0;
    /// kill -9; comes back after `pause`.
    void die(Duration pause);
    void freeze(Duration pause);

    /// The faults have stopped: thaw, come back, behave.
    virtual void heal() { thaw(); }

    [[nodiscard]] bool is_alive() const { return alive_; }

    [[nodiscard]] bool is_frozen() const { return frozen_; }

    [[nodiscard]] LinkId link() const { return link_; }

    // ---- PeerEnd ----
    [[nodiscard]] const std::string& name() const override { return name_; }

    void on_connected() final;
    void on_disconnected() final;
    void on_frames(const wire::Frames& frames) final;

    [[nodiscard]] bool reads() const final { return !frozen_; }

protected:
    // What the process does, never while it is frozen or dead.
    virtual void connected() = 0;
    virtual void disconnected() = 0;
    virtual void take(const wire::Frames& frames) = 0;
    /// Forget everything that was in memory.
    virtual void on_death() = 0;

    void born();
    /// Closes the connection in use and begins another.
    void connect_to(std::size_t broker, app::Side side, std::string fixed_id = {});
    void hang_up();

    void send(wire::Frames frames) { stage_.network.send(link_, std::move(frames)); }

    /// Plans something for this life of the process.
    void later(Duration pause, std::function<void()> action);
    void later_at(MonoTime when, std::function<void()> action);
    /// The process ends by itself and its supervisor starts it again.
    void end_and_restart(Duration pause);

    [[nodiscard]] MonoTime now() const { return stage_.schedule.now(); }

    [[nodiscard]] Choices& choices() const { return stage_.choices; }

    void say(std::string_view what) const { stage_.trace.line(now(), name_, what); }

    Stage& stage_;

private:
    void act(std::function<void()> action);
    void thaw();

    std::string name_;
    LinkId link_ = 0;
    std::uint64_t life_ = 0;
    bool alive_ = false;
    bool frozen_ = false;
    std::uint64_t freezes_ = 0;
    std::vector<std::function<void()>> waiting_;
};

}  // namespace steward::sim
