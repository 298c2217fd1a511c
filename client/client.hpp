// client: the library's front door, the one header a program includes. Submitting jobs, calling
// services, asking the broker. docs/writing-clients.md has examples.
#pragma once

#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "client/answer.hpp"
#include "client/batch.hpp"
#include "client/control.hpp"
#include "client/pages.hpp"
#include "client/params.hpp"
#include "client/spec.hpp"
#include "client/submitted.hpp"
#include "common/base/expected.hpp"
#include "common/base/time.hpp"
#include "common/keys/own_key.hpp"
#include "common/model/job.hpp"

namespace steward::client {

using base::Errc;
using base::Error;
using base::Expected;
using model::JobId;
using model::JobOptions;

using namespace std::chrono_literals;

class Loop;
struct Order;

struct Options {
    /// "host", "host:port", "tcp://host:port" or "ipc:///path"; the first that answers is used, the
    /// others are for when it does not. Port 5555 where none is named.
    std::vector<std::string> brokers = {"127.0.0.1"};
    /// For a broker with security (docs/security.md); as the environment says unless given.
    keys::KeyFiles keys = {};
    /// Of everything that is not given a time-out of its own.
    base::Duration timeout = 30s;
    /// How long a request waits for any broker to answer; then it ends with Disconnected. Of
    /// several brokers each has its share: one that has not greeted by then is given up for the
    /// next one.
    base::Duration connect_timeout = 10s;
    base::Duration heartbeat_interval = 5s;
    std::uint32_t heartbeat_tries = 3;   // silent intervals before a broker is given up
    std::size_t in_flight_max = 65'536;  // requests sent and not answered
    std::size_t queue_max = 65'536;      // requests that wait to be sent
    /// False: the program has an event loop of its own, which serves the connection: see
    /// Client::serve().
    bool has_thread = true;
};

using OnPartial = std::function<void(const Answer&)>;
using OnProgress = std::function<void(const Progress&)>;

struct CallOptions {
    /// Zero: as in Options.
    base::Duration timeout = {};
    /// Parts of the answer, as they come.
    OnPartial on_partial = {};
    OnProgress on_progress = {};
    /// Priority, limits and so on; its `sync` does not count.
    JobOptions options = {};
};

/// What is heard on the way to the end of a job that is followed; either may be empty.
struct FollowOptions {
    OnPartial on_partial = {};
    OnProgress on_progress = {};
};

/// One connection to a broker, shared by all threads of a program.
///
/// Every request is sent under an id of its own and sent again after a broken connection, so a
/// reconnect is neither seen nor makes a second job. A time-out ends the waiting, not the job.
///
/// Errors: Timeout; Disconnected, no broker answers (it may have heard the request before); BadName
///         for a service; TooManyInFlight, see each; what the broker refuses with (UnknownService,
///         QueueFull, Draining …: class_of() tells whether trying later helps); for a call or a
///         wait JobFailed, JobDead, JobExpired, JobCancelled with the job's own text. A client that
///         could not be started answers everything with why: Malformed for a broker's address,
///         BadConfig for its keys, Io. KeyRefused when brokers answer and none accepts its key.
/// Thread: any, any number. Blocking members must not be used from callbacks (asserted). Callbacks
///         run on the client's own thread and hold up all its traffic: hand real work elsewhere.
/// Bound:  queue_max + in_flight_max requests.
class Client {
public:
    /// Returns at once; connects in its own thread.
    explicit Client(Options options = {});
    /// Ends what is open with Disconnected; calls the callbacks that wait for it. What those ask
    /// for ends with Disconnected at once.
    ~Client();
    Client(Client&& other) noexcept;
    Client& operator=(Client&& other) noexcept;

    // ---- blocking ----
    // When queue_max requests wait to be sent, these wait for room.

    /// Runs a job and waits for its result. on_partial and on_progress are called on this thread; a
    /// call whose parts come much faster than they are taken ends with QueueFull.
    [[nodiscard]] Expected<Answer> call(std::string_view service,
                                        const Params& params = {},
                                        const CallOptions& options = {});
    /// The same with each part of the answer given to `on_partial` as it comes.
    [[nodiscard]] Expected<Answer> stream(std::string_view service,
                                          const Params& params,
                                          OnPartial on_partial,
                                          CallOptions options = {});
    /// Hands a job to the broker and waits until it has it: then it is not lost.
    [[nodiscard]] Expected<JobId> submit(std::string_view service,
                                         const Params& params = {},
                                         const JobOptions& options = {});
    /// The same, and waits a little longer for the result: it is there if the job ended within
    /// `wait`, and otherwise the job goes on.
    [[nodiscard]] Expected<Submitted> submit_for(base::Duration wait,
                                                 std::string_view service,
                                                 const Params& params = {},
                                                 const JobOptions& options = {});
    /// Many at a time, far faster than one by one. The answers are in the order of `specs`.
    [[nodiscard]] std::vector<Expected<JobId>> submit_many(std::span<const Spec> specs,
                                                           base::Duration timeout = {});
    /// Waits for the end of a job that somebody submitted. Errors: Timeout when it still goes on
    /// after `timeout` (zero: Options::timeout); UnknownJob, also when its result has been kept for
    /// as long as its result_ttl says; TooManyWaiters.
    [[nodiscard]] Expected<Answer> wait(const JobId& job, base::Duration timeout = {});
    /// The same, and hears the parts of the answer and the progress: first what the running attempt
    /// of a background job has said so far, then what comes, of every attempt that the job makes
    /// meanwhile; no part twice. For a moment after the job's end (the broker's parts_ttl) what its
    /// last attempt said comes first, then the end. Missed is only what the broker did not keep:
    /// parts beyond its limits, and from before it was started again. One too old to keep them
    /// tells what comes, or the end alone. Called on this thread. Errors: as of wait(), and
    /// QueueFull when parts come much faster than they are taken.
    [[nodiscard]] Expected<Answer> follow(const JobId& job,
                                          base::Duration timeout,
                                          OnPartial on_partial,
                                          OnProgress on_progress = {});
    /// The result as far as it is there: nothing while the job goes on.
    [[nodiscard]] Expected<std::optional<Answer>> result(const JobId& job);

    /// `what`: jobs, active, hist, workers, services, broker, status and why (need `job`), list,
    /// groups, limits, schedules, batches. An empty `service` means all.
    [[nodiscard]] Expected<nlohmann::json> query(std::string_view what,
                                                 std::string_view service = {},
                                                 std::optional<JobId> job = std::nullopt);
    [[nodiscard]] Expected<nlohmann::json> query(const Query& query);
    /// Everything the broker knows of a job. Errors: UnknownJob.
    [[nodiscard]] Expected<nlohmann::json> status(const JobId& job);
    /// The same, with the scheduler's reasons in words ("reasons"). Errors: UnknownJob.
    [[nodiscard]] Expected<nlohmann::json> why(const JobId& job);
    /// The jobs that the filter lets through; its `jobs` do not count.
    [[nodiscard]] Pages list(Filter which, std::uint32_t rows_a_page = 0);
    /// Any listing in pages: groups, limits, schedules, batches, list.
    [[nodiscard]] Pages pages(Query query);
    /// How long one question takes to the broker and back, threads included.
    [[nodiscard]] Expected<base::Duration> ping(base::Duration timeout = {});

    // ---- changing what is there ----
    // Each may be sent again after a broken connection: twice does what once does, but the second
    // answer counts what it has changed itself, and what is gone is unknown to it. With a filter:
    // how many jobs were changed. Errors: UnknownName of a schedule, batch, limit or group;
    // UnknownJob, WrongState of one job; BadOption for a value out of its range.

    /// Waiting jobs end at once; running ones are told to stop. One job, or all of a filter that
    /// names jobs, a service, a context, a group or a batch.
    [[nodiscard]] Expected<std::uint64_t> cancel(const JobId& job);
    [[nodiscard]] Expected<std::uint64_t> cancel(const Filter& which);
    /// Dead letters run again, with their attempts counted anew.
    [[nodiscard]] Expected<std::uint64_t> retry(const Filter& which);
    /// Dead letters are thrown away.
    [[nodiscard]] Expected<std::uint64_t> discard(const Filter& which);
    /// What waits for this service is cancelled; the filter may narrow it.
    [[nodiscard]] Expected<std::uint64_t> purge(std::string_view service, Filter which = {});
    /// Priority and delay of a job that waits.
    [[nodiscard]] Expected<void> edit(const JobId& job, const Edit& edit);
    /// Pauses, drains, disables services or lets them run: all changes in one transaction.
    [[nodiscard]] Expected<void> set_modes(std::span<const ModeChange> changes);
    [[nodiscard]] Expected<void> set_limit(const LimitSettings& limit);
    [[nodiscard]] Expected<void> remove_limit(std::string_view name);
    [[nodiscard]] Expected<void> set_group(const GroupSettings& group);
    [[nodiscard]] Expected<void> set_schedule(const ScheduleSettings& schedule);
    [[nodiscard]] Expected<void> remove_schedule(std::string_view name);
    /// Opens a batch under a name of its own; `then` is submitted when it is closed and all its
    /// jobs have ended.
    [[nodiscard]] Expected<Batch> open_batch(const std::optional<JobText>& then = std::nullopt);
    /// The batch of this name, which somebody opened.
    [[nodiscard]] Batch batch(std::string_view name);
    /// Any operation by its verb, as docs/protocol.md has it; the answer is the broker's report.
    [[nodiscard]] Expected<nlohmann::json> operate(std::string_view verb,
                                                   const nlohmann::json& arguments);

    // ---- not blocking ----
    // When queue_max requests wait to be sent, these end at once with TooManyInFlight. on_partial
    // and on_progress run on the client's thread, as does `done`; all before the client's end.

    using CallDone = std::function<void(Expected<Answer>)>;
    using SubmitDone = std::function<void(Expected<JobId>)>;
    using SubmittedDone = std::function<void(Expected<Submitted>)>;
    using ResultDone = std::function<void(Expected<std::optional<Answer>>)>;
    using QueryDone = std::function<void(Expected<nlohmann::json>)>;

    [[nodiscard]] std::future<Expected<Answer>> call_async(std::string_view service,
                                                           const Params& params = {},
                                                           CallOptions options = {});
    void call_async(std::string_view service,
                    const Params& params,
                    CallOptions options,
                    CallDone done);
    [[nodiscard]] std::future<Expected<JobId>> submit_async(std::string_view service,
                                                            const Params& params = {},
                                                            const JobOptions& options = {});
    void submit_async(std::string_view service,
                      const Params& params,
                      const JobOptions& options,
                      SubmitDone done);
    [[nodiscard]] std::future<Expected<Submitted>> submit_for_async(base::Duration wait,
                                                                    std::string_view service,
                                                                    const Params& params = {},
                                                                    const JobOptions& options = {});
    void submit_for_async(base::Duration wait,
                          std::string_view service,
                          const Params& params,
                          const JobOptions& options,
                          SubmittedDone done);
    [[nodiscard]] std::future<Expected<Answer>> wait_async(const JobId& job,
                                                           base::Duration timeout = {});
    void wait_async(const JobId& job, base::Duration timeout, CallDone done);
    void follow_async(const JobId& job,
                      base::Duration timeout,
                      FollowOptions options,
                      CallDone done);
    void result_async(const JobId& job, ResultDone done);
    void query_async(std::string_view what,
                     std::string_view service,
                     std::optional<JobId> job,
                     QueryDone done);
    void query_async(const Query& query, QueryDone done);
    void operate_async(std::string_view verb, const nlohmann::json& arguments, QueryDone done);

    // ---- the connection ----

    /// The broker has greeted and is still there, as far as this machine can tell: one whose end
    /// is seen counts as gone at once, one that falls silent after heartbeat_tries intervals.
    [[nodiscard]] bool is_connected() const;

    // ---- in the program's own event loop ----
    // With Options::has_thread false no thread stands between the program and the broker: callbacks
    // run in serve(), nothing of the client blocks, and all of it is the loop's thread's alone.

    /// Readable when serve() has something to do; -1 for a client that could not be started.
    [[nodiscard]] int fd() const;
    /// Sends what was asked for and takes what has come. To be called at first, when fd() is
    /// readable, after the members above have been called, best once for many, and at the instant
    /// that was returned, on posix::read_mono()'s clock. Blocks: never.
    base::MonoTime serve();

private:
    Expected<Loop*> running() const;
    Expected<nlohmann::json> ask(const Query& query, base::Duration timeout);
    Expected<std::uint64_t> change(std::string_view verb, const Filter& which);
    Expected<void> operate_once(std::string_view verb, const nlohmann::json& arguments);
    void report_async(Expected<Order> order, QueryDone done);
    Expected<Order> submit_order(base::Duration wait,
                                 std::string_view service,
                                 const Params& params,
                                 const JobOptions& options) const;
    base::Duration timeout_or_default(base::Duration timeout) const;
    base::MonoTime deadline(base::Duration timeout) const;
    base::MonoTime submit_deadline(base::Duration wait) const;

    Options options_;
    std::unique_ptr<Loop> loop_;    // null: could not be started
    std::optional<Error> failure_;  // why
};

/// Options by their documented names: {{"priority", "high"}, {"delay", "30s"},
/// {"meta", {{"trace", "17"}}}}. Errors: UnknownOption, BadOption, TooLarge.
[[nodiscard]] Expected<JobOptions> job_options(const nlohmann::json& names);

}  // namespace steward::client
