// worker: one worker's side of the native protocol as a pure state machine: announcing, heartbeats,
// fail-over between brokers, jobs held ahead, results. No socket, no thread, no clock: the runtime
// (runtime.hpp) and the simulator drive the same object.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/prng.hpp"
#include "common/base/time.hpp"
#include "common/model/job.hpp"
#include "common/wire/native.hpp"

namespace steward::worker {

using namespace std::chrono_literals;

struct SessionOptions {
    std::vector<std::string> services;
    std::string library = "steward-cpp";
    std::uint32_t concurrency = 1;                 // jobs run at once
    std::uint32_t credit_max = 1024;               // jobs held at once, running ones included
    base::Duration heartbeat_interval = 5s;
    std::uint32_t heartbeat_tries = 3;             // silent intervals before the broker is given up
    base::Duration reconnect_first = 50ms;         // pause before another connection; doubles, jitter
    base::Duration reconnect_max = 2s;
    std::size_t brokers = 1;                       // length of the broker list
};

// What the runtime must do, in order.
struct Connect {            // close the present connection if any, open one to this broker of the list
    std::size_t broker = 0;
};
struct StartJob {           // run it; report with finished()
    wire::native::Assign job;
};
struct StopJob {            // fire the attempt's stop token; its result no longer counts
    model::Attempt attempt;
    std::string why;
};
struct CallIdle {};         // three intervals without work have passed (ZMWS): call idle() once
struct Left {};             // goodbye is said and nothing is held: close and end
using Action = std::variant<Connect, StartJob, StopJob, CallIdle, Left>;

/// Thread: one.
class Session {
public:
    Session(SessionOptions options, base::MonoTime start, std::uint64_t seed);

    // ---- from the transport ----
    /// A connection stands: everything is announced anew, running attempts included, before
    /// anything else is sent.
    void connected(base::MonoTime now);
    /// It is gone: what was gathered waits for the next one.
    void disconnected(base::MonoTime now);
    /// One message from the broker, any bytes.
    void on_frames(base::MonoTime now, const wire::Frames& frames);

    // ---- from the work threads ----
    void finished(base::MonoTime now, const model::Attempt&, model::Outcome, base::Duration run_time);
    void partial(base::MonoTime now, const model::Attempt&, model::Payload);
    void progress(base::MonoTime now, const model::Attempt&, std::uint64_t done, std::uint64_t total,
                  std::string text);
    /// SIGTERM: gives back what has not been started, finishes what runs, says goodbye, Left.
    void leave(base::MonoTime now);

    // ---- time and output ----
    void on_time(base::MonoTime now);
    [[nodiscard]] std::optional<base::MonoTime> next_deadline() const;
    /// The next thing to do; nothing when all is done. Drain after every call above.
    [[nodiscard]] std::optional<Action> next_action();
    /// Everything gathered for the broker as one message; nothing when there is nothing or no
    /// connection stands.
    [[nodiscard]] std::optional<wire::Frames> take_batch(base::MonoTime now);

    [[nodiscard]] std::size_t running() const;
    [[nodiscard]] std::size_t held() const;
    [[nodiscard]] bool is_registered() const;  // the broker has welcomed this connection

private:
    // owned by the worker room's author
};

}  // namespace steward::worker
