// worker/direct: what stands between masters and a worker that serves them without a broker, as a
// pure state machine. To masters it speaks as a broker does to clients, to the worker's session as
// a broker does to workers: neither of them knows a second protocol. It keeps nothing that is worth
// keeping: who needs that asks a broker. No socket, thread or clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/access/grants.hpp"
#include "common/base/expected.hpp"
#include "common/base/time.hpp"
#include "common/wire/check.hpp"
#include "common/wire/native.hpp"

namespace steward::worker {

using namespace std::chrono_literals;

struct FrontOptions {
    std::string name;         // how the worker calls itself
    std::uint64_t epoch = 0;  // of its job ids: another for each process
    bool takes_jobs = true;   // false: it serves a broker, and answers questions only
    base::Duration heartbeat_interval = 5s;
    std::uint32_t heartbeat_tries = 3;  // of a master's own intervals, before it is given up
    std::size_t masters_max = 16'384;   // those that left without a word stay for a while
    std::size_t waiting_max = 1024;     // jobs that wait for a work thread
    std::size_t message_bytes_max = 64UL << 20U;
    std::size_t unsent_bytes_max = 16UL << 20U;  // to one master that does not read; then it is
                                                 // given up
};

/// What the front asks of its surroundings.
struct FrontQuestions {
    /// Whether this is the admin secret; empty: there is none, nobody is told more.
    std::function<bool(std::string_view)> is_secret;
    /// Adds to what the front itself knows.
    std::function<void(wire::Check&)> complete;
};

/// What one master may do: `submit` by service, and `read = "all"` to ask how the worker is. The
/// other grants are about what only brokers have.
struct MasterRights {
    std::string key;  // its name, for refusals
    access::Grants grants;
};

/// A job ends with its master: one whose connection is gone is stopped.
///
/// Order:  first in, first out, over all masters.
/// Bound:  masters_max, waiting_max and the worker's concurrency; unsent_bytes_max for each master.
/// Thread: one.
class Front {
public:
    Front(FrontOptions options, FrontQuestions questions, base::MonoTime start);

    // ---- masters ----
    /// Any bytes. `tells_end`: lost() comes when this connection ends; others must beat. `rights`:
    /// null: everything, as where there are no keys.
    void on_master(base::MonoTime now,
                   const std::string& name,
                   const wire::Frames& frames,
                   bool tells_end,
                   const MasterRights* rights = nullptr);
    /// It is told why it is not heard.
    void turn_away(base::MonoTime now, const std::string& name, std::string why);
    void lost(const std::string& name);
    /// The end: everybody is told to go.
    void part();
    /// A sign of life to everybody: sending it tells who has gone.
    void beat();

    [[nodiscard]] bool has_masters() const { return !masters_.empty(); }

    /// Those with something to be sent, in the order of their names.
    [[nodiscard]] std::vector<std::string> addressed() const;
    /// The next message for this one, which stays until sent(); null: nothing.
    [[nodiscard]] const wire::Frames* message_for(const std::string& name);
    void sent(const std::string& name);

    // ---- the worker ----
    /// What its session says.
    void on_worker(base::MonoTime now, const wire::Frames& frames);

    [[nodiscard]] bool has_for_worker() const { return !to_worker_.empty(); }

    [[nodiscard]] wire::Frames take_for_worker() { return to_worker_.take(); }

    void on_time(base::MonoTime now);

    /// True once: a master that knows the secret wants the worker to stop.
    [[nodiscard]] bool take_stop() { return std::exchange(wants_stop_, false); }

    /// Who was refused for a wrong secret since the last call, for the log.
    [[nodiscard]] std::size_t take_refusals() { return std::exchange(refusals_, 0); }

private:
    struct Master {
        bool is_greeted = false;
        bool tells_end = false;
        base::Duration interval{};
        base::MonoTime heard_at;
        std::uint64_t session = 0;  // of the batch being read
        wire::native::BatchWriter writer;
        wire::Frames next;  // taken from it, not sent yet
    };

    struct Job {
        std::string master;  // empty: nobody waits for it any more
        std::uint64_t request = 0;
        model::SubmissionId submission;
        model::JobSpec spec;
        bool is_assigned = false;
    };

    using Jobs = std::map<std::uint64_t, Job>;  // by the number in the job's id
    struct FromMaster;                          // one function for each command
    struct FromWorker;

    [[nodiscard]] Master* meet(base::MonoTime now, const std::string& name, bool tells_end);
    void submit(const std::string& name, Master& master, wire::native::Submit&& submit);
    [[nodiscard]] std::optional<base::Error> refusal_of(const Master& master,
                                                        const model::JobSpec& spec) const;
    void answer_query(Master& master, const MasterRights* rights, const wire::native::Query& query);
    void operate(Master& master, const MasterRights* rights, const wire::native::Operate& operate);
    void answer_check(Master& master,
                      const MasterRights* rights,
                      std::uint64_t number,
                      bool privileged);
    [[nodiscard]] wire::Check check(bool privileged) const;

    void ready(const wire::native::WorkerReady& said);
    void dispatch();
    void finish(wire::native::Finish&& finish);
    void take_back(const model::Attempt& attempt);
    void goodbye(bool finishing);
    void part_when_done();
    [[nodiscard]] Jobs::iterator job_of(const model::JobId& id);
    void forget(Jobs::iterator job);
    void abandon(Jobs::iterator job);
    template <class Command>
    void tell(const Job& job, Command&& command);

    [[nodiscard]] model::JobId id_of(std::uint64_t number) const {
        return {options_.epoch, number};
    }

    FrontOptions options_;
    FrontQuestions questions_;
    base::MonoTime start_;
    base::MonoTime now_;

    std::map<std::string, Master> masters_;
    Jobs jobs_;
    std::map<model::SubmissionId, std::uint64_t> open_;
    std::deque<std::uint64_t> waiting_;
    std::size_t assigned_ = 0;
    std::uint64_t last_number_ = 0;
    std::uint64_t done_ = 0;
    std::uint64_t failed_ = 0;

    std::set<std::string, std::less<>> services_;
    std::uint32_t concurrency_ = 0;  // 0: the worker is not there yet
    bool is_leaving_ = false;
    wire::native::BatchWriter to_worker_;
    bool wants_stop_ = false;
    std::size_t refusals_ = 0;
};

}  // namespace steward::worker
