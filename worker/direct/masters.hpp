// worker/direct: the sockets at which masters find a worker, with the front behind them; and the
// connection over which the worker's I/O thread speaks to that front as if it were a broker.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/net/connection.hpp"
#include "common/net/message_guard.hpp"
#include "common/net/stream_server.hpp"
#include "common/posix/secret.hpp"
#include "common/posix/wake_fd.hpp"
#include "worker/direct/admission.hpp"
#include "worker/direct/front.hpp"

namespace steward::worker {

struct MastersOptions {
    FrontOptions front;
    /// Where anybody may come: "ipc:///path" or "tcp://host:port", whose port may be 0. Empty:
    /// there is one master, over `channel`.
    std::string address;
    /// A stream socket to the one who has started this process. -1: none.
    int channel = -1;
    std::optional<posix::Secret> secret;
    /// Of a tcp address: who may come. Nothing: whoever reaches it.
    std::optional<AdmissionFiles> admission;
    std::function<void(wire::Check&)> complete;
};

/// Thread: the I/O thread's.
class Masters {
public:
    /// At an ipc address this holds a lock on `PATH.lock`, so that there is one worker for it.
    /// Errors: Io, also when another process listens there; Malformed for the address; BadConfig
    ///         for keys that cannot be understood.
    [[nodiscard]] static base::Expected<std::unique_ptr<Masters>> open(net::Context& context,
                                                                       MastersOptions options);
    ~Masters();
    Masters(const Masters&) = delete;
    Masters& operator=(const Masters&) = delete;

    /// Where it really listens; empty for a channel.
    [[nodiscard]] const std::string& address() const { return address_; }

    /// The worker's end. Pre: this outlives it; one at a time.
    [[nodiscard]] std::unique_ptr<net::Connection> connect();

    /// What came, and what is to go; once a turn.
    void turn();
    void add_to(net::Poller& poller) const;
    /// Before each wait.
    void watch(net::Poller& poller);

    /// Before the end: tells everybody to go, and waits until they have, at most `patience`. A
    /// connection that is closed before its other end has read what came last takes that along:
    /// ZeroMQ, as our clients use it, drops what a lost connection had brought.
    void part(base::Duration patience);

    [[nodiscard]] Front& front() { return front_; }

    /// When turn() has something to look at, though nothing has come; nothing: never.
    [[nodiscard]] std::optional<base::MonoTime> next_look() const;

    /// Connections that were ended since the last call, because a message did not end; for the log.
    [[nodiscard]] std::vector<net::UnfinishedCut> take_cuts() { return std::exchange(cuts_, {}); }

    /// Whose key was refused since the last call, for the log.
    [[nodiscard]] std::vector<net::ZapQuestion> take_refused_keys();

    /// The one master of a channel is gone: there is nobody to work for.
    [[nodiscard]] bool is_abandoned() const { return is_abandoned_; }

private:
    class WorkersEnd;
    struct Doors;  // the sockets for everybody
    struct Channel;

    Masters(MastersOptions&& options, posix::WakeFd wake);
    [[nodiscard]] base::Expected<void> open_doors(net::Context& context,
                                                  const std::string& address,
                                                  const std::optional<AdmissionFiles>& admission);
    void open_channel(int fd);
    [[nodiscard]] net::SendStatus send(const std::string& master, const wire::Frames& frames);
    void read_doors();
    void cut_the_unfinished(base::MonoTime now);
    void read_router(base::MonoTime now);
    void read_streams(base::MonoTime now);
    [[nodiscard]] const MasterRights* rights_of(std::uint32_t number) const;
    void read_channel();
    void write();

    std::optional<posix::Secret> secret_;
    Front front_;
    std::string address_;
    posix::WakeFd wake_;  // rung when the worker's end has something to read
    std::unique_ptr<Doors> doors_;
    std::unique_ptr<Channel> channel_;
    std::vector<net::UnfinishedCut> cuts_;
    bool is_abandoned_ = false;
};

}  // namespace steward::worker
