// common/net: a Connection over a stream socket.
#pragma once

#include <vector>

#include "common/net/connection.hpp"
#include "common/net/stream_socket.hpp"

namespace steward::net {

class StreamConnection final : public Connection {
public:
    /// `fd` is connected.
    /// When the broker turns this one away, `name` is added to `turned_away`, if there is one.
    StreamConnection(posix::UniqueFd fd,
                     const SocketOptions& options,
                     std::shared_ptr<Context::TurnedAway> turned_away = nullptr,
                     std::string name = {});
    ~StreamConnection() override;

    [[nodiscard]] SendStatus send(const Frames& frames) override;
    [[nodiscard]] ReceiveStatus receive(Frames& frames) override;
    [[nodiscard]] std::optional<LinkEvent> next_link() override;
    [[nodiscard]] bool is_connected() const override;

    [[nodiscard]] std::uint64_t moved_bytes() const override {
        return socket_.taken_in() + socket_.written();
    }

    [[nodiscard]] std::string refusal() const override { return refusal_; }

    void add_to(Poller& poller) override;
    void watch(Poller& poller, bool is_blocked) override;

private:
    enum class Link : std::uint8_t { New, Standing, Lost, Told };

    StreamSocket socket_;
    base::Duration linger_;
    std::vector<char> scratch_;
    Poller::Slot slot_ = 0;
    Link link_ = Link::New;
    std::shared_ptr<Context::TurnedAway> turned_away_;
    std::string name_;
    std::string refusal_;
    bool has_heard_ = false;
};

}  // namespace steward::net
