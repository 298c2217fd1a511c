// master: workers of a program's own, without a broker: started with it, spoken to over private
// channels, and gone with it, also when it is killed. The one header to include for these;
// docs/dedicated-workers.md has examples.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "client/answer.hpp"
#include "client/params.hpp"
#include "common/base/expected.hpp"
#include "master/profile.hpp"

namespace steward::master {

using client::Answer;
using client::Params;
using client::Progress;

inline constexpr std::size_t kPoolMax = 1024;

/// How many workers: a number, or as many as there are processors for this process.
class Size {
public:
    // Implicit on purpose. NOLINTNEXTLINE(google-explicit-constructor)
    Size(std::size_t count) : count_(count) {}

    [[nodiscard]] static Size automatic() { return {}; }

    /// Errors: BadOption for 0 and for more than kPoolMax.
    [[nodiscard]] base::Expected<std::size_t> resolve() const;

private:
    Size() = default;
    std::optional<std::size_t> count_;
};

struct SendOptions {
    base::Duration time_limit = {};  // of the job; then it is stopped and has failed. Zero: none
    std::uint64_t memory_limit = 0;  // bytes resident in the worker; 0: none
    /// How long to wait for a free worker.
    base::Duration patience = std::chrono::seconds(30);
    /// Called while this thread is in a member of the pool.
    std::function<void(const Answer&)> on_partial = {};
    std::function<void(const Progress&)> on_progress = {};
};

/// The end of one job.
struct Received {
    std::size_t worker = 0;    // which of the pool's has answered: 0 to size() - 1
    std::uint64_t ticket = 0;  // what send() returned
    base::Expected<Answer> answer;
};

/// Workers that are this program's alone. Each has one job at a time, or as many as its
/// `--concurrency` says.
///
/// A worker that has ended is replaced when the next job is sent. One that ends three times in a
/// row without having finished a job is given up, and when all are, send() says why.
///
/// Errors: of a job JobFailed with the worker's text; WorkerLost when its worker ended while it had
///         the job, with how it ended ("signal 9", "exit 3").
/// Thread: one at a time. It has no threads of its own: all happens while a member is called.
/// Bound:  answers that were not received wait, no more than kUnreceivedMax; then send() refuses
///         with TooManyInFlight.
class Pool {
public:
    static constexpr std::size_t kUnreceivedMax = 65'536;

    /// Starts all of them and waits for none. Errors: Io, BadConfig, BadOption.
    [[nodiscard]] static base::Expected<Pool> start(Profile profile, Size size);
    /// Ends all of them: running jobs are stopped, and after Profile::stop_grace killed.
    ~Pool();
    Pool(Pool&&) noexcept;
    Pool& operator=(Pool&&) noexcept;

    [[nodiscard]] std::size_t size() const;
    /// Of a worker's process; 0: it has ended or has not begun.
    [[nodiscard]] int pid(std::size_t worker) const;

    /// Gives a job to a free worker, or waits for one. Returns a ticket, counted from 1. Errors:
    /// Timeout: none was free; WorkerLost: none can be had; BadName; TooManyInFlight.
    [[nodiscard]] base::Expected<std::uint64_t> send(std::string_view service,
                                                     const Params& params = {},
                                                     SendOptions options = {});
    /// The end of any job, with who had it; nothing when none came in time. Zero: whatever is there
    /// already. Errors: Io.
    [[nodiscard]] base::Expected<std::optional<Received>> receive(base::Duration patience);

    /// Jobs that were sent and not received.
    [[nodiscard]] std::size_t outstanding() const;

private:
    class Inner;
    explicit Pool(std::unique_ptr<Inner> inner);
    std::unique_ptr<Inner> inner_;
};

/// One worker that is this program's alone: a pool of one, to be called.
///
/// Thread, errors: as of Pool.
class Dedicated {
public:
    [[nodiscard]] static base::Expected<Dedicated> start(Profile profile);

    /// Sends one job and waits for its end, at most `patience`: then Timeout, the worker is ended
    /// and its job with it, and the next call finds another one.
    [[nodiscard]] base::Expected<Answer> call(std::string_view service,
                                              const Params& params = {},
                                              SendOptions options = {});

    [[nodiscard]] int pid() const { return pool_.pid(0); }

private:
    Dedicated(Profile profile, Pool pool) : profile_(std::move(profile)), pool_(std::move(pool)) {}

    Profile profile_;
    Pool pool_;
};

}  // namespace steward::master
