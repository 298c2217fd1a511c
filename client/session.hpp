// client: one client's side of the native protocol as a pure state machine: numbers, resends under
// the same submission id, fail-over between brokers, heartbeats. No socket, thread or clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "client/open_requests.hpp"
#include "client/turn.hpp"
#include "common/base/expected.hpp"
#include "common/base/prng.hpp"
#include "common/base/time.hpp"
#include "common/model/job.hpp"
#include "common/model/limits.hpp"
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
    base::Duration connect_timeout = 10s;  // within which each of several brokers has its turn
    std::size_t in_flight_max = 65'536;
    std::size_t batch_bytes_max = 64UL << 10U;
};

// What happened, in order; `number` is what submit() or ask() returned, `tag` what they were given.
struct Connect {  // close the present connection if any, open one to this broker of the list
    std::size_t broker = 0;
};

struct Accepted {  // of a submission; final but for a call. Of an await: the job still goes on;
                   // final
    std::uint64_t number = 0;
    std::uint64_t tag = 0;
    model::JobId job;
    bool is_duplicate = false;  // an earlier job's id: that one has the unique key
    bool is_final = true;
};

struct Refused {  // of a submission or question; final
    std::uint64_t number = 0;
    std::uint64_t tag = 0;
    base::Error error;
};

struct PartialAnswer {  // of a call, or of an await that follows its job
    std::uint64_t number = 0;
    std::uint64_t tag = 0;
    model::JobId job;
    model::Payload data;
    model::PartNumber part{};
};

struct ProgressUpdate {  // likewise
    std::uint64_t number = 0;
    std::uint64_t tag = 0;
    model::JobId job;
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    std::string text;
};

struct Result {  // final, of a call, an await, or a submission whose job ended within its wait
    std::uint64_t number = 0;
    std::uint64_t tag = 0;
    model::JobId job;
    model::JobState state = model::JobState::Succeeded;
    std::string text;
    model::Payload result;
};

struct Report {  // final, of a query or an operation
    std::uint64_t number = 0;
    std::uint64_t tag = 0;
    base::Blob json;
};

using Happening =
    std::variant<Connect, Accepted, Refused, PartialAnswer, ProgressUpdate, Result, Report>;

/// Who asks: a tag of his own, and how long he waits, which overdue() looks at.
struct User {
    std::uint64_t tag = 0;
    base::MonoTime until = base::MonoTime::max();
};

/// Of a request that has no final happening yet.
struct Open {
    std::uint64_t number = 0;
    std::uint64_t tag = 0;
};

/// Numbers go up by one from 1, submissions and questions together. The session keeps each until
/// its final happening, because it may have to be sent again.
///
/// Thread: one.
/// Bound:  in_flight_max open requests and what their params weigh; see also OpenRequests.
class Session {
public:
    Session(SessionOptions options, base::MonoTime start, std::uint64_t seed);

    // ---- from the user ----
    /// An async submission ends with Accepted or Refused, or with Result when its options say
    /// `wait` and its job ends within that; a sync one with Result or Refused, and is told Accepted
    /// before that. Refusals of class Retry are handed on: the user decides. Errors:
    /// TooManyInFlight when room() is 0.
    [[nodiscard]] base::Expected<std::uint64_t> submit(base::MonoTime now,
                                                       const model::JobSpec& spec,
                                                       std::uint64_t tag = 0);
    /// The same of one that is packed; lent bytes must stay until the final happening or forget().
    [[nodiscard]] base::Expected<std::uint64_t> submit(wire::native::PackedJob&& job, User user);
    /// A Query or Operate ends with Report or Refused; an Await with Result, with Accepted when its
    /// job still goes on after the wait, or with Refused. An await's time counts from `now`,
    /// however often it has to be asked; if it follows, it is told no part twice. Errors: as of
    /// submit().
    [[nodiscard]] base::Expected<std::uint64_t> ask(base::MonoTime now,
                                                    Question question,
                                                    User user = {});
    /// The user waits no longer (time-out): no further happenings for this number. The job goes on
    /// if the broker has it already.
    void forget(std::uint64_t number);
    /// Those of the open requests whose users do not wait beyond `now`, by tag; and no later than
    /// the next such instant.
    base::MonoTime overdue(base::MonoTime now, std::vector<Open>& to);
    /// At least so many submissions and questions would be taken now.
    [[nodiscard]] std::size_t room() const;

    // ---- from the transport ----
    /// A connection stands: hello, then everything that is still open is sent again, marked so.
    /// Large submissions wait for the Welcome, which tells how large a message may be.
    void connected(base::MonoTime now);
    void disconnected(base::MonoTime now);
    /// Any bytes. What the protocol does not allow costs the connection: an answer may have been
    /// lost in it, and only a resend brings that back.
    void on_frames(base::MonoTime now, const wire::Frames& frames);

    /// A message is on its way, either way, and more of it has moved: the broker is there.
    void moved(base::MonoTime now);

    // ---- time and output ----
    void on_time(base::MonoTime now);
    [[nodiscard]] std::optional<base::MonoTime> next_deadline() const;
    [[nodiscard]] std::optional<Happening> next_happening();
    /// The final ones of Accepted, many at once, but for awaits that follow; the rest come from
    /// next_happening(), which tells these first where nobody takes them here.
    void take_accepted(std::vector<Accepted>& to);
    /// What has gathered, as one message of at most about batch_bytes_max; call until nothing
    /// comes.
    [[nodiscard]] std::optional<wire::Frames> take_batch(base::MonoTime now);

    [[nodiscard]] std::size_t open() const;  // submissions and questions without a final happening
    [[nodiscard]] bool is_welcome() const;   // the broker has answered on this connection

    /// Why the last connection was given up, for people; empty when none was.
    [[nodiscard]] const std::string& trouble() const { return trouble_; }

private:
    enum class Link : std::uint8_t { Pausing, Connecting, Connected };

    using Request = OpenRequests::Request;

    [[nodiscard]] std::size_t span_max() const;
    [[nodiscard]] base::Unexpected no_room() const;
    Request& open_request(User user);

    void connect(base::MonoTime now);
    void move_on(base::MonoTime now, std::string why);
    base::Duration silence_max() const;
    Turn turn() const;
    base::MonoTime give_up_at() const;

    bool on_command(base::MonoTime now, wire::native::Command& command);
    void on_welcome(const wire::native::Welcome& welcome);
    void on_accepted(const wire::native::Accepted& accepted);
    void on_refused(wire::native::Refused& refused);
    void on_result(wire::native::Result& result);
    void on_partial(wire::native::JobPartial& partial);
    void on_progress(wire::native::JobProgress& progress);
    void on_report(wire::native::Report& report);
    Request* find_following(std::uint64_t number);

    void gather(base::MonoTime now);
    void gather_requests(base::MonoTime now);
    void begin_batch(const wire::native::Session& session);
    void write(base::MonoTime now, Request& request);
    void refuse_too_large(Request& request, std::size_t bytes);

    SessionOptions options_;
    base::Prng prng_;
    OpenRequests requests_;
    bool has_submitted_ = false;

    Link link_ = Link::Pausing;
    std::size_t broker_ = 0;
    bool is_welcome_ = false;
    bool hello_is_due_ = false;
    bool beat_is_due_ = false;
    base::MonoTime act_at_;    // Pausing: connect; until the welcome: give up
    base::MonoTime beat_at_;   // Connected: next heartbeat
    base::MonoTime heard_at_;  // Connected: last sign of life
    base::Duration pause_;     // before the next connection
    std::string trouble_;

    std::size_t message_bytes_max_ = model::Limits{}.message_bytes_max;
    std::size_t broker_in_flight_max_ = model::Limits{}.in_flight_max;

    wire::native::BatchWriter writer_;
    std::uint64_t batch_session_ = 0;  // which writer_ begins with
    std::uint64_t told_below_ = 0;     // the acked_below that was told last
    // Under load nearly all that happens is that a job is taken: kept apart and flat.
    std::vector<Accepted> accepted_;
    std::size_t accepted_taken_ = 0;
    std::vector<Happening> happenings_;
    std::size_t happenings_taken_ = 0;
};

}  // namespace steward::client
