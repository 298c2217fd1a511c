// bench: the least that an HTTP server can do: epoll, one read, one write of a fixed answer for
// each request in it. What it costs is what the machine asks for HTTP, whoever serves.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <unordered_map>

namespace {

// About as long as the gateway's.
std::string make_answer() {
    const std::string body(200, 'b');
    return "HTTP/1.1 200 OK\r\nServer: bare\r\nX-Padding: " + std::string(300, 'x') +
           "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

// Takes the whole requests off `text`; their number.
std::size_t take_requests(std::string& text) {
    static constexpr std::string_view kLength = "Content-Length: ";
    std::size_t count = 0;
    std::size_t begin = 0;
    for (;;) {
        const std::size_t head = text.find("\r\n\r\n", begin);
        if (head == std::string::npos) {
            break;
        }
        const std::size_t at = text.find(kLength, begin);
        const std::size_t length =
            at < head ? std::strtoul(text.data() + at + kLength.size(), nullptr, 10) : 0;
        if (text.size() < head + 4 + length) {
            break;
        }
        begin = head + 4 + length;
        ++count;
    }
    text.erase(0, begin);
    return count;
}

int listen_anywhere() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (fd < 0 || ::bind(fd, generic, size) != 0 || ::listen(fd, 1024) != 0 ||
        ::getsockname(fd, generic, &size) != 0) {
        std::exit(1);
    }
    std::printf("ready: %d\n", ntohs(address.sin_port));
    std::fflush(stdout);
    return fd;
}

void watch(int poll, int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    ::epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
}

}  // namespace

int main() {
    const int acceptor = listen_anywhere();
    const int poll = ::epoll_create1(EPOLL_CLOEXEC);
    watch(poll, acceptor);
    const std::string answer = make_answer();
    std::unordered_map<int, std::string> peers;
    std::array<epoll_event, 256> events{};
    static std::array<char, 65'536> bytes;
    std::string out;
    for (;;) {
        const int ready = ::epoll_wait(poll, events.data(), events.size(), -1);
        for (int i = 0; i < ready; ++i) {
            const int fd = events.at(static_cast<std::size_t>(i)).data.fd;
            if (fd == acceptor) {
                const int peer = ::accept4(fd, nullptr, nullptr, SOCK_CLOEXEC);
                const int on = 1;
                ::setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                watch(poll, peer);
                continue;
            }
            const ssize_t count = ::recv(fd, bytes.data(), bytes.size(), 0);
            if (count <= 0) {
                peers.erase(fd);
                ::close(fd);
                continue;
            }
            std::string& text = peers[fd];
            text.append(bytes.data(), static_cast<std::size_t>(count));
            out.clear();
            for (std::size_t owed = take_requests(text); owed > 0; --owed) {
                out += answer;
            }
            if (!out.empty() && ::send(fd, out.data(), out.size(), MSG_NOSIGNAL) < 0) {
                return 1;
            }
        }
    }
}
