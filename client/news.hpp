// client: the broker's news: each change of a job, service or batch as it happens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/base/blob.hpp"
#include "common/base/expected.hpp"
#include "common/base/time.hpp"
#include "common/keys/own_key.hpp"

namespace steward::client {

/// An event as it came, for whoever passes it on without looking into it.
struct RawEvent {
    base::Blob topic;  // "SERVICE.EVENT"
    base::Blob json;   // an object, if the publisher is a broker: it was not read
};

/// Reads the news of one broker or of several. Who reads too slowly misses events, and so does who
/// comes late: the lifecycle log has them all. It connects again by itself, with its topics.
///
/// Topics are prefixes of "SERVICE.EVENT", "" is everything; an event comes once, however many of
/// them it fits. Each is counted, so that several users of one News do not disturb each other.
///
/// Thread: one at a time.  Bound: 10,000 events not read yet; kTopicsMax different topics.
class News {
public:
    static constexpr std::size_t kTopicsMax = 10'000;
    static constexpr std::size_t kTopicBytesMax = 512;

    /// `endpoints`: of the news sockets ("tcp://host:5557"). `topics`: none for everything. Errors:
    /// Malformed for an endpoint; BadConfig for the keys, which are as of Options::keys; those of
    /// add(); Io.
    [[nodiscard]] static base::Expected<News> open(const std::vector<std::string>& endpoints,
                                                   const std::vector<std::string>& topics = {},
                                                   const keys::KeyFiles& keys = {});
    /// The same with no topic at all: nothing comes before add().
    [[nodiscard]] static base::Expected<News> open_silent(const std::vector<std::string>& endpoints,
                                                          const keys::KeyFiles& keys = {});
    ~News();
    News(News&&) noexcept;
    News& operator=(News&&) = delete;

    /// One user more for this topic. Its events come from when the broker has heard of it: shortly
    /// after this for a connection that stands. Errors: TooLarge beyond kTopicBytesMax, with which
    /// the broker would close the connection; TooManyNames beyond kTopicsMax; Io.
    [[nodiscard]] base::Expected<void> add(const std::string& topic);
    /// One user less. After the last one nothing more comes of this topic, not even what is here
    /// and unread, but what fits another topic. Errors: UnknownName, it has no user; Io.
    [[nodiscard]] base::Expected<void> remove(const std::string& topic);

    /// The next event (docs/events.md); what is no event is left out. Nothing: the time is over, or
    /// the descriptor `also` is readable. Errors: Io; KeyRefused: there is no connection and the
    /// broker does not want one with this key; ZeroMQ has given up then.
    [[nodiscard]] base::Expected<std::optional<nlohmann::json>> next(base::Duration timeout,
                                                                     int also = -1);
    /// Waits like next(), and takes what else is there already: at most `max` events in their
    /// order. Comes back with none, too, when a connection stands anew. Errors: Io. Pre: max > 0.
    [[nodiscard]] base::Expected<std::vector<RawEvent>> next_batch(base::Duration timeout,
                                                                   int also,
                                                                   std::size_t max);

    /// Whether a connection stands. One alone says nothing of the others.
    [[nodiscard]] bool is_connected() const;

    /// How many have stood so far, as of the last next() or next_batch(). One more: what happened
    /// before it may not have been heard. What is unread may be of before and of after.
    [[nodiscard]] std::uint64_t connections() const;

private:
    struct Inner;

    explicit News(std::unique_ptr<Inner> inner);

    std::unique_ptr<Inner> inner_;
    std::map<std::string, std::size_t> users_;  // by topic
};

}  // namespace steward::client
