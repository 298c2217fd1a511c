// tests/unit/net: a connection's life as its owner sees it.
#include "tests/unit/net/net_fixture.hpp"

using namespace steward;
using namespace steward::net;
using namespace steward::net::test;

TEST_CASE("a dealer is told when its connection stands, and messages go both ways") {
    Context context = must(Context::open());
    Listening listening(context);
    auto dealer = must(Dealer::connect(context, listening.endpoint));
    CHECK_FALSE(dealer->is_connected());
    CHECK(await_link(*dealer) == LinkEvent::Connected);
    CHECK(dealer->is_connected());

    Poller poller;
    dealer->add_to(poller);
    dealer->watch(poller, true);
    REQUIRE(must(poller.wait(kPatience)) > 0);
    REQUIRE(dealer->send(frames_of({"hello", "", std::string(100'000, 'x')})) == SendStatus::Sent);

    auto [id, frames] = listening.receive();
    REQUIRE(frames.size() == 3);
    CHECK(frames[0].view() == "hello");
    CHECK(frames[1].empty());
    CHECK(frames[2].view() == std::string(100'000, 'x'));

    REQUIRE(listening.router.send_to(id, frames) == SendStatus::Sent);
    dealer->watch(poller, false);
    REQUIRE(must(poller.wait(kPatience)) > 0);
    Frames back;
    REQUIRE(dealer->receive(back) == ReceiveStatus::Received);
    CHECK(back == frames);
    CHECK(dealer->receive(back) == ReceiveStatus::Nothing);
}

TEST_CASE("a dealer is told when its broker goes, and connects again by itself") {
    Context context = must(Context::open());
    auto listening = std::make_unique<Listening>(context, SocketOptions{.linger = {}});
    const std::string endpoint = listening->endpoint;
    auto dealer = must(Dealer::connect(context, endpoint, {.reconnect = 10ms}));
    CHECK(await_link(*dealer) == LinkEvent::Connected);

    listening.reset();
    CHECK(await_link(*dealer) == LinkEvent::Disconnected);
    CHECK(await_link(*dealer) == LinkEvent::Refused);

    Socket again = must(make_router(context, {}));
    for (int tries = 0; tries < 1000 && !again.bind(endpoint); ++tries) {
        CHECK(await_link(*dealer) == LinkEvent::Refused);  // the old socket is still closing
    }
    LinkEvent event = LinkEvent::Refused;
    for (int tries = 0; tries < 1000 && event == LinkEvent::Refused; ++tries) {
        event = await_link(*dealer);
    }
    CHECK(event == LinkEvent::Connected);
}

TEST_CASE("a dealer that may not reconnect is refused once") {
    Context context = must(Context::open());
    std::string endpoint;
    {
        Listening listening(context, SocketOptions{.linger = {}});
        endpoint = listening.endpoint;
    }
    auto dealer = must(Dealer::connect(context, endpoint, {.reconnect = std::nullopt}));
    LinkEvent event = await_link(*dealer);
    if (event == LinkEvent::Connected) {  // the listener had not closed yet
        event = await_link(*dealer);
    }
    CHECK(event != LinkEvent::Connected);
}

TEST_CASE("a dealer without a connection says WouldBlock and queues nothing") {
    Context context = must(Context::open());
    auto dealer = must(Dealer::connect(context, "ipc:///nonexistent/steward-test"));
    CHECK(dealer->send(frames_of({"lost"})) == SendStatus::WouldBlock);
}

TEST_CASE("an endpoint that cannot be understood is an error, not a crash") {
    Context context = must(Context::open());
    for (const char* bad : {"",
                            "tcp://",
                            "tcp://:5",
                            "host",
                            "tcp://host:70000",
                            "tcp://h:x",
                            "smtp://host:25",
                            "ipc://"}) {
        CAPTURE(bad);
        CHECK_FALSE(Dealer::connect(context, bad).has_value());
    }
}
