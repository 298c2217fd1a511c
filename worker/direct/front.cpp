#include "worker/direct/front.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace steward::worker {

namespace native = wire::native;
using base::Errc;

namespace {

// How long a handler may ignore its stop token; what the session takes for a broker's word.
constexpr base::Duration kStopGrace = 5s;
constexpr base::Duration kRetryAfter = 1s;

base::Error draining() {
    return {Errc::Draining, "the worker is stopping; it has not begun this job", kRetryAfter};
}

// The option of a job that only a broker can do; empty: there is none.
std::string_view brokers_option(const model::JobOptions& options) {
    const std::pair<std::string_view, bool> asked[] = {
        {"durable", options.durable.value_or(false)},
        {"priority", options.priority.has_value()},
        {"delay", options.delay.has_value()},
        {"run_at", options.run_at.has_value()},
        {"expires_in", options.expires_in.has_value()},
        {"max_attempts", options.max_attempts.value_or(1) != 1},
        {"wait", options.wait.has_value()},
        {"channel", !options.channel.empty()},
        {"group", !options.group.empty()},
        {"unique", options.is_unique()},
        {"after", !options.after.empty()},
        {"batch", !options.batch.empty()},
    };
    const auto* found = std::ranges::find(asked, true, &std::pair<std::string_view, bool>::second);
    return found == std::end(asked) ? std::string_view{} : found->first;
}

}  // namespace

Front::Front(FrontOptions options, FrontQuestions questions, base::MonoTime start)
    : options_(std::move(options)), questions_(std::move(questions)), start_(start), now_(start) {}

// ---- what masters say ----

struct Front::FromMaster {
    Front& front;
    const std::string& name;
    Master& master;
    const MasterRights* rights;

    void operator()(native::Session&& said) const { master.session = said.session; }

    void operator()(native::ClientHello&& hello) const {
        if (hello.version != native::kVersion) {
            master.writer.add(native::Refused{
                0,
                {Errc::UnsupportedVersion,
                 "this worker speaks version " + std::to_string(native::kVersion) +
                     " of the native protocol, not " + std::to_string(hello.version)}});
            return;
        }
        master.is_greeted = true;
        master.interval = std::max(hello.heartbeat_interval, base::Duration(1));
        master.writer.add(native::Welcome{native::kVersion,
                                          front.options_.name,
                                          front.options_.heartbeat_interval,
                                          front.options_.message_bytes_max,
                                          front.options_.waiting_max,
                                          kStopGrace});
    }

    void operator()(native::Submit&& submit) const {
        const std::string missing =
            rights != nullptr ? rights->grants.may_submit(submit.spec.service.view()) : "";
        if (!missing.empty()) {
            master.writer.add(native::Refused{submit.number, access::lacks(rights->key, missing)});
            return;
        }
        front.submit(name, master, std::move(submit));
    }

    void operator()(native::Query&& query) const { front.answer_query(master, rights, query); }

    void operator()(native::Await&& await) const {
        master.writer.add(native::Refused{
            await.number,
            {Errc::UnknownJob, "a worker keeps no results: whoever gave the job hears its end"}});
    }

    void operator()(native::Operate&& operate) const { front.operate(master, rights, operate); }

    void operator()(native::Heartbeat&& /*beat*/) const { master.writer.add(native::Heartbeat{}); }

    // What only workers and brokers say is passed over.
    template <class Other>
    void operator()(Other&& /*other*/) const {}
};

Front::Master* Front::meet(base::MonoTime now, const std::string& name, bool tells_end) {
    auto found = masters_.find(name);
    if (found == masters_.end()) {
        if (masters_.size() >= options_.masters_max) {
            return nullptr;
        }
        found = masters_.try_emplace(name).first;
        found->second.tells_end = tells_end;
        found->second.interval = options_.heartbeat_interval;
    }
    found->second.heard_at = now;
    return &found->second;
}

void Front::on_master(base::MonoTime now,
                      const std::string& name,
                      const wire::Frames& frames,
                      bool tells_end,
                      const MasterRights* rights) {
    now_ = now;
    Master* const master = native::is_native(frames) ? meet(now, name, tells_end) : nullptr;
    if (master == nullptr) {
        return;
    }
    master->session = 0;
    native::BatchReader reader(frames);
    while (true) {
        auto command = reader.next();
        if (!command) {
            if (const auto number = reader.refused_number()) {
                master->writer.add(native::Refused{*number, std::move(command.error())});
                continue;
            }
            master->writer.add(native::Disconnect{command.error().message});
            break;
        }
        if (!*command) {
            break;
        }
        const bool is_greeting = std::holds_alternative<native::ClientHello>(**command) ||
                                 std::holds_alternative<native::Session>(**command);
        if (!master->is_greeted && !is_greeting) {
            master->writer.add(native::Disconnect{"a client says hello first on each connection"});
            break;
        }
        std::visit(FromMaster{*this, name, *master, rights}, std::move(**command));
    }
    dispatch();
}

void Front::turn_away(base::MonoTime now, const std::string& name, std::string why) {
    if (Master* const master = meet(now, name, false)) {
        master->writer.add(native::Disconnect{std::move(why)});
    }
}

std::optional<base::Error> Front::refusal_of(const Master& master,
                                             const model::JobSpec& spec) const {
    if (master.session == 0) {
        return base::Error{Errc::Malformed,
                           "a batch with a Submit begins with a Session other than 0"};
    }
    if (!options_.takes_jobs) {
        return base::Error{Errc::ServiceStopped,
                           "this worker works for a broker, and here it only tells how it is"};
    }
    if (is_leaving_) {
        return draining();
    }
    if (concurrency_ != 0 && !services_.contains(spec.service.view())) {
        return base::Error{Errc::UnknownService,
                           "this worker does not serve " + std::string(spec.service.view())};
    }
    if (!spec.options.sync) {
        return base::Error{Errc::BadOption,
                           "a worker without a broker keeps no background jobs: call it"};
    }
    if (const auto option = brokers_option(spec.options); !option.empty()) {
        return base::Error{Errc::BadOption,
                           "a worker without a broker cannot do what the option \"" +
                               std::string(option) + "\" asks for"};
    }
    if (waiting_.size() >= options_.waiting_max) {
        return base::Error{
            Errc::QueueFull,
            std::to_string(options_.waiting_max) + " jobs wait for this worker, which is its limit",
            kRetryAfter};
    }
    return std::nullopt;
}

void Front::submit(const std::string& name, Master& master, native::Submit&& submit) {
    const model::SubmissionId submission{master.session, submit.number};
    if (const auto known = open_.find(submission); known != open_.end()) {
        Job& job = jobs_.at(known->second);  // sent again over a new connection
        job.master = name;
        master.writer.add(native::Accepted{submit.number, id_of(known->second), false});
        return;
    }
    if (auto refusal = refusal_of(master, submit.spec)) {
        master.writer.add(native::Refused{submit.number, *std::move(refusal)});
        return;
    }
    const std::uint64_t number = ++last_number_;
    open_.emplace(submission, number);
    jobs_.emplace(number, Job{name, submit.number, submission, std::move(submit.spec), false});
    waiting_.push_back(number);
    master.writer.add(native::Accepted{submit.number, id_of(number), false});
}

void Front::answer_query(Master& master, const MasterRights* rights, const native::Query& query) {
    if (query.what == "check") {
        answer_check(master, rights, query.number, false);
        return;
    }
    master.writer.add(native::Refused{
        query.number, {Errc::UnknownCommand, "of the listings a worker has only \"check\""}});
}

// Who knows the secret needs no grant.
void Front::answer_check(Master& master,
                         const MasterRights* rights,
                         std::uint64_t number,
                         bool privileged) {
    const std::string missing =
        rights != nullptr && !privileged ? rights->grants.may_read_all() : "";
    if (missing.empty()) {
        master.writer.add(
            native::Report{number, base::Blob::copy(wire::to_json(check(privileged)))});
    } else {
        master.writer.add(native::Refused{number, access::lacks(rights->key, missing)});
    }
}

// A secret that is wrong is told so: who asks should not take the public part for all there is.
void Front::operate(Master& master, const MasterRights* rights, const native::Operate& operate) {
    const auto refuse = [&](base::Error error) {
        master.writer.add(native::Refused{operate.number, std::move(error)});
    };
    const bool is_stop = operate.verb == "stop";
    if (!is_stop && operate.verb != "check") {
        refuse({Errc::UnknownCommand, "a worker can be asked to \"check\" and to \"stop\""});
        return;
    }
    const auto arguments = wire::read_check_arguments(operate.arguments);
    if (!arguments) {
        refuse(arguments.error());
        return;
    }
    if (arguments->worker) {
        refuse({Errc::BadParams, "only a broker has workers that can be asked for"});
        return;
    }
    const std::optional<std::string>& secret = arguments->secret;
    const bool knows = secret && questions_.is_secret && questions_.is_secret(*secret);
    if (!knows && (is_stop || secret)) {
        ++refusals_;
        refuse({Errc::Forbidden,
                questions_.is_secret ? "this needs the admin secret of the worker"
                                     : "the worker has no admin secret, so nobody can know it"});
        return;
    }
    if (is_stop) {
        wants_stop_ = true;
        master.writer.add(native::Report{operate.number, base::Blob::copy(R"({"stopping":true})")});
    } else {
        answer_check(master, rights, operate.number, knows);
    }
}

wire::Check Front::check(bool privileged) const {
    wire::Check check;
    check.privileged = privileged;
    const double uptime = static_cast<double>((now_ - start_).count()) / 1e6;
    check.counters.push_back({"uptime", uptime, "s"});
    if (options_.takes_jobs) {
        check.text = std::string(is_leaving_ ? "stopping; " : "") + std::to_string(assigned_) +
                     " of " + std::to_string(concurrency_) + " at work, " +
                     std::to_string(waiting_.size()) + " wait";
        check.counters.push_back(
            {"running", static_cast<double>(assigned_), "", 0, static_cast<double>(concurrency_)});
        check.counters.push_back({"waiting",
                                  static_cast<double>(waiting_.size()),
                                  "",
                                  0,
                                  static_cast<double>(options_.waiting_max)});
        check.counters.push_back({"done", static_cast<double>(done_), "c"});
        check.counters.push_back({"failed", static_cast<double>(failed_), "c"});
    }
    if (privileged) {
        check.counters.push_back({"masters",
                                  static_cast<double>(masters_.size()),
                                  "",
                                  0,
                                  static_cast<double>(options_.masters_max)});
    }
    if (questions_.complete) {
        questions_.complete(check);
    }
    return check;
}

void Front::lost(const std::string& name) {
    masters_.erase(name);
    for (auto job = jobs_.begin(); job != jobs_.end();) {
        const auto next = std::next(job);
        if (job->second.master == name) {
            abandon(job);
        }
        job = next;
    }
}

// Nobody waits for it any more.
void Front::abandon(Jobs::iterator job) {
    if (!job->second.is_assigned) {
        std::erase(waiting_, job->first);
        forget(job);
        return;
    }
    job->second.master.clear();
    to_worker_.add(native::StopAttempt{{id_of(job->first), 1}, "its master is gone"});
}

void Front::forget(Jobs::iterator job) {
    open_.erase(job->second.submission);
    assigned_ -= job->second.is_assigned ? std::size_t{1} : 0;
    jobs_.erase(job);
}

void Front::part() {
    for (auto& [name, master] : masters_) {
        master.writer.add(native::Disconnect{"the worker ends"});
    }
}

void Front::beat() {
    for (auto& [name, master] : masters_) {
        if (master.writer.empty()) {
            master.writer.add(native::Heartbeat{});
        }
    }
}

std::vector<std::string> Front::addressed() const {
    std::vector<std::string> names;
    for (const auto& [name, master] : masters_) {
        if (!master.next.empty() || !master.writer.empty()) {
            names.push_back(name);
        }
    }
    return names;
}

const wire::Frames* Front::message_for(const std::string& name) {
    const auto found = masters_.find(name);
    if (found == masters_.end()) {
        return nullptr;
    }
    Master& master = found->second;
    if (master.next.empty() && !master.writer.empty()) {
        master.next = master.writer.take();
    }
    return master.next.empty() ? nullptr : &master.next;
}

void Front::sent(const std::string& name) {
    if (const auto found = masters_.find(name); found != masters_.end()) {
        found->second.next.clear();
    }
}

void Front::on_time(base::MonoTime now) {
    now_ = now;
    std::vector<std::string> gone;
    for (const auto& [name, master] : masters_) {
        const bool is_silent = !master.tells_end &&
                               now >= master.heard_at + master.interval * options_.heartbeat_tries;
        if (is_silent || master.writer.bytes() > options_.unsent_bytes_max) {
            gone.push_back(name);
        }
    }
    for (const std::string& name : gone) {
        lost(name);
    }
    dispatch();
}

// ---- what the worker says ----

template <class Command>
void Front::tell(const Job& job, Command&& command) {
    if (const auto master = masters_.find(job.master); master != masters_.end()) {
        master->second.writer.add(std::forward<Command>(command));
    }
}

struct Front::FromWorker {
    Front& front;

    void operator()(native::WorkerReady&& said) const { front.ready(said); }

    void operator()(native::Finish&& finish) const { front.finish(std::move(finish)); }

    void operator()(native::Return&& returned) const {
        for (const model::Attempt& attempt : returned.attempts) {
            front.take_back(attempt);
        }
    }

    void operator()(native::Goodbye&& said) const { front.goodbye(said.finishing); }

    void operator()(native::Heartbeat&& /*beat*/) const {
        front.to_worker_.add(native::Heartbeat{});
    }

    void operator()(native::Partial&& partial) const {
        if (const auto job = front.job_of(partial.attempt.job); job != front.jobs_.end()) {
            front.tell(job->second,
                       native::JobPartial{
                           job->second.request, partial.attempt.job, std::move(partial.data), {}});
        }
    }

    void operator()(native::Progress&& progress) const {
        if (const auto job = front.job_of(progress.attempt.job); job != front.jobs_.end()) {
            front.tell(job->second,
                       native::JobProgress{job->second.request,
                                           progress.attempt.job,
                                           progress.done,
                                           progress.total,
                                           std::move(progress.text)});
        }
    }

    template <class Other>
    void operator()(Other&& /*other*/) const {}
};

void Front::on_worker(base::MonoTime now, const wire::Frames& frames) {
    now_ = now;
    native::BatchReader reader(frames);
    while (true) {
        auto command = reader.next();
        if (!command || !*command) {
            break;  // it is our own session: what it writes can be read
        }
        std::visit(FromWorker{*this}, std::move(**command));
    }
    dispatch();
}

void Front::ready(const native::WorkerReady& said) {
    concurrency_ = std::max(said.concurrency, 1U);
    services_ = {said.services.begin(), said.services.end()};
    to_worker_.add(native::Welcome{native::kVersion,
                                   options_.name,
                                   options_.heartbeat_interval,
                                   options_.message_bytes_max,
                                   0,
                                   kStopGrace});
    // What it was given and does not name has not reached it.
    for (auto& [number, job] : jobs_) {
        const model::Attempt attempt{id_of(number), 1};
        const bool has_it =
            std::ranges::find(said.running, attempt, &native::WorkerReady::Running::attempt) !=
            said.running.end();
        if (job.is_assigned && !has_it) {
            job.is_assigned = false;
            --assigned_;
            waiting_.push_front(number);
        }
    }
    // Before it was known what is served, anything was taken.
    for (auto job = jobs_.begin(); job != jobs_.end();) {
        const auto next = std::next(job);
        const std::string service(job->second.spec.service.view());
        if (!job->second.is_assigned && !services_.contains(service)) {
            tell(job->second,
                 native::Refused{job->second.request,
                                 {Errc::UnknownService, "this worker does not serve " + service}});
            std::erase(waiting_, job->first);
            forget(job);
        }
        job = next;
    }
}

void Front::dispatch() {
    while (!is_leaving_ && assigned_ < concurrency_ && !waiting_.empty()) {
        const std::uint64_t number = waiting_.front();
        waiting_.pop_front();
        Job& job = jobs_.at(number);
        job.is_assigned = true;
        ++assigned_;
        const model::Attempt attempt{id_of(number), 1};
        to_worker_.add(native::AssignView{attempt,
                                          job.spec.service.view(),
                                          job.spec.params,
                                          job.spec.options.time_limit.value_or(base::Duration{}),
                                          job.submission,
                                          job.spec.options.meta,
                                          &job.spec.options});
    }
}

Front::Jobs::iterator Front::job_of(const model::JobId& id) {
    return id.epoch == options_.epoch ? jobs_.find(id.number) : jobs_.end();
}

void Front::finish(native::Finish&& finish) {
    const auto job = job_of(finish.attempt.job);
    if (job == jobs_.end()) {
        return;
    }
    model::Outcome& outcome = finish.outcome;
    const bool succeeded = outcome.verdict == model::Verdict::Succeeded;
    if (outcome.verdict == model::Verdict::Snoozed && outcome.text.empty()) {
        outcome.text = "the worker wants to do it later, and there is no broker to keep it";
    }
    ++(succeeded ? done_ : failed_);
    tell(job->second,
         native::Result{job->second.request,
                        finish.attempt.job,
                        succeeded ? model::JobState::Succeeded : model::JobState::Failed,
                        std::move(outcome.text),
                        std::move(outcome.result)});
    forget(job);
    part_when_done();
}

// The worker leaves, and has not begun it.
void Front::take_back(const model::Attempt& attempt) {
    const auto job = job_of(attempt.job);
    if (job == jobs_.end()) {
        return;
    }
    tell(job->second, native::Refused{job->second.request, draining()});
    forget(job);
    part_when_done();
}

void Front::goodbye(bool finishing) {
    is_leaving_ = true;
    for (const std::uint64_t number : std::exchange(waiting_, {})) {
        take_back({id_of(number), 1});
    }
    for (auto job = jobs_.begin(); !finishing && job != jobs_.end();) {
        const auto next = std::next(job);
        tell(job->second,
             native::Refused{job->second.request,
                             {Errc::WorkerLost, "the worker ended before the job did"}});
        forget(job);
        job = next;
    }
    part_when_done();
}

void Front::part_when_done() {
    if (is_leaving_ && assigned_ == 0) {
        to_worker_.add(native::Disconnect{"goodbye"});
    }
}

}  // namespace steward::worker
