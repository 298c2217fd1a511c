// common/wire: the native protocol, version 1. One message is one batch: frame 0 holds the magic and
// then one msgpack array after another, each a command [type, field…]; payloads longer than
// kInlinePayloadBytesMax travel as further frames and are named by their index. docs/protocol.md has
// every byte; a test compares it with this codec.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/blob.hpp"
#include "common/base/expected.hpp"
#include "common/model/job.hpp"
#include "common/wire/frames.hpp"

namespace steward::wire::native {

inline constexpr std::string_view kMagic = "STW\x01";
inline constexpr std::uint32_t kVersion = 1;
inline constexpr std::size_t kInlinePayloadBytesMax = 4096;

/// Numbers are wire-stable and never reused. Fields may be added at the end of an array; a reader
/// ignores those it does not know and refuses a command that lacks one it needs.
enum class Type : std::uint8_t {
    // client to broker
    Session = 1, ClientHello = 2, Submit = 3, Query = 4,
    // worker to broker
    WorkerReady = 17, Finish = 18, Return = 19, Goodbye = 20,
    // either way
    Heartbeat = 32, Partial = 33, Progress = 34,
    // broker to either
    Welcome = 64, Disconnect = 65,
    // broker to client
    Accepted = 80, Refused = 81, JobPartial = 82, JobProgress = 83, Result = 84, Report = 85,
    // broker to worker
    Assign = 96, StopAttempt = 97, Recall = 98, RegisterAgain = 99,
};

// ---- client to broker ----
/// First command of every batch with a Submit: who speaks, and below which submission number it has
/// everything it waits for. Makes each batch understandable without what came before.
struct Session {
    std::uint64_t session = 0;
    std::uint64_t acked_below = 0;
};
struct ClientHello {
    std::uint32_t version = kVersion;
    std::string library;
    base::Duration heartbeat_interval{};
};
/// `number` is the correlation number of the answers and, with the session, the submission id.
struct Submit {
    std::uint64_t number = 0;
    bool again = false;  // may have been sent before
    model::JobSpec spec;
};
/// `what`: jobs, active, hist, workers, services, broker, status (needs `job`).
struct Query {
    std::uint64_t number = 0;
    std::string what;
    std::string service;  // filter; may be empty
    std::optional<model::JobId> job;
};

// ---- worker to broker ----
struct WorkerReady {
    struct Running {
        model::Attempt attempt;
        model::SubmissionId submission;
        std::string service;
    };
    std::uint32_t version = kVersion;
    std::string library;
    base::Duration heartbeat_interval{};
    std::uint32_t concurrency = 1;
    std::uint32_t credit_max = 1;
    std::vector<std::string> services;
    std::vector<Running> running;
};
struct Finish {
    model::Attempt attempt;
    model::Outcome outcome;
    base::Duration run_time{};
};
struct Return {
    std::vector<model::Attempt> attempts;
};
struct Goodbye {
    bool finishing = false;  // still works on what it holds and will report it
};

// ---- either way ----
struct Heartbeat {};
struct Partial {
    model::Attempt attempt;
    model::Payload data;
};
struct Progress {
    model::Attempt attempt;
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    std::string text;
};

// ---- broker to either ----
struct Welcome {
    std::uint32_t version = kVersion;
    std::string broker;
    base::Duration heartbeat_interval{};
    std::uint64_t message_bytes_max = 0;
    std::uint64_t in_flight_max = 0;
};
struct Disconnect {
    std::string why;
};

// ---- broker to client ----
struct Accepted {
    std::uint64_t number = 0;
    model::JobId job;
};
struct Refused {
    std::uint64_t number = 0;
    base::Error error;
};
struct JobPartial {
    std::uint64_t number = 0;
    model::JobId job;
    model::Payload data;
};
struct JobProgress {
    std::uint64_t number = 0;
    model::JobId job;
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    std::string text;
};
struct Result {
    std::uint64_t number = 0;
    model::JobId job;
    model::JobState state = model::JobState::Succeeded;
    std::string text;
    model::Payload result;
};
struct Report {
    std::uint64_t number = 0;
    base::Blob json;
};

// ---- broker to worker ----
struct Assign {
    model::Attempt attempt;
    std::string service;
    model::Payload params;
    base::Duration time_limit{};
    model::SubmissionId submission;
    base::Blob meta;  // msgpack map of strings, or empty
};
struct StopAttempt {
    model::Attempt attempt;
    std::string why;
};
struct Recall {
    std::vector<model::Attempt> attempts;
};
struct RegisterAgain {};

using Command = std::variant<Session, ClientHello, Submit, Query, WorkerReady, Finish, Return, Goodbye,
                             Heartbeat, Partial, Progress, Welcome, Disconnect, Accepted, Refused,
                             JobPartial, JobProgress, Result, Report, Assign, StopAttempt, Recall,
                             RegisterAgain>;

/// True when the message is a native batch (its first frame starts with the magic).
[[nodiscard]] bool is_native(const Frames& frames);

/// Reads the commands of one batch, one by one, without a copy of large payloads.
/// Total on any bytes: what is malformed, unknown or out of bounds is an error that says where.
class BatchReader {
public:
    /// Pre: is_native(frames); `frames` outlives the reader.
    explicit BatchReader(const Frames& frames);
    /// The next command; nothing at the end. After an error the rest of the batch is void.
    /// A command of an unknown type is skipped (a later version may add some).
    /// Errors: Malformed, BadName, BadOption, UnknownOption, TooLarge.
    [[nodiscard]] base::Expected<std::optional<Command>> next();

private:
    const Frames* frames_;
    std::string_view rest_;
    std::size_t commands_ = 0;
};

/// Gathers commands into one batch.
class BatchWriter {
public:
    void add(const Command& command);
    [[nodiscard]] bool empty() const { return commands_ == 0; }
    [[nodiscard]] std::size_t commands() const { return commands_; }
    /// Bytes gathered so far, separate payload frames included.
    [[nodiscard]] std::size_t bytes() const { return control_.size() + payload_bytes_; }
    /// The batch as frames; the writer is empty afterwards.
    [[nodiscard]] Frames take();

private:
    std::string control_;
    Frames payloads_;
    std::size_t payload_bytes_ = 0;
    std::size_t commands_ = 0;
};

}  // namespace steward::wire::native
