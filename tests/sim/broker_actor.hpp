// tests/sim: one broker: a real app::Node on a simulated transport and journal, with a process that
// can be killed between any two sends and started again.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "broker/app/node.hpp"
#include "tests/sim/sim_journal.hpp"
#include "tests/sim/sim_transport.hpp"
#include "tests/sim/stage.hpp"

namespace steward::sim {

class BrokerActor final : public BrokerEnd, public app::Sink {
public:
    BrokerActor(Stage& stage, std::size_t index);

    void start();
    /// kill -9.
    void kill();

    /// Like kill(), in the midst of the next turn, after some of its sends.
    void kill_in_next_turn(std::uint64_t sends) { transport_.die_after(sends); }

    [[nodiscard]] SimJournal& journal() { return journal_; }

    [[nodiscard]] const SimJournal& journal() const { return journal_; }

    /// Goes down for good.
    void retire();

    [[nodiscard]] bool is_up() const { return node_ != nullptr; }

    [[nodiscard]] BrokerRun run() const { return {index_, run_}; }

    [[nodiscard]] const app::Node& node() const { return *node_; }

    [[nodiscard]] std::uint64_t turns() const { return turns_; }

    // ---- BrokerEnd ----
    [[nodiscard]] const std::string& name() const override { return name_; }

    void on_frames(app::Side side, const std::string& routing_id, wire::Frames frames) override;
    void on_gone(app::Side side, const std::string& routing_id) override;

    // ---- app::Sink ----
    void note(const core::Note& note) override;

    [[nodiscard]] model::EventSet wanted_events() const override { return {}; }

    void lifecycle(std::string_view, std::size_t) override {}

    void audit(std::string_view) override {}

private:
    struct Arrived {
        app::Side side;
        std::string routing_id;
        wire::Frames frames;
        bool is_gone = false;  // instead of frames: the connection has ended
    };

    void plan_turn(Duration pause);
    void turn();
    void kill_and_restart();
    void watch_worker(const Arrived& arrived);
    void watch_client(const Arrived& arrived);
    void check_progress();
    [[nodiscard]] base::Now now() const;

    Stage& stage_;
    std::size_t index_;
    std::string name_;
    core::Policy policy_;
    std::vector<app::KeyGrants> keys_;
    SimJournal journal_;
    SimTransport transport_;
    std::unique_ptr<app::Node> node_;
    std::vector<Arrived> inbox_;
    std::uint32_t run_ = 0;
    bool turn_planned_ = false;
    bool retired_ = false;
    std::uint64_t turns_ = 0;
    std::uint64_t idle_turns_ = 0;  // in a row, at one instant, without anything to do
    MonoTime last_turn_{};
    std::optional<MonoTime> wake_at_;
};

}  // namespace steward::sim
