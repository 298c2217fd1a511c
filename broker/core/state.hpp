// broker/core: the whole state and the handlers of all inputs. Handlers are grouped by concern, one
// source file each: submit, leases, registry, dispatch, queries, restore, invariants; core.cpp says
// which handler an input goes to.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/core/effect.hpp"
#include "broker/core/policy.hpp"
#include "broker/core/submissions.hpp"
#include "broker/core/worker.hpp"
#include "common/base/prng.hpp"
#include "common/base/timer_heap.hpp"

namespace steward::core {

struct Timer {
    enum class Kind : std::uint8_t {
        Job,       // a scheduled job is due, or a waiting one expires
        Worker,    // a heartbeat is due, it is silent, or an attempt ran too long
        Recall,    // a worker has not eaten what it was given ahead
        Settled,   // the settling time after the start is over
        Sessions,  // forget silent clients
        Drain,     // the drain's limit
    };
    Kind kind = Kind::Settled;
    JobHandle job;
    WorkerHandle worker;
};

class State {
public:
    State(const Policy& initial, const base::Now& start, std::uint64_t seed);

    // ---- one per input ----
    void on(Submit& submit);
    void on(Acknowledge& acknowledge);
    void on(Query& query);
    void on(Ready& ready);
    void on(Heartbeat& heartbeat);
    void on(Partial& partial);
    void on(Progress& progress);
    void on(Finish& finish);
    void on(Return& returned);
    void on(Goodbye& goodbye);
    void on(Misbehaved& misbehaved);
    void on(PeerLost& lost);
    void on(Durable& durable);
    void on(JournalFailed& failed);
    void on(Operator& request);
    void on(Tick& tick);

    /// Inputs and effects of one apply(): valid while it runs.
    void begin(const base::Now& now, Effects& out);
    /// What follows from an input whichever it was: recalls, end of a drain.
    void settle_consequences();

    [[nodiscard]] base::Expected<void> restore(const Record& record);
    void set_policy(const Policy& changed);
    void check_invariants() const;

    Policy policy;
    model::Counters counters;
    base::TimerHeap<Timer> timers;
    bool announcing = true;

private:
    // ---- submit.cpp ----
    void admit(Submit& submit);
    [[nodiscard]] std::optional<base::Error> refusal(const Submit& submit) const;
    bool answer_resend(Submit& submit, Submission& submission);
    bool claim_adopted(Submit& submit);
    void wait_until_settled(Submit& submit);
    void admit_waiting_for(const model::ServiceName& service);
    void on_settled();
    ServiceHandle service_for(const model::ServiceName& name);
    [[nodiscard]] Job new_job(const model::JobOptions& options, ServiceHandle service) const;
    JobHandle create_job(Submit& submit, ServiceHandle service);
    void refuse(const Address& to, std::string_view service, base::Error error);

    // ---- leases.cpp ----
    struct Held {
        WorkerHandle worker;
        JobHandle job;
    };

    std::optional<Held> held_by(Peer from, std::uint32_t form, const model::Attempt& attempt);
    void release(JobHandle handle);
    void attempt_failed(JobHandle handle, const model::Outcome& outcome);
    void attempt_lost(JobHandle handle, std::string_view why);
    void give_back(JobHandle handle);
    void forget_overdue(WorkerHandle handle, const model::Attempt& attempt);
    void schedule(JobHandle handle, base::MonoTime due);
    void make_ready(JobHandle handle, bool at_front);
    void arm_job_timer(JobHandle handle);
    void end_job(JobHandle handle, model::JobState end, std::string text, model::Payload&& result);
    void on_job_timer(JobHandle handle);
    base::Duration backoff(std::uint32_t failures);

    // ---- registry.cpp ----
    WorkerHandle worker_of(Peer from, std::uint32_t form);
    void refresh(Worker& worker) const;
    [[nodiscard]] std::optional<std::string> announcement_fault(const Ready& ready,
                                                                bool is_full) const;
    CrewHandle crew_for(const std::vector<model::ServiceName>& names);
    void join_crew(WorkerHandle handle, CrewHandle crew);
    void leave_crew(WorkerHandle handle);
    void adopt(WorkerHandle handle, Ready::Running& running);
    bool adopt_known(WorkerHandle handle, JobHandle job, const model::Attempt& attempt);
    bool adopt_unknown(WorkerHandle handle, Ready::Running& running);
    void hold(WorkerHandle worker_handle, JobHandle handle);
    std::vector<ServiceHandle> lose_held(WorkerHandle handle, std::string_view why);
    void drop_worker(WorkerHandle handle, std::string_view why);
    void arm_worker_timer(WorkerHandle handle);
    void on_worker_timer(WorkerHandle handle);
    void stop_overdue(WorkerHandle handle);

    // ---- dispatch.cpp ----
    void dispatch_service(ServiceHandle handle);
    void feed_worker(WorkerHandle handle);
    void list_turn(ServiceHandle handle);
    [[nodiscard]] WorkerHandle pick_worker(const Service& service);
    [[nodiscard]] ServiceHandle pick_service(Crew& crew);
    void assign(JobHandle handle, WorkerHandle worker_handle);
    void run_held(JobHandle handle);
    void promote_ahead(WorkerHandle handle);
    [[nodiscard]] std::size_t allowance(const Worker& worker) const;
    void take_turn(WorkerHandle handle, bool at_end);
    void on_recall_timer(WorkerHandle handle);

    // ---- queries.cpp ----
    [[nodiscard]] model::JobRow row_of(const Job& job) const;
    [[nodiscard]] model::JobReport list_jobs(const Query& query) const;
    [[nodiscard]] model::JobReport list_active(const Query& query) const;
    [[nodiscard]] model::JobReport list_history(const Query& query) const;
    [[nodiscard]] model::WorkerReport list_workers(const Query& query) const;
    [[nodiscard]] model::ServiceReport list_services(const Query& query) const;
    [[nodiscard]] model::BrokerReport report_broker() const;
    [[nodiscard]] std::optional<model::StatusReport> report_status(const model::JobId& id) const;

    // ---- invariants.cpp ----
    void check_jobs() const;
    void check_services() const;
    void check_workers() const;

    // ---- restore.cpp ----
    base::Expected<void> restore_accepted(const JobAccepted& fact);
    base::Expected<void> restore_started(const AttemptStarted& fact);
    base::Expected<void> restore_failed(const AttemptFailed& fact);
    base::Expected<void> restore_returned(const AttemptReturned& fact);
    base::Expected<void> restore_ended(const JobEnded& fact);

    // ---- small helpers, state.cpp ----
    void send(const Address& to, Message&& what, Seq after = 0);
    Seq append(const Job& job, Record&& record);
    void announce(const Job& job, model::EventKind kind, std::string_view detail = {});
    void note(Severity severity,
              std::string_view event,
              std::vector<std::pair<std::string, std::string>> fields = {},
              Peer worker = {});
    void remember(const Job& job, std::string_view text);

    [[nodiscard]] bool is_settled() const { return now_.mono >= settled_at_; }

    [[nodiscard]] bool drain_is_over() const;
    void finish_drain();

    base::Now now_;
    Effects* out_ = nullptr;

    base::Prng prng_;
    base::Now start_;
    std::uint64_t epoch_ = 0;
    std::uint64_t job_numbers_ = 0;
    std::uint64_t turns_ = 0;
    Seq last_seq_ = 0;
    Seq durable_seq_ = 0;

    JobTable jobs_;
    ServiceTable services_;
    WorkerTable workers_;
    SubmissionTable submissions_;

    // The settling time after a start: what must wait for workers to come back.
    base::MonoTime settled_at_{};
    std::vector<Submit> unsettled_;

    struct SubmissionHash {
        std::size_t operator()(const model::SubmissionId& id) const noexcept {
            return std::hash<model::JobId>{}({id.session, id.number});
        }
    };

    // A job that a worker brought from an earlier run, until its client claims it; what has ended
    // stays known for a while, so that it is not brought in again.
    struct Adopted {
        model::JobId job;
        bool is_over = false;
        std::optional<KeptResult> result;  // of one that is over; none: its worker was lost
    };

    [[nodiscard]] static model::SubmissionId adoption_key(const model::SubmissionId& submission,
                                                          const model::JobId& job);
    std::unordered_map<model::SubmissionId, Adopted, SubmissionHash> adopted_;  // never walked

    std::deque<model::JobRow> history_;  // newest last
    std::size_t scheduled_ = 0;
    std::size_t ready_ = 0;
    std::size_t active_ = 0;

    bool draining_ = false;
    bool stopped_ = false;
    base::MonoTime drain_ends_{};
};

}  // namespace steward::core
