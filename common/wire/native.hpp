// common/wire: the native protocol, version 1. One message is one batch: frame 0 holds the magic
// and then one msgpack array after another, each a command [type, field…]; payloads longer than
// kInlinePayloadBytesMax travel as further frames and are named by their index. docs/protocol.md
// has every byte; a test compares it with this codec.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/blob.hpp"
#include "common/base/expected.hpp"
#include "common/model/job.hpp"
#include "common/model/part_number.hpp"
#include "common/wire/frames.hpp"
#include "common/wire/msgpack_reader.hpp"
#include "common/wire/msgpack_writer.hpp"

namespace steward::wire::native {

inline constexpr std::string_view kMagic = "STW\x01";
inline constexpr std::uint32_t kVersion = 1;
inline constexpr std::size_t kInlinePayloadBytesMax = 4096;
/// A batch is closed once it holds this much; one command alone may be larger.
inline constexpr std::size_t kBatchBytesMax = 8UL << 20U;

/// Numbers are wire-stable and never reused. Fields may be added at the end of an array; a reader
/// ignores those it does not know and refuses a command that lacks one it needs.
enum class Type : std::uint8_t {
    // client to broker
    Session = 1,
    ClientHello = 2,
    Submit = 3,
    Query = 4,
    Await = 5,
    Operate = 6,
    // worker to broker
    WorkerReady = 17,
    Finish = 18,
    Return = 19,
    Goodbye = 20,
    Told = 21,
    // either way
    Heartbeat = 32,
    Partial = 33,
    Progress = 34,
    // broker to either
    Welcome = 64,
    Disconnect = 65,
    // broker to client
    Accepted = 80,
    Refused = 81,
    JobPartial = 82,
    JobProgress = 83,
    Result = 84,
    Report = 85,
    // broker to worker
    Assign = 96,
    StopAttempt = 97,
    Recall = 98,
    RegisterAgain = 99,
    Ask = 100,
};
/// "Submit" for Type::Submit; "unknown" for a number that is no type.
[[nodiscard]] std::string_view name_of(Type type);

// ---- client to broker ----
/// First command of every batch with a Submit: who speaks, and below which submission number it has
/// everything it waits for. Makes each batch understandable without what came before.
struct Session {
    static constexpr Type kType = Type::Session;
    std::uint64_t session = 0;
    std::uint64_t acked_below = 0;

    bool operator==(const Session&) const = default;
};

struct ClientHello {
    static constexpr Type kType = Type::ClientHello;
    std::uint32_t version = kVersion;
    std::string library;
    base::Duration heartbeat_interval{};

    bool operator==(const ClientHello&) const = default;
};

/// `number` is the correlation number of the answers and, with the session, the submission id.
struct Submit {
    static constexpr Type kType = Type::Submit;
    std::uint64_t number = 0;
    bool again = false;  // may have been sent before
    model::JobSpec spec;

    bool operator==(const Submit&) const = default;
};

/// Where a Submit is taken to, part by part.
struct SubmitPlace {
    static constexpr Type kType = Type::Submit;
    std::uint64_t& number;
    bool& again;
    model::JobSpec& spec;
};

/// `what`: jobs, active, hist, workers, services, broker, status (needs `job`), list, why (needs
/// `job`), groups, limits, schedules, batches. The fields behind `job` are filters of list, but
/// `after` and `rows_max`, which are for every listing in pages.
struct Query {
    static constexpr Type kType = Type::Query;
    std::uint64_t number = 0;
    std::string what;
    std::string service;  // filter; may be empty
    std::optional<model::JobId> job;
    std::uint64_t states = 0;  // bit n: model::JobState n; 0: all
    std::string context;
    std::string group;
    std::string batch;
    std::uint64_t after = 0;  // `next` of the page before
    std::uint64_t rows_max = 0;

    bool operator==(const Query&) const = default;
};

/// Asks for the result of a job. Answered by Result; when it has not ended after `wait` by
/// Accepted; by Refused when it is not known.
struct Await {
    static constexpr Type kType = Type::Await;
    std::uint64_t number = 0;
    model::JobId job;
    base::Duration wait{};
    bool follow = false;  // JobPartial and JobProgress come until then, first what was said so far

    bool operator==(const Await&) const = default;
};

/// What an operator asks: cancel, retry, discard, purge, edit, mode, limit, … Doing it twice does
/// what doing it once does. Answered by Report or Refused.
struct Operate {
    static constexpr Type kType = Type::Operate;
    std::uint64_t number = 0;
    std::string verb;
    base::Blob arguments;  // a JSON object, or empty

    bool operator==(const Operate&) const = default;
};

// ---- worker to broker ----
struct WorkerReady {
    static constexpr Type kType = Type::WorkerReady;

    struct Running {
        model::Attempt attempt;
        model::SubmissionId submission;
        std::string service;

        bool operator==(const Running&) const = default;
    };

    std::uint32_t version = kVersion;
    std::string library;
    base::Duration heartbeat_interval{};
    std::uint32_t concurrency = 1;
    std::uint32_t credit_max = 1;
    std::vector<std::string> services;
    std::vector<Running> running;
    std::vector<std::string> channels;  // empty: the default one

    bool operator==(const WorkerReady&) const = default;
};

struct Finish {
    static constexpr Type kType = Type::Finish;
    model::Attempt attempt;
    model::Outcome outcome;
    base::Duration run_time{};

    bool operator==(const Finish&) const = default;
};

/// Where a Finish is taken to, part by part.
struct FinishPlace {
    static constexpr Type kType = Type::Finish;
    model::Attempt& attempt;
    model::Outcome& outcome;
    base::Duration& run_time;
};

struct Return {
    static constexpr Type kType = Type::Return;
    std::vector<model::Attempt> attempts;

    bool operator==(const Return&) const = default;
};

struct Goodbye {
    static constexpr Type kType = Type::Goodbye;
    bool finishing = false;  // still works on what it holds and will report it

    bool operator==(const Goodbye&) const = default;
};

/// The answer to an Ask. Empty: it is not understood.
struct Told {
    static constexpr Type kType = Type::Told;
    std::uint64_t number = 0;
    base::Blob json;

    bool operator==(const Told&) const = default;
};

// ---- either way ----
struct Heartbeat {
    static constexpr Type kType = Type::Heartbeat;

    bool operator==(const Heartbeat&) const = default;
};

struct Partial {
    static constexpr Type kType = Type::Partial;
    model::Attempt attempt;
    model::Payload data;

    bool operator==(const Partial&) const = default;
};

struct Progress {
    static constexpr Type kType = Type::Progress;
    model::Attempt attempt;
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    std::string text;

    bool operator==(const Progress&) const = default;
};

// ---- broker to either ----
struct Welcome {
    static constexpr Type kType = Type::Welcome;
    std::uint32_t version = kVersion;
    std::string broker;
    base::Duration heartbeat_interval{};
    std::uint64_t message_bytes_max = 0;
    std::uint64_t in_flight_max = 0;
    base::Duration stop_grace{};  // how long a handler may ignore its stop token

    bool operator==(const Welcome&) const = default;
};

struct Disconnect {
    static constexpr Type kType = Type::Disconnect;
    std::string why;

    bool operator==(const Disconnect&) const = default;
};

// ---- broker to client ----
struct Accepted {
    static constexpr Type kType = Type::Accepted;
    std::uint64_t number = 0;
    model::JobId job;
    bool is_duplicate = false;  // it was there before: its unique key was taken

    bool operator==(const Accepted&) const = default;
};

struct Refused {
    static constexpr Type kType = Type::Refused;
    std::uint64_t number = 0;
    base::Error error;

    bool operator==(const Refused&) const = default;
};

struct JobPartial {
    static constexpr Type kType = Type::JobPartial;
    std::uint64_t number = 0;
    model::JobId job;
    model::Payload data;
    model::PartNumber part{};

    bool operator==(const JobPartial&) const = default;
};

struct JobProgress {
    static constexpr Type kType = Type::JobProgress;
    std::uint64_t number = 0;
    model::JobId job;
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    std::string text;

    bool operator==(const JobProgress&) const = default;
};

struct Result {
    static constexpr Type kType = Type::Result;
    std::uint64_t number = 0;
    model::JobId job;
    model::JobState state = model::JobState::Succeeded;
    std::string text;
    model::Payload result;

    bool operator==(const Result&) const = default;
};

struct Report {
    static constexpr Type kType = Type::Report;
    std::uint64_t number = 0;
    base::Blob json;

    bool operator==(const Report&) const = default;
};

// ---- broker to worker ----
struct Assign {
    static constexpr Type kType = Type::Assign;
    model::Attempt attempt;
    std::string service;
    model::Payload params;
    base::Duration time_limit{};
    model::SubmissionId submission;
    base::Blob meta;            // msgpack map of strings, or empty
    model::JobOptions options;  // priority, channel, context, group, batch, memory_limit as set

    bool operator==(const Assign&) const = default;
};

/// An Assign of parts that stay where they are, for one who only writes it.
struct AssignView {
    static constexpr Type kType = Type::Assign;
    const model::Attempt& attempt;
    std::string_view service;
    const model::Payload& params;
    base::Duration time_limit;
    model::SubmissionId submission;
    const base::Blob& meta;
    const model::JobOptions* options;  // null: none are set
};

struct StopAttempt {
    static constexpr Type kType = Type::StopAttempt;
    model::Attempt attempt;
    std::string why;

    bool operator==(const StopAttempt&) const = default;
};

struct Recall {
    static constexpr Type kType = Type::Recall;
    std::vector<model::Attempt> attempts;

    bool operator==(const Recall&) const = default;
};

struct RegisterAgain {
    static constexpr Type kType = Type::RegisterAgain;

    bool operator==(const RegisterAgain&) const = default;
};

/// Somebody asks by way of the broker how the worker is (`what` is "check"), or wants it to leave
/// ("stop"). Answered by Told with this number, over the same connection.
struct Ask {
    static constexpr Type kType = Type::Ask;
    std::uint64_t number = 0;
    std::string what;
    bool privileged = false;  // knows the admin secret, and may be told all

    bool operator==(const Ask&) const = default;
};

using Command = std::variant<Session,
                             ClientHello,
                             Submit,
                             Query,
                             Await,
                             Operate,
                             WorkerReady,
                             Finish,
                             Return,
                             Goodbye,
                             Told,
                             Heartbeat,
                             Partial,
                             Progress,
                             Welcome,
                             Disconnect,
                             Accepted,
                             Refused,
                             JobPartial,
                             JobProgress,
                             Result,
                             Report,
                             Assign,
                             StopAttempt,
                             Recall,
                             RegisterAgain,
                             Ask>;

/// True when the message is a native batch (its first frame starts with the magic).
[[nodiscard]] bool is_native(const Frames& frames);

/// What most commands of a batch have in common with the one before: checked and made once.
struct Remembered {
    model::ServiceName service;
    const char* submit = nullptr;  // where a Submit is behind its number
    std::string_view head;         // of the last Submit, from there to its params; empty: none yet
    std::string_view options;      // as they came; empty: none yet
    model::JobOptions decoded;     // which are these
    std::array<unsigned char, sizeof(model::JobOptions)> place{};  // where they were put

    void keep(const model::JobOptions& at) { std::memcpy(place.data(), &at, place.size()); }
};

/// Reads the commands of one batch, one by one, without a copy of payloads that have a frame of
/// their own. Total on any bytes: what is malformed or out of bounds is an error that says where.
///
/// Either next() for all of them, or step by step: begin() says of what type the next one is, and
/// take() takes it into a place that the caller has for such commands, used again and again.
class BatchReader {
public:
    /// Pre: is_native(frames); `frames` outlives the reader.
    explicit BatchReader(const Frames& frames);
    /// The next command; nothing at the end. After an error the rest of the batch is void, but for
    /// the case of refused_number(). A command of an unknown type is skipped (a later version may
    /// add some).
    /// Errors: Malformed, BadName, BadOption, UnknownOption, TooLarge.
    [[nodiscard]] base::Expected<std::optional<Command>> next();

    /// Takes the next command when it is an Accepted as this version writes it: under load most
    /// are, and this costs a tenth of next(). Nothing is taken otherwise; next() has the word then.
    [[nodiscard]] bool next_accepted(Accepted& to);

    enum class Step : std::uint8_t {
        Next,  // there is one of a known type(): take() it
        End,
        Fault,  // see error(); the rest of the batch is void
    };

    [[nodiscard]] Step begin();

    [[nodiscard]] Type type() const { return type_; }

    /// Takes the command. False: it is faulty, see error() and refused_number(), and `to` holds
    /// some of it. Pre: begin() said Next, and type() is that of `to`.
    [[nodiscard]] bool take(Command& to);
    [[nodiscard]] bool take(const SubmitPlace& to);
    [[nodiscard]] bool take(const FinishPlace& to);

    /// Takes the next command when it is a Submit for the first time whose options are those of the
    /// Submit that was taken last, and it is as this version writes it. Nothing is taken otherwise.
    /// `service` stays as it is when that is the same too.
    [[nodiscard]] bool next_alike(std::uint64_t& number,
                                  model::ServiceName& service,
                                  model::Payload& params);

    /// Takes the next command when it is an Assign of a job without meta and options, as this
    /// version writes it. All other parts of `to` are set; or some are, and nothing is taken.
    /// Pre: `to` has neither.
    [[nodiscard]] bool next_assign(Assign& to);

    /// Likewise when it is a Finish that tells of success.
    [[nodiscard]] bool next_success(model::Attempt& attempt,
                                    model::Payload& result,
                                    base::Duration& run_time);

    /// Of the batch, from the next command on.
    [[nodiscard]] std::size_t bytes_left() const { return rest_.size(); }

    /// What was wrong. Pre: begin() said Fault or take() false. Errors: as of next().
    [[nodiscard]] base::Error& error() { return error_; }

    /// Set when the last next() or take() failed because of one Submit, Query or Operate alone
    /// (BadName, BadOption, UnknownOption, bits of states that there are not): its number. That
    /// request should be refused with the error; the commands after it can be read.
    [[nodiscard]] std::optional<std::uint64_t> refused_number() const { return refused_number_; }

private:
    template <class Place>
    bool take_as(Place& to);
    void note_fault(const MsgpackReader& in, const std::optional<base::Error>& rule);

    const Frames* frames_;
    std::string_view rest_;        // from the command on that begin() has seen
    MsgpackReader fields_;         // of that command, behind its type …
    std::size_t fields_left_ = 0;  // … and how many
    Type type_ = Type::Heartbeat;
    std::size_t commands_ = 0;
    std::optional<std::uint64_t> refused_number_;
    base::Error error_;
    Remembered last_;
};

/// Gathers commands into batches, in order. One batch is nearly always all there is; at the bounds
/// of a message (kCommandsPerBatchMax, kFramesPerMessageMax, kBatchBytesMax) another one is begun,
/// which repeats the Session that the first began with.
class BatchWriter {
public:
    /// Texts are cut at kTextBytesMax, durations held to 0 … kDurationMax, lists of attempts split
    /// into several commands. Pre: names and lists otherwise hold to their limits.
    void add(const Command& command);
    /// The same for one that is not wrapped, such as add(Accepted{…}), without a copy.
    template <class C>
    requires requires { C::kType; }
    void add(const C& command);
    void add(const AssignView& command);

    [[nodiscard]] bool empty() const { return commands() == 0; }

    [[nodiscard]] std::size_t commands() const { return full_commands_ + commands_; }

    /// Bytes gathered so far, separate payload frames included.
    [[nodiscard]] std::size_t bytes() const {
        return full_bytes_ + control_.size() + payload_bytes_;
    }

    /// The oldest batch as frames; no frames when there is none. Call until empty().
    [[nodiscard]] Frames take();

private:
    template <class C>
    void add_one(const C& command);
    template <class C>
    void add_split(const C& command);
    void begin();
    [[nodiscard]] bool is_full() const;
    [[nodiscard]] Frames seal();

    MsgpackWriter control_;
    Frames payloads_;
    std::size_t payload_bytes_ = 0;
    std::size_t commands_ = 0;
    std::optional<Session> session_;  // the present batch begins with it

    struct Full {
        Frames frames;
        std::size_t commands = 0;
        std::size_t bytes = 0;
    };

    std::vector<Full> full_;  // older batches
    std::size_t full_commands_ = 0;
    std::size_t full_bytes_ = 0;
};

}  // namespace steward::wire::native
