// broker/app: the loop. Each turn is one instant: what has come in, then what is due, then what
// goes out. It moves frames, time and signals into the node and knows nothing about jobs.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "broker/app/broker_sockets.hpp"
#include "broker/app/intake.hpp"
#include "broker/app/node.hpp"
#include "broker/app/shell_sink.hpp"
#include "common/log/log.hpp"
#include "common/net/poller.hpp"
#include "common/posix/notify.hpp"
#include "common/posix/signal_fd.hpp"

namespace steward::app {

/// What the loop works with; all of it outlives the loop.
struct LoopParts {
    BrokerSockets& sockets;
    Node& node;
    int journal_fd = -1;  // store::Journal::wakeup_fd()
    ShellSink& sink;
    posix::SignalFd& signals;
    log::Log& log;
    posix::Notify& notify;
    std::function<void()> reload;  // on SIGHUP
};

/// Thread: the one that calls run().
class BrokerLoop {
public:
    explicit BrokerLoop(LoopParts parts);

    /// Runs until the node has stopped: after SIGTERM or SIGINT and its drain, or because the
    /// journal died. A second such signal ends it at once.
    /// Returns whether it ended as it should.
    [[nodiscard]] bool run();

    /// What came in.
    struct Amount {
        std::size_t messages = 0;
        std::size_t bytes = 0;

        [[nodiscard]] bool is_below(const Amount& bound) const {
            return messages < bound.messages && bytes < bound.bytes;
        }
    };

    /// Taken from all doors in one turn at most, about. More would make the first wait long for
    /// its answer, fewer would spend the turn's fixed cost on little work.
    static constexpr Amount kPerTurn = {512, 512UL << 10U};
    /// Taken from one door before the others have their turn. A message of a peer under load has
    /// hundreds of jobs: workers that wait meanwhile cost more than a turn does, and what was taken
    /// in long before it is sent out is not in the caches any more.
    static constexpr Amount kInARow = {32, 32UL << 10U};
    /// Between two lines that tell of those who found no place.
    static constexpr base::Duration kUnacceptedPause = std::chrono::seconds(1);
    /// Turns under full load before signals and subscriptions are looked at.
    static constexpr std::size_t kTurnsUnlooked = 16;

private:
    [[nodiscard]] Amount turn(const base::Now& now);
    [[nodiscard]] Amount take_messages();
    [[nodiscard]] Amount take_row(Door door);
    [[nodiscard]] bool is_heard(Door door) const;
    void see_whether_full(Side heard);
    void hear_clients(Intake::Door door);
    [[nodiscard]] bool wait(bool is_under_load);
    [[nodiscard]] bool note_waited(const base::Expected<std::size_t>& waited);
    void watch_all();
    void answer_for_keys();
    void cut_the_unfinished(base::MonoTime now);
    void note_unaccepted(base::MonoTime now);
    void look_around();
    void relieve_news();
    void handle_signal(int signal);

    LoopParts parts_;
    net::Poller poller_;
    BrokerSockets::Slots slots_;
    net::Poller::Slot signals_slot_ = 0;
    Intake intake_;
    Intake::Door clients_ = Intake::Door::Open;  // at this turn's beginning
    bool are_clients_heard_ = true;              // now
    std::string routing_id_;
    Frames frames_;
    Arrival from_;
    std::optional<base::MonoTime> next_beat_;
    std::size_t turns_unlooked_ = 0;
    base::MonoTime unaccepted_silent_until_{};
    bool is_draining_ = false;
    bool is_ended_ = false;
};

}  // namespace steward::app
