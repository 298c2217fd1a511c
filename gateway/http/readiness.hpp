// gateway/http: which sockets can be read or written again, and whose other end has gone. Private
// to this folder.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <memory>
#include <sys/epoll.h>
#include <vector>

namespace steward::gateway {

/// The library's own way asks a socket before it waits for it, nearly always in vain, and tells
/// nothing of a peer that leaves while nobody reads. So sockets that say little at a time are
/// waited for here, with one epoll descriptor that the library waits for.
///
/// Thread: the loop's.
class Readiness : public std::enable_shared_from_this<Readiness> {
public:
    /// What is new; nothing is told twice. So who is told that there is something to read reads
    /// until there is nothing, or remembers it.
    struct Edges {
        bool can_read = false;
        bool can_write = false;
        bool is_half_closed = false;  // the peer sends no more
        bool is_gone = false;         // and reads no more
    };

    /// What of it is of interest.
    enum class Tells : std::uint8_t { All, TheEnd };

    class Watcher {
    public:
        Watcher() = default;
        Watcher(const Watcher&) = delete;
        Watcher& operator=(const Watcher&) = delete;
        virtual ~Watcher() = default;

        virtual void on_edges(const Edges& edges) = 0;
    };

    explicit Readiness(boost::asio::io_context& context);

    void start();
    /// Tells `watcher`, which is kept, until remove(). False: the system has no room for it.
    [[nodiscard]] bool add(int fd, Tells tells, std::shared_ptr<Watcher> watcher);
    /// Before `fd` is closed. Whoever was told of it, whom this may have been the last to keep.
    std::shared_ptr<Watcher> remove(int fd);
    /// Lets go of all.
    void clear();

private:
    struct Place {
        std::shared_ptr<Watcher> watcher;
        std::uint32_t use = 0;  // events of an earlier use of this descriptor are late
    };

    void wait();
    void tell();

    std::vector<Place> places_;  // by descriptor
    std::array<epoll_event, 256> events_{};
    boost::asio::posix::stream_descriptor epoll_;
};

}  // namespace steward::gateway
