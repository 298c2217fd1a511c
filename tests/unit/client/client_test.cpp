// tests: the client library against a fake broker on a loopback port.
#include "client/client.hpp"

#include <atomic>
#include <future>
#include <mutex>
#include <netinet/in.h>
#include <set>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <doctest/doctest.h>

#include "client/resubmit.hpp"
#include "common/posix/clock.hpp"
#include "tests/unit/client/fake_broker.hpp"

namespace steward::client::test {
namespace {

Options options_for(const FakeBroker& broker) {
    Options options;
    options.brokers = {broker.endpoint()};
    return options;
}

// A port on which nobody listens: it was bound and is free again.
std::string dead_endpoint() {
    FakeBroker broker;
    broker.stop();
    return broker.endpoint();
}

using model::JobSpec;

/// The system takes connections for it, and it says nothing.
class HungBroker {
public:
    HungBroker() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        address_.sin_family = AF_INET;
        address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address_;
        auto* const raw = reinterpret_cast<sockaddr*>(&address_);  // as sockets are made
        REQUIRE(::bind(fd_, raw, size) == 0);
        REQUIRE(::listen(fd_, 16) == 0);
        REQUIRE(::getsockname(fd_, raw, &size) == 0);
    }

    ~HungBroker() { ::close(fd_); }

    HungBroker(const HungBroker&) = delete;
    HungBroker& operator=(const HungBroker&) = delete;

    [[nodiscard]] std::string endpoint() const {
        return "tcp://127.0.0.1:" + std::to_string(ntohs(address_.sin_port));
    }

private:
    int fd_;
    sockaddr_in address_{};
};

struct Point {
    int x = 0;
    int y = 0;
    MSGPACK_DEFINE(x, y)
};

}  // namespace

TEST_CASE("A call brings its result back, as JSON, as a type and as bytes") {
    FakeBroker broker;
    Client client(options_for(broker));
    const auto answer = client.call("echo", {{"to", "ann"}, {"copies", 2}});
    REQUIRE(answer.has_value());
    CHECK(answer->json().value() == nlohmann::json{{"to", "ann"}, {"copies", 2}});
    CHECK(answer->bytes() == R"({"copies":2,"to":"ann"})");
    CHECK(answer->job() == JobId{1, 1});
    CHECK(client.call("echo", 5)->as<int>().value() == 5);
    CHECK(client.call("echo", "text")->as<std::string>().value() == "text");
    CHECK(client.call("echo", std::vector<int>{1, 2})->as<std::vector<int>>().value() ==
          std::vector<int>{1, 2});
    CHECK(client.call("echo", "text")->as<int>().error().code == Errc::BadParams);
    CHECK(client.call("echo")->empty());
    CHECK(client.call("echo", {})->json().value().is_null());
    CHECK(client.call("echo", opaque("\x01\xff"))->bytes() == "\x01\xff");
}

TEST_CASE("Typed params travel as msgpack and come back as the type") {
    FakeBroker broker;
    Client client(options_for(broker));
    const auto answer = client.call("echo", packed(Point{3, -4}));
    REQUIRE(answer.has_value());
    const auto point = answer->as<Point>();
    REQUIRE(point.has_value());
    CHECK(point->x == 3);
    CHECK(point->y == -4);
    CHECK(answer->as<std::vector<int>>().value() == std::vector<int>{3, -4});
    CHECK(client.call("echo", "no point")->as<Point>().error().code == Errc::BadParams);
    CHECK(client.call("echo", {5, 6})->as<Point>()->y == 6);  // from JSON too
}

TEST_CASE("A submission is told its id, a refused one why and when to try again") {
    FakeBroker broker;
    Client client(options_for(broker));
    CHECK(client.submit("mail", {{"to", "ann"}}).value() == JobId{1, 1});
    const auto refused = client.submit("refuse");
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error() == Error{Errc::QueueFull, "the queue is full", 3s});
    CHECK(client.submit("no name").error().code == Errc::BadName);
    CHECK(client.submit("").error().code == Errc::BadName);
}

TEST_CASE("A failed job is an error with the job's own text") {
    FakeBroker broker;
    Client client(options_for(broker));
    const auto answer = client.call("fail");
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().code == Errc::JobFailed);
    CHECK(answer.error().message == "no luck");
}

TEST_CASE("Many submissions are answered in their order, bad names among them") {
    FakeBroker broker;
    Client client(options_for(broker));
    std::vector<Spec> specs(5000, Spec{"mail", {{"n", 1}}, {}});
    specs[7].service = "refuse";
    specs[4999].service = "";
    const auto ids = client.submit_many(specs);
    REQUIRE(ids.size() == 5000);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        CHECK(ids[i].has_value() == (i != 7 && i != 4999));
    }
    CHECK(ids[7].error().code == Errc::QueueFull);
    CHECK(ids[4999].error().code == Errc::BadName);
    CHECK(broker.submissions() == 4999);
    CHECK(broker.messages() < 500);  // they travelled together
    CHECK(client.submit_many({}).empty());
}

TEST_CASE("Parts and progress of a call come on the calling thread, before the result") {
    FakeBroker broker;
    Client client(options_for(broker));
    std::vector<int> parts;
    std::uint64_t done = 0;
    CallOptions options;
    options.on_progress = [&](const Progress& progress) {
        done = progress.done;
        CHECK(progress.total == 4);
        CHECK(progress.text == "nearly");
    };
    const auto caller = std::this_thread::get_id();
    const auto answer = client.stream(
        "stream",
        9,
        [&](const Answer& part) {
            CHECK(std::this_thread::get_id() == caller);
            parts.push_back(part.as<int>().value());
        },
        options);
    REQUIRE(answer.has_value());
    CHECK(answer->as<int>().value() == 9);
    CHECK(parts == std::vector<int>{1, 2, 3});
    CHECK(done == 3);
}

TEST_CASE("Futures and callbacks end too, callbacks on another thread") {
    FakeBroker broker;
    Client client(options_for(broker));
    auto called = client.call_async("echo", 1);
    auto submitted = client.submit_async("mail");
    CHECK(called.get()->as<int>().value() == 1);
    CHECK(submitted.get().has_value());

    std::promise<std::thread::id> where;
    std::promise<int> parts;
    int count = 0;
    CallOptions options;
    options.on_partial = [&](const Answer&) { ++count; };
    client.call_async("stream", 1, options, [&](Expected<Answer> answer) {
        CHECK(answer.has_value());
        where.set_value(std::this_thread::get_id());
        parts.set_value(count);
    });
    CHECK(where.get_future().get() != std::this_thread::get_id());
    CHECK(parts.get_future().get() == 3);

    std::promise<nlohmann::json> report;
    client.query_async("workers", "mail", std::nullopt, [&](Expected<nlohmann::json> json) {
        report.set_value(json.value());
    });
    CHECK(report.get_future().get() == nlohmann::json{{"what", "workers"}, {"service", "mail"}});
    CHECK(client.call_async("no name").get().error().code == Errc::BadName);
}

TEST_CASE("Questions are answered with JSON, and a ping with a duration") {
    FakeBroker broker;
    Client client(options_for(broker));
    CHECK(client.query("jobs", "mail").value() ==
          nlohmann::json{{"what", "jobs"}, {"service", "mail"}});
    CHECK(client.status({1, 1}).has_value());
    CHECK(client.status({1, 0}).error().code == Errc::UnknownJob);
    const auto round_trip = client.ping();
    REQUIRE(round_trip.has_value());
    CHECK(*round_trip > 0us);
    CHECK(*round_trip < 30s);
}

TEST_CASE("A call that is not answered in time ends with Timeout, the others go on") {
    FakeBroker broker;
    Client client(options_for(broker));
    REQUIRE(client.ping().has_value());
    const auto start = posix::read_mono();
    CallOptions options;
    options.timeout = 60ms;
    const auto answer = client.call("hang", {}, options);
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().code == Errc::Timeout);
    CHECK(posix::read_mono() - start >= 60ms);
    CHECK(client.call("echo", 1).has_value());
}

TEST_CASE("With no broker there, a request ends with Disconnected and names the address") {
    Options options;
    options.brokers = {dead_endpoint()};
    options.connect_timeout = 100ms;
    Client client(options);
    const auto id = client.submit("mail");
    REQUIRE_FALSE(id.has_value());
    CHECK(id.error().code == Errc::Disconnected);
    CHECK(id.error().message.find(options.brokers.front()) != std::string::npos);
    const std::vector<Spec> specs(10, Spec{"mail", {}, {}});
    for (const auto& other : client.submit_many(specs)) {
        CHECK(other.error().code == Errc::Disconnected);
    }
}

TEST_CASE("With no broker there, a shorter time-out of the request counts") {
    Options options;
    options.brokers = {dead_endpoint()};
    options.connect_timeout = 60s;
    options.in_flight_max = 2;
    Client client(options);
    auto slow = client.call_async("echo");
    auto slower = client.call_async("echo");
    CallOptions quick;
    quick.timeout = 50ms;
    CHECK(client.call("echo", {}, quick).error().code ==
          Errc::Disconnected);  // never left the queue
}

TEST_CASE("A first broker that hangs leaves the next one its share of the time to connect") {
    const HungBroker hung;
    FakeBroker broker;
    Options options;
    options.brokers = {hung.endpoint(), broker.endpoint()};
    options.connect_timeout = 4s;
    SUBCASE("a client") {
        Client client(options);
        CHECK(client.submit("mail").has_value());
    }
    SUBCASE("lost submissions") {
        JobSpec spec;
        spec.service = model::ServiceName::parse("mail").value();
        const auto results = resubmit(options, {{{7, 1}, spec}}, 20s);
        REQUIRE(results.has_value());
        CHECK(results->at(0).has_value());
    }
    CHECK(broker.submissions() == 1);
}

TEST_CASE("Where no broker answers, all are named, also to who submits lost jobs again") {
    const HungBroker hung;
    Options options;
    options.brokers = {hung.endpoint(), dead_endpoint()};
    options.connect_timeout = 200ms;
    JobSpec spec;
    spec.service = model::ServiceName::parse("mail").value();
    const auto results = resubmit(options, {{{7, 1}, spec}}, 20s);
    REQUIRE_FALSE(results.has_value());
    CHECK(results.error().code == Errc::Disconnected);
    for (const std::string& broker : options.brokers) {
        CHECK(results.error().message.find(broker) != std::string::npos);
    }
}

TEST_CASE("The next broker of the list takes over, and an open call is asked again") {
    auto first = std::make_unique<FakeBroker>();
    FakeBroker second;
    Options options = options_for(*first);
    options.brokers.push_back(second.endpoint());
    Client client(options);
    auto hanging = client.call_async("hang", 1);
    auto mute = client.submit_async("mail");
    CHECK(mute.get().has_value());
    CHECK(second.submissions() == 0);
    first.reset();
    REQUIRE(client.call("echo", 2).has_value());
    CHECK(second.submissions() == 2);  // this one, and the open one again
}

TEST_CASE("A full queue refuses what must not block") {
    Options options;
    options.brokers = {dead_endpoint()};
    options.connect_timeout = 60s;
    options.in_flight_max = 1;
    options.queue_max = 2;
    std::size_t ends = 0;
    std::size_t refused = 0;
    {
        Client client(options);
        for (int i = 0; i < 10; ++i) {
            client.submit_async("mail", {}, {}, [&](const Expected<JobId>& id) {
                ++ends;
                refused += id.error().code == Errc::TooManyInFlight ? 1U : 0U;
            });
        }
        CHECK(refused >= 7);  // one in flight at most, two queued
        CHECK(refused <= 8);
    }
    CHECK(ends == 10);  // the client's end ended the rest
}

TEST_CASE("The client's end ends what is open") {
    FakeBroker broker;
    std::future<Expected<Answer>> answer;
    {
        Client client(options_for(broker));
        REQUIRE(client.ping().has_value());
        answer = client.call_async("hang");
    }
    CHECK(answer.get().error().code == Errc::Disconnected);
}

TEST_CASE("What a callback asks of a client that is ending ends with Disconnected too") {
    Options options;
    options.brokers = {dead_endpoint()};
    options.connect_timeout = 60s;
    std::vector<Errc> ends;
    bool has_asked = false;
    const auto note = [&](const auto& end) {
        ends.push_back(end ? Errc::Internal : end.error().code);
    };
    {
        Client client(options);
        // The first may find the door still open, what its own end asks for does not.
        client.submit_async("mail", {}, {}, [&](const Expected<JobId>& id) {
            note(id);
            client.submit_async("mail", {}, {}, [&](const Expected<JobId>& again) {
                note(again);
                client.submit_async("mail", {}, {}, note);
                client.call_async("echo", 1, {}, note);
                has_asked = true;
            });
        });
    }
    CHECK(has_asked);
    CHECK(ends == std::vector<Errc>(4, Errc::Disconnected));
}

TEST_CASE("A client with an address that is none says so at each request") {
    for (const char* address : {"", "host:port", "host:99999", "tcp://:5"}) {
        Client client(Options{.brokers = {address}});
        CHECK(client.submit("mail").error().code == Errc::Malformed);
        CHECK(client.call_async("mail").get().error().code == Errc::Malformed);
        CHECK(client.submit_many(std::vector<Spec>(2))[1].error().code == Errc::Malformed);
    }
    CHECK(Client(Options{.brokers = {}}).ping().error().code == Errc::Malformed);
}

TEST_CASE("A client can be moved, and what it was moved from answers with an error") {
    FakeBroker broker;
    Client first(options_for(broker));
    Client second(std::move(first));
    CHECK(second.ping().has_value());
    CHECK(first.ping().error().code == Errc::Disconnected);  // NOLINT(bugprone-use-after-move)
}

TEST_CASE("Many threads share one client") {
    FakeBroker broker;
    Client client(options_for(broker));
    std::vector<std::thread> threads;
    std::atomic<int> right = 0;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 200; ++i) {
                const auto answer = client.call("echo", t * 1000 + i);
                right += answer && answer->as<int>().value() == t * 1000 + i ? 1 : 0;
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    CHECK(right == 800);
}

TEST_CASE("Callbacks never run on a thread that blocks, whatever it does for its own answer") {
    FakeBroker broker;
    Client client(options_for(broker));
    std::atomic<bool> is_over = false;
    std::vector<std::thread> blocked;
    std::mutex mutex;
    std::set<std::thread::id> blocking;
    std::atomic<int> good = 0;
    for (int i = 0; i < 2; ++i) {
        blocked.emplace_back([&] {
            {
                const std::lock_guard lock(mutex);
                blocking.insert(std::this_thread::get_id());
            }
            do {
                good += client.call("echo", 5)->as<int>().value() == 5 ? 1 : 0;
            } while (!is_over);
        });
    }
    std::set<std::thread::id> calling;
    for (int i = 0; i < 300; ++i) {
        std::promise<std::thread::id> told;
        client.submit_async("mail", {}, {}, [&](const Expected<JobId>& id) {
            CHECK(id.has_value());
            told.set_value(std::this_thread::get_id());
        });
        calling.insert(told.get_future().get());
        std::this_thread::yield();
    }
    is_over = true;
    for (std::thread& thread : blocked) {
        thread.join();
    }
    CHECK(good > 0);
    CHECK(calling.size() == 1);
    CHECK_FALSE(blocking.contains(*calling.begin()));
}

}  // namespace steward::client::test
