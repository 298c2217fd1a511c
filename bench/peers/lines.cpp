#include "bench/peers/lines.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace steward::bench {
namespace {

constexpr std::size_t kReadBytes = 256UL << 10U;

[[noreturn]] void broken(const char* what) {
    std::perror(what);
    std::exit(1);
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

}  // namespace

int connect_to(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port);
    if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(fd);
        return -1;
    }
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

std::uint16_t free_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        broken("steward-bench: no free port");
    }
    ::close(fd);
    return ntohs(address.sin_port);
}

Lines::Lines() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), buffer_(kReadBytes) {}

Lines::~Lines() {
    for (const auto& line : lines_) {
        ::close(line->socket);
    }
    ::close(epoll_);
}

void Lines::add(std::uint16_t port, std::unique_ptr<Side> side) {
    auto line = std::make_unique<Line>();
    line->socket = connect_to(port);
    if (line->socket < 0) {
        broken("steward-bench: the server takes no connection");
    }
    line->side = std::move(side);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = line.get();
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, line->socket, &event) != 0) {
        broken("steward-bench: epoll");
    }
    line->side->open(line->out);
    write(*line);
    lines_.push_back(std::move(line));
}

void Lines::wait_until_open() {
    for (const auto& line : lines_) {
        while (!line->side->is_open()) {
            step();
        }
    }
}

std::uint64_t Lines::done() const {
    std::uint64_t done = 0;
    for (const auto& line : lines_) {
        done += line->side->done();
    }
    return done;
}

bool Lines::flush() {
    bool all = true;
    for (const auto& line : lines_) {
        if (!line->out.empty() && !line->waits_for_room) {
            write(*line);
        }
        all = all && !line->waits_for_room;
    }
    return all;
}

void Lines::step(bool waits) {
    flush();
    std::array<epoll_event, 64> events{};
    const int count =
        ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), waits ? -1 : 0);
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        Line& line = *static_cast<Line*>(event.data.ptr);
        if ((event.events & ~std::uint32_t{EPOLLOUT}) != 0) {
            read(line);
        }
        if (!line.out.empty()) {
            write(line);
        }
    }
}

void Lines::write(Line& line) {
    while (line.written < line.out.size()) {
        const ssize_t sent = ::send(line.socket,
                                    line.out.data() + line.written,
                                    line.out.size() - line.written,
                                    MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            watch(line, true);
            return;
        }
        if (sent < 0) {
            broken("steward-bench: a connection ended");
        }
        line.written += static_cast<std::size_t>(sent);
    }
    line.out.clear();
    line.written = 0;
    watch(line, false);
}

void Lines::read(Line& line) {
    const ssize_t got = ::recv(line.socket, buffer_.data(), buffer_.size(), 0);
    if (got < 0 && errno == EAGAIN) {
        return;
    }
    if (got <= 0) {
        broken("steward-bench: the server ended a connection");
    }
    const std::string_view fresh(buffer_.data(), static_cast<std::size_t>(got));
    if (line.in.empty()) {
        const std::size_t taken = line.side->take(fresh, line.out);
        line.in.assign(fresh.substr(taken));
        return;
    }
    line.in.append(fresh);
    line.in.erase(0, line.side->take(line.in, line.out));
}

void Lines::watch(Line& line, bool for_room) {
    if (line.waits_for_room == for_room) {
        return;
    }
    line.waits_for_room = for_room;
    epoll_event event{};
    event.events = for_room ? EPOLLIN | EPOLLOUT : EPOLLIN;
    event.data.ptr = &line;
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, line.socket, &event);
}

}  // namespace steward::bench
