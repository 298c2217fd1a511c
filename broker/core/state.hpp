// broker/core: the whole state and the handlers of all inputs. Handlers are grouped by concern, one
// source file each, as the sections of the class say; core.cpp says which handler an input goes to.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "broker/core/adopted.hpp"
#include "broker/core/appends.hpp"
#include "broker/core/batches.hpp"
#include "broker/core/consequences.hpp"
#include "broker/core/effect.hpp"
#include "broker/core/filter.hpp"
#include "broker/core/group.hpp"
#include "broker/core/history.hpp"
#include "broker/core/last_said.hpp"
#include "broker/core/limit.hpp"
#include "broker/core/policy.hpp"
#include "broker/core/question.hpp"
#include "broker/core/results.hpp"
#include "broker/core/schedules.hpp"
#include "broker/core/settling.hpp"
#include "broker/core/spilling.hpp"
#include "broker/core/submissions.hpp"
#include "broker/core/timer.hpp"
#include "broker/core/unique.hpp"
#include "broker/core/worker.hpp"
#include "common/base/prng.hpp"
#include "common/base/timer_heap.hpp"

namespace steward::core {

class State {
public:
    State(const Policy& initial, const base::Now& start, std::uint64_t seed, SpillStore* spills);

    // ---- one per input ----
    void on(Submit& submit);
    void on(SubmitRun& run);
    void on(Acknowledge& acknowledge);
    void on(Await& await);
    void on(Query& query);
    void on(Ready& ready);
    void on(Heartbeat& heartbeat);
    void on(Partial& partial);
    void on(Progress& progress);
    void on(Finish& finish);
    void on(FinishRun& run);
    void on(Return& returned);
    void on(Goodbye& goodbye);
    void on(Misbehaved& misbehaved);
    void on(PeerLost& lost);
    void on(Durable& durable);
    void on(JournalFailed& failed);
    void on(Operator& request);
    void on(AskWorker& ask);
    void on(Told& told);
    void on(Tick& tick);

    /// Inputs and effects of one apply(): valid while it runs.
    void begin(const base::Now& now, Effects& out);
    /// What follows from an input whichever it was: gates that opened, jobs that others waited for,
    /// batches that are complete, the end of a drain.
    void settle_consequences();
    [[nodiscard]] std::optional<base::MonoTime> next_deadline() const;

    [[nodiscard]] base::Expected<void> restore(const Record& record);
    [[nodiscard]] base::Expected<void> write_facts(
        const std::function<base::Expected<void>(const Record&)>& put) const;
    void set_policy(const Policy& changed);
    void check_invariants() const;

    Policy policy;
    model::Counters counters;

    [[nodiscard]] std::uint64_t epoch() const { return epoch_; }

    [[nodiscard]] std::size_t waiting_and_running() const;
    [[nodiscard]] std::size_t busy_queues() const;

    [[nodiscard]] bool has_seen(const model::SubmissionId& submission) const {
        return submissions_.has_seen(submission);
    }

    [[nodiscard]] model::ServiceReport services() const;
    std::optional<OwnerId> owner_of(std::string_view name);
    void set_quota(OwnerId owner, const model::Quota& quota);

    model::EventSet announcing = model::EventSet::all();

private:
    // ---- submit.cpp: taking jobs in ----
    void admit(Submit& submit);
    [[nodiscard]] std::optional<base::Error> refusal(const Submit& submit,
                                                     const Service* service) const;
    [[nodiscard]] std::optional<base::Error> lack_of_room(const Submit& submit,
                                                          const Service* service) const;
    [[nodiscard]] base::Error lack_of_payload_room() const;
    [[nodiscard]] base::Error over_quota(OwnerId id, std::size_t bytes) const;
    bool answer_resend(const Submit& submit, const Submission& submission);
    bool claim_adopted(Submit& submit);
    void wait_until_settled(Submit& submit);
    void admit_waiting_for(const model::ServiceName& service);
    void on_settled();
    void refuse(const Address& to, std::string_view service, base::Error error, Seq after = 0);
    void note_submission(const model::SubmissionId& submission, const Job& job);

    // ---- runs.cpp: neighbours that are alike ----
    struct Alike;
    void aim(const SubmitRun& run, const model::ServiceName& name, Alike& alike);
    std::size_t admit_alike(SubmitRun& run, std::size_t first, Alike& alike);
    JobHandle create_alike(SubmitRun& run, std::size_t index, Alike& alike, Submission& submission);
    Seq append_accepted(const SubmitRun& run, std::size_t at, const model::JobId& id, Alike& alike);
    [[nodiscard]] bool has_room_for(const Service& service, std::size_t bytes) const;

    // ---- create.cpp: a job from its options ----
    [[nodiscard]] std::size_t services_max() const;
    ServiceHandle service_for(const model::ServiceName& name);
    QueueHandle queue_for(ServiceHandle service, const model::Label& channel);
    void apply_defaults(model::JobOptions& options, const Service& service) const;
    [[nodiscard]] Job new_job(const model::JobOptions& options, QueueHandle queue) const;
    JobHandle create_job(Submit& submit, QueueHandle queue, JobAccepted&& origin);
    void enroll(JobHandle handle, const model::JobOptions& options);
    [[nodiscard]] bool may_begin(const Service& service) const;
    void begin_at_once(JobHandle handle, WorkerHandle worker);
    bool begin_in_row(JobHandle handle, const Queue& queue, Row& row, std::size_t jobs_left);
    void begin_waiting(JobHandle handle);
    [[nodiscard]] bool has_room_for_group(const model::Label& name) const;

    // ---- duplicates.cpp: unique keys ----
    bool join_duplicate(Submit& submit);
    [[nodiscard]] std::optional<base::Error> join_fault(const Submit& submit, const Job& job) const;
    void replace_params(JobHandle handle, Submit& submit);
    void key_on_start(JobHandle handle);
    void retake_key(JobHandle handle);

    // ---- waiters.cpp: who waits for results ----
    [[nodiscard]] std::optional<base::Error> lack_of_waiters(const Job* job) const;
    WaiterHandle add_waiter(JobHandle job, Waiter&& waiter, base::Duration patience);
    void remove_waiter(WaiterHandle handle);
    void on_waiter_timer(WaiterHandle handle);
    void renew_waiter(JobHandle handle, const Submit& submit);
    void tell_waiters(const Job& job,
                      const model::ServiceName& service,
                      const KeptResult& end,
                      Seq seq);
    template <class Make>
    void tell_callers(const Job& job, Make&& make);

    // ---- leases.cpp: what becomes of attempts ----
    struct Held {
        WorkerHandle worker;
        JobHandle job;
    };

    std::optional<Held> held_by(Peer from, std::uint32_t form, const model::Attempt& attempt);
    [[nodiscard]] JobHandle held_job(JobHandle likely,
                                     WorkerHandle worker,
                                     const model::Attempt& attempt) const;
    [[nodiscard]] std::size_t count_held(WorkerHandle by, std::span<const FinishRun::One> of) const;
    void measure(Worker& worker, base::Duration run_time) const;
    void succeed(Worker& worker, JobHandle handle, model::Payload&& result);
    void count_run(const Job& job, base::Duration measured);
    void attempt_failed(JobHandle handle, const model::Outcome& outcome);
    void attempt_lost(JobHandle handle, std::string_view why);
    void attempt_snoozed(JobHandle handle, base::Duration again_in);
    void give_back(JobHandle handle);
    void forget_overdue(WorkerHandle handle, const model::Attempt& attempt);
    base::Duration backoff(const Job& job);

    // ---- waiting.cpp: the lists that jobs wait in ----
    void release(JobHandle handle);
    WorkerHandle take_out(JobHandle handle);
    bool take_active(Worker& worker, JobHandle handle, Job& job, Service& service);
    void block(JobHandle handle);
    void schedule(JobHandle handle, base::MonoTime due);
    void make_ready(JobHandle handle, bool at_front);
    [[nodiscard]] LaneEnd back_for(const Job& job) const;
    void line_up(JobHandle handle, const LaneTable::Place& place, LaneEnd end);
    void arm_job_timer(JobHandle handle);
    void cancel_job_timer(Job& job);
    void on_job_timer(JobHandle handle);
    void unlink_ready(JobHandle handle, const Job& job, Service& service);

    // ---- spilling.cpp, unspilling.cpp, spilled_facts.cpp: long queues on the disk, or packed ----
    static bool is_packable(const Job& job) {
        return job.params.bytes.size() <= PackedJobs::kParamsMax && may_leave(job);
    }

    static bool may_leave(const Job& job);
    void spill_filled_blocks();
    void spill_block(BlockHandle handle);
    void store_block(BlockHandle handle);
    void pack_block(BlockHandle handle);
    void take_out_stored(BlockHandle handle, std::unique_ptr<Spill> spill);
    void note_spill_failure(const base::Error& error);
    [[nodiscard]] base::Expected<std::string_view> stored_bytes(const Spill& spill,
                                                                std::size_t index,
                                                                std::size_t end,
                                                                std::string& room) const;
    [[nodiscard]] base::Expected<Job> stored_job(BlockHandle handle,
                                                 std::size_t index,
                                                 std::string_view bytes) const;
    [[nodiscard]] std::optional<Job> read_stored(BlockHandle handle, std::size_t index) const;
    JobHandle bring_back(BlockHandle handle, std::size_t index, std::string_view bytes);
    void stop_for_damage(std::string_view why);
    JobHandle find_job(const model::JobId& id);
    [[nodiscard]] SpillIndex::Found find_stored(const model::JobId& id) const;

    [[nodiscard]] bool is_stored(const model::JobId& id) const {
        return find_stored(id).block.names_something();
    }

    JobHandle recall(BlockHandle handle, std::size_t index);
    void forget_recalled();
    JobHandle restored_job(const model::JobId& id);
    [[nodiscard]] std::vector<JobHandle> jobs_of(BlockHandle handle);
    [[nodiscard]] std::size_t few_jobs() const;
    void refill(LaneHandle handle);
    [[nodiscard]] bool waits(const Spill& spill) const;
    void refill_before_leaving(const Block& block);
    void bring_up(BlockHandle from, BlockHandle to);
    void refill_all();
    void drop_spills();
    [[nodiscard]] JobsSpilled spilled_fact(BlockHandle handle) const;

    // ---- ends.cpp: the ends of jobs and what follows from them ----
    void end_job(JobHandle handle,
                 model::JobState end,
                 std::string_view text,
                 model::Payload&& result);
    void count_end(Service& service, model::JobState end);
    Seq append_end(const Job& job, std::string_view text, model::Payload&& result);
    void keep_for_resend(const Job& job, const KeptResult& end);

    // Null when it has none.
    [[nodiscard]] std::unique_ptr<const JobNames> names_of(const Job& job) const;
    [[nodiscard]] JobNames names_of_few(const Job& job) const;
    void keep_result(const Job& job,
                     const Service& service,
                     std::string_view text,
                     model::Payload&& result,
                     base::WallTime ended_at,
                     Seq seq);
    void keep_said(Job& job, base::Duration result_ttl);
    void keep_dead(JobHandle handle, std::string text);
    void drop_dead_letters();
    void forget_job(JobHandle handle);
    void discard_dead(JobHandle handle);
    void follow_end(const Job& job, model::JobState end, std::string_view text);
    void remember(JobHandle handle, const Service& service, std::string_view text, bool is_letter);

    // ---- dependencies.cpp: jobs that wait for others ----
    [[nodiscard]] base::Expected<std::vector<model::JobId>> unmet_of(
        const std::vector<model::JobId>& after, const Asker& asker);
    void wait_for(JobHandle handle, const std::vector<model::JobId>& after);
    void wait_again(JobHandle handle);
    void wait_only_for(JobHandle handle, std::vector<model::JobId>&& after);
    void tell_dependents(const Job& job, model::JobState end, std::string_view text);
    void dependency_met(JobHandle handle);
    void settle_dependents();
    void end_orphans();

    // ---- batch.cpp ----
    [[nodiscard]] std::optional<base::Error> batch_fault(OwnerId owner,
                                                         const model::Label& name) const;
    void count_in_batch(const Job& job, model::JobState end);
    void finish_batches();
    void finish_batch(BatchHandle handle);
    void end_batch(BatchHandle handle);
    void forget_old_batches();
    void apply(const Address& from, const Asker& asker, OpenBatch& request);
    void apply(const Address& from, const Asker& asker, CloseBatch& request);

    // ---- gates.cpp: groups and named limits ----
    GroupHandle group_for(const model::Label& name);
    GroupHandle name_group(const model::JobOptions& options);
    void join_group(JobHandle handle, const model::JobOptions& options);
    void leave_group(GroupHandle handle);
    void set_group(const GroupPolicy& settings);
    void enter_gates(const Job& job, const Service& service);
    void leave_gates(const Job& job, const Service& service);
    template <class Gated>
    void watch_gate(Gated& gated, Timer timer);
    void open_gates();
    void open_group(GroupHandle handle);
    void open_limit(LimitHandle handle);
    void park_lane(Queue& queue, LaneHandle handle);
    void park_queue(QueueHandle handle, LimitHandle limit_handle);
    void unpark_queue(QueueHandle handle);
    bool set_limit(const LimitSettings& settings, bool is_configured);
    [[nodiscard]] bool has_room_for_services(const std::vector<std::string>& names);
    void remove_limit(LimitHandle handle);
    void apply(const Address& from, SetLimit& request);
    void apply(const Address& from, RemoveLimit& request);
    void apply(const Address& from, SetGroup& request);

    // ---- modes.cpp: pause, drain, kill switch ----
    [[nodiscard]] Mode mode_of(const Service& service) const { return service.mode | mode_; }

    bool set_mode(const ModeChange& change);
    void apply(const Address& from, SetModes& request);

    // ---- operate.cpp: operators' requests ----
    void answer_done(const Address& to, std::size_t changed, Cursor next = 0, Seq after = 0);
    void apply(const Address& from, DrainBroker& request);
    void apply(const Address& from, CancelJobs& request);
    void apply(const Address& from, RetryDead& request);
    void apply(const Address& from, DiscardDead& request);
    void apply(const Address& from, PurgeQueue& request);
    void apply(const Address& from, const Asker& asker, EditJob& request);
    template <class Change>
    void change_jobs(
        const Address& from, JobFilter& which, Cursor start, JobStates states, Change&& change);
    bool refuse_unknown(const Address& from, const Asker& asker, const model::JobId& id);
    bool cancel_job(JobHandle handle, std::string_view why);
    bool retry_dead(JobHandle handle);
    void revive(JobHandle handle);

    // ---- filter.cpp: jobs by what they are ----
    // A cursor of a walk: a spilled block and a place in it, or with the other bit a slot of the
    // table of jobs. Looking at a stored job costs like many in memory.
    static constexpr Cursor kStoredJobs = Cursor{1} << 62U;
    static constexpr Cursor kMemoryJobs = Cursor{1} << 61U;
    static constexpr unsigned kEntryBits = 16;
    static constexpr std::size_t kStoredCost = 16;
    [[nodiscard]] const Spill* spill_to_visit(BlockHandle handle, const Wanted& wanted) const;
    [[nodiscard]] std::optional<Wanted> wanted_of(const JobFilter& filter) const;
    [[nodiscard]] bool matches(const Job& job, const Wanted& wanted) const;

    /// One step of a walk: calls `visit(handle)` for jobs that match, until it returns false or
    /// scan_jobs_max were looked at. `visit` may end jobs. Gives where to go on; 0: at the end.
    /// In walks.hpp. Those in the store come first, the same way: they only leave it for memory.
    template <class Visit>
    Cursor visit_jobs(const JobFilter& filter, Cursor from, Visit&& visit);
    template <class Visit>
    Cursor visit_stored(const Wanted& wanted, Cursor from, Visit&& visit);

    // ---- schedule.cpp: jobs by the calendar ----
    void run_schedules();
    void run_schedule(const ScheduleRun& run);
    void configure_schedules();
    void apply(const Address& from, const Asker& asker, SetSchedule& request);
    void apply(const Address& from, RemoveSchedule& request);

    // ---- registry.cpp: workers ----
    WorkerHandle worker_of(Peer from, std::uint32_t form);
    void refresh(Worker& worker) const;
    [[nodiscard]] std::optional<std::string> announcement_fault(const Ready& ready,
                                                                bool is_full) const;
    CrewHandle crew_for(const Ready& ready);
    void join_crew(WorkerHandle handle, CrewHandle crew);
    void leave_crew(WorkerHandle handle);
    std::vector<QueueHandle> lose_held(WorkerHandle handle, std::string_view why);
    bool part_when_done(WorkerHandle handle);
    void drop_worker(WorkerHandle handle, std::string_view why);
    void arm_worker_timer(WorkerHandle handle);
    void on_worker_timer(WorkerHandle handle);
    void stop_attempt(JobHandle handle, std::string_view why);
    void stop_overdue(WorkerHandle handle);
    void end_overdue(JobHandle handle);

    // ---- questions.cpp: what workers are asked ----
    void on_question_timer(QuestionMap::HandleType handle);
    void end_question(QuestionMap::HandleType handle, base::Error why);
    void drop_questions(Peer worker);

    // ---- adopt.cpp: jobs that workers bring back ----
    void adopt_all(WorkerHandle handle, std::vector<Ready::Running>& running);
    void adopt(WorkerHandle handle, Ready::Running& running, std::vector<WorkerHandle>& freed);
    bool adopt_known(WorkerHandle, JobHandle, model::Attempt, std::vector<WorkerHandle>& freed);
    bool adopt_unknown(WorkerHandle handle, Ready::Running& running);
    void make_own(JobHandle handle, Submit& submit);
    [[nodiscard]] bool may_be_running(const Job& job, std::uint32_t attempt) const;
    static void resume_attempt(Job& job, std::uint32_t attempt);

    // ---- dispatch.cpp: who gets the next job ----
    void dispatch_queue(QueueHandle handle);
    void dispatch_queues(const std::vector<QueueHandle>& queues);
    void feed_worker(WorkerHandle handle);
    void go_on(WorkerHandle handle);
    void list_turn(QueueHandle handle);
    struct Next;
    Next next_lane(QueueHandle handle);
    [[nodiscard]] WorkerHandle pick_worker(const Queue& queue);
    [[nodiscard]] bool lacks_of_lot(CrewHandle handle, const Crew& crew) const;
    [[nodiscard]] WorkerHandle pick_in_row(const Queue& queue, Row& row);
    void go_on_in_row(Row& row, std::size_t jobs_left);
    bool assign_next(Crew& crew, WorkerHandle worker, std::size_t most);
    Next next_turn(Crew& crew);
    void assign(LaneHandle lane, WorkerHandle worker_handle);
    void assign_lot(const Next& next, WorkerHandle by, std::size_t lot, std::size_t most);
    void start_attempt(JobHandle handle, Job& job, WorkerHandle worker_handle, Worker& worker);
    void send_assign(const Job& job, const Service& service, const Worker& worker);
    [[nodiscard]] std::unique_ptr<const model::JobOptions> shown_to_worker(const Job& job) const;
    void hold(Worker& worker, JobHandle handle, Job& job, Service& service);
    void run_held(Job& job, Worker& worker);
    void promote_ahead(Worker& worker);
    [[nodiscard]] bool may_be_given_ahead(const Worker& worker) const;
    [[nodiscard]] std::size_t may_hold(const Worker& worker) const;
    void take_turn(WorkerHandle handle, bool at_end);
    void on_recall_timer(WorkerHandle handle);

    // ---- queries.cpp, listing.cpp, why.cpp ----
    [[nodiscard]] model::JobRow row_of(const Job& job) const;
    [[nodiscard]] model::JobReport list_jobs(const JobFilter& which);
    [[nodiscard]] model::JobReport list_active(const JobFilter& which) const;
    [[nodiscard]] model::JobReport list_history(const JobFilter& which) const;
    [[nodiscard]] model::WorkerReport list_workers(const std::string& service) const;
    [[nodiscard]] model::ServiceReport list_services(const std::string& service) const;
    [[nodiscard]] model::ServiceRow row_of(const Service& service) const;
    [[nodiscard]] model::WorkerRow row_of(const Worker& worker) const;
    [[nodiscard]] model::BrokerReport report_broker() const;
    [[nodiscard]] std::vector<model::Usage> usages() const;
    [[nodiscard]] std::optional<model::StatusReport> report_status(const model::JobId& id,
                                                                   const Asker& asker) const;
    [[nodiscard]] std::optional<std::uint64_t> place_of(const Job& job) const;
    [[nodiscard]] model::ListReport list_page(const Query& query);
    Cursor list_ended(const JobFilter& filter,
                      Cursor from,
                      std::size_t rows_max,
                      model::ListReport& report) const;
    [[nodiscard]] model::GroupReport list_groups(const Query& query) const;
    [[nodiscard]] model::LimitReport list_limits() const;
    [[nodiscard]] model::ScheduleReport list_schedules(const Query& query) const;
    [[nodiscard]] model::BatchReport list_batches(const Query& query) const;
    [[nodiscard]] std::optional<model::WhyReport> report_why(const model::JobId& id,
                                                             const Asker& asker) const;
    struct Why;

    // ---- invariants.cpp ----
    void check_jobs() const;
    void check_owners() const;
    void check_queues() const;
    void check_blocks(LaneHandle handle) const;
    void check_services() const;
    void check_gates() const;
    void check_batches() const;
    void check_workers() const;

    // ---- restore.cpp ----
    base::Expected<void> restore_fact(const JobAccepted& fact);
    base::Expected<void> restore_fact(const JobsAccepted& run);
    base::Expected<void> restore_fact(const AttemptsStarted& run);
    base::Expected<void> restore_fact(const JobsSucceeded& run);
    base::Expected<void> restore_fact(const AttemptStarted& fact);
    base::Expected<void> restore_fact(const AttemptFailed& fact);
    base::Expected<void> restore_fact(const AttemptReturned& fact);
    base::Expected<void> restore_fact(const AttemptSnoozed& fact);
    base::Expected<void> restore_fact(const JobCancelled& fact);
    base::Expected<void> restore_fact(const JobEdited& fact);
    base::Expected<void> restore_fact(const DependencyMet& fact);
    base::Expected<void> restore_fact(const JobEnded& fact);
    base::Expected<void> restore_fact(const JobRetried& fact);
    base::Expected<void> restore_fact(const JobDiscarded& fact);
    base::Expected<void> restore_fact(const ModesChanged& fact);
    base::Expected<void> restore_fact(const LimitSet& fact);
    base::Expected<void> restore_fact(const LimitRemoved& fact);
    base::Expected<void> restore_fact(const GroupSet& fact);
    base::Expected<void> restore_fact(const ScheduleSet& fact);
    base::Expected<void> restore_fact(const ScheduleRemoved& fact);
    base::Expected<void> restore_fact(const ScheduleMoved& fact);
    base::Expected<void> restore_fact(const BatchOpened& fact);
    base::Expected<void> restore_fact(const BatchClosed& fact);
    base::Expected<void> restore_fact(const BatchEnded& fact);
    base::Expected<void> restore_fact(const JobStands& fact);
    base::Expected<void> restore_fact(const ResultKept& fact);
    base::Expected<void> restore_fact(const SubmissionsSeen& fact);
    base::Expected<void> restore_fact(const BatchStands& fact);
    base::Expected<void> restore_fact(const ScheduleRan& fact);
    base::Expected<void> restore_fact(const JobsSpilled& fact);
    [[nodiscard]] static base::Unexpected too_many_owners();
    [[nodiscard]] BatchHandle restored_batch(const model::Label& owner, const model::Label& name);
    [[nodiscard]] base::Expected<std::unique_ptr<Spill>> spill_of(const JobsSpilled& fact);
    [[nodiscard]] Job accepted_job(const JobAccepted& fact, QueueHandle queue) const;
    void stand(Job& job, const JobStands& fact) const;
    void shun_epoch(const model::JobId& id);
    [[nodiscard]] base::Duration age_of(base::WallTime instant) const;
    void put_back(JobHandle handle, base::MonoTime due);
    void meet_restored(JobHandle handle);
    void tell_restored(Job& job, model::JobState end);

    // ---- standing.cpp: the facts of a checkpoint ----
    template <class Put>
    bool write_settings(Put&& put) const;
    template <class Put>
    bool write_batches(Put&& put) const;
    template <class Put>
    bool write_batch_counts(Put&& put) const;
    template <class Visit>
    bool each_batch(Visit&& visit) const;
    template <class Put>
    bool write_jobs(Put&& put) const;
    template <class Put>
    bool write_results(Put&& put) const;
    template <class Put>
    bool write_submissions(Put&& put) const;
    template <class Put>
    bool write_spilled(Put&& put) const;
    [[nodiscard]] JobAccepted accepted_fact(const Job& job) const;
    [[nodiscard]] JobStands standing_fact(const Job& job) const;
    void tell_group(GroupHandle handle, model::JobOptions& options) const;
    template <class Visit>
    void each_packed(Visit&& visit) const;
    [[nodiscard]] JobHandle unreached(JobHandle handle, const std::vector<bool>& is_reached) const;
    template <class Put>
    bool write_job(const Job& job, Put&& put) const;
    [[nodiscard]] model::JobOptions options_of(const Job& job) const;
    [[nodiscard]] base::WallTime wall_of(base::MonoTime instant) const;

    // ---- what the configuration says, state.cpp ----
    void apply_service_policies();
    void apply_limit_policies();
    void apply_group_policies(const std::vector<GroupPolicy>& before);

    // ---- small helpers, state.cpp ----
    void send(const Address& to, Message&& what, Seq after = 0);
    Seq append(const Job& job, Record&& record);

    // Null when nobody listens to such events. Valid until the next call.
    Announce* announce(const Job& job, model::EventKind kind, std::string_view detail = {}) {
        return announcing.has(kind) ? add_announce(job, kind, detail) : nullptr;
    }

    Announce* add_announce(const Job& job, model::EventKind kind, std::string_view detail);
    void note(Severity severity,
              std::string_view event,
              std::vector<std::pair<std::string, std::string>> fields = {},
              Peer worker = {});

    [[nodiscard]] bool has_consequences() const;
    [[nodiscard]] bool is_settled() const;

    [[nodiscard]] const model::ServiceName& name_of_service(const Job& job) const {
        return services_.map.at(job.service).name;
    }

    [[nodiscard]] bool drain_is_over() const;
    void finish_drain();

    base::Now now_;
    Effects* out_ = nullptr;

    base::Prng prng_;
    base::Now start_;
    std::uint64_t epoch_ = 0;
    std::set<std::uint64_t> epochs_;  // of jobs that there were facts of at the start
    std::uint64_t job_numbers_ = 0;
    std::uint64_t turns_ = 0;
    Appends appends_;
    Seq durable_seq_ = 0;

    base::TimerHeap<Timer> timers_;
    // Due by the wall clock, which may jump: instants since 1970 in the heap's type.
    base::TimerHeap<Timer> wall_timers_;

    JobTable jobs_;
    LaneTable lanes_;
    Spilling spilling_;  // of lanes_
    ServiceTable services_;
    GroupTable groups_;
    LimitTable limits_;
    UniqueTable unique_;
    BatchTable batches_;
    ScheduleTable schedules_;
    WaiterMap waiters_;
    QuestionMap questions_;
    ResultTable results_;
    LastSaidTable last_said_{jobs_.parts};
    WorkerTable workers_;
    SubmissionTable submissions_;
    std::vector<JobHandle> recalled_;  // for this apply()
    JobList dead_;                     // dead letters, oldest first
    Mode mode_ = Mode::Running;        // of all services
    bool are_schedules_configured_ = false;
    bool is_restoring_ = false;

    Settling settling_;
    Consequences consequences_;  // of what was done in this apply()
    AdoptedTable adopted_;

    History history_;
    std::size_t scheduled_ = 0;
    std::size_t ready_ = 0;
    std::size_t active_ = 0;
    std::size_t blocked_ = 0;
    std::size_t dependents_count_ = 0;  // ids in the `after` of all jobs
    bool draining_ = false;
    bool stopped_ = false;
    base::MonoTime drain_ends_{};
};

}  // namespace steward::core
