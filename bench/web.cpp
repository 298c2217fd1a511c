#include "bench/web.hpp"

#include <array>
#include <charconv>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "bench/figures.hpp"
#include "bench/subject.hpp"

namespace steward::bench {

WebConnection::WebConnection(std::uint16_t port)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    require(fd_ >= 0 && ::connect(fd_, generic, sizeof address) == 0, "no connection is taken");
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

WebConnection::~WebConnection() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

WebConnection::WebConnection(WebConnection&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), text_(std::move(other.text_)) {}

void WebConnection::send(std::string_view text) const {
    require(
        ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()),
        "a request is not taken");
}

bool WebConnection::receive() {
    static thread_local std::array<char, 65'536> bytes;
    const ssize_t count = ::recv(fd_, bytes.data(), bytes.size(), 0);
    if (count <= 0) {
        return false;
    }
    text_.append(bytes.data(), static_cast<std::size_t>(count));
    return true;
}

bool WebConnection::take_answer() {
    const std::size_t head = text_.find("\r\n\r\n");
    if (head == std::string::npos) {
        return false;
    }
    require(text_.starts_with("HTTP/1.1 200"), text_.substr(0, text_.find('\r')));
    static constexpr std::string_view kLength = "Content-Length: ";
    const std::size_t at = text_.find(kLength);
    require(at < head, "an answer has no length");
    std::size_t length = 0;
    std::from_chars(text_.data() + at + kLength.size(), text_.data() + head, length);
    if (text_.size() < head + 4 + length) {
        return false;
    }
    text_.erase(0, head + 4 + length);
    return true;
}

namespace {

struct Caller {
    WebConnection connection;
    Clock::time_point sent;
    std::size_t open = 0;
};

std::string times(std::string_view text, std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) {
        out += text;
    }
    return out;
}

}  // namespace

WebLoad load(std::uint16_t port,
             std::string_view request,
             WebLoadOptions options,
             std::size_t count) {
    const std::string requests = times(request, options.ahead);
    const int poll = ::epoll_create1(EPOLL_CLOEXEC);
    std::vector<Caller> callers;
    callers.reserve(options.connections);
    for (std::size_t i = 0; i < options.connections; ++i) {
        callers.push_back({WebConnection(port), {}});
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = i;
        ::epoll_ctl(poll, EPOLL_CTL_ADD, callers.back().connection.fd(), &event);
    }
    WebLoad result;
    result.latencies_us.reserve(count + options.ahead);
    std::size_t sent = 0;
    const auto start = Clock::now();
    const auto send = [&](Caller& caller) {
        if (sent < count) {
            sent += options.ahead;
            caller.open = options.ahead;
            caller.sent = Clock::now();
            caller.connection.send(requests);
        }
    };
    for (Caller& caller : callers) {
        send(caller);
    }
    std::array<epoll_event, 256> events{};
    while (result.latencies_us.size() < sent) {
        const int ready = ::epoll_wait(poll, events.data(), events.size(), 30'000);
        require(ready > 0, "answers do not come");
        for (int i = 0; i < ready; ++i) {
            Caller& caller = callers[events.at(static_cast<std::size_t>(i)).data.u64];
            require(caller.connection.receive(), "a connection was closed");
            while (caller.open > 0 && caller.connection.take_answer()) {
                result.latencies_us.push_back(seconds_since(caller.sent) * 1e6);
                if (--caller.open == 0) {
                    send(caller);
                }
            }
        }
    }
    result.seconds = seconds_since(start);
    ::close(poll);
    return result;
}

}  // namespace steward::bench
