// tests/sim: the book of leases.
#include "tests/sim/leases.hpp"

#include "tests/sim/failure.hpp"

namespace steward::sim {

std::string name_of(const model::Attempt& attempt) {
    return attempt.job.text() + " attempt " + std::to_string(attempt.number);
}

void Leases::assigned(
    BrokerRun run, LinkId to, const model::JobId& job, std::uint32_t number, Uid uid) {
    ++assigned_count_;
    uids_[job] = uid;
    if (check_number(run, job, number, to)) {
        check_nobody_runs_it(run, to, job, uid);
    }
}

// False for what is out of date: it waited for a slow peer while the lease was taken from that.
bool Leases::check_number(BrokerRun run, const model::JobId& job, std::uint32_t number, LinkId to) {
    const auto [place, is_first] = leases_.try_emplace({run, job});
    Lease& lease = place->second;
    if (number != 0 && !is_first) {
        const bool again_after_return =
            number == lease.number &&
            (lease.returned || foreseen_.contains({run, to, {job, number}}) ||
             foreseen_.contains({run, lease.holder, {job, number}}));
        if (number < lease.number && network_.was_hurt(to)) {
            return false;
        }
        if (number <= lease.number && !again_after_return) {
            broken("attempts rise: " + name_of({job, number}) + " after attempt " +
                   std::to_string(lease.number));
        }
    }
    lease = {number, to, false};
    return true;
}

void Leases::check_nobody_runs_it(BrokerRun run,
                                  LinkId to,
                                  const model::JobId& job,
                                  Uid uid) const {
    for (const auto& [key, work] : works_) {
        if (work.uid != uid || uid == kNobodysCall || work.stopped || !work.worker->is_honest()) {
            continue;
        }
        const LinkId link = work.worker->welcomed_on();
        const bool broker_knows = link != 0 && link != to && !network_.was_hurt(link) &&
                                  network_.broker_of(link) == run.broker;
        if (broker_knows) {
            broken("one holder at a time: " + job.text() + " is given away while " +
                   work.worker->name() + " runs " + name_of(key.second) +
                   " of the same submission");
        }
    }
}

LinkId Leases::holder_of(BrokerRun run, const model::Attempt& attempt) const {
    const auto found = leases_.find({run, attempt.job});
    return found == leases_.end() || found->second.number != attempt.number ? 0
                                                                            : found->second.holder;
}

Uid Leases::uid_of(const model::JobId& job) const {
    const auto found = uids_.find(job);
    return found == uids_.end() ? kNobodysCall : found->second;
}

void Leases::returned(BrokerRun run, LinkId from, const model::Attempt& attempt) {
    const auto found = leases_.find({run, attempt.job});
    if (found != leases_.end() && found->second.holder == from &&
        found->second.number == attempt.number) {
        found->second.returned = true;
    } else {
        foreseen_.insert({run, from, attempt});
    }
}

void Leases::brought_back(BrokerRun run, LinkId by, const model::Attempt& attempt) {
    const auto found = leases_.find({run, attempt.job});
    if (found != leases_.end() && found->second.number == attempt.number) {
        found->second.holder = by;
    }
}

void Leases::stop_sent(LinkId to, const model::Attempt& attempt) {
    const auto found = works_.find({network_.peer_of(to)->name(), attempt});
    if (found != works_.end()) {
        found->second.stopped = true;
    }
}

void Leases::lost(BrokerRun run, LinkId worker, std::string_view job) {
    (void)run;
    if (worker != 0 && !network_.was_hurt(worker)) {
        broken("long work is no dead worker: " + std::string(job) + " was taken from " +
               network_.peer_of(worker)->name() + " although nothing happened to it");
    }
}

// That two workers do not get one attempt is seen on the wire. Here: one worker does not run it
// twice, unless a broker that has lost its memory asks for it on another connection.
void Leases::work_started(const WorkerProcess& worker, const model::Attempt& attempt, Uid uid) {
    const LinkId link = worker.welcomed_on();
    const bool is_first = starts_.emplace(worker.name(), link, attempt).second;
    if (!is_first && link != 0) {
        broken("an attempt is run once: " + worker.name() + " started " + name_of(attempt) +
               " twice");
    }
    works_[std::pair(worker.name(), attempt)] = {&worker, uid, false};
}

void Leases::work_ended(const WorkerProcess& worker, const model::Attempt& attempt) {
    works_.erase({worker.name(), attempt});
}

void Leases::worker_gone(const WorkerProcess& worker) {
    std::erase_if(works_, [&](const auto& entry) { return entry.second.worker == &worker; });
}

}  // namespace steward::sim
