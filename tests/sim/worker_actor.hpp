// tests/sim: a native worker: a real worker::Session whose work() is a time and a dice.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "tests/sim/actor.hpp"
#include "worker/session.hpp"

namespace steward::sim {

class WorkerActor final : public Actor, public WorkerProcess {
public:
    /// `serves_all`: it announces every service; a random part of them otherwise.
    WorkerActor(Stage& stage, std::string name, bool serves_all);

    void start() override;
    void heal() override;
    /// SIGTERM; comes back later.
    void leave();

    /// From now on what it runs never returns by itself.
    void hang() { hangs_ = true; }

    // ---- WorkerProcess ----
    [[nodiscard]] const std::string& name() const override { return Actor::name(); }

    [[nodiscard]] LinkId welcomed_on() const override;

    [[nodiscard]] bool is_honest() const override { return is_alive() && !is_frozen(); }

private:
    struct Work {
        Uid uid = 0;
        MonoTime since{};
    };

    void connected() override;
    void disconnected() override;
    void take(const wire::Frames& frames) override;
    void on_death() override;

    /// Does all that the session wants done; after every call into it.
    void pump();
    void obey(worker::Action& action);
    void plan_wake_up();
    void begin(const wire::native::Assign& job);
    void check_work(const wire::native::Assign& job) const;
    void do_work(const model::Attempt& attempt);
    void tell_part(const model::Attempt& attempt);
    void say_part(const model::Attempt& attempt);
    void end_work(const model::Attempt& attempt);
    void tell_end(const model::Attempt& attempt);
    void stop_work(const model::Attempt& attempt);
    [[nodiscard]] Duration draw_run_time();
    [[nodiscard]] model::Outcome draw_outcome(Uid uid);

    bool serves_all_;
    bool is_quick_;  // many of its jobs end in the instant in which they begin
    worker::SessionOptions options_;
    std::optional<worker::Session> session_;
    std::map<model::Attempt, Work> works_;
    std::optional<MonoTime> wake_at_;
    bool hangs_ = false;
};

}  // namespace steward::sim
