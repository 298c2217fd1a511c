// client: what a session has asked and not heard the end of, by number and in sending order. Knows
// no connection and no message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "client/window.hpp"
#include "common/base/prng.hpp"
#include "common/model/job.hpp"
#include "common/wire/native.hpp"
#include "common/wire/native_packed.hpp"

namespace steward::client {

/// What a client asks that makes no job. Its `number` is filled in by the session.
using Question = std::variant<wire::native::Query, wire::native::Await, wire::native::Operate>;

/// Submissions and questions, numbered together from 1. They go to the broker under a session id,
/// and for each the broker remembers the run of numbers from the oldest open one to the newest. A
/// call that stays open for long would stretch that run without end; so when it is as long as
/// allowed and mostly closed, the old session is left with its few open numbers and the next
/// numbers belong to a new one.
///
/// Cost:   O(1) for each call on numbers of the newest session.
/// Bound:  span_max numbers in a session, kLeftSessionsMax sessions beside the newest.
/// Thread: one.
class OpenRequests {
public:
    struct Asked {
        Question question;
        base::MonoTime until{};     // of an Await: when its wait ends
        model::HeardParts heard{};  // of an Await that follows, over all connections
    };

    struct Request {
        bool is_open = false;
        bool was_sent = false;  // perhaps on an earlier connection
        std::uint64_t number = 0;
        std::uint64_t tag = 0;         // the user's own
        base::MonoTime until{};        // how long the user waits
        model::JobId accepted_as;      // a sync submission's job, once told
        wire::native::PackedJob job;   // of a submission
        std::unique_ptr<Asked> asked;  // null for a submission

        /// Ends with the end of a job: a call, an await, a submission that waits for a while.
        [[nodiscard]] bool takes_result() const {
            return asked ? std::holds_alternative<wire::native::Await>(asked->question)
                         : job.takes_result;
        }

        [[nodiscard]] bool is_call() const { return !asked && job.is_sync; }

        /// Hears parts and progress on the way to that end: a call, an await that asked for them.
        [[nodiscard]] bool follows() const {
            if (!asked) {
                return job.is_sync;
            }
            const auto* await = std::get_if<wire::native::Await>(&asked->question);
            return await != nullptr && await->follow;
        }
    };

    static constexpr std::size_t kLeftSessionsMax = 128;

    /// Pre: session is not 0.
    explicit OpenRequests(std::uint64_t session);

    /// At least so many can be added now.
    [[nodiscard]] std::size_t room(std::size_t span_max) const;
    /// Opens the next number. Valid until the next call. Pre: room(span_max) > 0.
    Request& add(std::size_t span_max);
    /// Null when the number is not open (any more).
    [[nodiscard]] Request* find(std::uint64_t number);
    /// Pre: the request is open. It is gone afterwards.
    void close(Request& request);

    [[nodiscard]] std::size_t size() const { return open_; }

    /// Calls `take` with each open request, the lowest number first; none may be opened or closed
    /// meanwhile.
    template <class Take>
    void each(Take take) {
        for (LeftSession& left : left_) {
            for (Request& request : left.requests) {
                take(request);
            }
        }
        for (std::uint64_t number = window_.first(); number < window_.next(); ++number) {
            if (Request* request = window_.find(number); request->is_open) {
                take(*request);
            }
        }
    }

    /// Under which session a number is sent, and below which number that session is settled.
    [[nodiscard]] wire::native::Session session_of(std::uint64_t number) const;
    [[nodiscard]] wire::native::Session newest_session() const;
    /// The end of a session that was left, so that the broker can forget it; each is told once.
    [[nodiscard]] std::optional<wire::native::Session> next_settled();

    /// A new connection: everything open is to be sent again.
    void rewind() { unsent_ = 1; }

    /// The lowest open number that is to be sent; null when there is none.
    [[nodiscard]] Request* next_unsent();

    /// What next_unsent() gave has been sent, or closed.
    void advance() { ++unsent_; }

private:
    // A session that gets no new numbers, with those that are still open, ascending.
    struct LeftSession {
        std::uint64_t session = 0;
        std::uint64_t end = 0;  // its numbers are below
        std::vector<Request> requests;
    };

    [[nodiscard]] bool is_clogged(std::size_t span_max) const;
    void leave_session();
    Request* find_left(std::uint64_t at_least);
    void close_left(std::uint64_t number);

    std::uint64_t session_;
    base::Prng ids_;  // of later sessions
    Window<Request> window_{1};
    std::size_t open_in_window_ = 0;
    std::size_t open_ = 0;
    std::uint64_t unsent_ = 1;
    std::vector<LeftSession> left_;  // ascending
    std::vector<wire::native::Session> settled_;
};

}  // namespace steward::client
