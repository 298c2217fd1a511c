// tests/sim: one run.
#include "tests/sim/world.hpp"

#include "tests/sim/failure.hpp"
#include "tests/sim/operator_actor.hpp"

namespace steward::sim {

World::World(Choices& choices, const Plan& plan, Trace& trace)
    : plan_(plan),
      choices_(choices),
      network_(schedule_, choices, trace, network_rules()),
      leases_(network_),
      events_(network_, leases_, plan.has(Fault::Keys)),
      oracles_(plan, network_, leases_),
      stage_{schedule_, choices, network_, trace, plan, wall_, calls_, leases_, events_, oracles_} {
    if (plan.has(Fault::Schedules)) {  // most runs are shorter than a minute
        wall_.begin_later(choices.between(Duration(0), Duration(1min)));
    }
    populate();
    for (const Fault fault : {Fault::Cut,
                              Fault::WorkerDies,
                              Fault::WorkerHangs,
                              Fault::WorkerFreezes,
                              Fault::WorkerLeaves,
                              Fault::BrokerKilled,
                              Fault::ClientVanishes,
                              Fault::WallJumps,
                              Fault::DiskFills,
                              Fault::SyncFails}) {
        const bool needs_disk = fault == Fault::DiskFills || fault == Fault::SyncFails;
        if (plan.has(fault) && (!needs_disk || plan.has(Fault::LateJournal))) {
            acts_.push_back(fault);
        }
    }
}

NetworkRules World::network_rules() const {
    NetworkRules rules;
    rules.hwm = plan_.hwm;
    rules.delays = plan_.has(Fault::Delay);
    rules.slow_peers = plan_.has(Fault::SlowPeer);
    return rules;
}

void World::populate() {
    for (std::size_t i = 0; i < plan_.brokers; ++i) {
        brokers_.push_back(std::make_unique<BrokerActor>(stage_, i));
    }
    for (std::size_t i = 0; i < plan_.native_workers; ++i) {
        const std::string name = "w" + std::to_string(i + 1);
        workers_.push_back(std::make_unique<WorkerActor>(stage_, name, i == 0));
    }
    for (std::size_t i = 0; i < plan_.native_clients; ++i) {
        clients_.push_back(
            std::make_unique<ClientActor>(stage_, "c" + std::to_string(i + 1), i + 1));
    }
    for (std::size_t i = 0; i < plan_.old_workers; ++i) {
        const auto dialect = static_cast<OldDialect>(choices_.below(kOldDialects));
        others_.push_back(std::make_unique<OldWorker>(
            stage_, "ow" + std::to_string(i + 1), dialect, choices_.pick(services())));
    }
    for (std::size_t i = 0; i < plan_.old_clients; ++i) {
        const auto dialect = static_cast<OldDialect>(choices_.below(kOldDialects));
        others_.push_back(
            std::make_unique<OldClient>(stage_, "oc" + std::to_string(i + 1), dialect));
    }
    for (std::size_t i = 0; i < plan_.rogues; ++i) {
        others_.push_back(std::make_unique<Rogue>(stage_, "rogue" + std::to_string(i + 1)));
    }
    if (plan_.has(Fault::Operators)) {
        others_.push_back(std::make_unique<OperatorActor>(stage_, "op"));
    }
    if (plan_.has(Fault::Garbage)) {
        others_.push_back(std::make_unique<Babbler>(stage_, "babble-f", app::Side::Frontend));
        others_.push_back(std::make_unique<Babbler>(stage_, "babble-b", app::Side::Backend));
    }
}

void World::run(std::uint64_t events) {
    for (auto& broker : brokers_) {
        broker->start();
    }
    for (auto& worker : workers_) {
        worker->start();
    }
    for (auto& client : clients_) {
        client->start();
    }
    for (auto& other : others_) {
        other->start();
    }
    plan_next_fault();
    while (schedule_.steps() < events && schedule_.step()) {
    }
    heal();
    wait_until_quiet();
    check_the_end();
}

void World::plan_next_fault() {
    if (acts_.empty()) {
        return;
    }
    schedule_.in(choices_.between(Duration(0), plan_.fault_pause_max), [this] {
        if (!stage_.healed) {
            do_fault(choices_.pick(acts_));
            plan_next_fault();
        }
    });
}

void World::do_fault(Fault fault) {
    WorkerActor& worker = *choices_.pick(workers_);
    const Duration pause = choices_.between(Duration(10ms), Duration(5s));
    switch (fault) {
        case Fault::Cut:
            if (const LinkId link = network_.any_open(); link != 0) {
                network_.cut(link);
            }
            break;
        case Fault::WorkerDies: worker.die(pause); break;
        case Fault::WorkerHangs: worker.hang(); break;
        case Fault::WorkerFreezes: worker.freeze(pause * 2); break;
        case Fault::WorkerLeaves: worker.leave(); break;
        case Fault::BrokerKilled: fault_a_broker(); break;
        case Fault::ClientVanishes: choices_.pick(clients_)->die(pause); break;
        case Fault::WallJumps: {
            const bool is_far = plan_.has(Fault::Schedules) && choices_.chance(1, 2);
            const Duration jump =
                choices_.between(Duration(0), is_far ? Duration(10min) : Duration(20s));
            wall_.set_error(choices_.chance(1, 2) ? jump : -jump);
            break;
        }
        case Fault::DiskFills:
            choices_.pick(brokers_)->journal().fill_for(pause, choices_.below(2'000));
            break;
        case Fault::SyncFails:
            choices_.pick(brokers_)->journal().fail_sync_after(choices_.below(6));
            break;
        case Fault::Delay:
        case Fault::SlowPeer:
        case Fault::Rogue:
        case Fault::ForgetfulUser:
        case Fault::Garbage:
        case Fault::LateJournal:
        case Fault::SmallLimits:
        case Fault::FixedIds:
        case Fault::PoisonJobs:
        case Fault::FailingJobs:
        case Fault::LongJobs:
        case Fault::Delayed:
        case Fault::OldDialects:
        case Fault::SeveralBrokers:
        case Fault::Groups:
        case Fault::NamedLimits:
        case Fault::Unique:
        case Fault::Dependencies:
        case Fault::Batches:
        case Fault::Channels:
        case Fault::Snoozes:
        case Fault::Schedules:
        case Fault::Operators:
        case Fault::Questions:
        case Fault::PowerLost:
        case Fault::BitsRot:
        case Fault::LongQueues:
        case Fault::Keys: break;  // not acts but the nature of the run
    }
}

void World::fault_a_broker() {
    BrokerActor& broker = *choices_.pick(brokers_);
    if (!broker.is_up()) {
        return;
    }
    ++broker_kills_;
    // These restart by themselves.
    if (plan_.has(Fault::LateJournal) && choices_.chance(1, 3)) {
        broker.journal().die_after(choices_.below(12));
        return;
    }
    if (choices_.chance(1, 2)) {
        broker.kill_in_next_turn(choices_.below(4));
        return;
    }
    broker.kill();
    schedule_.in(choices_.between(Duration(1ms), Duration(6s)), [&broker] {
        if (!broker.is_up()) {
            broker.start();
        }
    });
}

// Peers fail over, they do not spread: with one broker left, its workers and its clients meet.
void World::heal() {
    stage_.trace.line(schedule_.now(), "world", "the faults have stopped");
    stage_.healed = true;
    wall_.set_error(0s);
    network_.heal();
    for (std::size_t i = 0; i < brokers_.size(); ++i) {
        brokers_[i]->journal().peace();
        if (i != 0) {
            brokers_[i]->retire();
        } else if (!brokers_[i]->is_up()) {
            brokers_[i]->start();
        }
    }
    for (auto& worker : workers_) {
        worker->heal();
    }
    for (auto& client : clients_) {
        client->heal();
    }
    for (auto& other : others_) {
        other->heal();
    }
}

bool World::is_quiet() const {
    return calls_.open_count() == 0 && awaited() == 0 && brokers_.front()->is_up() &&
           events_.open_count(brokers_.front()->run()) == 0 &&
           (!plan_.has(Fault::LateJournal) || events_.kept_and_open(0).empty()) &&
           (!keeps_jobs() || events_.acknowledged_and_gone().empty());
}

std::size_t World::awaited() const {
    std::size_t sum = 0;
    for (const auto& client : clients_) {
        sum += client->awaited();
    }
    return sum;
}

// A broker that went down for good took its disk with it.
bool World::keeps_jobs() const {
    return plan_.has(Fault::LateJournal) && plan_.brokers == 1;
}

void World::wait_until_quiet() {
    const MonoTime limit = schedule_.now() + plan_.quiet_time_max();
    while (!is_quiet() && schedule_.now() < limit && schedule_.step()) {
    }
    // What comes after the last answer must be right as well, and late messages are still on the
    // way.
    if (plan_.has(Fault::Unique) && is_quiet()) {
        clients_.front()->probe_keys();
    }
    const MonoTime end = schedule_.now() + 5s;
    while ((schedule_.now() < end || !is_quiet()) && schedule_.now() < limit && schedule_.step()) {
    }
}

void World::check_the_end() const {
    events_.check_acknowledged();
    if (calls_.open_count() != 0) {
        broken("every call ends once the faults have stopped: " +
               std::to_string(calls_.open_count()) + " did not, such as " + calls_.any_open());
    }
    if (awaited() != 0) {
        broken("who waits for a result hears an end: " + std::to_string(awaited()) +
               " requests do not");
    }
    const BrokerActor& broker = *brokers_.front();
    if (events_.open_count(broker.run()) != 0) {
        broken("every job ends once the faults have stopped: " +
               std::to_string(events_.open_count(broker.run())) + " did not, such as " +
               events_.any_open(broker.run()));
    }
    if (const std::string gone = events_.acknowledged_and_gone(); keeps_jobs() && !gone.empty()) {
        broken("nothing acknowledged is lost: job " + gone + " never ended");
    }
    if (const std::string open = events_.kept_and_open(0);
        plan_.has(Fault::LateJournal) && !open.empty()) {
        broken("every job ends, those of earlier runs too: " + open + " did not");
    }
    oracles_.check_the_end(0, wall_.at(schedule_.now()));
    oracles_.check_figures(broker.run(), broker.node().core().services());
}

Tally World::tally() const {
    Tally tally;
    tally.steps = schedule_.steps();
    tally.calls = calls_.count();
    tally.calls_ended = calls_.ended_count();
    tally.jobs_ended = events_.ended_count();
    tally.given_out = leases_.assigned_count();
    tally.broker_kills = broker_kills_;
    const app::Node& node = brokers_.front()->node();
    tally.garbage = node.edge_counters().garbage + node.edge_counters().malformed;
    tally.core = node.core().counters();
    for (const auto& each : brokers_) {
        tally.disk.add(each->journal().tally());
    }
    oracles_.add_to(tally);
    return tally;
}

}  // namespace steward::sim
