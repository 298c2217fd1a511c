#include "gateway/api/live.hpp"

#include <algorithm>
#include <utility>

#include "common/posix/clock.hpp"
#include "gateway/api/event_text.hpp"
#include "gateway/api/reply.hpp"

namespace steward::gateway {

namespace {

using namespace std::chrono_literals;

constexpr base::Duration kTick = 1s;
constexpr base::Duration kAwaitedFor = 60s;  // then it is asked again, if anybody listens still
constexpr std::size_t kAwaitedMax = 20'000;  // jobs; others wait for their turn
constexpr base::Duration kLinger = 60s;
constexpr std::size_t kHeardMax = client::News::kTopicsMax;  // services heard before their jobs
constexpr base::Duration kPatienceForNews = 500ms;
constexpr base::Duration kPatienceForTopic = 100ms;
constexpr base::Duration kLookPause = 1ms;
constexpr std::string_view kJobKey = "\"job\":\"";

// Of a topic "SERVICE.EVENT"; a service may have dots of its own.
std::optional<FeedItem> item_of(const client::RawEvent& event) {
    const std::string_view topic = event.topic.view();
    const std::size_t dot = topic.rfind('.');
    if (dot == std::string_view::npos) {
        return std::nullopt;
    }
    const auto kind = model::event_named(topic.substr(dot + 1));
    if (!kind) {
        return std::nullopt;
    }
    FeedItem item;
    item.event = *kind;
    item.service = topic.substr(0, dot);
    item.text = event.json;
    const std::string_view json = event.json.view();
    // The broker writes the id before anything that came from outside.
    if (const std::size_t key = json.find(kJobKey); key != std::string_view::npos) {
        const auto id =
            model::JobId::parse(json.substr(key + kJobKey.size(), model::JobId::kTextBytes));
        if (id) {
            item.job = *id;
        }
    }
    return item;
}

// How a job ended that has no answer; empty: it has not.
std::string_view state_of(base::Errc code) {
    static constexpr std::pair<base::Errc, std::string_view> kStates[] = {
        {base::Errc::JobFailed, "failed"},
        {base::Errc::JobDead, "dead"},
        {base::Errc::JobExpired, "expired"},
        {base::Errc::JobCancelled, "cancelled"},
        {base::Errc::UnknownJob, "unknown"}};
    for (const auto& [end, state] : kStates) {
        if (end == code) {
            return state;
        }
    }
    return {};
}

nlohmann::json end_json(const model::JobId& job, const base::Expected<client::Answer>& answer) {
    if (answer) {
        return {{"job", job.text()},
                {"state", "succeeded"},
                {"result", payload_json(answer->payload())}};
    }
    return {{"job", job.text()},
            {"state", state_of(answer.error().code)},
            {"reason", answer.error().message}};
}

base::Blob text_of(const nlohmann::json& value) {
    return base::Blob::copy(json_text(value));
}

FeedItem item_of_job(FeedItem::Kind kind, const model::JobId& job, const nlohmann::json& value) {
    FeedItem item;
    item.kind = kind;
    item.job = job;
    item.text = text_of(value);
    return item;
}

std::vector<std::string> topics_of(const Interest& interest,
                                   const std::vector<std::string>& services) {
    std::vector<std::string> topics;
    for (const auto* names : {&interest.services, &services}) {
        for (const std::string& name : *names) {
            topics.push_back(name + ".");
        }
    }
    if (interest.services.empty() && interest.jobs.empty()) {
        topics.emplace_back();
    } else if (!interest.services.empty()) {
        topics.emplace_back("*.");
    }
    return topics;
}

}  // namespace

Live::Live(Loop& loop, BrokerLink& broker, const FeedLimits& limits, std::uint64_t before_first)
    : loop_(loop), broker_(broker), feed_(limits, before_first), probes_(before_first) {
    tick();
}

Live::~Live() = default;

base::Expected<void> Live::hear(const std::vector<std::string>& endpoints,
                                const keys::KeyFiles& keys) {
    auto news = NewsReader::start(
        loop_,
        endpoints,
        keys,
        [this](std::vector<client::RawEvent> events) { take_news(std::move(events)); },
        [this] { feed_.note_gap(); });
    if (!news) {
        return base::Unexpected(std::move(news.error()));
    }
    news_ = std::move(*news);
    return {};
}

base::Expected<Live::Followed> Live::follow(const Interest& interest,
                                            const std::vector<std::string>& services,
                                            std::optional<std::uint64_t> after,
                                            Sink sink) {
    auto followed = feed_.follow(posix::read_mono(), interest, after);
    if (!followed) {
        return base::Unexpected(std::move(followed.error()));
    }
    Follower& follower = sinks_[followed->id];
    follower.sink = std::move(sink);
    follower.topics = topics_of(interest, services);
    for (const std::string& topic : follower.topics) {
        news_->add(topic);
    }
    if (!followed->is_ended) {
        for (const model::JobId& job : interest.jobs) {
            await(job);
        }
    }
    return Followed{followed->id, std::move(followed->items), followed->has_missed};
}

void Live::unfollow(FollowerId id) {
    const auto follower = sinks_.find(id);
    if (follower == sinks_.end()) {
        return;
    }
    const base::MonoTime until = posix::read_mono() + kLinger;
    for (std::string& topic : follower->second.topics) {
        lingering_.push_back({until, std::move(topic)});
    }
    sinks_.erase(follower);
    feed_.unfollow(id);
}

void Live::listen(const std::string& service, std::function<void()> then) {
    const std::string topic = service + ".";
    if (heard_.size() >= kHeardMax && !heard_.contains(topic)) {
        then();
        return;
    }
    const auto [place, is_new] = heard_.try_emplace(topic);
    Heard& heard = place->second;
    heard.until = posix::read_mono() + kLinger;
    if (heard.stands) {
        then();
        return;
    }
    heard.waiting.push_back(std::move(then));
    if (is_new) {
        count_topics([this, topic](std::optional<std::uint64_t> before) {
            if (before) {
                add_topic(topic, *before);
            } else {
                news_->add(topic);
                topic_stands(topic);
            }
        });
    }
}

// As the broker counts them. Nothing: it does not say.
void Live::count_topics(std::function<void(std::optional<std::uint64_t>)> then) {
    client::Query query;
    query.what = "broker";
    broker_.ask(query, [then = std::move(then)](const base::Expected<nlohmann::json>& report) {
        static const nlohmann::json::json_pointer kUsed("/limits/news_topics/used");
        const bool is_told = report && report->contains(kUsed);
        then(is_told ? std::optional(report->at(kUsed).get<std::uint64_t>()) : std::nullopt);
    });
}

// A topic that others read already is not counted anew; one that is nobody's and comes behind it
// is.
void Live::add_topic(const std::string& topic, std::uint64_t before) {
    std::string& probe = heard_.at(topic).probe;
    probe = "?" + std::to_string(++probes_);
    news_->add(topic);
    news_->add(probe, [this, topic, before] {
        look_at_topic(topic, before, posix::read_mono() + kPatienceForTopic);
    });
}

void Live::look_at_topic(const std::string& topic, std::uint64_t before, base::MonoTime until) {
    count_topics([this, topic, before, until](std::optional<std::uint64_t> now) {
        if (!now || *now > before || posix::read_mono() >= until) {
            topic_stands(topic);
            return;
        }
        heard_.at(topic).look = loop_.after(
            kLookPause, [this, topic, before, until] { look_at_topic(topic, before, until); });
    });
}

void Live::topic_stands(const std::string& topic) {
    const auto heard = heard_.find(topic);
    if (heard != heard_.end()) {
        heard->second.stands = true;
        heard->second.look.reset();
        if (!heard->second.probe.empty()) {
            news_->remove(std::exchange(heard->second.probe, {}));
        }
        for (const auto& then : std::exchange(heard->second.waiting, {})) {
            then();
        }
    }
}

void Live::keep(const model::JobId& job) {
    feed_.keep(posix::read_mono(), job, true);
    await(job);
}

void Live::take_news(std::vector<client::RawEvent> events) {
    for (const client::RawEvent& event : events) {
        if (auto item = item_of(event)) {
            ++events_;
            const auto ended = model::is_end(item->event) ? item->job : std::nullopt;
            publish(std::move(*item));
            if (ended) {
                hear_end(*ended);
            }
        }
    }
}

void Live::publish(FeedItem item) {
    if (auto missed = feed_.missed_before(item)) {
        tell(std::move(*missed));
    }
    tell(std::move(item));
}

void Live::tell(FeedItem item) {
    const Feed::Told told = feed_.publish(posix::read_mono(), std::move(item));
    if (told.to.empty()) {
        return;
    }
    // A sink may unfollow, which changes what the feed has told.
    const FeedItem said = told.item;
    const std::vector<FollowerId> to = told.to;
    for (const FollowerId id : to) {
        const auto follower = sinks_.find(id);
        if (follower != sinks_.end()) {
            const Sink sink = follower->second.sink;
            sink(said);
        }
    }
}

void Live::await(const model::JobId& job) {
    if (awaited_.size() >= kAwaitedMax && !awaited_.contains(job)) {
        again_.push_back(job);
        return;
    }
    if (!awaited_.try_emplace(job).second) {
        return;
    }
    BrokerLink::Parts parts;
    parts.on_partial = [this, job](const client::Answer& part) {
        FeedItem item = item_of_job(FeedItem::Kind::Partial, job, partial_json(part));
        item.part = part.part();
        publish(std::move(item));
    };
    parts.on_progress = [this, job](const client::Progress& step) {
        publish(item_of_job(FeedItem::Kind::Progress, job, progress_json(step)));
    };
    broker_.follow(job, kAwaitedFor, parts, [this, job](base::Expected<client::Answer> answer) {
        on_end(job, answer);
    });
}

void Live::on_end(const model::JobId& job, const base::Expected<client::Answer>& answer) {
    Awaited& awaited = awaited_.at(job);
    if (!answer && state_of(answer.error().code).empty()) {
        awaited_.erase(job);  // the time was over, or the broker is away
        again_.push_back(job);
        return;
    }
    awaited.end = item_of_job(FeedItem::Kind::End, job, end_json(job, answer));
    const bool is_news = answer || answer.error().code != base::Errc::UnknownJob;
    if (awaited.has_heard_end || !is_news) {
        tell_end(job);
    } else {
        awaited.patience = loop_.after(kPatienceForNews, [this, job] { tell_end(job); });
    }
}

void Live::hear_end(const model::JobId& job) {
    const auto awaited = awaited_.find(job);
    if (awaited == awaited_.end()) {
        return;
    }
    awaited->second.has_heard_end = true;
    if (awaited->second.end) {
        tell_end(job);
    }
}

void Live::tell_end(const model::JobId& id) {
    const model::JobId job = id;  // the caller's may belong to what is erased
    FeedItem end = std::move(*awaited_.at(job).end);
    awaited_.erase(job);
    publish(std::move(end));
}

void Live::tick() {
    const base::MonoTime now = posix::read_mono();
    feed_.drop_ended(now);
    while (!lingering_.empty() && lingering_.front().until <= now) {
        news_->remove(std::move(lingering_.front().topic));
        lingering_.pop_front();
    }
    std::erase_if(heard_, [&](const auto& topic) {
        const bool is_over = topic.second.stands && topic.second.until <= now;
        if (is_over) {
            news_->remove(topic.first);
        }
        return is_over;
    });
    for (const model::JobId& job : std::exchange(again_, {})) {
        if (feed_.is_followed(job) || feed_.records().find(job) != nullptr) {
            await(job);
        }
    }
    tick_ = loop_.after(kTick, [this] { tick(); });
}

}  // namespace steward::gateway
