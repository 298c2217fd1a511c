// broker/core: which submissions were seen, so that a resend is never a second job (promise 4).
// Memory is held only for what a client has not acknowledged.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>

#include "broker/core/job.hpp"
#include "common/model/limits.hpp"

namespace steward::core {

/// The end of a job, kept until its client has it.
struct KeptResult {
    model::ServiceName service;
    model::JobState state = model::JobState::Succeeded;
    std::string text;
    model::Payload result;

    [[nodiscard]] std::size_t bytes() const {
        return sizeof *this + text.size() + result.bytes.size();
    }
};

/// One submission of a session. No job: the number has not been seen.
struct Submission {
    model::JobId job;
    Seq accepted_seq = 0;
    std::unique_ptr<KeptResult> kept;
    bool durable = false;  // the job is
    bool resent = false;   // and the resend was answered

    [[nodiscard]] bool seen() const { return job != model::JobId{}; }
};

/// The open submissions of each client session: a window of numbers that slides with the client's
/// acknowledgements.
///
/// Bound: sessions_max sessions (the longest silent is forgotten), in_flight_max numbers each,
///        held_results_bytes_max of results together (those kept for longest go first).
class SubmissionTable {
public:
    enum class Place : std::uint8_t { Open, Acknowledged, BeyondWindow };

    struct Found {
        Place place = Place::Open;
        Submission* submission = nullptr;  // only with Open; valid until the next call
    };

private:
    struct Session;

public:
    /// Opens the submissions of one session one after another. Valid while no other is opened.
    class Opening {
    public:
        /// The entry of one that is open and has not been seen; else null, and open() says why.
        Submission* take(std::uint64_t number);

    private:
        friend class SubmissionTable;

        Opening(Session& session, std::size_t most) : session_(&session), most_(most) {}

        Session* session_;
        std::size_t most_;
    };

    /// From `number` on. Pre: session != 0.
    Opening opening(std::uint64_t session,
                    std::uint64_t number,
                    base::MonoTime now,
                    const model::Limits& limits);

    /// The entry of a submission, made if need be. Pre: id.session != 0.
    Found open(const model::SubmissionId& id, base::MonoTime now, const model::Limits& limits);
    /// True when the submission was taken in or acknowledged before. Changes nothing.
    [[nodiscard]] bool has_seen(const model::SubmissionId& id) const;
    /// True when it was sent again and that was answered, or it was acknowledged.
    [[nodiscard]] bool was_resent(const model::SubmissionId& id) const;
    void acknowledge(std::uint64_t session,
                     std::uint64_t below,
                     base::MonoTime now,
                     const model::Limits& limits);
    /// Keeps the end of a sync job for a resend. Nothing happens when the session is gone.
    void keep(const model::SubmissionId& id, KeptResult&& result, const model::Limits& limits);
    /// Forgets sessions that were last heard before `before`.
    void forget_silent(base::MonoTime before);

    /// What a checkpoint must tell of those of durable jobs, the longest silent session first.
    void visit_seen(const std::function<void(SubmissionsSeen&&)>& visit) const;
    /// Pre: no submission of the session is known.
    void restore(const SubmissionsSeen& fact, base::MonoTime now, const model::Limits& limits);

    [[nodiscard]] std::size_t sessions() const { return map_.size(); }

    [[nodiscard]] std::size_t kept_bytes() const { return kept_bytes_; }

private:
    struct Session {
        std::uint64_t id = 0;
        std::uint64_t base = 0;  // lowest number not acknowledged
        std::deque<Submission> window;
        base::MonoTime last_heard{};
        base::Links<Session> age;
        base::Links<Session> keeping;  // linked while results are kept for it
        std::size_t results = 0;       // how many
    };

    using Handle = base::Handle<Session>;

    /// Null when it is not in a window.
    [[nodiscard]] const Submission* find(const model::SubmissionId& id) const;
    [[nodiscard]] bool is_acknowledged(const model::SubmissionId& id) const;

    Handle touch(std::uint64_t session,
                 std::uint64_t base,
                 base::MonoTime now,
                 const model::Limits& limits);
    void forget(Handle handle);
    void drop_front(Handle handle);
    void drop_result(Handle handle, Submission& submission);
    void drop_results(Handle handle);

    base::SlotMap<Session> map_;
    std::unordered_map<std::uint64_t, Handle> by_id_;            // looked up, never walked
    base::LinkedList<Session, &Session::age> by_age_;            // longest silent first
    base::LinkedList<Session, &Session::keeping> with_results_;  // those kept for longest first
    std::size_t kept_bytes_ = 0;
};

}  // namespace steward::core
