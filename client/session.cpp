#include "client/session.hpp"

#include <algorithm>
#include <utility>

#include "common/base/assert.hpp"

namespace steward::client {

namespace native = wire::native;

Session::Session(SessionOptions options, base::MonoTime start, std::uint64_t seed)
    : options_(std::move(options)),
      prng_(seed),
      requests_(options_.session),
      act_at_(start),
      beat_at_(start),
      heard_at_(start),
      pause_(options_.reconnect_first) {
    STEWARD_ASSERT(options_.session != 0 && options_.brokers > 0);
    connect(start);
}

// ---- from the user ----

// The broker remembers that many numbers of a session.
std::size_t Session::span_max() const {
    return std::max<std::size_t>(broker_in_flight_max_, 1);
}

std::size_t Session::room() const {
    const std::size_t open_max = std::min(options_.in_flight_max, span_max());
    return requests_.size() < open_max
               ? std::min(open_max - requests_.size(), requests_.room(span_max()))
               : 0;
}

base::Unexpected Session::no_room() const {
    return base::fail(base::Errc::TooManyInFlight,
                      std::to_string(requests_.size()) +
                          " requests are unanswered, as many as allowed "
                          "(in_flight_max here, [limits] in_flight_max at the broker)");
}

Session::Request& Session::open_request(User user) {
    Request& request = requests_.add(span_max());
    request.tag = user.tag;
    request.until = user.until;
    return request;
}

base::Expected<std::uint64_t> Session::submit(base::MonoTime /*now*/,
                                              const model::JobSpec& spec,
                                              std::uint64_t tag) {
    return submit(native::pack_job(spec), {tag});
}

base::Expected<std::uint64_t> Session::submit(native::PackedJob&& job, User user) {
    if (room() == 0) {
        return no_room();
    }
    Request& request = open_request(user);
    request.job = std::move(job);
    has_submitted_ = true;
    return request.number;
}

base::Expected<std::uint64_t> Session::ask(base::MonoTime now, Question question, User user) {
    if (room() == 0) {
        return no_room();
    }
    Request& request = open_request(user);
    std::visit([&](auto& asked) { asked.number = request.number; }, question);
    base::MonoTime until = now;
    if (auto* await = std::get_if<native::Await>(&question)) {
        until += std::clamp(await->wait, base::Duration::zero(), model::kDurationMax);
    }
    request.asked =
        std::make_unique<OpenRequests::Asked>(OpenRequests::Asked{std::move(question), until});
    return request.number;
}

void Session::forget(std::uint64_t number) {
    if (Request* request = requests_.find(number); request != nullptr) {
        requests_.close(*request);
    }
    const auto is_of = [&](const Happening& happening) {
        return std::visit(
            [&](const auto& what) {
                if constexpr (requires { what.number; }) {
                    return what.number == number;
                } else {
                    return false;
                }
            },
            happening);
    };
    const auto untold = happenings_.begin() + static_cast<std::ptrdiff_t>(happenings_taken_);
    happenings_.erase(std::remove_if(untold, happenings_.end(), is_of), happenings_.end());
    const auto unheard = accepted_.begin() + static_cast<std::ptrdiff_t>(accepted_taken_);
    accepted_.erase(
        std::remove_if(
            unheard, accepted_.end(), [&](const Accepted& one) { return one.number == number; }),
        accepted_.end());
}

base::MonoTime Session::overdue(base::MonoTime now, std::vector<Open>& to) {
    base::MonoTime next = base::MonoTime::max();
    requests_.each([&](const Request& request) {
        if (request.until <= now) {
            to.push_back({request.number, request.tag});
        } else {
            next = std::min(next, request.until);
        }
    });
    return next;
}

// ---- the connection ----

void Session::connect(base::MonoTime now) {
    link_ = Link::Connecting;
    act_at_ = now + turn().answer_max;
    happenings_.emplace_back(Connect{broker_});
}

// Gives the present broker up. The pause doubles until a broker answers, and half of it is chance,
// so that the clients of a broker that died do not all come to the next one in the same instant.
void Session::move_on(base::MonoTime now, std::string why) {
    trouble_ = std::move(why);
    link_ = Link::Pausing;
    is_welcome_ = false;
    broker_ = (broker_ + 1) % options_.brokers;
    const base::Duration pause = turn().pause_max;
    const auto half =
        static_cast<std::uint64_t>(std::max<base::Duration::rep>(pause.count(), 0)) / 2;
    act_at_ = now + base::Duration(half + prng_.below(half + 1));
    pause_ = std::min(pause_ * 2, options_.reconnect_max);
}

base::Duration Session::silence_max() const {
    return options_.heartbeat_interval * std::max(options_.heartbeat_tries, 1U);
}

Turn Session::turn() const {
    return turn_of({options_.brokers, options_.connect_timeout, silence_max()}, pause_);
}

// Of a broker that the session is connected to. What it says before it has greeted does not make
// its turn longer.
base::MonoTime Session::give_up_at() const {
    const base::MonoTime silent_at = heard_at_ + silence_max();
    return is_welcome_ || options_.brokers == 1 ? silent_at : std::min(silent_at, act_at_);
}

void Session::connected(base::MonoTime now) {
    if (link_ != Link::Connecting) {
        return;
    }
    link_ = Link::Connected;
    is_welcome_ = false;
    hello_is_due_ = true;
    beat_is_due_ = false;
    heard_at_ = now;
    beat_at_ = now + options_.heartbeat_interval;
    writer_ = {};  // what was left in it is sent again
    requests_.rewind();
}

void Session::disconnected(base::MonoTime now) {
    if (link_ != Link::Pausing) {
        move_on(
            now,
            link_ == Link::Connected ? "the connection was lost" : "no connection could be made");
    }
}

void Session::moved(base::MonoTime now) {
    if (link_ == Link::Connected) {
        heard_at_ = now;
    }
}

void Session::on_time(base::MonoTime now) {
    switch (link_) {
        case Link::Pausing:
            if (now >= act_at_) {
                connect(now);
            }
            return;
        case Link::Connecting:
            if (now >= act_at_) {
                move_on(now, "no connection could be made");
            }
            return;
        case Link::Connected:
            if (now >= give_up_at()) {
                move_on(now, "the broker was silent");
            } else if (now >= beat_at_) {
                beat_is_due_ = true;
                beat_at_ = now + options_.heartbeat_interval;
            }
            return;
    }
}

std::optional<base::MonoTime> Session::next_deadline() const {
    return link_ == Link::Connected ? std::min(beat_at_, give_up_at()) : act_at_;
}

// ---- what the broker says ----

void Session::on_frames(base::MonoTime now, const wire::Frames& frames) {
    if (link_ != Link::Connected) {
        return;
    }
    heard_at_ = now;
    if (!native::is_native(frames)) {
        move_on(now, "the broker sent something that is no message of the native protocol");
        return;
    }
    native::BatchReader reader(frames);
    while (true) {
        native::Accepted accepted;
        while (reader.next_accepted(accepted)) {
            on_accepted(accepted);
        }
        auto command = reader.next();
        if (!command) {
            move_on(now, "the broker sent a broken message: " + command.error().message);
            return;
        }
        if (!command->has_value() || !on_command(now, **command)) {
            return;
        }
    }
}

// False when the rest of the message counts no more.
bool Session::on_command(base::MonoTime now, native::Command& command) {
    if (auto* accepted = std::get_if<native::Accepted>(&command)) {
        on_accepted(*accepted);
    } else if (auto* result = std::get_if<native::Result>(&command)) {
        on_result(*result);
    } else if (auto* refused = std::get_if<native::Refused>(&command)) {
        on_refused(*refused);
    } else if (auto* partial = std::get_if<native::JobPartial>(&command)) {
        on_partial(*partial);
    } else if (auto* progress = std::get_if<native::JobProgress>(&command)) {
        on_progress(*progress);
    } else if (auto* report = std::get_if<native::Report>(&command)) {
        on_report(*report);
    } else if (auto* welcome = std::get_if<native::Welcome>(&command)) {
        on_welcome(*welcome);
    } else if (auto* disconnect = std::get_if<native::Disconnect>(&command)) {
        move_on(now, "the broker closed the connection: " + disconnect->why);
        return false;
    }
    return true;  // a heartbeat has been heard already; what is for workers is none of ours
}

void Session::on_welcome(const native::Welcome& welcome) {
    constexpr model::Limits kDefaults;
    const auto limit_or = [](std::uint64_t said, std::size_t otherwise) {
        return said != 0 ? static_cast<std::size_t>(said) : otherwise;
    };
    is_welcome_ = true;
    pause_ = options_.reconnect_first;
    trouble_.clear();
    message_bytes_max_ = limit_or(welcome.message_bytes_max, kDefaults.message_bytes_max);
    broker_in_flight_max_ = limit_or(welcome.in_flight_max, kDefaults.in_flight_max);
}

void Session::on_accepted(const native::Accepted& accepted) {
    Request* request = requests_.find(accepted.number);
    if (request == nullptr || (request->asked && !request->takes_result())) {
        return;
    }
    const bool is_call = request->is_call();
    if (is_call && request->accepted_as == accepted.job) {
        return;  // a resend may hear it twice
    }
    const Accepted told{
        request->number, request->tag, accepted.job, accepted.is_duplicate, !is_call};
    if (is_call) {
        request->accepted_as = accepted.job;
        happenings_.emplace_back(told);
        return;
    }
    if (request->follows()) {  // its parts are told before its end
        happenings_.emplace_back(told);
    } else {
        accepted_.push_back(told);
    }
    requests_.close(*request);
}

void Session::on_refused(native::Refused& refused) {
    if (Request* request = requests_.find(refused.number); request != nullptr) {
        happenings_.emplace_back(Refused{request->number, request->tag, std::move(refused.error)});
        requests_.close(*request);
    } else if (refused.number == 0) {  // of the hello
        trouble_ = std::move(refused.error.message);
    }
}

Session::Request* Session::find_following(std::uint64_t number) {
    Request* request = requests_.find(number);
    return request != nullptr && request->follows() ? request : nullptr;
}

void Session::on_result(native::Result& result) {
    Request* request = requests_.find(result.number);
    if (request != nullptr && request->takes_result()) {
        happenings_.emplace_back(Result{request->number,
                                        request->tag,
                                        result.job,
                                        result.state,
                                        std::move(result.text),
                                        std::move(result.result)});
        requests_.close(*request);
    }
}

void Session::on_partial(native::JobPartial& partial) {
    Request* request = find_following(partial.number);
    if (request == nullptr || (request->asked && !request->asked->heard.is_first(partial.part))) {
        return;
    }
    happenings_.emplace_back(PartialAnswer{
        request->number, request->tag, partial.job, std::move(partial.data), partial.part});
}

void Session::on_progress(native::JobProgress& progress) {
    if (const Request* request = find_following(progress.number); request != nullptr) {
        happenings_.emplace_back(ProgressUpdate{request->number,
                                                request->tag,
                                                progress.job,
                                                progress.done,
                                                progress.total,
                                                std::move(progress.text)});
    }
}

// The broker answers a submission to one of its own names (SERVER-JOBS, mmi.service) with a report.
void Session::on_report(native::Report& report) {
    Request* request = requests_.find(report.number);
    if (request == nullptr || (request->asked && request->takes_result())) {
        return;
    }
    if (request->asked) {
        happenings_.emplace_back(Report{request->number, request->tag, std::move(report.json)});
    } else if (request->job.is_sync) {
        happenings_.emplace_back(Result{request->number,
                                        request->tag,
                                        {},
                                        model::JobState::Succeeded,
                                        "",
                                        {model::Encoding::Json, std::move(report.json)}});
    } else {
        happenings_.emplace_back(
            Refused{request->number,
                    request->tag,
                    {base::Errc::ReservedName,
                     "the broker answers this name itself and makes no job of it; call it",
                     std::nullopt}});
    }
    requests_.close(*request);
}

void Session::take_accepted(std::vector<Accepted>& to) {
    if (accepted_taken_ == 0 && to.empty()) {
        std::swap(accepted_, to);
        return;
    }
    to.insert(to.end(),
              accepted_.begin() + static_cast<std::ptrdiff_t>(accepted_taken_),
              accepted_.end());
    accepted_.clear();
    accepted_taken_ = 0;
}

std::optional<Happening> Session::next_happening() {
    if (accepted_taken_ < accepted_.size()) {
        return accepted_[accepted_taken_++];
    }
    accepted_.clear();
    accepted_taken_ = 0;
    if (happenings_taken_ == happenings_.size()) {
        happenings_.clear();
        happenings_taken_ = 0;
        return std::nullopt;
    }
    return std::move(happenings_[happenings_taken_++]);
}

std::size_t Session::open() const {
    return requests_.size();
}

bool Session::is_welcome() const {
    return is_welcome_;
}

}  // namespace steward::client
