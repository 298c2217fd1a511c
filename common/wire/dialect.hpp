// common/wire: the old dialects, each one codec behind one face. A codec turns frames into neutral
// values and back; it keeps no state and knows no jobs but their names. Tables: docs/protocol.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/expected.hpp"
#include "common/model/job.hpp"
#include "common/wire/frames.hpp"

namespace steward::wire {

enum class DialectId : std::uint8_t { Native = 0, Zmws1 = 1, Zmws2 = 2, Mdp01 = 3, Mdp02 = 4 };
[[nodiscard]] std::string_view name_of(
    DialectId id);  // "native", "zmws1", "zmws2", "MDP/0.1", "MDP/0.2"

/// The shape a request came in, so that its answer mirrors it. Fits core::Address::form.
struct Form {
    DialectId dialect = DialectId::Native;
    bool delimiter = false;  // the request had an empty first frame

    bool operator==(const Form&) const = default;

    [[nodiscard]] std::uint32_t pack() const {
        return static_cast<std::uint32_t>(dialect) | (delimiter ? 0x100U : 0U);
    }

    [[nodiscard]] static Form unpack(std::uint32_t packed) {
        return {static_cast<DialectId>(packed & 0x7U), (packed & 0x100U) != 0};
    }
};

/// Which dialect a message is in, by its first frames; the closest one when it is malformed;
/// nothing when it resembles none (then it is counted and dropped). Total on any frames, also none.
/// A bare HEARTBEAT is the same in both ZMWS dialects and is told as zmws1: a worker's dialect is
/// that of its READY.
[[nodiscard]] std::optional<Form> detect_client(const Frames& frames);
[[nodiscard]] std::optional<Form> detect_worker(const Frames& frames);

/// What an old dialect's client asked for. `service` may be a SERVER- or mmi. name: translate
/// decides.
struct ClientRequest {
    std::string service;  // without SYNC- and JOB: prefixes; not yet checked
    bool sync = false;
    model::Payload params;
    model::JobOptions options;
};

// What an old dialect's worker said. Tokens are those of encode_job, as they came.
struct WorkerReadyFor {
    std::string service;
};

struct WorkerBeat {};

struct WorkerPartial {
    model::Attempt attempt;  // number 0 where the dialect names only the job
    model::Payload data;
};

struct WorkerDone {
    model::Attempt attempt;
    bool succeeded = true;
    model::Payload result;
};

struct WorkerGone {};

using WorkerSaid = std::variant<WorkerReadyFor, WorkerBeat, WorkerPartial, WorkerDone, WorkerGone>;

/// The end of a sync job for its client.
struct ResultForClient {
    std::string_view service;
    model::JobId job;
    bool succeeded = true;
    std::string_view text;   // a failure's reason
    model::Payload payload;  // already in the encoding the requester used (see params.hpp)
    model::Encoding wanted =
        model::Encoding::Absent;  // that encoding, for a reason without payload
};

class Dialect {
public:
    virtual ~Dialect() = default;

    // ---- frontend ----
    // Answers without frames mean that the dialect has no such message and nothing is to be sent:
    // the receipt of an async job in MDP, partial results in MDP/0.1.
    /// Errors: Malformed, UnknownCommand, BadParams, BadOption, UnknownOption, TooLarge.
    [[nodiscard]] virtual base::Expected<ClientRequest> decode_request(const Frames&) const = 0;
    [[nodiscard]] virtual Frames encode_taken(Form,
                                              std::string_view service,
                                              model::JobId) const = 0;
    [[nodiscard]] virtual Frames encode_partial(Form,
                                                std::string_view service,
                                                model::JobId,
                                                const model::Payload&) const = 0;
    [[nodiscard]] virtual Frames encode_result(Form, const ResultForClient&) const = 0;
    /// A refusal: FAIL with the reason where the dialect has a place for it.
    [[nodiscard]] virtual Frames encode_refusal(Form,
                                                std::string_view service,
                                                std::string_view reason) const = 0;
    /// The answer to a SERVER- or mmi. request: one frame of content.
    [[nodiscard]] virtual Frames encode_answer(Form,
                                               std::string_view service,
                                               std::string_view content) const = 0;

    // ---- backend ----
    /// Errors: Malformed, UnknownCommand.
    [[nodiscard]] virtual base::Expected<WorkerSaid> decode_worker(const Frames&) const = 0;
    [[nodiscard]] virtual Frames encode_job(Form,
                                            const model::Attempt&,
                                            const model::Payload& params) const = 0;
    [[nodiscard]] virtual Frames encode_heartbeat(Form) const = 0;
    /// Nothing where the dialect has no such message.
    [[nodiscard]] virtual std::optional<Frames> encode_disconnect(Form) const = 0;
};

/// The codec of an old dialect. Pre: id is not Native.
[[nodiscard]] const Dialect& dialect(DialectId id);

}  // namespace steward::wire
