// tests/sim: the calls that clients make and what comes of them. Oracle of: exactly one final
// outcome a call, results that belong to their call, an answer for everybody once the faults have
// stopped.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "common/model/job.hpp"
#include "tests/sim/choices.hpp"

namespace steward::sim {

/// Names one call for ever, whatever dialect, client or broker: it travels within the params.
using Uid = std::uint64_t;

/// What garbage asked for.
inline constexpr Uid kNobodysCall = 0;

struct Call {
    std::string client;
    std::string service;
    std::int32_t priority = model::kPriorityNormal;
    bool sync = false;
    bool is_volatile = false;  // an async one that may be gone with its broker
    bool delayed = false;
    bool poison = false;          // kills whoever runs it
    bool is_unique = false;       // may get the result of another with its key
    bool ended = false;           // its client has a final outcome
    bool abandoned = false;       // its client waits no longer
    std::uint32_t successes = 0;  // how often a worker said so
};

class Calls {
public:
    Uid open(Call call);
    /// The call has its final outcome; `how` is for people.
    void end(Uid uid, std::string_view how);
    /// A sync call's result. `state` Succeeded needs a worker that said so and `bytes` of its
    /// answer.
    void end_with_result(Uid uid, bool succeeded, std::string_view bytes);
    void abandon(Uid uid);
    void worker_succeeded(Uid uid);

    [[nodiscard]] const Call& at(Uid uid) const;

    [[nodiscard]] std::size_t open_count() const { return open_.size(); }

    [[nodiscard]] std::size_t count() const { return calls_.size(); }

    [[nodiscard]] std::size_t ended_count() const { return ended_; }

    /// Some open call in words; for the message of a liveness failure.
    [[nodiscard]] std::string any_open() const;

private:
    std::map<Uid, Call> calls_;
    std::set<Uid> open_;
    std::size_t ended_ = 0;
};

/// "p17x" and some filling, and back. The answer to it is "r17x".
[[nodiscard]] std::string params_text(Uid uid, std::size_t filling);
[[nodiscard]] std::string answer_text(Uid uid);
[[nodiscard]] std::optional<Uid> uid_in(std::string_view bytes, char kind = 'p');

}  // namespace steward::sim
