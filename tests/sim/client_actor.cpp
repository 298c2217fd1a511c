// tests/sim: the user of a native client.
#include "tests/sim/client_actor.hpp"

#include "tests/sim/failure.hpp"
#include "tests/sim/job_options.hpp"
#include "tests/sim/operator_acts.hpp"

namespace steward::sim {
namespace {

// Calls at once. Of a long one workers with much credit are given many in a row.
constexpr std::uint64_t kBurstOften = 20;
constexpr std::uint64_t kBurstMost = 100;

constexpr int kAfterMax = 3;  // else each of many parts brings more who follow, for ever

// The same for several calls, so that they can be each other's duplicates.
model::Payload nobodys_params(std::uint64_t number) {
    const std::string text = std::string(kNobodysParams) + (number % 2 == 0 ? " even" : " odd");
    return {model::Encoding::Opaque, base::Blob::copy(text)};
}

}  // namespace

void ClientActor::start() {
    begin_session(number_ * 1000 + ++lives_);
    if (stage_.healed) {
        close_batch();
    }
    plan_next_calls();
    pump();
}

void ClientActor::heal() {
    Actor::heal();
    if (session_) {
        close_batch();
        pump();
    }
}

void ClientActor::close_batch() {
    if (!batch_.empty()) {
        ask(batch_close(std::exchange(batch_, {})));
    }
}

void ClientActor::on_death() {
    for (const auto& [number, uid] : open_) {
        stage_.calls.abandon(uid);
    }
    open_.clear();
    probes_.clear();
    awaits_.clear();
    replaces_.clear();
    batch_.clear();
    SessionActor::on_death();
}

void ClientActor::plan_next_calls() {
    if (stage_.healed) {
        return;
    }
    later(choices().between(Duration(0), stage_.plan.submit_pause_max), [this] {
        if (stage_.healed) {
            return;
        }
        const std::uint64_t most = choices().chance(1, 8) ? kBurstMost : kBurstOften;
        const auto burst = choices().chance(1, 6) ? choices().between(2, most) : 1;
        if (burst > 1 && choices().chance(1, 2)) {
            make_calls(burst);
        } else {
            for (std::uint64_t i = 0; i < burst; ++i) {
                make_calls(1);
            }
        }
        if (stage_.has(Fault::ForgetfulUser) && choices().chance(1, 10)) {
            forget_one();
        }
        if (stage_.has(Fault::Questions) && !stage_.known_jobs.empty() && choices().chance(1, 4)) {
            ask_something();
        }
        if (stage_.has(Fault::Batches) && choices().chance(1, 8)) {
            work_on_batch();
        }
        pump();
        plan_next_calls();
    });
}

void ClientActor::make_calls(std::uint64_t count) {
    Call call;
    call.client = name();
    call.service =
        choices().chance(1, 40) ? std::string(kNobodysService) : choices().pick(services());
    call.sync = choices().chance(1, 2);
    call.poison = stage_.has(Fault::PoisonJobs) && choices().chance(1, 60);
    model::JobOptions options;
    options.sync = call.sync;
    if (choices().chance(1, 5)) {
        call.priority = choices().chance(1, 2) ? model::kPriorityLow : model::kPriorityHigh;
        options.priority = call.priority;
    }
    if (stage_.has(Fault::Delayed) && choices().chance(1, 6)) {
        call.delayed = true;
        options.delay = choices().between(Duration(0), Duration(2s));
    }
    if (stage_.has(Fault::Delayed) && choices().chance(1, 6)) {
        options.expires_in = choices().between(Duration(1ms), Duration(3s));
    }
    if (!call.sync && stage_.brokers_last() && choices().chance(1, 3)) {
        options.durable = false;
    }
    draw_options(stage_, options);
    call.is_volatile = !call.sync && !options.durable.value_or(true);
    call.is_unique = options.is_unique();
    call.poison = call.poison && !call.is_unique;
    if (!batch_.empty() && choices().chance(1, 2)) {
        options.batch = batch_;
    }
    if (!call.sync && choices().chance(1, 10)) {
        options.wait = choices().between(Duration(0), Duration(300ms));
    }
    for (std::uint64_t i = 0; i < count; ++i) {
        make_call(call, options);
        call.poison = false;
    }
}

void ClientActor::make_call(const Call& call, const model::JobOptions& options) {
    model::JobSpec spec;
    spec.service = *model::ServiceName::parse(call.service);
    spec.options = options;
    const bool is_large = choices().chance(1, 50);
    const auto filling = choices().below(is_large ? 10'000 : 40);
    const Uid uid = stage_.calls.open(call);
    const auto text = params_text(uid, static_cast<std::size_t>(filling));
    spec.params = spec.options.unique_params ? nobodys_params(filling)
                  : choices().chance(1, 2)
                      ? model::Payload{model::Encoding::Opaque, base::Blob::copy(text)}
                      : model::Payload{model::Encoding::Json, base::Blob::copy('"' + text + '"')};
    const auto number = session_->submit(now(), std::move(spec));
    if (!number) {
        stage_.calls.end(uid, "not taken by the session");
        return;
    }
    open_[*number] = uid;
    if (call.is_unique && options.on_duplicate == model::OnDuplicate::Replace) {
        replaces_.insert(*number);
    }
}

void ClientActor::probe_keys() {
    if (!session_) {
        return;
    }
    for (const std::string& service : services()) {
        for (const std::string& key : unique_keys()) {
            Call call;
            call.client = name();
            call.service = service;
            call.is_unique = true;
            const Uid uid = stage_.calls.open(call);
            model::JobSpec spec;
            spec.service = *model::ServiceName::parse(service);
            spec.options.unique = key;
            spec.params = {model::Encoding::Opaque, base::Blob::copy(params_text(uid, 3))};
            if (const auto number = session_->submit(now(), std::move(spec))) {
                open_[*number] = uid;
                probes_.insert(*number);
            } else {
                stage_.calls.end(uid, "not taken by the session");
            }
        }
    }
    pump();
}

void ClientActor::work_on_batch() {
    if (batch_.empty()) {
        batch_ = name() + "-" + std::to_string(lives_) + "-" + std::to_string(++batches_);
        ask(batch_open(batch_, choices().chance(1, 2)));
    } else {
        ask(batch_close(std::exchange(batch_, {})));
    }
}

// That each is answered is for the session; what is told of a job's end must be true.
void ClientActor::ask_something() {
    static const std::vector<std::string> kQuestions = {
        "status", "why", "list", "jobs", "groups", "limits", "schedules", "batches", "hist"};
    const model::JobId job = choices().pick(stage_.known_jobs);
    if (choices().chance(1, 3)) {
        wire::native::Query query;
        query.what = choices().pick(kQuestions);
        query.job = job;
        (void)session_->ask(now(), std::move(query));
        return;
    }
    await(job, choices().chance(1, 3));
}

void ClientActor::await(const model::JobId& job, bool follow, int after) {
    const Duration wait = choices().between(Duration(0), Duration(500ms));
    if (const auto number = session_->ask(now(), wire::native::Await{0, job, wait, follow})) {
        awaits_[*number].follows = follow;
        awaits_[*number].after = after;
    }
}

// Answers to these are for nobody: what they do shows in the news.
void ClientActor::ask(wire::native::Operate&& act) {
    say("asks for " + act.verb);
    (void)session_->ask(now(), std::move(act));
}

void ClientActor::forget_one() {
    if (open_.empty()) {
        return;
    }
    auto place = open_.begin();
    std::advance(place, static_cast<std::ptrdiff_t>(choices().below(open_.size())));
    session_->forget(place->first);
    stage_.calls.abandon(place->second);
    open_.erase(place);
}

Uid ClientActor::uid_of(std::uint64_t number) const {
    const auto found = open_.find(number);
    if (found == open_.end()) {
        broken("one final outcome: " + name() + " hears again of call #" + std::to_string(number));
    }
    return found->second;
}

// Of calls, and of what it follows.
void ClientActor::check_follows(std::uint64_t number) const {
    const auto found = awaits_.find(number);
    if (found == awaits_.end()) {
        (void)uid_of(number);
    } else if (!found->second.follows) {
        broken("who only waits hears the end alone: " + name() + " hears a part of #" +
               std::to_string(number));
    }
}

void ClientActor::hear_part(const client::PartialAnswer& part) {
    check_follows(part.number);
    const auto found = awaits_.find(part.number);
    const auto serial = serial_of_part(part.data.bytes.view());
    if (!serial || found == awaits_.end()) {
        return;
    }
    if (!found->second.parts.insert(*serial).second) {
        broken("no part is told twice: " + name() + " hears part " + std::to_string(*serial) +
               " again of #" + std::to_string(part.number));
    }
    if (found->second.after < kAfterMax && choices().chance(1, 3)) {
        await(part.job, true, found->second.after + 1);  // one more, who comes late
    }
}

void ClientActor::hear(client::Happening& happening) {
    if (const auto* accepted = std::get_if<client::Accepted>(&happening)) {
        stage_.told_of(accepted->job, name());
        if (awaits_.erase(accepted->number) != 0) {
            return;  // it still goes on
        }
        const Uid uid = uid_of(accepted->number);
        stage_.remember(accepted->job, name());
        if (stage_.calls.at(uid).is_volatile) {
            stage_.events.is_volatile(accepted->job);
        }
        if (accepted->is_duplicate && probes_.contains(accepted->number)) {
            broken("a key is free when its job has ended: " + accepted->job.text() +
                   " still has that of call p" + std::to_string(uid));
        }
        if (accepted->is_duplicate && replaces_.contains(accepted->number)) {
            stage_.oracles.replaced(accepted->job);
        }
        if (!stage_.calls.at(uid).sync) {
            stage_.calls.end(uid, "accepted");
            finish(accepted->number);
            if (stage_.has(Fault::Questions) && choices().chance(1, 2)) {
                await(accepted->job, true);
            }
        }
    } else if (const auto* refused = std::get_if<client::Refused>(&happening)) {
        if (awaits_.erase(refused->number) != 0 || !open_.contains(refused->number)) {
            return;  // of a batch: what becomes of it shows in the news
        }
        stage_.calls.end(uid_of(refused->number), "refused");
        say("was refused #" + std::to_string(refused->number) + ": " + refused->error.message);
        finish(refused->number);
    } else if (const auto* result = std::get_if<client::Result>(&happening)) {
        stage_.told_of(result->job, name());
        stage_.oracles.result_told(result->job, result->state, result->result.bytes.view());
        if (const auto found = awaits_.find(result->number); found != awaits_.end()) {
            const int after = found->second.after;
            awaits_.erase(found);
            if (after < kAfterMax && choices().chance(1, 4)) {
                await(result->job, true, after + 1);  // one more, who comes after the end
            }
            return;
        }
        stage_.calls.end_with_result(uid_of(result->number),
                                     result->state == model::JobState::Succeeded,
                                     result->result.bytes.view());
        finish(result->number);
    } else if (const auto* partial = std::get_if<client::PartialAnswer>(&happening)) {
        stage_.told_of(partial->job, name());
        hear_part(*partial);
    } else if (const auto* report = std::get_if<client::Report>(&happening)) {
        for (const model::JobId& job : stage_.known_jobs) {
            if (report->json.view().find(job.text()) != std::string_view::npos) {
                stage_.told_of(job, name());
            }
        }
    } else if (const auto* progress = std::get_if<client::ProgressUpdate>(&happening)) {
        check_follows(progress->number);
    }
}

}  // namespace steward::sim
