// tests/sim: a broker's ROUTERs and its news socket on the simulated network. It can die in the
// midst of a turn: what is sent after that reaches nobody. Held to
// tests/contract/transport_contract.hpp.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "broker/app/transport.hpp"
#include "tests/sim/network.hpp"

namespace steward::sim {

class SimTransport final : public app::Transport {
public:
    /// Sees every message that was sent.
    using Tap = std::function<void(app::Side side, LinkId to, const app::Frames& frames)>;
    using Reader = std::function<void(std::string_view topic, std::string_view body)>;

    SimTransport(Network& network, std::size_t broker) : network_(network), broker_(broker) {}

    void set_tap(Tap tap) { tap_ = std::move(tap); }

    /// Somebody reads the news whose topics begin with `prefix`; his number.
    std::size_t subscribe(std::string prefix, Reader reader);

    void unsubscribe(std::size_t reader) { readers_.erase(reader); }

    /// A new process.
    void begin_run() { sends_left_.reset(); }

    /// The process dies after so many more sends.
    void die_after(std::uint64_t sends) { sends_left_ = sends; }

    [[nodiscard]] bool is_dead() const { return sends_left_ == 0U; }

    // ---- app::Transport ----
    app::SendStatus send(app::Side side, std::string_view routing_id, app::Frames& frames) override;
    void cut(app::Side side, std::string_view routing_id) override;
    void publish(std::string_view topic, std::string_view body) override;

    [[nodiscard]] bool has_subscribers() const override { return !readers_.empty(); }

private:
    struct Subscription {
        std::string prefix;
        Reader reader;
    };

    Network& network_;
    std::size_t broker_;
    Tap tap_;
    std::map<std::size_t, Subscription> readers_;
    std::size_t subscribed_ = 0;
    std::optional<std::uint64_t> sends_left_;
};

}  // namespace steward::sim
