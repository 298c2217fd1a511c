// tests/sim: drives a Node as the broker's loop does: a turn when something came in, when its
// deadline is due, when the journal has moved.
#include "tests/sim/broker_actor.hpp"

#include "common/wire/native.hpp"
#include "tests/sim/failure.hpp"
#include "tests/sim/operator_acts.hpp"
#include "tests/sim/oracles/same_state.hpp"
#include "tests/sim/wire_tap.hpp"

namespace steward::sim {

namespace {

constexpr std::uint64_t kIdleTurnsMax = 100;

// Files and checkpoints are small, so that a run sees many.
JournalRules rules_of(const Stage& stage) {
    using store::Durability;
    JournalRules rules;
    rules.keeps = stage.plan.has(Fault::LateJournal);
    if (!rules.keeps) {
        return rules;
    }
    Choices& choices = stage.choices;
    rules.loses_power = stage.plan.has(Fault::PowerLost);
    rules.rots = stage.plan.has(Fault::BitsRot);
    rules.step_max = choices.between(Duration(1ms), Duration(20ms));
    store::DiskJournalOptions& options = rules.options;
    if (choices.chance(1, 2)) {
        options.durability = choices.chance(1, 2) ? Durability::Interval : Durability::Os;
    }
    options.queue_bytes_max = stage.plan.has(Fault::SmallLimits) ? 1'000 : 64'000;
    options.file_bytes_max = choices.between(200, 20'000);
    options.checkpoint_bytes_min = choices.between(500, 20'000);
    return rules;
}

core::Policy policy_of(const Stage& stage, std::size_t index) {
    core::Policy policy = stage.plan.policy;
    policy.broker_id = static_cast<std::uint16_t>(index + 1);
    if (stage.plan.has(Fault::Schedules)) {
        for (std::size_t i = 0; i < services().size(); ++i) {
            model::Schedule schedule;
            schedule.missed = static_cast<model::MissedRuns>(i);
            schedule.name = model::Label(model::name_of(schedule.missed));
            schedule.expression = stage.choices.chance(2, 3) ? "* * * * *" : "*/2 * * * *";
            schedule.job.service = *model::ServiceName::parse(services()[i]);
            schedule.job.params = {model::Encoding::Opaque, base::Blob::copy(kNobodysParams)};
            policy.schedules.push_back(std::move(schedule));
        }
    }
    return policy;
}

}  // namespace

BrokerActor::BrokerActor(Stage& stage, std::size_t index)
    : stage_(stage),
      index_(index),
      name_("b" + std::to_string(index + 1)),
      policy_(policy_of(stage, index)),
      keys_(stage.plan.has(Fault::Keys) ? draw_keys(stage.choices) : std::vector<app::KeyGrants>()),
      journal_(stage.schedule, stage.choices, rules_of(stage)),
      transport_(stage.network, index) {
    transport_.set_tap([this](app::Side side, LinkId to, const app::Frames& frames) {
        tap_wire(stage_, run(), side, to, frames);
    });
    transport_.subscribe("", [this](std::string_view topic, std::string_view body) {
        stage_.trace.line(stage_.schedule.now(), topic, body);
        stage_.events.published(run(), topic, body);
        stage_.oracles.published(run(), stage_.schedule.now(), body);
    });
    journal_.set_on_moved([this] { plan_turn(0s); });
    journal_.set_on_stored([this](std::string_view record) {
        stage_.events.stored(index_, record);
        stage_.oracles.stored(index_, record);
    });
    journal_.set_on_checkpoint([this](const auto& records, const auto& facts, auto& spills) {
        check_same_state(policy_, now(), records, facts, spills);
    });
}

base::Now BrokerActor::now() const {
    const MonoTime mono = stage_.schedule.now();
    return {mono, stage_.wall.at(mono)};
}

void BrokerActor::retire() {
    retired_ = true;
    kill();
}

void BrokerActor::start() {
    if (retired_) {
        return;
    }
    ++run_;
    journal_.open();
    if (stage_.has(Fault::BrokerKilled) && stage_.choices.chance(1, 8)) {
        journal_.die_after(stage_.choices.below(20));  // perhaps before it has read everything
    }
    transport_.begin_run();
    const base::Now started = now();
    stage_.trace.line(started.mono, name_, "starts");
    const std::uint64_t seed = stage_.choices.below(UINT64_MAX);
    node_ = std::make_unique<app::Node>(policy_, started, seed, transport_, journal_, *this);
    if (!keys_.empty() && !node_->set_keys(keys_)) {
        broken("a broker takes its keys");
    }
    stage_.events.broker_started(run(), node_->core().epoch());
    stage_.oracles.started(run(), node_->core().epoch());
    stage_.network.broker_up(index_, *this);
    plan_turn(0s);
}

void BrokerActor::kill() {
    if (!is_up()) {
        return;
    }
    stage_.trace.line(stage_.schedule.now(), name_, "is killed");
    stage_.oracles.stopped(run());
    node_.reset();
    journal_.crash();
    inbox_.clear();
    wake_at_.reset();
    stage_.network.broker_down(index_);
}

void BrokerActor::on_frames(app::Side side, const std::string& routing_id, wire::Frames frames) {
    inbox_.push_back({side, routing_id, std::move(frames), false});
    plan_turn(stage_.choices.between(Duration(0), Duration(200us)));
}

void BrokerActor::on_gone(app::Side side, const std::string& routing_id) {
    inbox_.push_back({side, routing_id, {}, true});
    plan_turn(stage_.choices.between(Duration(0), Duration(200us)));
}

void BrokerActor::note(const core::Note& note) {
    std::string text = note.event;
    for (const auto& [key, value] : note.fields) {
        text += " " + key + "=" + value;
    }
    stage_.trace.line(stage_.schedule.now(), name_ + " notes", text);
}

void BrokerActor::plan_turn(Duration pause) {
    if (turn_planned_ || !is_up()) {
        return;
    }
    turn_planned_ = true;
    stage_.schedule.in(pause, [this, run = run_] {
        turn_planned_ = false;
        if (is_up() && run == run_) {
            turn();
        } else if (is_up()) {
            plan_turn(0s);
        }
    });
}

void BrokerActor::kill_and_restart() {
    kill();
    stage_.schedule.in(stage_.choices.between(Duration(1ms), Duration(3s)), [this] {
        if (!is_up()) {
            start();
        }
    });
}

void BrokerActor::turn() {
    if (journal_.is_dead()) {  // so is the process
        kill_and_restart();
        return;
    }
    ++turns_;
    check_progress();
    node_->begin_batch(now());
    for (const Arrived& arrived : inbox_) {
        if (arrived.is_gone) {
            node_->on_gone(arrived.side, arrived.routing_id);
            continue;
        }
        watch_worker(arrived);
        watch_client(arrived);
        const LinkId link = stage_.network.link_of(index_, arrived.side, arrived.routing_id);
        const PeerEnd* peer = link != 0 ? stage_.network.peer_of(link) : nullptr;
        node_->on_frames(
            arrived.side,
            arrived.routing_id,
            arrived.frames,
            stage_.key_of(arrived.side, peer != nullptr ? peer->name() : std::string_view()));
    }
    inbox_.clear();
    node_->end_batch();
    if (!journal_.is_dead()) {
        journal_.look([&] { node_->core().check_invariants(); });
    }
    if (journal_.has_failed() && !node_->stopped()) {
        broken("a broker whose disk has failed stops");
    }
    if (transport_.is_dead() || journal_.is_dead() || node_->stopped()) {
        kill_and_restart();
        return;
    }
    stage_.oracles.followers().turn_ended(run(), node_->held() == 0);
    const auto due = node_->next_deadline();
    if (due && (!wake_at_ || *due < *wake_at_ || *wake_at_ <= stage_.schedule.now())) {
        wake_at_ = due;
        stage_.schedule.at(*due, [this, run = run_, at = *due] {
            if (is_up() && run == run_ && wake_at_ == at) {
                wake_at_.reset();
                plan_turn(0s);
            }
        });
    }
}

void BrokerActor::check_progress() {
    const bool idle = inbox_.empty() && last_turn_ == stage_.schedule.now();
    idle_turns_ = idle ? idle_turns_ + 1 : 0;
    last_turn_ = stage_.schedule.now();
    if (idle_turns_ > kIdleTurnsMax) {
        broken("time moves on: the broker's deadline stays in the past");
    }
}

void BrokerActor::watch_worker(const Arrived& arrived) {
    if (arrived.side != app::Side::Backend || !wire::native::is_native(arrived.frames)) {
        return;
    }
    const LinkId link = stage_.network.link_of(index_, arrived.side, arrived.routing_id);
    wire::native::BatchReader reader(arrived.frames);
    for (;;) {
        const auto command = reader.next();
        if (!command || !command->has_value()) {
            return;
        }
        if (const auto* given_back = std::get_if<wire::native::Return>(&**command)) {
            for (const auto& attempt : given_back->attempts) {
                stage_.leases.returned(run(), link, attempt);
            }
        } else if (const auto* part = std::get_if<wire::native::Partial>(&**command)) {
            stage_.oracles.followers().part_came(
                run(), part->attempt.job, part->data.bytes.view(), stage_.schedule.now());
        } else if (const auto* ready = std::get_if<wire::native::WorkerReady>(&**command)) {
            for (const auto& running : ready->running) {
                stage_.leases.brought_back(run(), link, running.attempt);
            }
        }
    }
}

void BrokerActor::watch_client(const Arrived& arrived) {
    if (arrived.side != app::Side::Frontend || !wire::native::is_native(arrived.frames)) {
        return;
    }
    const LinkId link = stage_.network.link_of(index_, arrived.side, arrived.routing_id);
    wire::native::BatchReader reader(arrived.frames);
    for (;;) {
        const auto command = reader.next();
        if (!command || !command->has_value()) {
            return;
        }
        const auto* await = std::get_if<wire::native::Await>(&**command);
        if (await != nullptr && await->follow) {
            stage_.oracles.followers().asked(
                run(), link, await->number, await->job, stage_.schedule.now());
        }
    }
}

}  // namespace steward::sim
