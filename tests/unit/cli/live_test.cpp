// tests: the verbs that follow a broker: news as they come, a screen, a log to replay.
#include <atomic>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "client/cli/exit_status.hpp"
#include "common/net/context.hpp"
#include "common/net/poller.hpp"
#include "common/net/roles.hpp"
#include "common/net/subscriptions.hpp"
#include "common/posix/wake_fd.hpp"
#include "tests/unit/cli/run.hpp"
#include "tests/unit/cli/temp_file.hpp"

namespace steward::cli {

using namespace test;
using nlohmann::json;

namespace {

/// Publishes the same events to each reader that comes.
class FakeNews {
public:
    explicit FakeNews(std::vector<json> events)
        : events_(std::move(events)),
          context_(net::Context::open().value()),
          publisher_(net::make_publisher(context_, {.linger = 1s}).value()),
          wake_(posix::WakeFd::open().value()),
          endpoint_(publisher_.bind("tcp://127.0.0.1:*").value()),
          thread_([this] { run(); }) {}

    ~FakeNews() {
        is_stopping_.store(true);
        wake_.wake();
        thread_.join();
    }

    FakeNews(const FakeNews&) = delete;
    FakeNews& operator=(const FakeNews&) = delete;

    [[nodiscard]] const std::string& endpoint() const { return endpoint_; }

private:
    void run() {
        net::Poller poller;
        poller.add(publisher_);
        poller.add(wake_.fd());
        net::Subscriptions subscriptions;
        while (!is_stopping_.load()) {
            static_cast<void>(poller.wait(std::nullopt));
            const std::size_t before = subscriptions.topics();
            subscriptions.update(publisher_);
            for (std::size_t i = 0; subscriptions.topics() > before && i < events_.size(); ++i) {
                const json& event = events_[i];
                publisher_.send_pair(event.value("service", "") + "." + event.value("event", ""),
                                     event.dump());
            }
        }
    }

    std::vector<json> events_;
    net::Context context_;
    net::Socket publisher_;
    posix::WakeFd wake_;
    std::string endpoint_;
    std::atomic<bool> is_stopping_ = false;
    std::thread thread_;
};

json event(const std::string& name, const std::string& service, std::uint64_t job) {
    return {
        {"at", 1.5}, {"event", name}, {"job", model::JobId{7, job}.text()}, {"service", service}};
}

std::string lines_of(const std::vector<json>& events) {
    std::string lines;
    for (const json& event : events) {
        lines += event.dump() + '\n';
    }
    return lines + R"({"at":1,"event":"RECEI)";  // cut off in the middle
}

/// A log and the older one that it was before.
struct LogFile {
    explicit LogFile(const std::vector<json>& events, const std::vector<json>& older = {})
        : newest(lines_of(events)) {
        if (!older.empty()) {
            std::ofstream(name + ".1") << lines_of(older);
        }
    }

    ~LogFile() { std::remove((name + ".1").c_str()); }

    LogFile(const LogFile&) = delete;
    LogFile& operator=(const LogFile&) = delete;

    TempFile newest;
    const std::string& name = newest.name();
};

json received(std::uint64_t number, const std::string& service = "mail", std::uint64_t epoch = 1) {
    return {{"at", 900},
            {"event", "RECEIVED"},
            {"job", model::JobId{epoch, number}.text()},
            {"service", service},
            {"session", 99 + epoch},
            {"number", number + 1},
            {"encoding", "json"},
            {"params", "5"}};
}

}  // namespace

TEST_CASE("tail prints events as they come, filtered, and ends after so many") {
    const FakeNews news({event("RECEIVED", "mail", 1),
                         event("RECEIVED", "mail.eu", 2),
                         event("DEAD", "mail", 1),
                         event("DEAD", "image", 3)});
    const auto all = run({"tail", "--news", news.endpoint(), "--count", "4"});
    CHECK(all.status == kSuccess);
    CHECK(std::count(all.out.begin(), all.out.end(), '\n') == 4);
    CHECK(all.err.empty());
    const auto dead = run({"tail", "--news", news.endpoint(), "--event", "dead", "--count", "1"});
    CHECK(dead.out == "00:00:01.500Z  DEAD              " + model::JobId{7, 1}.text() + "  mail\n");
    const auto mail =
        run({"tail", "--news", news.endpoint(), "--service", "mail", "--count", "2", "--json"});
    CHECK(std::count(mail.out.begin(), mail.out.end(), '\n') == 2);
    CHECK(json::parse(mail.out.substr(mail.out.find('\n')))["event"] == "DEAD");
    const auto one = run(
        {"tail", "--news", news.endpoint(), "--job", model::JobId{7, 3}.text(), "--count", "1"});
    CHECK(one.out.find("image") != std::string::npos);
}

TEST_CASE("tail ends when its time is over: with success unless a number was asked for") {
    const FakeNews news(std::vector<json>{event("DEAD", "mail", 1)});
    const auto some = run({"tail", "--news", news.endpoint(), "--timeout", "300ms"});
    CHECK(some.status == kSuccess);
    CHECK(run({"tail", "--news", news.endpoint(), "--count", "2", "--timeout", "300ms"}).status ==
          kTimeout);
}

TEST_CASE("tail says what is wrong with its words") {
    CHECK(run({"tail", "--event", "started"}).status == kUsage);
    CHECK(run({"tail", "--job", "x"}).status == kUsage);
    CHECK(run({"tail", "--broker", "ipc:///tmp/x"}).err.find("--news") != std::string::npos);
    CHECK(run({"tail", "--news", "host:99999"}).status == kUsage);
    CHECK(run({"tail", "--timeout", "soon"}).status == kUsage);
}

TEST_CASE("top prints one screen, or one document") {
    FakeBroker broker;
    const auto once = run(broker, {"top", "--once", "--interval", "100ms"});
    CHECK(once.status == kSuccess);
    CHECK(once.out.starts_with("steward " + broker.endpoint()));
    CHECK(once.out.find("\nSERVICE") != std::string::npos);
    CHECK(once.out.find('\x1b') == std::string::npos);
    const auto document = json::parse(run(broker, {"top", "--json", "--interval", "100ms"}).out);
    CHECK(document["broker"]["what"] == "broker");
    CHECK(run(broker, {"top", "--interval", "99ms"}).status == kUsage);
    CHECK(run(broker, {"top", "--once", "--sort", "size"}).status == kUsage);
    CHECK(run({"top", "--once", "--broker", "127.0.0.1:1", "--timeout", "100ms"}).status ==
          kNoBroker);
}

TEST_CASE("replay submits what has no end under its own id, and leaves out what is known") {
    FakeBroker broker;  // knows every job but those whose number is 0
    const LogFile log({received(1), event("EXECUTE_COMPLETE", "mail", 4), received(0)},
                      {received(0, "image", 2), received(4, "mail", 7)});
    const auto dry = run(broker, {"replay", log.name, "--dry-run"});
    CHECK(dry.status == kSuccess);
    CHECK(dry.out.find("5 events read, 1 known, 2 due\n") != std::string::npos);
    CHECK(dry.err == "steward: 2 lines could not be read\n");
    CHECK(broker.submits().empty());

    const auto done = run(broker, {"replay", log.name, "--service", "mail", "--json"});
    CHECK(done.status == kSuccess);
    std::istringstream lines(done.out);
    std::vector<json> documents;
    for (std::string line; std::getline(lines, line);) {
        documents.push_back(json::parse(line));
    }
    REQUIRE(documents.size() == 2);
    CHECK(documents[0]["outcome"] == "known");
    CHECK(documents[1] == json{{"job", model::JobId{1, 0}.text()},
                               {"service", "mail"},
                               {"outcome", "resubmitted"},
                               {"as", model::JobId{1, 1}.text()}});
    const auto submits = broker.submits();
    REQUIRE(submits.size() == 1);
    CHECK(submits[0].number == 1);
    CHECK(submits[0].again);
    CHECK(submits[0].spec.params.bytes.view() == "5");
}

TEST_CASE("replay chooses by time, tells refusals and silence, and ends accordingly") {
    FakeBroker broker;
    const LogFile refused(std::vector<json>{received(0, "refuse")});
    const auto ended = run_out_of_time(broker, {"replay", refused.name}, kRefused);
    CHECK(ended.status == kRefused);
    CHECK(ended.out.find("refused: the queue is full") != std::string::npos);
    CHECK(run_out_of_time(broker, {"replay", refused.name, "--since", "100s"}, kRefused).status ==
          kRefused);
    CHECK(run(broker, {"replay", refused.name, "--since", "99s"}).status == kSuccess);
    const LogFile mute(std::vector<json>{received(0, "mute")});
    CHECK(run_out_of_time(broker, {"replay", mute.name}).status == kTimeout);
    CHECK(run(broker, {"replay", mute.name + "-no"}).status == kRefused);
    CHECK(run(broker, {"replay", mute.name, "--since", "soon"}).status == kUsage);
    CHECK(run({"replay", mute.name, "--broker", "127.0.0.1:1", "--timeout", "100ms"}).status ==
          kNoBroker);
}

}  // namespace steward::cli
