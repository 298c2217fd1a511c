// bench: a server with a protocol of its own: how it is started, at which settings, and the sides
// that speak to it. One file a peer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/peers/side.hpp"
#include "bench/subject.hpp"

namespace steward::bench {

/// Where a server is to live.
struct Place {
    std::filesystem::path folder;  // its own, on the disk to measure
    std::uint16_t port = 0;        // on the loopback address
    std::uint16_t other_port = 0;  // for what needs two
};

class Peer {
public:
    Peer() = default;
    virtual ~Peer() = default;
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    [[nodiscard]] virtual std::string name() const = 0;
    [[nodiscard]] virtual std::string title(bool durable) const = 0;
    [[nodiscard]] virtual Abilities abilities() const = 0;
    /// The server's program, as it is called; the tables leave out what is not found.
    [[nodiscard]] virtual std::string program() const = 0;

    /// `path` is the program's.
    [[nodiscard]] virtual Command server(const std::string& path,
                                         const Place& place,
                                         bool durable) const = 0;

    /// What must run before the server; nothing for most.
    [[nodiscard]] virtual std::unique_ptr<Child> helper(const Place& /*place*/) const {
        return nullptr;
    }

    /// The port that workers connect to.
    [[nodiscard]] virtual std::uint16_t worker_port(const Place& place) const { return place.port; }

    /// A client's side for background jobs.
    [[nodiscard]] virtual std::unique_ptr<Side> submitter(const Shape& shape) const = 0;
    /// A client's sides for calls: the first sends. Empty without abilities().calls.
    [[nodiscard]] virtual std::vector<std::unique_ptr<Side>> caller(const Shape& shape) const = 0;
    [[nodiscard]] virtual std::unique_ptr<Side> worker(const Shape& shape) const = 0;
};

[[nodiscard]] std::unique_ptr<Peer> bare_relay();
/// `tuned`: one thread, a large hash table, up to 32 grabs a worker.
[[nodiscard]] std::unique_ptr<Peer> gearmand(bool tuned);
[[nodiscard]] std::unique_ptr<Peer> beanstalkd();
[[nodiscard]] std::unique_ptr<Peer> nats();
[[nodiscard]] std::unique_ptr<Peer> redis_lists();
/// A worker's jobs stay in a list of its own until they are done.
[[nodiscard]] std::unique_ptr<Peer> redis_kept_lists();
[[nodiscard]] std::unique_ptr<Peer> redis_streams();
[[nodiscard]] std::unique_ptr<Peer> rabbitmq();

/// All of them.
[[nodiscard]] std::vector<std::unique_ptr<Peer>> peers();

/// The whole path of a program of this name; empty: there is none.
[[nodiscard]] std::string path_of(const std::string& program);

/// A subject made of a peer.
[[nodiscard]] std::unique_ptr<Subject> subject_of(std::unique_ptr<Peer> peer);

}  // namespace steward::bench
