#include "gateway/api/web_session.hpp"

#include <map>
#include <string>
#include <utility>

#include "common/wire/params.hpp"
#include "gateway/access/admission.hpp"
#include "gateway/access/roles.hpp"
#include "gateway/api/asking.hpp"
#include "gateway/api/desk.hpp"
#include "gateway/api/event_text.hpp"
#include "gateway/api/following.hpp"
#include "gateway/api/live.hpp"
#include "gateway/api/watches.hpp"
#include "gateway/params/job_query.hpp"
#include "gateway/params/trace.hpp"

namespace steward::gateway {

using base::Errc;
using nlohmann::json;

namespace {

constexpr std::size_t kFollowsMax = 1'000;  // and watches, of one connection

/// A message's members by name, with what is wrong told in their words.
base::Expected<std::string> text_in(const json& message, const char* name) {
    const auto found = message.find(name);
    if (found == message.end() || !found->is_string()) {
        return base::fail(Errc::BadParams, std::string("\"") + name + "\" is a text");
    }
    return found->get<std::string>();
}

base::Expected<std::vector<std::string>> texts_in(const json& message, const char* name) {
    std::vector<std::string> texts;
    const json list = message.value(name, json::array());
    if (list.is_string()) {
        texts.push_back(list.get<std::string>());
        return texts;
    }
    for (const json& entry : list) {
        if (!entry.is_string()) {
            return base::fail(Errc::BadParams, std::string("\"") + name + "\" is a list of texts");
        }
        texts.push_back(entry.get<std::string>());
    }
    return texts;
}

model::Payload payload_of(const json& message) {
    const auto params = message.find("params");
    return params == message.end() ? model::Payload()
                                   : wire::encode_params(*params, model::Encoding::Json);
}

base::Expected<base::Duration> time_in(const json& message,
                                       const char* name,
                                       base::Duration otherwise) {
    const auto found = message.find(name);
    if (found == message.end()) {
        return otherwise;
    }
    return wait_of(name, found->is_string() ? found->get<std::string>() : found->dump());
}

/// What the request that began it said of itself.
struct Opening {
    std::uint8_t roles = 0;
    std::string who;
    TokenGrants grants;
    std::string request_id;
    std::string traceparent;
};

class WebSession : public Listener, public std::enable_shared_from_this<WebSession> {
public:
    WebSession(Desk& desk, std::shared_ptr<Outlet> outlet, Opening opening)
        : desk_(desk),
          outlet_(std::move(outlet)),
          opening_(std::move(opening)),
          loads_(desk.gatekeeper.loads()) {}

    ~WebSession() override { let_go(); }

    void on_message(std::string_view text) override;

    void on_gone() override {
        outlet_.reset();
        let_go();
    }

private:
    using Act = void (WebSession::*)(const json& id, const json& message);

    struct Verb {
        Act act;
        std::uint8_t roles;
    };

    static const std::map<std::string, Verb, std::less<>>& verbs();

    void submit(const json& id, const json& message);
    void call(const json& id, const json& message);
    void follow(const json& id, const json& message);
    void follow_one(const json& id, const model::JobId& job);
    void unfollow(const json& id, const json& message);
    void query(const json& id, const json& message);
    void operate(const json& id, const json& message);
    void watch(const json& id, const json& message);
    void unwatch(const json& id, const json& message);

    void begin_follow(const json& id,
                      const Interest& interest,
                      const std::vector<std::string>& services,
                      std::optional<std::uint64_t> after);
    void tell_item(const json& id, const FeedItem& item);
    void end_follow(const json& id);
    bool is_let_in();
    void forbid(const json& id, const std::string& what);
    bool is_full(const json& id);
    [[nodiscard]] base::Expected<model::JobOptions> options_in(const json& message) const;

    void send(const json& message);

    void ok(const json& id, const json& value) { send({{"id", id}, {"ok", value}}); }

    void fail(const json& id, const base::Error& error) {
        send({{"id", id}, {"error", problem_json(error)}});
    }

    // An answer to `id` when it comes, if somebody is there still.
    template <class T>
    Done<T> answer(const json& id, std::function<json(T&&)> make) {
        return [weak = weak_from_this(), id, make](base::Expected<T> end) {
            const auto self = weak.lock();
            if (self == nullptr) {
                return;
            }
            end ? self->ok(id, make(std::move(*end))) : self->fail(id, end.error());
        };
    }

    void let_go();

    Desk& desk_;
    std::shared_ptr<Outlet> outlet_;  // null: gone
    Opening opening_;
    std::uint64_t loads_;                           // of tokens, when this one's was known last
    std::map<std::string, FollowerId> follows_;     // by the id that began it
    std::map<std::string, std::uint64_t> watches_;  // likewise
};

const std::map<std::string, WebSession::Verb, std::less<>>& WebSession::verbs() {
    static const std::map<std::string, Verb, std::less<>> kVerbs = {
        {"submit", {&WebSession::submit, kSubmit}},
        {"call", {&WebSession::call, kSubmit}},
        {"follow", {&WebSession::follow, kRead | kSubmit}},
        {"unfollow", {&WebSession::unfollow, kAllRoles}},
        {"query", {&WebSession::query, kRead}},
        {"operate", {&WebSession::operate, kOperate}},
        {"watch", {&WebSession::watch, kRead}},
        {"unwatch", {&WebSession::unwatch, kAllRoles}}};
    return kVerbs;
}

// Asked again when tokens were read anew. Who has lost his is told so, and gone.
bool WebSession::is_let_in() {
    const std::uint64_t loads = desk_.gatekeeper.loads();
    if (loads == loads_ ||
        desk_.gatekeeper.still_knows({opening_.who, opening_.roles, opening_.grants})) {
        loads_ = loads;
        return true;
    }
    if (const std::shared_ptr<Outlet> outlet = std::exchange(outlet_, nullptr)) {
        let_go();
        outlet->finish("the token is gone or has changed");
    }
    return false;
}

void WebSession::on_message(std::string_view text) {
    if (!is_let_in()) {
        return;
    }
    const auto message = wire::decode_params({model::Encoding::Json, base::Blob::copy(text)});
    if (!message || !message->is_object()) {
        fail(nullptr,
             message ? base::Error{Errc::BadParams, "a message is a JSON object", {}}
                     : message.error());
        return;
    }
    const json id = message->value("id", json(nullptr));
    const auto word = text_in(*message, "do");
    if (!word) {
        fail(id, word.error());
        return;
    }
    const auto verb = verbs().find(*word);
    if (verb == verbs().end()) {
        fail(id,
             {Errc::UnknownCommand,
              "there is no \"" + *word +
                  "\"; there are submit, call, follow, unfollow, query, operate, watch, unwatch",
              {}});
        return;
    }
    if ((verb->second.roles & opening_.roles) == 0) {
        forbid(id, '"' + *word + '"');
        return;
    }
    (this->*verb->second.act)(id, *message);
}

void WebSession::forbid(const json& id, const std::string& what) {
    send({{"id", id},
          {"error", {{"status", 403}, {"detail", "your token has no role that may " + what}}}});
}

base::Expected<model::JobOptions> WebSession::options_in(const json& message) const {
    auto options = wire::parse_options(message.value("options", json::object()));
    if (!options) {
        return options;
    }
    const auto service = text_in(message, "service");
    if (auto admitted =
            admit(opening_.roles, opening_.grants, opening_.who, service.value_or(""), *options);
        !admitted) {
        return base::Unexpected(std::move(admitted.error()));
    }
    auto meta = with_trace(options->meta, {opening_.request_id, opening_.traceparent, {}});
    if (!meta) {
        return base::Unexpected(std::move(meta.error()));
    }
    options->meta = std::move(*meta);
    return options;
}

void WebSession::submit(const json& id, const json& message) {
    const auto service = text_in(message, "service");
    auto options = options_in(message);
    if (!service || !options) {
        fail(id, service ? options.error() : service.error());
        return;
    }
    const bool is_followed = message.value("follow", json(false)) == json(true);
    if (is_followed && is_full(id)) {
        return;
    }
    const auto done = [weak = weak_from_this(), id, is_followed, service = *service, &desk = desk_](
                          const base::Expected<client::Submitted>& submitted) {
        const auto self = weak.lock();
        if (submitted && is_followed) {
            desk.live.keep(submitted->job);
        }
        if (self == nullptr) {
            return;
        }
        if (!submitted) {
            self->fail(id, submitted.error());
            return;
        }
        self->ok(id, {{"job", submitted->job.text()}, {"duplicate", submitted->is_duplicate}});
        if (is_followed) {
            Interest interest;
            interest.jobs = {submitted->job};
            self->begin_follow(id, interest, {service}, std::nullopt);
        }
    };
    const auto submit = [&desk = desk_,
                         service = *service,
                         params = payload_of(message),
                         options = std::move(*options),
                         done] { desk.broker.submit({}, service, params, options, done); };
    is_followed ? desk_.live.listen(*service, submit) : submit();
}

void WebSession::call(const json& id, const json& message) {
    const auto service = text_in(message, "service");
    auto options = options_in(message);
    const auto timeout = time_in(message, "timeout", desk_.options.call_timeout);
    if (!service || !options || !timeout) {
        fail(id, !service ? service.error() : !options ? options.error() : timeout.error());
        return;
    }
    BrokerLink::Parts parts;
    parts.on_partial = [weak = weak_from_this(), id](const client::Answer& part) {
        if (const auto self = weak.lock()) {
            self->send({{"id", id}, {"partial", payload_json(part.payload())}});
        }
    };
    parts.on_progress = [weak = weak_from_this(), id](const client::Progress& step) {
        if (const auto self = weak.lock()) {
            self->send({{"id", id}, {"progress", progress_json(step)}});
        }
    };
    desk_.broker.call(
        *service,
        payload_of(message),
        std::move(*options),
        *timeout,
        parts,
        answer<client::Answer>(id, [](client::Answer&& end) {
            return json{{"job", end.job().text()}, {"result", payload_json(end.payload())}};
        }));
}

bool WebSession::is_full(const json& id) {
    if (follows_.size() + watches_.size() < kFollowsMax) {
        return false;
    }
    fail(id,
         {Errc::TooManyWaiters,
          "one connection follows and watches at most " + std::to_string(kFollowsMax) + " things",
          {}});
    return true;
}

void WebSession::follow(const json& id, const json& message) {
    if (is_full(id)) {
        return;
    }
    if (message.contains("job")) {
        const auto job =
            text_in(message, "job").and_then([](const std::string& text) { return id_of(text); });
        job ? follow_one(id, *job) : fail(id, job.error());
        return;
    }
    // Who submits knows the ids of his own jobs, and hears of no others.
    if ((opening_.roles & kRead) == 0) {
        forbid(id, "\"follow\" others than one job");
        return;
    }
    const auto services = texts_in(message, "service");
    const auto events = texts_in(message, "event");
    if (!services || !events) {
        fail(id, services ? events.error() : services.error());
        return;
    }
    const auto interest = interest_in(*services, *events);
    if (!interest) {
        fail(id, interest.error());
        return;
    }
    std::optional<std::uint64_t> after;
    if (message.contains("after") && message["after"].is_number_unsigned()) {
        after = message["after"].get<std::uint64_t>();
    }
    ok(id, json::object());
    begin_follow(id, *interest, {}, after);
}

// Which service a job is of says where its news are; and how it is now comes first.
void WebSession::follow_one(const json& id, const model::JobId& job) {
    client::Query query;
    query.what = "status";
    query.which.jobs = {job};
    desk_.broker.ask(query, [weak = weak_from_this(), id, job](const base::Expected<json>& status) {
        const auto self = weak.lock();
        if (self == nullptr) {
            return;
        }
        if (!status) {
            self->fail(id, status.error());
            return;
        }
        self->ok(id, *status);
        Interest interest;
        interest.jobs = {job};
        self->begin_follow(id, interest, {status->value("service", "")}, std::nullopt);
    });
}

void WebSession::begin_follow(const json& id,
                              const Interest& interest,
                              const std::vector<std::string>& services,
                              std::optional<std::uint64_t> after) {
    const bool is_of_job = !interest.jobs.empty();
    const auto followed = desk_.live.follow(
        interest, services, after, [weak = weak_from_this(), id, is_of_job](const FeedItem& item) {
            if (const auto self = weak.lock()) {
                self->tell_item(id, item);
                if (is_of_job && item.kind == FeedItem::Kind::End) {
                    self->end_follow(id);
                }
            }
        });
    if (!followed) {
        fail(id, followed.error());
        return;
    }
    const auto [place, is_new] = follows_.emplace(id.dump(), followed->id);
    if (!is_new) {
        desk_.live.unfollow(std::exchange(place->second, followed->id));
    }
    if (followed->has_missed) {
        send({{"id", id}, {"missed", true}});
    }
    for (const FeedItem& item : followed->items) {
        tell_item(id, item);
    }
    if (is_of_job && !followed->items.empty() &&
        followed->items.back().kind == FeedItem::Kind::End) {
        end_follow(id);
    }
}

// The job has ended: nothing more comes, so it does not count among what is followed.
void WebSession::end_follow(const json& id) {
    const auto found = follows_.find(id.dump());
    if (found != follows_.end()) {
        desk_.live.unfollow(found->second);
        follows_.erase(found);
    }
}

// The item's text is JSON already.
void WebSession::tell_item(const json& id, const FeedItem& item) {
    if (outlet_ == nullptr || !is_let_in()) {
        return;
    }
    if (item.kind == FeedItem::Kind::Missed) {
        send({{"id", id}, {"missed", true}});
        return;
    }
    std::string text = "{\"id\":" + json_text(id) + ",\"n\":" + std::to_string(item.number) + ",\"";
    text += name_of(item.kind);
    text += "\":";
    text += item.text.view();
    text += "}";
    const auto outlet = outlet_;
    outlet->send(std::move(text));
}

void WebSession::unfollow(const json& id, const json& message) {
    const json of = message.value("of", json(nullptr));
    if (!follows_.contains(of.dump())) {
        fail(id, {Errc::UnknownName, "nothing is followed under the id \"of\"", {}});
        return;
    }
    end_follow(of);
    ok(id, json::object());
}

void WebSession::query(const json& id, const json& message) {
    const auto what = text_in(message, "what");
    if (!what) {
        fail(id, what.error());
        return;
    }
    auto question = question_of(*what, message);
    if (!question) {
        fail(id, question.error());
        return;
    }
    desk_.broker.ask(*question, answer<json>(id, [what = *what](json&& report) {
        return named_rows(what, std::move(report));
    }));
}

void WebSession::operate(const json& id, const json& message) {
    const auto verb = text_in(message, "verb");
    if (!verb) {
        fail(id, verb.error());
        return;
    }
    operate_on_all(desk_,
                   *verb,
                   message.value("arguments", json::object()),
                   answer<json>(id, [](json&& report) { return std::move(report); }));
}

void WebSession::watch(const json& id, const json& message) {
    const auto what = text_in(message, "what");
    const auto every = time_in(message, "every", std::chrono::seconds(1));
    if (!what || !every || is_full(id)) {
        if (!what || !every) {
            fail(id, what ? every.error() : what.error());
        }
        return;
    }
    const auto watcher = desk_.watches.add(
        *what, *every, [weak = weak_from_this(), id](const base::Expected<json>& report) {
            const auto self = weak.lock();
            if (self == nullptr) {
                return;
            }
            report ? self->send({{"id", id}, {"report", *report}}) : self->fail(id, report.error());
        });
    if (!watcher) {
        fail(id, watcher.error());
        return;
    }
    const auto [place, is_new] = watches_.emplace(id.dump(), *watcher);
    if (!is_new) {
        desk_.watches.remove(std::exchange(place->second, *watcher));
    }
}

void WebSession::unwatch(const json& id, const json& message) {
    const auto found = watches_.find(message.value("of", json(nullptr)).dump());
    if (found == watches_.end()) {
        fail(id, {Errc::UnknownName, "nothing is watched under the id \"of\"", {}});
        return;
    }
    desk_.watches.remove(found->second);
    watches_.erase(found);
    ok(id, json::object());
}

void WebSession::send(const json& message) {
    // Sending may be what shows that nobody is there.
    if (const std::shared_ptr<Outlet> outlet = outlet_) {
        outlet->send(json_text(message));
    }
}

void WebSession::let_go() {
    for (const auto& [id, follower] : std::exchange(follows_, {})) {
        desk_.live.unfollow(follower);
    }
    for (const auto& [id, watcher] : std::exchange(watches_, {})) {
        desk_.watches.remove(watcher);
    }
}

}  // namespace

void open_web_session(Desk& desk, std::shared_ptr<Call> call) {
    if (!call->exchange->wants_upgrade()) {
        call->headers.push_back({"Upgrade", "websocket"});
        call->fail(426, "this path is for WebSockets");
        return;
    }
    const Opening opening{
        call->roles, call->who, call->grants, call->request().id, call->traceparent};
    call->exchange->upgrade([&desk, opening](std::shared_ptr<Outlet> outlet) {
        return std::make_shared<WebSession>(desk, std::move(outlet), opening);
    });
}

}  // namespace steward::gateway
