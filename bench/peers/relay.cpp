// bench: the machine's limit to compare with: a TCP relay that keeps nothing. It reads as much as
// there is, deals whole frames to the workers, many at a time, passes their echoes back, and writes
// once for each read. `steward-bench-relay FRONT_PORT BACK_PORT`.
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include "bench/peers/relay_frame.hpp"

namespace {

using steward::bench::relay_frame_bytes;
using steward::bench::RelayHead;

constexpr std::size_t kReadBytes = 256UL << 10U;
constexpr std::size_t kDealBytes = 4UL << 10U;  // for one worker before the next has its turn

struct Peer {
    int socket = -1;
    bool listens = false;
    bool is_worker = false;
    std::uint32_t number = 0;  // of a client
    std::string in;
    std::string out;
    std::size_t written = 0;
    bool waits_for_room = false;
    bool is_touched = false;  // is in touched_
};

class Relay {
public:
    Relay(std::uint16_t front, std::uint16_t back) {
        listen_on(front, false);
        listen_on(back, true);
    }

    [[noreturn]] void run() {
        std::array<epoll_event, 64> events{};
        for (;;) {
            const int count =
                ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
            for (int i = 0; i < count; ++i) {
                const epoll_event& event = events[static_cast<std::size_t>(i)];
                Peer& peer = *static_cast<Peer*>(event.data.ptr);
                if (peer.listens) {
                    accept(peer);
                } else if ((event.events & EPOLLOUT) != 0) {
                    write(peer);
                }
                if (!peer.listens && (event.events & ~std::uint32_t{EPOLLOUT}) != 0) {
                    read(peer);
                }
            }
            for (Peer* peer : touched_) {
                peer->is_touched = false;
                if (!peer->waits_for_room) {
                    write(*peer);
                }
            }
            touched_.clear();
        }
    }

private:
    void listen_on(std::uint16_t port, bool for_workers) {
        Peer& peer = add(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        peer.listens = true;
        peer.is_worker = for_workers;
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::bind(peer.socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
            ::listen(peer.socket, 1024) != 0) {
            std::perror("steward-bench-relay");
            std::exit(1);
        }
    }

    Peer& add(int socket) {
        auto& peer = peers_.emplace_back(std::make_unique<Peer>());
        peer->socket = socket;
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = peer.get();
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
        return *peer;
    }

    void accept(const Peer& listener) {
        const int socket =
            ::accept4(listener.socket, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (socket < 0) {
            return;
        }
        const int on = 1;
        ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        Peer& peer = add(socket);
        peer.is_worker = listener.is_worker;
        if (peer.is_worker) {
            workers_.push_back(&peer);
        } else {
            peer.number = static_cast<std::uint32_t>(clients_.size());
            clients_.push_back(&peer);
        }
    }

    // Who leaves is forgotten by epoll; its answers go nowhere.
    void read(Peer& peer) {
        const ssize_t got = ::recv(peer.socket, buffer_.data(), buffer_.size(), 0);
        if (got <= 0) {
            if (got == 0 || errno != EAGAIN) {
                leave(peer);
            }
            return;
        }
        const std::string_view fresh(buffer_.data(), static_cast<std::size_t>(got));
        if (peer.in.empty()) {
            peer.in.assign(fresh.substr(deal(peer, fresh)));
        } else {
            peer.in.append(fresh);
            peer.in.erase(0, deal(peer, peer.in));
        }
    }

    std::size_t deal(const Peer& from, std::string_view in) {
        std::size_t taken = 0;
        while (const std::size_t bytes = relay_frame_bytes(in.substr(taken))) {
            std::string_view frame = in.substr(taken, bytes);
            if (from.is_worker) {
                RelayHead head;
                std::memcpy(&head, frame.data(), sizeof head);
                touch(*clients_.at(head.client)).append(frame);
            } else if (Peer* worker = next_worker(bytes)) {
                RelayHead head;
                std::memcpy(&head, frame.data(), sizeof head);
                head.client = from.number;
                touch(*worker)
                    .append(reinterpret_cast<const char*>(&head), sizeof head)
                    .append(frame.substr(sizeof head));
            } else {
                break;
            }
            taken += bytes;
        }
        dealt_bytes_ = kDealBytes;  // the next read is another worker's
        return taken;
    }

    Peer* next_worker(std::size_t bytes) {
        if (workers_.empty()) {
            return nullptr;
        }
        if (dealt_bytes_ >= kDealBytes) {
            dealt_bytes_ = 0;
            turn_ = (turn_ + 1) % workers_.size();
        }
        dealt_bytes_ += bytes;
        return workers_[turn_];
    }

    std::string& touch(Peer& peer) {
        if (!peer.is_touched) {
            peer.is_touched = true;
            touched_.push_back(&peer);
        }
        return peer.out;
    }

    void write(Peer& peer) {
        while (peer.socket >= 0 && peer.written < peer.out.size()) {
            const ssize_t sent = ::send(peer.socket,
                                        peer.out.data() + peer.written,
                                        peer.out.size() - peer.written,
                                        MSG_NOSIGNAL);
            if (sent < 0 && errno == EAGAIN) {
                watch(peer, true);
                return;
            }
            if (sent < 0) {
                leave(peer);
                return;
            }
            peer.written += static_cast<std::size_t>(sent);
        }
        peer.out.clear();
        peer.written = 0;
        watch(peer, false);
    }

    void watch(Peer& peer, bool for_room) {
        if (peer.socket < 0 || peer.waits_for_room == for_room) {
            return;
        }
        peer.waits_for_room = for_room;
        epoll_event event{};
        event.events = for_room ? EPOLLIN | EPOLLOUT : EPOLLIN;
        event.data.ptr = &peer;
        ::epoll_ctl(epoll_, EPOLL_CTL_MOD, peer.socket, &event);
    }

    void leave(Peer& peer) {
        ::close(peer.socket);
        peer.socket = -1;
        std::erase(workers_, &peer);
    }

    int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    std::vector<std::unique_ptr<Peer>> peers_;
    std::vector<Peer*> clients_;
    std::vector<Peer*> workers_;
    std::vector<Peer*> touched_;
    std::vector<char> buffer_ = std::vector<char>(kReadBytes);
    std::size_t turn_ = 0;
    std::size_t dealt_bytes_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: steward-bench-relay FRONT_PORT BACK_PORT\n");
        return 2;
    }
    Relay(static_cast<std::uint16_t>(std::atoi(argv[1])),
          static_cast<std::uint16_t>(std::atoi(argv[2])))
        .run();
}
