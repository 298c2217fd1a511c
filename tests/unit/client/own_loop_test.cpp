// tests: a client that its program serves in a loop of its own, against a fake broker.
#include <algorithm>
#include <optional>
#include <poll.h>
#include <string>

#include <doctest/doctest.h>

#include "client/client.hpp"
#include "common/posix/clock.hpp"
#include "tests/unit/client/fake_broker.hpp"

namespace steward::client::test {
namespace {

Options without_thread(const std::string& broker) {
    Options options;
    options.brokers = {broker};
    options.has_thread = false;
    return options;
}

// The program's loop: until `is_done`, or for ten seconds.
template <class Done>
bool serves_until(Client& client, Done&& is_done) {
    const base::MonoTime end = posix::read_mono() + 10s;
    while (!is_done()) {
        const base::MonoTime now = posix::read_mono();
        if (now >= end) {
            return false;
        }
        const base::MonoTime next = std::min(client.serve(), end);
        const auto wait = std::chrono::ceil<std::chrono::milliseconds>(
            std::max(next - now, base::Duration::zero()));
        pollfd ready{client.fd(), POLLIN, 0};
        if (!is_done()) {
            ::poll(&ready, 1, static_cast<int>(wait.count()));
        }
    }
    return true;
}

}  // namespace

TEST_CASE("Calls are answered where the program serves its client, and nowhere else") {
    FakeBroker broker;
    Client client(without_thread(broker.endpoint()));
    REQUIRE(client.fd() >= 0);
    constexpr int kCalls = 500;
    int begun = 0;
    int right = 0;
    // Each answer asks for the next, from within serve().
    Client::CallDone done;
    const auto call = [&] {
        ++begun;
        client.call_async("echo", begun, {}, done);
    };
    done = [&](const Expected<Answer>& answer) {
        right += answer && answer->as<int>().has_value() ? 1 : 0;
        if (begun < kCalls) {
            call();
        }
    };
    for (int i = 0; i < 50; ++i) {
        call();
    }
    CHECK(right == 0);
    CHECK(serves_until(client, [&] { return right == kCalls; }));
}

TEST_CASE("Without a broker a client in its program's loop tells so in time") {
    std::string nobody;
    {
        FakeBroker broker;
        broker.stop();
        nobody = broker.endpoint();
    }
    Options options = without_thread(nobody);
    options.connect_timeout = 50ms;
    Client client(options);
    std::optional<Errc> error;
    client.call_async("echo", 1, {}, [&](const Expected<Answer>& answer) {
        error = answer ? Errc::Internal : answer.error().code;
    });
    CHECK(serves_until(client, [&] { return error.has_value(); }));
    CHECK(error == Errc::Disconnected);
}

TEST_CASE("A client tells whether its broker is there") {
    FakeBroker broker;
    Client client(without_thread(broker.endpoint()));
    CHECK_FALSE(client.is_connected());
    CHECK(serves_until(client, [&] { return client.is_connected(); }));
    broker.stop();
    CHECK(serves_until(client, [&] { return !client.is_connected(); }));
}

TEST_CASE("What is open when a client without a thread ends, ends with it") {
    FakeBroker broker;
    std::optional<Errc> error;
    {
        Client client(without_thread(broker.endpoint()));
        client.call_async("echo", 1, {}, [&](const Expected<Answer>& answer) {
            error = answer ? Errc::Internal : answer.error().code;
        });
        CHECK_FALSE(error.has_value());
    }
    CHECK(error == Errc::Disconnected);
}

}  // namespace steward::client::test
