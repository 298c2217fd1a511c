// common/net: a Connection over ZeroMQ: a DEALER and its monitor.
#pragma once

#include <optional>
#include <string>

#include "common/net/connection.hpp"

namespace steward::net {

class Dealer final : public Connection {
public:
    /// Begins to connect. Errors: Io; Malformed for an endpoint that cannot be understood.
    [[nodiscard]] static base::Expected<std::unique_ptr<Dealer>> connect(
        Context& context, const std::string& endpoint, const SocketOptions& options = {});

    [[nodiscard]] SendStatus send(const Frames& frames) override { return socket_.send(frames); }

    [[nodiscard]] ReceiveStatus receive(Frames& frames) override { return socket_.receive(frames); }

    [[nodiscard]] std::optional<LinkEvent> next_link() override { return monitor_->next(); }

    [[nodiscard]] bool is_connected() const override { return monitor_->is_connected(); }

    [[nodiscard]] std::uint64_t moved_bytes() const override;

    [[nodiscard]] std::string refusal() const override { return monitor_->refusal(); }

    void add_to(Poller& poller) override;
    void watch(Poller& poller, bool is_blocked) override;

private:
    explicit Dealer(Socket socket);

    Socket socket_;
    std::optional<Monitor> monitor_;  // always set; ends before socket_
    Poller::Slot messages_ = 0;
};

}  // namespace steward::net
