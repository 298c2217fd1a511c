// tests/sim: an operator, in virtual time.
#include "tests/sim/operator_actor.hpp"

#include "tests/sim/operator_acts.hpp"

namespace steward::sim {

void OperatorActor::start() {
    begin_session(choices().between(1, UINT32_MAX));
    if (stage_.healed) {
        tidy();
    }
    plan_next_act();
    pump();
}

void OperatorActor::heal() {
    Actor::heal();
    tidy();
    pump();
}

void OperatorActor::on_death() {
    cancels_.clear();
    SessionActor::on_death();
}

void OperatorActor::plan_next_act() {
    if (stage_.healed) {
        return;
    }
    later(choices().between(Duration(0), stage_.plan.submit_pause_max * 4), [this] {
        if (!stage_.healed) {
            act();
            pump();
            plan_next_act();
        }
    });
}

void OperatorActor::act() {
    if (stage_.known_jobs.empty() || choices().chance(3, 5)) {
        auto act = draw_act(stage_);
        say("asks for " + act.verb);
        (void)session_->ask(now(), std::move(act));
        return;
    }
    auto jobs = some_jobs(choices(), stage_.known_jobs);
    say("cancels " + std::to_string(jobs.size()) + " jobs");
    if (const auto number = session_->ask(now(), cancel(jobs))) {
        cancels_[*number] = std::move(jobs);
    }
}

// Again and again: what was asked on an earlier connection may still be on its way, and what is
// refused now may be taken later.
void OperatorActor::tidy() {
    if (!session_) {
        return;
    }
    std::vector<wire::native::Operate> orders = {run_again("")};
    for (const std::string& service : services()) {
        orders.push_back(run_again(service));
        orders.push_back(discard_all(service));
    }
    for (std::size_t i = 0; i < orders.size(); ++i) {
        if (!session_->ask(now(), orders[tidied_ % orders.size()])) {
            break;  // the rest when there is room
        }
        ++tidied_;
    }
    later(500ms, [this] {
        tidy();
        pump();
    });
}

void OperatorActor::hear(client::Happening& happening) {
    if (const auto* report = std::get_if<client::Report>(&happening)) {
        if (const auto jobs = cancels_.find(report->number); jobs != cancels_.end()) {
            stage_.oracles.cancel_told(broker_, jobs->second);
            cancels_.erase(jobs);
        }
    } else if (const auto* refused = std::get_if<client::Refused>(&happening)) {
        if (const auto jobs = cancels_.find(refused->number); jobs != cancels_.end()) {
            Oracles::cancel_refused(jobs->second.front(), refused->error);
            cancels_.erase(jobs);
        }
    }
}

}  // namespace steward::sim
