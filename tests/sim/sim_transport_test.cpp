// tests/sim: the fake network keeps the rules that the real one is held to.
#include "tests/sim/sim_transport.hpp"

#include <deque>

#include <doctest/doctest.h>

#include "tests/contract/transport_contract.hpp"

namespace {

using namespace steward;
using namespace steward::sim;

constexpr std::size_t kNewsMax = 100;

/// Takes one message at a time, when it is asked to.
class Dealer final : public PeerEnd {
public:
    [[nodiscard]] const std::string& name() const override { return name_; }

    void on_connected() override { is_connected = true; }

    void on_disconnected() override { is_connected = false; }

    void on_frames(const wire::Frames& frames) override {
        got = frames;
        wants = false;
    }

    [[nodiscard]] bool reads() const override { return wants; }

    LinkId link = 0;
    bool is_connected = false;
    bool wants = false;
    std::optional<wire::Frames> got;

private:
    std::string name_ = "dealer";
};

class SimTransportWorld final : public contract::TransportWorld, public BrokerEnd {
public:
    explicit SimTransportWorld(std::uint64_t seed)
        : choices_(seed), network_(schedule_, choices_, trace_, rules()), transport_(network_, 0) {
        network_.broker_up(0, *this);
    }

    app::Transport& transport() override { return transport_; }

    std::optional<contract::Incoming> receive(app::Side side) override {
        auto& inbox = inbox_of(side);
        if (inbox.empty()) {
            return std::nullopt;
        }
        auto first = std::move(inbox.front());
        inbox.pop_front();
        return first;
    }

    contract::Peer connect(app::Side side, const std::string& name) override {
        auto& dealer = *dealers_.emplace_back(std::make_unique<Dealer>());
        dealer.link = network_.open(dealer, 0, side, name);
        while (!dealer.is_connected) {
            let_pass();
        }
        network_.send(dealer.link, {base::Blob::copy("first")});
        std::optional<contract::Incoming> first;
        while (!(first = receive(side))) {
            let_pass();
        }
        return {dealers_.size() - 1, side, first->routing_id};
    }

    void disconnect(const contract::Peer& peer) override {
        network_.drop(dealers_[peer.number]->link);
    }

    void peer_send(const contract::Peer& peer, const app::Frames& frames) override {
        network_.send(dealers_[peer.number]->link, frames);
    }

    std::optional<app::Frames> peer_receive(const contract::Peer& peer) override {
        Dealer& dealer = *dealers_[peer.number];
        dealer.wants = true;
        network_.resume(dealer.link);
        dealer.wants = false;
        return std::exchange(dealer.got, std::nullopt);
    }

    std::size_t subscribe(const std::string& prefix) override {
        const std::size_t number = news_.size();
        news_.emplace_back();
        readers_.push_back(transport_.subscribe(
            prefix, [this, number](std::string_view topic, std::string_view body) {
                if (news_[number].size() < kNewsMax) {
                    news_[number].push_back({base::Blob::copy(topic), base::Blob::copy(body)});
                }
            }));
        return number;
    }

    void unsubscribe(std::size_t reader) override { transport_.unsubscribe(readers_[reader]); }

    std::optional<app::Frames> reader_receive(std::size_t reader) override {
        if (news_[reader].empty()) {
            return std::nullopt;
        }
        auto first = std::move(news_[reader].front());
        news_[reader].pop_front();
        return first;
    }

    void let_pass() override {
        const MonoTime end = schedule_.now() + 1ms;
        bool reached = false;
        schedule_.at(end, [&reached] { reached = true; });
        while (!reached && schedule_.step()) {
        }
    }

    // ---- BrokerEnd ----
    [[nodiscard]] const std::string& name() const override { return name_; }

    void on_frames(app::Side side, const std::string& routing_id, wire::Frames frames) override {
        inbox_of(side).push_back({routing_id, std::move(frames)});
    }

    void on_gone(app::Side /*side*/, const std::string& /*routing_id*/) override {}

private:
    static NetworkRules rules() {
        NetworkRules rules;
        rules.hwm = 1000;
        return rules;
    }

    std::deque<contract::Incoming>& inbox_of(app::Side side) {
        return side == app::Side::Frontend ? clients_ : workers_;
    }

    std::string name_ = "broker";
    Schedule schedule_;
    SeededChoices choices_;
    Trace trace_;
    Network network_;
    SimTransport transport_;
    std::deque<contract::Incoming> clients_;
    std::deque<contract::Incoming> workers_;
    std::vector<std::unique_ptr<Dealer>> dealers_;
    std::deque<std::deque<app::Frames>> news_;
    std::vector<std::size_t> readers_;
};

}  // namespace

TEST_CASE("The simulated transport keeps the contract of transports") {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        contract::check_transport([seed] { return std::make_unique<SimTransportWorld>(seed); });
    }
}

TEST_CASE("A simulated broker that dies in the midst of a turn sends nothing more") {
    SimTransportWorld world(1);
    auto& transport = dynamic_cast<SimTransport&>(world.transport());
    const auto peer = world.connect(app::Side::Frontend, "");
    transport.die_after(1);
    for (const std::string_view text : {"one", "two"}) {
        app::Frames frames = {base::Blob::copy(text)};
        CHECK(transport.send(peer.side, peer.routing_id, frames) == app::SendStatus::Sent);
    }
    CHECK(transport.is_dead());
    for (int i = 0; i < 100; ++i) {
        world.let_pass();
    }
    CHECK(world.peer_receive(peer) == app::Frames{base::Blob::copy("one")});
    CHECK_FALSE(world.peer_receive(peer).has_value());
}
