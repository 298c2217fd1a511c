// broker/app: a native batch, command by command. This is the broker's hottest way in: nothing is
// allocated here but what the commands themselves hold.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "broker/app/check_report.hpp"
#include "broker/app/request_object.hpp"
#include "broker/app/translate_management.hpp"
#include "broker/app/translate_parts.hpp"
#include "broker/app/translate_request.hpp"
#include "common/access/session_scope.hpp"
#include "common/base/bytes.hpp"
#include "common/wire/check.hpp"
#include "common/wire/native.hpp"

namespace steward::app {
namespace {

namespace native = wire::native;
using base::Errc;

// Room for so many of a run at most is made at once, and for more when they come.
constexpr std::size_t kRunRoomMax = 1024;
// A request may hold its client's number for so long.
constexpr base::Duration kWaitMax = std::chrono::hours(1);

struct Listing {
    std::string_view what;
    core::QueryKind kind;
};

constexpr std::array<Listing, 13> kListings = {{{"jobs", core::QueryKind::Jobs},
                                                {"active", core::QueryKind::Active},
                                                {"hist", core::QueryKind::History},
                                                {"workers", core::QueryKind::Workers},
                                                {"services", core::QueryKind::Services},
                                                {"broker", core::QueryKind::Broker},
                                                {"status", core::QueryKind::Status},
                                                {"list", core::QueryKind::List},
                                                {"why", core::QueryKind::Why},
                                                {"groups", core::QueryKind::Groups},
                                                {"limits", core::QueryKind::Limits},
                                                {"schedules", core::QueryKind::Schedules},
                                                {"batches", core::QueryKind::Batches}}};

// How many are in a run whose second took so much of the batch, when all are as that.
std::size_t likely_run(const native::BatchReader& reader, std::size_t before_second) {
    const std::size_t of_one = std::max<std::size_t>(before_second - reader.bytes_left(), 1);
    return std::min(2 + reader.bytes_left() / of_one + 1, kRunRoomMax);
}

// Takes the commands of one batch in their order.
class Commands {
public:
    Commands(const Sender& from, const Terms& terms, Receiver& to)
        : from_(from), terms_(terms), to_(to) {}

    [[nodiscard]] bool all_were_good() const { return good_; }

    void refuse(std::uint64_t number, base::Error error) {
        good_ = false;
        to_.answer({address(number), core::Refused{std::move(error), {}}});
    }

    // ---- from clients ----
    void operator()(native::Session&& session) {
        session_ = from_.rights == nullptr
                       ? session.session
                       : access::scoped_session(from_.rights->key, session.session);
        if (session_ != 0 && session.acked_below != 0) {
            to_.take(core::Acknowledge{session_, session.acked_below});
        }
    }

    void operator()(native::ClientHello&& hello) {
        if (hello.version != native::kVersion) {
            refuse(0, unspoken(hello.version));
            return;
        }
        from_.greeted = true;
        to_.greet(from_.peer);
        to_.answer({address(0), core::Welcome{terms_.heartbeat_interval}});
    }

    /// A client that was given up for reading too slowly, or forgotten among too many, speaks under
    /// a new number and what it waits for would go to the old one. Told to start afresh it says
    /// hello and resends what is open.
    [[nodiscard]] bool must_greet_first(native::Type type) const {
        return from_.side == Side::Frontend && !from_.greeted &&
               type != native::Type::ClientHello && type != native::Type::Session;
    }

    /// The next command, which begin() has seen; false when it is faulty.
    [[nodiscard]] bool take(native::BatchReader& reader);

    // Submit and Finish, which most commands are, are taken in place.
    void operator()(native::Submit&& /*unused*/) {}

    void operator()(native::Query&& query);
    void operator()(native::Await&& await);
    void operator()(native::Operate&& operate);

    // ---- from workers ----
    void operator()(native::WorkerReady&& ready);

    void operator()(native::Finish&& /*unused*/) {}

    void operator()(native::Return&& returned) {
        to_.take(core::Return{from_.peer, 0, std::move(returned.attempts)});
    }

    void operator()(native::Goodbye&& goodbye) {
        to_.take(core::Goodbye{from_.peer, goodbye.finishing});
    }

    void operator()(native::Told&& told) {
        to_.take(core::Told{from_.peer, 0, told.number, std::move(told.json)});
    }

    // ---- from either ----
    void operator()(native::Heartbeat&& /*heartbeat*/) {
        to_.take(core::Heartbeat{from_.peer, 0, from_.side == Side::Backend});
    }

    void operator()(native::Partial&& partial) {
        to_.take(core::Partial{from_.peer, 0, partial.attempt, std::move(partial.data)});
    }

    void operator()(native::Progress&& progress) {
        to_.take(core::Progress{from_.peer,
                                0,
                                progress.attempt,
                                progress.done,
                                progress.total,
                                std::move(progress.text)});
    }

    // ---- what only a broker says ----
    void operator()(native::Welcome&& /*unused*/) { good_ = false; }

    void operator()(native::Disconnect&& /*unused*/) { good_ = false; }

    void operator()(native::Accepted&& /*unused*/) { good_ = false; }

    void operator()(native::Refused&& /*unused*/) { good_ = false; }

    void operator()(native::JobPartial&& /*unused*/) { good_ = false; }

    void operator()(native::JobProgress&& /*unused*/) { good_ = false; }

    void operator()(native::Result&& /*unused*/) { good_ = false; }

    void operator()(native::Report&& /*unused*/) { good_ = false; }

    void operator()(native::Assign&& /*unused*/) { good_ = false; }

    void operator()(native::StopAttempt&& /*unused*/) { good_ = false; }

    void operator()(native::Recall&& /*unused*/) { good_ = false; }

    void operator()(native::RegisterAgain&& /*unused*/) { good_ = false; }

    void operator()(native::Ask&& /*unused*/) { good_ = false; }

private:
    [[nodiscard]] core::Address address(std::uint64_t number) const {
        return {from_.peer, number, wire::Form{}.pack()};
    }

    void disconnect(base::Error error) {
        good_ = false;
        to_.take(core::Misbehaved{address(0), std::move(error.message)});
    }

    void ask_check(std::uint64_t number, bool privileged);
    void operate_by_secret(const native::Operate& operate);
    void ask_worker(std::uint64_t number,
                    core::Question what,
                    std::string_view worker,
                    bool privileged);
    [[nodiscard]] bool take_submit(native::BatchReader& reader);
    [[nodiscard]] bool take_finish(native::BatchReader& reader);
    [[nodiscard]] bool pass_on(core::Submit& submit, native::BatchReader& reader);
    [[nodiscard]] bool take_run(core::Submit& first, native::BatchReader& reader);
    [[nodiscard]] bool may_follow(const core::SubmitRun::One& one, core::Submit& first) const;
    [[nodiscard]] bool may_submit(core::Submit& submit);
    void take_query(core::Query&& query, std::string_view what);

    /// An operator's; `missing` is empty when he may.
    [[nodiscard]] Act operator_act(std::string_view verb,
                                   std::string_view object,
                                   std::string_view missing = {}) const {
        const bool has_key = from_.rights != nullptr;
        return {has_key ? std::string_view(from_.rights->key) : std::string_view(),
                "operate",
                verb,
                missing,
                object,
                {}};
    }

    /// Gives its refusal, and counts it.
    void forbid(std::uint64_t number,
                std::string_view act,
                std::string_view what,
                std::string_view missing) {
        to_.answer({address(number), core::Refused{refusal(from_, act, what, missing, to_), {}}});
    }

    Sender from_;
    const Terms& terms_;
    Receiver& to_;
    std::uint64_t session_ = 0;
    bool good_ = true;
    // Used again for each command, and for nothing but such.
    std::optional<core::Input> submit_;
    std::optional<core::Input> finish_;
    core::Input submits_{std::in_place_type<core::SubmitRun>};
    core::Input finishes_{std::in_place_type<core::FinishRun>};
};

bool Commands::take(native::BatchReader& reader) {
    if (reader.type() == native::Type::Submit) {
        return take_submit(reader);
    }
    if (reader.type() == native::Type::Finish) {
        return take_finish(reader);
    }
    native::Command command;
    if (!reader.take(command)) {
        return false;
    }
    std::visit(*this, std::move(command));
    return true;
}

bool Commands::take_submit(native::BatchReader& reader) {
    if (!submit_) {
        submit_.emplace(std::in_place_type<core::Submit>);
    }
    auto& submit = std::get<core::Submit>(*submit_);
    if (!reader.take(native::SubmitPlace{submit.submission.number, submit.again, submit.spec})) {
        return false;
    }
    while (pass_on(submit, reader)) {
    }
    return true;
}

// The first, and those behind it that are like it. True when one more was taken that must not be
// among them: it stands in the first one's place.
bool Commands::take_run(core::Submit& first, native::BatchReader& reader) {
    core::SubmitRun::One second;
    const std::size_t before = reader.bytes_left();
    if (first.again || !reader.next_alike(second.number, second.service, second.params)) {
        to_.take(std::move(*submit_));
        return false;
    }
    auto& run = std::get<core::SubmitRun>(submits_);
    run.from = first.from;
    run.session = session_;
    run.unknown = first.unknown;
    run.service = first.spec.service;
    run.options = first.spec.options;
    run.asker = first.asker;
    run.jobs.clear();
    run.jobs.reserve(likely_run(reader, before));
    run.jobs.push_back({first.submission.number, std::move(first.spec.params)});
    run.jobs.push_back(std::move(second));
    bool goes_on = true;
    while (goes_on && may_follow(run.jobs.back(), first)) {
        core::SubmitRun::One& next = run.jobs.emplace_back();
        goes_on = reader.next_alike(next.number, next.service, next.params);
    }
    first.submission.number = run.jobs.back().number;
    first.spec.params = std::move(run.jobs.back().params);
    run.jobs.pop_back();
    to_.take(std::move(submits_));
    return goes_on;
}

// Whether it may be among jobs that are like `first`, whose service becomes its own. What the key
// is bound to, `first` has been.
bool Commands::may_follow(const core::SubmitRun::One& one, core::Submit& first) const {
    if (one.service.view().empty()) {
        return true;
    }
    first.spec.service = one.service;
    return !one.service.is_reserved() &&
           (from_.rights == nullptr || from_.rights->grants.may_submit(one.service.view()).empty());
}

bool Commands::take_finish(native::BatchReader& reader) {
    if (!finish_) {
        finish_.emplace(core::Finish{from_.peer, 0, {}, {}, {}});
    }
    auto& finish = std::get<core::Finish>(*finish_);
    if (!reader.take(native::FinishPlace{finish.attempt, finish.outcome, finish.run_time})) {
        return false;
    }
    core::FinishRun::One second;
    const std::size_t before = reader.bytes_left();
    const model::Outcome& outcome = finish.outcome;
    if (outcome.verdict != model::Verdict::Succeeded || !outcome.text.empty() ||
        !reader.next_success(second.attempt, second.result, second.run_time)) {
        to_.take(std::move(*finish_));
        return true;
    }
    auto& run = std::get<core::FinishRun>(finishes_);
    run.from = from_.peer;
    run.attempts.clear();
    run.attempts.reserve(likely_run(reader, before));
    run.attempts.push_back({finish.attempt, finish.run_time, std::move(finish.outcome.result)});
    run.attempts.push_back(std::move(second));
    for (bool goes_on = true; goes_on;) {
        core::FinishRun::One& next = run.attempts.emplace_back();
        goes_on = reader.next_success(next.attempt, next.result, next.run_time);
    }
    run.attempts.pop_back();
    to_.take(std::move(finishes_));
    return true;
}

// True as take_run().
bool Commands::pass_on(core::Submit& submit, native::BatchReader& reader) {
    const std::uint64_t number = submit.submission.number;
    if (session_ == 0) {
        refuse(number,
               {Errc::Malformed, "a batch with a Submit begins with a Session other than 0", {}});
        return false;
    }
    if (submit.spec.service.is_reserved()) {
        auto query =
            management_query(address(number), submit.spec.service.view(), submit.spec.params);
        if (query) {
            take_query(*std::move(query), submit.spec.service.view());
        } else {
            refuse(number, std::move(query.error()));
        }
        return false;
    }
    if (from_.rights != nullptr && !may_submit(submit)) {
        return false;
    }
    submit.from = address(number);
    submit.submission.session = session_;
    submit.unknown = core::UnknownService::RefuseOnceSettled;
    return take_run(submit, reader);
}

bool Commands::may_submit(core::Submit& submit) {
    submit.asker = from_.rights->asker;
    const std::string missing = from_.rights->admit(submit.spec);
    if (!missing.empty()) {
        forbid(submit.submission.number, "submit", submit.spec.service.view(), missing);
    }
    return missing.empty();
}

void Commands::take_query(core::Query&& query, std::string_view what) {
    if (from_.rights != nullptr) {
        if (const std::string missing = from_.rights->admit(query); !missing.empty()) {
            to_.answer({query.from, core::Refused{refusal(from_, "read", what, missing, to_), {}}});
            return;
        }
    }
    to_.take(std::move(query));
}

void Commands::ask_check(std::uint64_t number, bool privileged) {
    core::Query input;
    input.from = address(number);
    input.from.form = as_check(input.from.form, privileged);
    input.kind = core::QueryKind::Broker;
    if (privileged) {
        to_.take(std::move(input));
    } else {
        take_query(std::move(input), "check");
    }
}

void Commands::ask_worker(std::uint64_t number,
                          core::Question what,
                          std::string_view worker,
                          bool privileged) {
    const auto peer = terms_.worker_named ? terms_.worker_named(worker) : std::nullopt;
    core::AskWorker input{address(number), peer.value_or(model::Peer{}), what, privileged};
    const std::string missing = from_.rights != nullptr ? from_.rights->admit(input) : "";
    if (missing.empty()) {
        to_.take(std::move(input));
    } else {
        forbid(number, "read", "check", missing);
    }
}

// A secret that is wrong is told so: who asks should not take the public part for all there is.
void Commands::operate_by_secret(const native::Operate& operate) {
    const auto arguments = wire::read_check_arguments(operate.arguments);
    if (!arguments) {
        refuse(operate.number, arguments.error());
        return;
    }
    const std::optional<std::string>& secret = arguments->secret;
    const bool is_stop = operate.verb == "stop";
    const bool knows = secret && terms_.is_secret && terms_.is_secret(*secret);
    if (!knows && (is_stop || secret)) {
        to_.note(operator_act(operate.verb, arguments->worker.value_or("broker"), "admin secret"));
        refuse(operate.number,
               {Errc::Forbidden,
                terms_.is_secret ? "this needs the admin secret of the broker"
                                 : "the broker has no admin secret; the setting is "
                                   "broker.admin_secret_file"});
        return;
    }
    if (is_stop && arguments->worker) {
        to_.note(operator_act(operate.verb, *arguments->worker));
    }
    if (arguments->worker) {
        ask_worker(operate.number,
                   is_stop ? core::Question::Stop : core::Question::Check,
                   *arguments->worker,
                   knows);
    } else if (is_stop) {
        to_.operate(core::Operator{address(operate.number), core::DrainBroker{}},
                    operator_act(operate.verb, "broker"));
    } else {
        ask_check(operate.number, knows);
    }
}

void Commands::operator()(native::Query&& query) {
    if (query.what == "check") {
        ask_check(query.number, false);
        return;
    }
    const auto* listing = std::ranges::find(kListings, query.what, &Listing::what);
    if (listing == kListings.end()) {
        std::string known;
        for (const Listing& one : kListings) {
            known += std::string(&one == kListings.begin() ? "" : ", ") + std::string(one.what);
        }
        refuse(query.number,
               {Errc::UnknownCommand,
                "the broker has no listing \"" + base::printable(query.what) + "\"; there are " +
                    known});
        return;
    }
    const bool is_of_one =
        listing->kind == core::QueryKind::Status || listing->kind == core::QueryKind::Why;
    if (is_of_one && !query.job) {
        refuse(query.number, {Errc::Malformed, "a " + query.what + " query names a job"});
        return;
    }
    core::Query input;
    input.from = address(query.number);
    input.kind = listing->kind;
    if (query.job) {
        input.which.jobs = {*query.job};
    }
    input.which.states = static_cast<core::JobStates>(query.states);
    input.which.service = std::move(query.service);
    input.which.context = std::move(query.context);
    input.which.group = std::move(query.group);
    input.which.batch = std::move(query.batch);
    input.after = query.after;
    input.rows_max =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(query.rows_max, UINT32_MAX));
    take_query(std::move(input), query.what);
}

void Commands::operator()(native::Await&& await) {
    const core::Asker asker = from_.rights != nullptr ? from_.rights->asker : core::Asker{};
    to_.take(core::Await{
        address(await.number), await.job, std::min(await.wait, kWaitMax), await.follow, asker});
}

void Commands::operator()(native::Operate&& operate) {
    if (operate.verb == "check" || operate.verb == "stop") {
        operate_by_secret(operate);
        return;
    }
    auto request = read_request(operate.verb, operate.arguments, terms_.zones);
    if (!request) {
        refuse(operate.number, std::move(request.error()));
        return;
    }
    core::Operator input{address(operate.number), *std::move(request)};
    const std::string object = object_of(input.what);
    if (from_.rights != nullptr) {
        if (const std::string missing = from_.rights->admit(input); !missing.empty()) {
            to_.note(operator_act(operate.verb, object, missing));
            to_.answer({input.from, core::Refused{access::lacks(from_.rights->key, missing), {}}});
            return;
        }
    }
    to_.operate(std::move(input), operator_act(operate.verb, object));
}

void Commands::operator()(native::WorkerReady&& ready) {
    auto input = checked(std::move(ready), address(0));
    if (!input) {
        disconnect(std::move(input.error()));
        return;
    }
    if (from_.rights != nullptr) {
        if (const std::string missing = from_.rights->admit(*input); !missing.empty()) {
            const std::string_view first = input->services.front().view();
            to_.take(
                core::Misbehaved{address(0), refusal(from_, "work", first, missing, to_).message});
            return;
        }
    }
    to_.take(*std::move(input));
}

}  // namespace

Reading translate_native(const Sender& from,
                         const Frames& frames,
                         const Terms& terms,
                         Receiver& to) {
    native::BatchReader reader(frames);
    Commands commands(from, terms, to);
    while (true) {
        const auto step = reader.begin();
        if (step == native::BatchReader::Step::End) {
            return commands.all_were_good() ? Reading::Understood : Reading::Malformed;
        }
        if (step == native::BatchReader::Step::Next) {
            if (commands.must_greet_first(reader.type())) {
                to.answer({{from.peer, 0, wire::Form{}.pack()},
                           core::Disconnect{"a client says hello first on each connection"}});
                return Reading::Malformed;
            }
            if (commands.take(reader)) {
                continue;
            }
            if (const auto number = reader.refused_number()) {
                commands.refuse(*number, std::move(reader.error()));
                continue;
            }
        }
        answer_unreadable(from, wire::Form{}, std::move(reader.error()), to);
        return Reading::Malformed;
    }
}

}  // namespace steward::app
