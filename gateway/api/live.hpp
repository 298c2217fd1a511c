// gateway/api: what happens, told to those who follow it: the broker's news and what followed jobs
// say, brought together in one feed.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "gateway/api/broker_link.hpp"
#include "gateway/api/news_reader.hpp"
#include "gateway/feed/feed.hpp"
#include "gateway/http/loop.hpp"

namespace steward::gateway {

/// A job that is followed is awaited at the broker as well: its parts, its progress and its end
/// come for certain, over a connection that sends again what was lost; the events in between come
/// as news, which may have gaps. A topic is heard for a while after its last follower went, so that
/// he may come back to where he was.
///
/// Bound: FeedLimits.  Thread: the loop's.
class Live {
public:
    using Sink = std::function<void(const FeedItem&)>;

    struct Followed {
        FollowerId id;
        std::vector<FeedItem> items;  // what was said before
        bool has_missed = false;
    };

    Live(Loop& loop, BrokerLink& broker, const FeedLimits& limits, std::uint64_t before_first);
    ~Live();

    /// Errors: those of NewsReader::start().
    [[nodiscard]] base::Expected<void> hear(const std::vector<std::string>& endpoints,
                                            const keys::KeyFiles& keys);

    /// `sink` hears all that comes from now on, until unfollow(). `services` of the jobs: whose
    /// news tell of them. Errors: those of Feed::follow().
    [[nodiscard]] base::Expected<Followed> follow(const Interest& interest,
                                                  const std::vector<std::string>& services,
                                                  std::optional<std::uint64_t> after,
                                                  Sink sink);
    void unfollow(FollowerId id);

    /// Hears the news of this service for a while. Calls `then`, at once if they are heard already,
    /// else when the broker counts a topic more (another reader's, it might be), or has not in a
    /// tenth of a second: what is submitted then is heard from its first event on, or told to have
    /// been missed.
    /// Bound: as many services as there are topics of news; of further ones nothing is heard here.
    void listen(const std::string& service, std::function<void()> then);

    /// Keeps what this job, submitted just now, will say, for those who come late. Pre: listen()
    /// before it was submitted.
    void keep(const model::JobId& job);

    [[nodiscard]] std::size_t followers() const { return sinks_.size(); }

    [[nodiscard]] std::uint64_t events() const { return events_; }

private:
    struct Follower {
        Sink sink;
        std::vector<std::string> topics;
    };

    /// The end comes twice, as news and with its result: the result is told last.
    struct Awaited {
        bool has_heard_end = false;  // as news
        std::optional<FeedItem> end;
        std::unique_ptr<Loop::Timer> patience;  // for the news, which may have been lost
    };

    struct Lingering {
        base::MonoTime until;
        std::string topic;
    };

    struct Heard {
        base::MonoTime until;
        bool stands = false;
        std::string probe;                           // until it stands: a topic told behind it
        std::unique_ptr<Loop::Timer> look;           // whether it stands
        std::vector<std::function<void()>> waiting;  // until it stands
    };

    void take_news(std::vector<client::RawEvent> events);
    void publish(FeedItem item);
    void tell(FeedItem item);
    void count_topics(std::function<void(std::optional<std::uint64_t>)> then);
    void add_topic(const std::string& topic, std::uint64_t before);
    void look_at_topic(const std::string& topic, std::uint64_t before, base::MonoTime until);
    void topic_stands(const std::string& topic);
    void await(const model::JobId& job);
    void hear_end(const model::JobId& job);
    void on_end(const model::JobId& job, const base::Expected<client::Answer>& answer);
    void tell_end(const model::JobId& id);
    void tick();

    Loop& loop_;
    BrokerLink& broker_;
    Feed feed_;
    std::unordered_map<FollowerId, Follower> sinks_;
    std::unordered_map<model::JobId, Awaited> awaited_;
    std::unordered_map<std::string, Heard> heard_;  // topics, by listen()
    std::deque<Lingering> lingering_;               // the first to go first
    std::vector<model::JobId> again_;               // to be awaited anew
    std::uint64_t events_ = 0;
    std::uint64_t probes_;  // numbers of topics that nobody else reads
    std::unique_ptr<Loop::Timer> tick_;
    std::unique_ptr<NewsReader> news_;  // the last: its thread posts to this
};

}  // namespace steward::gateway
