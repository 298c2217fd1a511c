// common/net: a Connection over a stream socket.
#pragma once

#include <vector>

#include "common/net/connection.hpp"
#include "common/net/stream_socket.hpp"

namespace steward::net {

class StreamConnection final : public Connection {
public:
    /// `fd` is connected.
    StreamConnection(posix::UniqueFd fd, const SocketOptions& options);
    ~StreamConnection() override;

    [[nodiscard]] SendStatus send(const Frames& frames) override;
    [[nodiscard]] ReceiveStatus receive(Frames& frames) override;
    [[nodiscard]] std::optional<LinkEvent> next_link() override;
    [[nodiscard]] bool is_connected() const override;

    void add_to(Poller& poller) override;
    void watch(Poller& poller, bool is_blocked) override;

private:
    enum class Link : std::uint8_t { New, Standing, Lost, Told };

    StreamSocket socket_;
    base::Duration linger_;
    std::vector<char> scratch_;
    Poller::Slot slot_ = 0;
    Link link_ = Link::New;
};

}  // namespace steward::net
