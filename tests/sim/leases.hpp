// tests/sim: who was given which attempt and who really runs it, as seen on the wire and in the
// workers. Oracle of promises 2 (one holder), 5 (a restart runs nothing twice that still runs) and
// 8 (long work is no dead worker).
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>

#include "common/model/job.hpp"
#include "tests/sim/calls.hpp"
#include "tests/sim/network.hpp"

namespace steward::sim {

/// One process of one broker.
struct BrokerRun {
    std::size_t broker = 0;
    std::uint32_t run = 0;

    auto operator<=>(const BrokerRun&) const = default;
};

/// A native worker process, as far as the oracle must see into it.
class WorkerProcess {
public:
    virtual ~WorkerProcess() = default;
    [[nodiscard]] virtual const std::string& name() const = 0;
    /// The connection that stands and on which the broker has welcomed it; 0: none.
    [[nodiscard]] virtual LinkId welcomed_on() const = 0;
    /// It does what the protocol asks of it: it is not frozen, hung or a liar.
    [[nodiscard]] virtual bool is_honest() const = 0;
};

class Leases {
public:
    explicit Leases(const Network& network) : network_(network) {}

    // ---- the wire ----
    /// `number` 0: the worker's dialect names only the job.
    void assigned(BrokerRun run, LinkId to, const model::JobId& job, std::uint32_t number, Uid uid);
    /// A worker's giving back has reached the broker. A rogue may guess what is on its way to it.
    void returned(BrokerRun run, LinkId from, const model::Attempt& attempt);
    /// A worker that came back names what it still holds.
    void brought_back(BrokerRun run, LinkId by, const model::Attempt& attempt);
    void stop_sent(LinkId to, const model::Attempt& attempt);
    /// The broker said that it lost the worker behind this connection.
    void lost(BrokerRun run, LinkId worker, std::string_view job);

    // ---- the workers ----
    void work_started(const WorkerProcess& worker, const model::Attempt& attempt, Uid uid);
    void work_ended(const WorkerProcess& worker, const model::Attempt& attempt);
    void worker_gone(const WorkerProcess& worker);

    /// The connection of the worker that this run gave the attempt; 0: none, or one of a dialect
    /// that names no attempts.
    [[nodiscard]] LinkId holder_of(BrokerRun run, const model::Attempt& attempt) const;
    /// The call that a job is for, if it was ever given out; kNobodysCall otherwise.
    [[nodiscard]] Uid uid_of(const model::JobId& job) const;

    [[nodiscard]] std::uint64_t assigned_count() const { return assigned_count_; }

private:
    struct Lease {
        std::uint32_t number = 0;
        LinkId holder = 0;
        bool returned = false;
    };

    struct Work {
        const WorkerProcess* worker = nullptr;
        Uid uid = 0;
        bool stopped = false;
    };

    [[nodiscard]] bool check_number(BrokerRun run,
                                    const model::JobId& job,
                                    std::uint32_t number,
                                    LinkId to);
    void check_nobody_runs_it(BrokerRun run, LinkId to, const model::JobId& job, Uid uid) const;

    const Network& network_;
    std::map<std::pair<BrokerRun, model::JobId>, Lease> leases_;
    std::set<std::tuple<BrokerRun, LinkId, model::Attempt>> foreseen_;  // see returned()
    std::map<std::pair<std::string, model::Attempt>, Work> works_;      // that go on, by worker
    std::set<std::tuple<std::string, LinkId, model::Attempt>> starts_;  // by worker and connection
    std::map<model::JobId, Uid> uids_;
    std::uint64_t assigned_count_ = 0;
};

[[nodiscard]] std::string name_of(const model::Attempt& attempt);

}  // namespace steward::sim
