// bench: connections that speak just enough HTTP to load a server: many at once, from one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace steward::bench {

/// One connection to a port of this machine. Ends the bench when it cannot be made.
class WebConnection {
public:
    explicit WebConnection(std::uint16_t port);
    ~WebConnection();
    WebConnection(WebConnection&& other) noexcept;
    WebConnection& operator=(WebConnection&&) = delete;

    void send(std::string_view text) const;
    /// Takes what has come; false when the other end has closed.
    bool receive();
    /// The first whole answer taken off what has come; false while there is none. Ends the bench
    /// when its status is not 200.
    bool take_answer();

    /// What has come and was not taken.
    [[nodiscard]] std::string& text() { return text_; }

    [[nodiscard]] int fd() const { return fd_; }

private:
    int fd_ = -1;
    std::string text_;
};

struct WebLoad {
    double seconds = 0;
    std::vector<double> latencies_us;
};

struct WebLoadOptions {
    std::size_t connections = 1;  // that stay open
    std::size_t ahead = 1;  // requests that each sends at once, before it waits for all answers
};

/// At least `count` times `request`.
[[nodiscard]] WebLoad load(std::uint16_t port,
                           std::string_view request,
                           WebLoadOptions options,
                           std::size_t count);

}  // namespace steward::bench
