// bench: the bare relay as a peer: an answer is acknowledgement and end of a job in one.
#include <cstring>
#include <filesystem>

#include "bench/peers/peer.hpp"
#include "bench/peers/relay_frame.hpp"

namespace steward::bench {
namespace {

template <class Each>
std::size_t each_frame(std::string_view in, Each each) {
    std::size_t taken = 0;
    while (const std::size_t bytes = relay_frame_bytes(in.substr(taken))) {
        each(in.substr(taken, bytes));
        taken += bytes;
    }
    return taken;
}

class RelayClient final : public Side {
public:
    void open(std::string& /*out*/) override { opened(); }

    void send(std::string& out, std::size_t /*service*/, std::string_view payload) override {
        put_relay_frame(out, payload);
    }

    std::size_t take(std::string_view in, std::string& /*out*/) override {
        return each_frame(in, [&](std::string_view /*frame*/) { add_done(); });
    }
};

class RelayWorker final : public Side {
public:
    void open(std::string& /*out*/) override { opened(); }

    std::size_t take(std::string_view in, std::string& out) override {
        return each_frame(in, [&](std::string_view frame) {
            RelayHead head;
            std::memcpy(&head, frame.data(), sizeof head);
            put_relay_frame(out, answer_of(frame.substr(sizeof head)), head.client);
            add_done();
        });
    }
};

class BareRelay final : public Peer {
public:
    [[nodiscard]] std::string name() const override { return "relay"; }

    [[nodiscard]] std::string title(bool /*durable*/) const override {
        return "bare TCP relay (keeps nothing)";
    }

    [[nodiscard]] Abilities abilities() const override { return {.keeps_jobs = false}; }

    [[nodiscard]] std::string program() const override {
        return std::filesystem::read_symlink("/proc/self/exe").parent_path() /
               "steward-bench-relay";
    }

    [[nodiscard]] Command server(const std::string& path,
                                 const Place& place,
                                 bool /*durable*/) const override {
        return {path,
                {std::to_string(place.port), std::to_string(place.other_port)},
                {},
                place.folder / "server.log"};
    }

    [[nodiscard]] std::uint16_t worker_port(const Place& place) const override {
        return place.other_port;
    }

    [[nodiscard]] std::unique_ptr<Side> submitter(const Shape& /*shape*/) const override {
        return std::make_unique<RelayClient>();
    }

    [[nodiscard]] std::vector<std::unique_ptr<Side>> caller(const Shape& /*shape*/) const override {
        std::vector<std::unique_ptr<Side>> sides;
        sides.push_back(std::make_unique<RelayClient>());
        return sides;
    }

    [[nodiscard]] std::unique_ptr<Side> worker(const Shape& /*shape*/) const override {
        return std::make_unique<RelayWorker>();
    }
};

}  // namespace

std::unique_ptr<Peer> bare_relay() {
    return std::make_unique<BareRelay>();
}

}  // namespace steward::bench
