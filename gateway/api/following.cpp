#include "gateway/api/following.hpp"

#include <string>
#include <utility>
#include <vector>

#include "common/base/whole_number.hpp"
#include "gateway/api/asking.hpp"
#include "gateway/api/desk.hpp"
#include "gateway/api/event_text.hpp"
#include "gateway/api/live.hpp"
#include "gateway/params/job_query.hpp"

namespace steward::gateway {

using base::Errc;
using nlohmann::json;

std::string_view name_of(FeedItem::Kind kind) {
    switch (kind) {
        case FeedItem::Kind::Event: return "event";
        case FeedItem::Kind::Partial: return "partial";
        case FeedItem::Kind::Progress: return "progress";
        case FeedItem::Kind::End: return "end";
        case FeedItem::Kind::Missed: return "missed";
    }
    return "event";
}

base::Expected<Interest> interest_in(std::vector<std::string> services,
                                     const std::vector<std::string>& events) {
    Interest interest;
    interest.services = std::move(services);
    if (!events.empty()) {
        interest.kinds = model::EventSet();
    }
    for (const std::string& name : events) {
        const auto kind = model::event_named(name);
        if (!kind) {
            return base::fail(Errc::BadParams,
                              "there is no event \"" + name + "\"; docs/events.md has them");
        }
        interest.kinds.add(*kind);
    }
    return interest;
}

namespace {

/// Somebody who reads an event stream.
class StreamFollower : public Listener, public std::enable_shared_from_this<StreamFollower> {
public:
    StreamFollower(Live& live, std::shared_ptr<Outlet> outlet, bool is_of_one_job)
        : live_(live), outlet_(std::move(outlet)), is_of_one_job_(is_of_one_job) {}

    ~StreamFollower() override { live_.unfollow(id_); }

    void start(const Interest& interest,
               const std::vector<std::string>& services,
               std::optional<std::uint64_t> after) {
        const auto followed = live_.follow(
            interest, services, after, [weak = weak_from_this()](const FeedItem& item) {
                if (const auto self = weak.lock()) {
                    self->tell(item);
                }
            });
        if (!followed) {
            outlet_->send(event_text("failure", problem_json(followed.error())));
            outlet_->finish({});
            return;
        }
        id_ = followed->id;
        if (followed->has_missed) {
            outlet_->send(event_text("missed", json::object()));
        }
        for (const FeedItem& item : followed->items) {
            tell(item);
        }
    }

    void on_message(std::string_view) override {}

    void on_gone() override {
        live_.unfollow(id_);
        outlet_.reset();
    }

private:
    void tell(const FeedItem& item) {
        // Telling may be what shows that nobody is there.
        const std::shared_ptr<Outlet> outlet = outlet_;
        if (outlet == nullptr) {
            return;
        }
        outlet->send(event_of_text(name_of(item.kind), item.text.view(), item.number));
        if (is_of_one_job_ && item.kind == FeedItem::Kind::End) {
            live_.unfollow(id_);
            outlet_.reset();
            outlet->finish({});
        }
    }

    Live& live_;
    std::shared_ptr<Outlet> outlet_;
    FollowerId id_;
    bool is_of_one_job_;
};

base::Expected<std::optional<std::uint64_t>> last_event_of(const Request& request) {
    const std::string_view text = request.header("Last-Event-ID");
    if (text.empty()) {
        return std::optional<std::uint64_t>();
    }
    const auto number = base::parse_whole<std::uint64_t>(text);
    if (!number) {
        return base::fail(Errc::BadParams, "Last-Event-ID is no number that an event had");
    }
    return number;
}

Response stream_head(Call& call) {
    Response head;
    head.content_type = "text/event-stream";
    head.headers.push_back({"Cache-Control", "no-store"});
    return call.dressed(std::move(head));
}

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(','));
        text.remove_prefix(std::min(word.size() + 1, text.size()));
        words.emplace_back(word);
    }
    return words;
}

base::Expected<Interest> interest_of(const Pairs& query) {
    if (auto known = only_known(query, {"service", "event"}); !known) {
        return base::Unexpected(std::move(known.error()));
    }
    const auto words = [&](std::string_view name) {
        return words_of(value_of(query, name).value_or(""));
    };
    return interest_in(words("service"), words("event"));
}

}  // namespace

// How the job is now comes first, so that whoever comes late knows where he is.
void follow_job(Desk& desk, std::shared_ptr<Call> call) {
    const auto id = id_of(call->name(0));
    const auto after = last_event_of(call->request());
    if (!id || !after) {
        call->fail(id ? after.error() : id.error());
        return;
    }
    client::Query query;
    query.what = "status";
    query.which.jobs = {*id};
    desk.broker.ask(
        query, [&desk, call, id = *id, after = *after](const base::Expected<json>& status) {
            if (!status) {
                call->fail(status.error());
                return;
            }
            call->exchange->stream(
                stream_head(*call),
                [&desk, id, after, status = *status](std::shared_ptr<Outlet> outlet) {
                    outlet->send(event_text("job", status));
                    auto follower = std::make_shared<StreamFollower>(desk.live, outlet, true);
                    Interest interest;
                    interest.jobs = {id};
                    follower->start(interest, {status.value("service", "")}, after);
                    return follower;
                });
        });
}

void follow_events(Desk& desk, std::shared_ptr<Call> call) {
    const auto interest = interest_of(call->query);
    const auto after = last_event_of(call->request());
    if (!interest || !after) {
        call->fail(interest ? after.error() : interest.error());
        return;
    }
    call->exchange->stream(
        stream_head(*call),
        [&desk, interest = *interest, after = *after](std::shared_ptr<Outlet> outlet) {
            auto follower = std::make_shared<StreamFollower>(desk.live, outlet, false);
            follower->start(interest, {}, after);
            return follower;
        });
}

}  // namespace steward::gateway
