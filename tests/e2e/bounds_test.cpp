// tests/e2e: at each socket that listens many connections begin messages that they never end, or
// that weigh more in memory than on the wire. What they can make a process hold has a named bound.
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "tests/e2e/harness/local_stream.hpp"
#include "tests/e2e/harness/native_peer.hpp"
#include "tests/e2e/harness/ports.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/sanitized.hpp"
#include "tests/e2e/harness/wait_until.hpp"
#include "tests/e2e/harness/zmtp_peer.hpp"
#include "tests/e2e/hostile_house.hpp"

namespace steward::e2e {

namespace {

using namespace std::chrono_literals;
using Peers = std::vector<std::unique_ptr<ZmtpPeer>>;

/// What a process had at most since this was made, beyond what it had then. Without meaning where
/// a sanitizer keeps what was freed.
class Growth {
public:
    explicit Growth(const Process& process) : process_(process), before_(peak_mib(process)) {}

    [[nodiscard]] std::size_t mib() const { return peak_mib(process_) - before_; }

    void check_below(std::size_t mib_max) const {
        MESSAGE("grown by " << mib() << " MiB, of " << mib_max);
        CHECK((kIsSanitized || mib() < mib_max));
    }

private:
    const Process& process_;
    std::size_t before_;
};

bool are_cut(const Broker& broker, std::uint64_t at_least) {
    return wait_until([&] { return count_of(broker, "unfinished") >= at_least; });
}

}  // namespace

TEST_CASE("Local streams that begin messages and never end them have backlog_bytes_max together") {
    Broker broker(with("message_bytes_max = \"4MiB\"\nbacklog_bytes_max = \"16MiB\"\n"));
    Others others(broker);
    others.call();
    const Growth growth(broker.process());
    std::vector<std::unique_ptr<LocalStream>> streams;
    const std::string begun =
        LocalStream::opening() + LocalStream::header(4 * kMiB, true) + std::string(3 * kMiB, 'x');
    for (int i = 0; i < 40; ++i) {
        const Endpoints& at = broker.endpoints();
        streams.push_back(std::make_unique<LocalStream>(i % 2 == 0 ? at.frontend : at.backend));
        CHECK(streams.back()->say(begun));
    }
    // Of each of the two sockets' twenty five fit.
    CHECK(are_cut(broker, 30));
    growth.check_below(2 * 16 + 32);
    CHECK(count_of(broker, "unfinished") == 30);
    CHECK(broker.process().wait_for_line("limits.backlog_bytes_max"));
    others.call();
}

TEST_CASE("A local stream of messages as short as they may be does not pile them up") {
    Broker broker(with(""));
    Others others(broker);
    others.call();
    const Growth growth(broker.process());
    std::string flood;
    while (flood.size() < kMiB) {
        flood += LocalStream::header(0, false);
    }
    std::vector<std::unique_ptr<LocalStream>> streams;
    std::atomic<int> sending = 30;
    std::vector<std::jthread> senders;
    for (int i = sending; i > 0; --i) {
        streams.push_back(std::make_unique<LocalStream>(broker.endpoints().frontend));
        senders.emplace_back([&flood, &sending, stream = streams.back().get()] {
            static_cast<void>(stream->say(LocalStream::opening() + flood));
            --sending;
        });
    }
    // Again and again: their worker would be taken for dead if it were silent meanwhile.
    std::vector<Clock::duration> took;
    do {
        took.push_back(others.call());
    } while (sending > 0);
    MESSAGE("p99 of others: " << p99_of(took).count() << " us");
    growth.check_below(64);
}

TEST_CASE("A frame that is announced and does not come costs nothing") {
    Broker broker(with(""));
    Others others(broker);
    others.call();
    const Growth growth(broker.process());
    Peers peers;
    std::vector<std::unique_ptr<LocalStream>> streams;
    for (int i = 0; i < 100; ++i) {
        peers.push_back(std::make_unique<ZmtpPeer>(broker.endpoints().frontend));
        REQUIRE(peers.back()->announce(64 * kMiB, std::string(1000, 'x')));
        streams.push_back(std::make_unique<LocalStream>(broker.endpoints().backend));
        REQUIRE(streams.back()->say(LocalStream::opening() + LocalStream::header(64 * kMiB, false) +
                                    "x"));
    }
    others.call();
    growth.check_below(64);
}

TEST_CASE("Many connections with very many empty frames have backlog_bytes_max of memory") {
    Broker broker(
        with("message_bytes_max = \"4MiB\"\nbacklog_bytes_max = \"64MiB\"\n", ServedBy::Libzmq));
    Others others(broker);
    others.call();
    const Growth growth(broker.process());
    Peers peers;
    for (int i = 0; i < 16; ++i) {
        peers.push_back(std::make_unique<ZmtpPeer>(broker.endpoints().frontend));
        // Two megabytes on the wire, sixty in memory.
        static_cast<void>(peers.back()->repeat("", 1'000'000, ZmtpPeer::More::Yes));
        others.call();
    }
    CHECK(are_cut(broker, 8));
    growth.check_below(400);  // 976 without a bound
    others.call();
}

TEST_CASE("A message of a million empty frames is thrown away when it ends") {
    Broker broker(with("", ServedBy::Libzmq));
    Others others(broker);
    others.call();
    const Growth growth(broker.process());
    ZmtpPeer peer(broker.endpoints().frontend);
    for (int i = 0; i < 3; ++i) {
        REQUIRE(peer.repeat("", 999'999, ZmtpPeer::More::Yes));
        REQUIRE(peer.send("", ZmtpPeer::More::No));
        others.call();
    }
    CHECK(broker.process().wait_for_line("message_too_large"));
    growth.check_below(300);
}

TEST_CASE("Small frames that come one by one, each in a buffer of its own, are bounded") {
    Broker broker(
        with("message_bytes_max = \"4MiB\"\nbacklog_bytes_max = \"64MiB\"\n", ServedBy::Libzmq));
    Others others(broker);
    others.call();
    const Growth growth(broker.process());
    ZmtpPeer peer(broker.endpoints().frontend);
    peer.send_at_once();
    const std::string frame(34, 'x');
    std::jthread flood([&] {
        while (peer.send(frame, ZmtpPeer::More::Yes)) {
        }
    });
    while (count_of(broker, "unfinished") == 0) {
        others.call();
    }
    flood.join();
    growth.check_below(300);
    others.call();
}

TEST_CASE("What readers of news say without end is cut off, and others are served") {
    Broker broker(with("news_topics_max = 1000\n"));
    Others others(broker);
    others.call();
    const Growth growth(broker.process());
    {  // a topic longer than one may be
        ZmtpPeer reader(broker.endpoints().news, "SUB");
        REQUIRE(reader.send("\x01" + std::string(1024, 'x'), ZmtpPeer::More::No));
        CHECK(reader.is_closed());
    }
    const std::string subscription = "\x01" + std::string(900, 'x');
    const std::string cancellation = std::string(1, '\0') + std::string(10, 'x');
    const std::vector<std::string> words = {subscription, "\x01y", cancellation, "chatter", ""};
    std::vector<Clock::duration> took = {others.call()};
    for (const std::string& word : words) {
        for (const ZmtpPeer::More more : {ZmtpPeer::More::Yes, ZmtpPeer::More::No}) {
            const std::uint64_t cuts = count_of(broker, "unfinished");
            ZmtpPeer reader(broker.endpoints().news, "SUB");
            std::jthread flood([&] {
                while (reader.repeat(word, 1000, more)) {
                }
            });
            while (count_of(broker, "unfinished") == cuts) {
                took.push_back(others.call());
            }
            flood.join();
        }
    }
    MESSAGE("p99 of " << took.size() << " calls of others: " << p99_of(took).count() << " us");
    growth.check_below(600);
    CHECK(broker.process().wait_for_line("limits.news_topics_max"));
    others.call();
}

TEST_CASE("Masters of a worker that begin messages and never end them are cut off") {
    const std::string address = "tcp://127.0.0.1:" + std::to_string(free_port());
    Process worker({built_program(kTrialProgram), {"--listen", address}, {}, {}});
    REQUIRE(worker.wait_for_line("ready"));
    const Growth growth(worker);
    // One past a message's bound, in bytes.
    ZmtpPeer large(address);
    std::jthread flood([&] {
        while (large.begin(kMiB)) {
        }
    });
    CHECK(worker.wait_for_line("message_unfinished"));
    flood.join();
    // Many within it, over the network and beside it.
    std::vector<std::unique_ptr<LocalStream>> streams;
    const std::string begun =
        LocalStream::opening() + LocalStream::header(64 * kMiB, true) + std::string(60 * kMiB, 'x');
    for (int i = 0; i < 6; ++i) {
        streams.push_back(std::make_unique<LocalStream>(address));
        static_cast<void>(streams.back()->say(begun));
    }
    growth.check_below(64 + 256 + 512);
    const Finished called =
        run({built_program("steward"), {"call", "--broker", address, "TRIAL", "{}"}, {}, {}});
    CAPTURE(called.err);
    CHECK(called.code == 0);
}

// Not where a sanitizer keeps what was freed: to the broker's guard that is memory which a peer
// holds that sent as much before, and this one has.
TEST_CASE("A large job goes to its worker beside a client that does not read" *
          doctest::skip(kIsSanitized)) {
    Broker broker(with("message_bytes_max = \"16MiB\"\nbacklog_bytes_max = \"64MiB\"\n"));
    Others others(broker);
    OldWorker worker(Old::Mdp02, "large", broker.endpoints().backend);
    worker.ready();
    broker.wait_until_served("large");
    // What waits for one that never reads its results.
    ZmtpPeer deaf(broker.endpoints().frontend);
    const std::string result(2 * kMiB, 'x');
    for (int i = 0; i < 16; ++i) {
        REQUIRE(deaf.send("", ZmtpPeer::More::Yes));
        REQUIRE(deaf.send("MDPC01", ZmtpPeer::More::Yes));
        REQUIRE(deaf.send("large", ZmtpPeer::More::Yes));
        REQUIRE(deaf.send("?", ZmtpPeer::More::No));
        worker.complete(worker.job(), {result});
    }
    others.call();
    OldClient client(Old::Mdp01, broker.endpoints().frontend);
    const std::string params(15 * kMiB, 'p');
    client.request("large", {params});
    const auto job = worker.maybe_job(15s);  // the deaf one is not dropped so soon
    REQUIRE(job.has_value());
    CHECK(job->body.at(0).size() == params.size());
    worker.complete(*job, {params});
    CHECK(client.answer().body.at(0).size() == params.size());
}

}  // namespace steward::e2e
