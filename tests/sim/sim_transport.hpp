// tests/sim: a broker's ROUTERs and its news socket on the simulated network, with a wire-tap for
// the oracles. It can also die in the midst of a turn: what is sent after that reaches nobody.
#pragma once

#include <cstdint>
#include <optional>

#include "broker/app/transport.hpp"
#include "tests/sim/stage.hpp"

namespace steward::sim {

class SimTransport final : public app::Transport {
public:
    SimTransport(Stage& stage, std::size_t broker) : stage_(stage), broker_(broker) {}

    void begin_run(BrokerRun run) {
        run_ = run;
        sends_left_.reset();
    }

    /// The process dies after so many more sends.
    void die_after(std::uint64_t sends) { sends_left_ = sends; }

    [[nodiscard]] bool is_dead() const { return sends_left_ == 0U; }

    app::SendStatus send(app::Side side, std::string_view routing_id, app::Frames& frames) override;
    void publish(std::string_view topic, std::string_view body) override;

    [[nodiscard]] bool has_subscribers() const override { return true; }

private:
    void tap_native(LinkId link, const app::Frames& frames);
    void tap_old_worker(LinkId link, const app::Frames& frames);
    void tap_old_client(const app::Frames& frames);

    Stage& stage_;
    std::size_t broker_;
    BrokerRun run_;
    std::optional<std::uint64_t> sends_left_;
};

}  // namespace steward::sim
