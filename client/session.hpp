// client: one client's side of the native protocol as a pure state machine: numbers, resends under
// the same submission id, fail-over between brokers, heartbeats. No socket, thread or clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/expected.hpp"
#include "common/base/time.hpp"
#include "common/model/job.hpp"
#include "common/wire/native.hpp"

namespace steward::client {

using namespace std::chrono_literals;

struct SessionOptions {
    std::uint64_t session = 1;  // random, not 0; names this client in its submission ids
    std::string library = "steward-cpp";
    base::Duration heartbeat_interval = 5s;
    std::uint32_t heartbeat_tries = 3;
    base::Duration reconnect_first = 50ms;
    base::Duration reconnect_max = 2s;
    std::size_t brokers = 1;
    std::size_t in_flight_max = 65'536;
    std::size_t batch_bytes_max = 1UL << 20U;
};

// What happened, in order; `number` is what submit() or query() returned.
struct Connect {  // close the present connection if any, open one to this broker of the list
    std::size_t broker = 0;
};
struct Accepted {
    std::uint64_t number = 0;
    model::JobId job;
};
struct Refused {  // of a submission or query; final
    std::uint64_t number = 0;
    base::Error error;
};
struct PartialAnswer {
    std::uint64_t number = 0;
    model::JobId job;
    model::Payload data;
};
struct ProgressUpdate {
    std::uint64_t number = 0;
    model::JobId job;
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    std::string text;
};
struct Result {  // final, of a sync submission
    std::uint64_t number = 0;
    model::JobId job;
    model::JobState state = model::JobState::Succeeded;
    std::string text;
    model::Payload result;
};
struct Report {  // final, of a query
    std::uint64_t number = 0;
    base::Blob json;
};
using Happening =
    std::variant<Connect, Accepted, Refused, PartialAnswer, ProgressUpdate, Result, Report>;

/// Thread: one.
class Session {
public:
    Session(SessionOptions options, base::MonoTime start, std::uint64_t seed);

    // ---- from the user ----
    /// An async submission ends with Accepted or Refused; a sync one with Result or Refused.
    /// Errors: TooManyInFlight when in_flight_max are open.
    [[nodiscard]] base::Expected<std::uint64_t> submit(base::MonoTime now, model::JobSpec spec);
    [[nodiscard]] base::Expected<std::uint64_t> query(base::MonoTime now, std::string what,
                                                      std::string service,
                                                      std::optional<model::JobId> job);
    /// The user waits no longer (time-out): no further happenings for this number.
    void forget(std::uint64_t number);

    // ---- from the transport ----
    /// A connection stands: hello, then everything that is still open is sent again, marked so.
    void connected(base::MonoTime now);
    void disconnected(base::MonoTime now);
    void on_frames(base::MonoTime now, const wire::Frames& frames);

    // ---- time and output ----
    void on_time(base::MonoTime now);
    [[nodiscard]] std::optional<base::MonoTime> next_deadline() const;
    [[nodiscard]] std::optional<Happening> next_happening();
    /// What has gathered, as one message of at most about batch_bytes_max; call until nothing comes.
    [[nodiscard]] std::optional<wire::Frames> take_batch(base::MonoTime now);

    [[nodiscard]] std::size_t open() const;  // submissions and queries without a final happening
    [[nodiscard]] bool is_welcome() const;   // the broker has answered on this connection

private:
    // owned by the client room's author
};

}  // namespace steward::client
