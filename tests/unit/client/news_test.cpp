// tests: the reader of news against a publisher on a loopback port: topics that come and go,
// counted, and events many at a time.
#include "client/news.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "common/net/context.hpp"
#include "common/net/poller.hpp"
#include "common/net/roles.hpp"
#include "common/net/subscriptions.hpp"
#include "common/posix/clock.hpp"
#include "common/posix/wake_fd.hpp"

namespace steward::client::test {
namespace {

using namespace std::chrono_literals;
using base::Errc;

constexpr std::size_t kMany = 1'000;

class Publisher {
public:
    explicit Publisher(const std::string& endpoint = "tcp://127.0.0.1:*")
        : context_(net::Context::open().value()),
          socket_(net::make_publisher(context_, {.linger = 0s}).value()),
          endpoint_(socket_.bind(endpoint).value()) {}

    [[nodiscard]] const std::string& endpoint() const { return endpoint_; }

    /// Waits until readers have told of so many topics.
    bool knows(std::size_t topics) {
        net::Poller poller;
        poller.add(socket_);
        const base::MonoTime until = posix::read_mono() + 10s;
        for (subscriptions_.update(socket_); subscriptions_.topics() != topics;
             subscriptions_.update(socket_)) {
            const base::MonoTime now = posix::read_mono();
            if (now >= until) {
                return false;
            }
            static_cast<void>(poller.wait_until(until, now));
        }
        return true;
    }

    void tell(const std::string& topic, const std::string& body) const {
        static_cast<void>(socket_.send_pair(topic, body));
    }

    /// One event of each topic, and one of "end.", which the reader must hear too.
    void tell_all(const std::vector<std::string>& topics) const {
        for (const std::string& topic : topics) {
            tell(topic, R"({"topic":")" + topic + "\"}");
        }
        tell("end.", R"({"topic":"end."})");
    }

private:
    net::Context context_;
    net::Socket socket_;
    net::Subscriptions subscriptions_;
    std::string endpoint_;
};

// What comes before "end.".
std::string heard(News& news) {
    std::string topics;
    while (true) {
        const auto event = news.next(10s);
        REQUIRE(event.has_value());
        REQUIRE(event->has_value());
        const auto topic = (**event)["topic"].get<std::string>();
        if (topic == "end.") {
            return topics;
        }
        topics += topic + ' ';
    }
}

News reader_of(const Publisher& publisher) {
    auto news = News::open_silent({publisher.endpoint()});
    REQUIRE(news.has_value());
    REQUIRE(news->add("end.").has_value());
    return std::move(*news);
}

}  // namespace

TEST_CASE("Topics of news come and go while they are read") {
    Publisher publisher;
    News news = reader_of(publisher);
    REQUIRE(news.add("mail.").has_value());
    REQUIRE(publisher.knows(2));
    publisher.tell_all({"mail.DEAD", "resize.DEAD"});
    CHECK(heard(news) == "mail.DEAD ");

    REQUIRE(news.add("resize.").has_value());
    REQUIRE(publisher.knows(3));
    publisher.tell_all({"mail.DEAD", "resize.DEAD"});
    CHECK(heard(news) == "mail.DEAD resize.DEAD ");

    REQUIRE(news.remove("mail.").has_value());
    REQUIRE(publisher.knows(2));
    publisher.tell_all({"mail.DEAD", "resize.DEAD"});
    CHECK(heard(news) == "resize.DEAD ");
}

TEST_CASE("Two users of one topic do not disturb each other, and an event comes once") {
    Publisher publisher;
    News news = reader_of(publisher);
    for (const char* topic : {"mail.", "mail.", "mail.DEAD"}) {
        REQUIRE(news.add(topic).has_value());
    }
    REQUIRE(publisher.knows(3));
    publisher.tell_all({"mail.DEAD", "mail.RETRY"});
    CHECK(heard(news) == "mail.DEAD mail.RETRY ");

    REQUIRE(news.remove("mail.").has_value());
    publisher.tell_all({"mail.DEAD", "mail.RETRY"});
    CHECK(heard(news) == "mail.DEAD mail.RETRY ");

    // What is unread is left out as well, but what fits another topic.
    publisher.tell_all({"mail.DEAD", "mail.RETRY"});
    REQUIRE(news.remove("mail.").has_value());
    CHECK(heard(news) == "mail.DEAD ");
    REQUIRE(publisher.knows(2));

    CHECK(news.remove("mail.").error().code == Errc::UnknownName);
    CHECK(news.remove("").error().code == Errc::UnknownName);
    publisher.tell_all({"mail.DEAD"});
    CHECK(heard(news) == "mail.DEAD ");
}

TEST_CASE("News without topics are of everything, and those that are silent of nothing") {
    Publisher publisher;
    auto all = News::open({publisher.endpoint()});
    REQUIRE(all.has_value());
    REQUIRE(publisher.knows(1));
    auto none = News::open_silent({publisher.endpoint()});
    REQUIRE(none.has_value());
    publisher.tell_all({"mail.DEAD"});
    CHECK(heard(*all) == "mail.DEAD ");
    const auto nothing = none->next(20ms);
    REQUIRE(nothing.has_value());
    CHECK_FALSE(nothing->has_value());
    REQUIRE(all->remove("").has_value());
    CHECK(publisher.knows(0));
}

TEST_CASE("A topic that is too long, and one too many, are refused") {
    Publisher publisher;
    News news = reader_of(publisher);
    CHECK(news.add(std::string(News::kTopicBytesMax, 'x')).has_value());
    CHECK(news.add(std::string(News::kTopicBytesMax + 1, 'x')).error().code == Errc::TooLarge);
    for (std::size_t i = 2; i < News::kTopicsMax; ++i) {
        REQUIRE(news.add(std::to_string(i)).has_value());
    }
    CHECK(news.add("more").error().code == Errc::TooManyNames);
    CHECK(news.add("end.").has_value());  // is there already
    // Each has arrived, too. (Step by step, for the count is the same before and after the
    // exchange.)
    CHECK(publisher.knows(News::kTopicsMax));
    CHECK(news.remove("2").has_value());
    CHECK(publisher.knows(News::kTopicsMax - 1));
    CHECK(news.add("more").has_value());
    CHECK(publisher.knows(News::kTopicsMax));
    publisher.tell_all({"more", "2"});
    CHECK(heard(news) == "more ");
}

TEST_CASE("Events come many at a time, as they are") {
    Publisher publisher;
    News news = reader_of(publisher);
    REQUIRE(news.add("mail.").has_value());
    REQUIRE(publisher.knows(2));
    for (std::size_t i = 0; i < kMany; ++i) {
        publisher.tell("mail.RETRY", "{\"n\": " + std::to_string(i) + "}");
    }
    std::size_t next = 0;
    int empty_ones = 0;
    while (next < kMany) {
        const auto events = news.next_batch(10s, -1, 64);
        REQUIRE(events.has_value());
        empty_ones += events->empty() ? 1 : 0;
        REQUIRE(empty_ones <= 1);  // for the connection
        CHECK(events->size() <= 64);
        for (const RawEvent& event : *events) {
            REQUIRE(event.topic.view() == "mail.RETRY");
            REQUIRE(event.json.view() == "{\"n\": " + std::to_string(next++) + "}");
        }
    }
    CHECK(news.next_batch(10ms, -1, 64)->empty());
    auto wake = posix::WakeFd::open().value();
    wake.wake();
    CHECK(news.next_batch(1h, wake.fd(), 64)->empty());
}

TEST_CASE("Each connection is counted, also one that came back before anybody looked") {
    auto first = std::make_unique<Publisher>();
    const std::string endpoint = first->endpoint();
    News news = reader_of(*first);
    CHECK(news.connections() == 0);
    // It comes back for the connection, long before its time is over.
    CHECK(news.next_batch(1h, -1, 64)->empty());
    CHECK(news.connections() == 1);
    REQUIRE(first->knows(1));
    first->tell_all({});
    CHECK(heard(news).empty());
    CHECK(news.connections() == 1);

    first.reset();
    const Publisher second(endpoint);
    CHECK(news.is_connected());  // as far as anybody has looked
    CHECK(news.next_batch(1h, -1, 64)->empty());
    CHECK(news.is_connected());
    CHECK(news.connections() == 2);
}

}  // namespace steward::client::test
