// worker/runtime: carries messages between the broker and the exchange, so that heartbeats go while
// work() runs. Decides nothing; the session does.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/expected.hpp"
#include "common/log/log.hpp"
#include "common/net/connection.hpp"
#include "common/net/progress.hpp"
#include "common/posix/notify.hpp"
#include "common/posix/signal_fd.hpp"
#include "common/wire/check.hpp"
#include "worker/direct/masters.hpp"
#include "worker/runtime/exchange.hpp"

namespace steward::worker {

/// Thread: main's, which is the I/O thread; serve() is a lone work thread's
/// (common/posix/io_role.hpp). Logs: ready, not_ready, broker_lost, refused, cannot_connect,
/// cannot_measure_memory, leaving, giving_up, stopping_work, secret_refused, key_refused, left.
class IoLoop {
public:
    struct Parts {
        net::Context& context;
        Exchange& exchange;
        posix::WakeFd& wake;
        posix::SignalFd& signals;
        log::Log& log;
        posix::Notify& notify;
        Masters* masters = nullptr;             // who may speak to it directly; null: nobody
        bool serves_masters = false;            // they give it its jobs, not a broker
        const posix::AlarmFd* alarm = nullptr;  // what the exchange sets, if it does
        std::optional<net::CurveKeys> curve = {};
        /// How the worker is, for one who may see all or for anybody. Asked by whoever serves.
        std::function<wire::Check(bool privileged)> check = {};
    };

    /// Pre: the parts outlive this; `brokers` are endpoints, at least one;
    /// of one that serves masters where it listens.
    IoLoop(const Parts& parts, std::vector<std::string> brokers);

    /// Runs until the session has left: after SIGTERM or SIGINT, or when it wants a successor. A
    /// second signal asks what still runs to stop. Afterwards the connection is closed; what was
    /// said on it leaves before the context ends. Errors: Io.
    [[nodiscard]] base::Expected<Left> run();

    /// For a work thread that was told to: returns when it has something else to do.
    void serve(const Exchange::Desk& desk);

private:
    /// Sends, waits and receives, once. Gives something when the session has left.
    [[nodiscard]] base::Expected<std::optional<Left>> turn();
    [[nodiscard]] base::Expected<void> wait(std::optional<base::MonoTime> deadline);
    void connect(std::size_t broker);
    void disconnect();
    void measure_memory();
    void answer_questions();
    void read_signals();
    void read_masters();
    void leave(const char* why);
    void read_links();
    void read_messages();
    void flush();
    void log_changes(const Exchange::State& state);
    void log_trouble(const Exchange::State& state);

    Parts parts_;
    std::vector<std::string> brokers_;
    std::unique_ptr<net::Connection> connection_;
    net::Progress progress_;  // of that connection
    net::Poller poller_;
    net::Poller::Slot wake_slot_ = 0;
    net::Poller::Slot signals_slot_ = 0;
    wire::Frames pending_;  // taken from the session, not yet by the socket
    bool was_told_to_leave_ = false;
    bool was_abandoned_ = false;
    bool was_registered_ = false;
    std::vector<std::string> told_troubles_;  // of each broker, since it was last registered
};

}  // namespace steward::worker
