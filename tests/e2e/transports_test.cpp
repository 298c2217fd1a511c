// tests/e2e: native peers over local streams and over ZeroMQ: the same service, and which one it
// was.
#include <doctest/doctest.h>

#include "tests/e2e/harness/broker.hpp"
#include "tests/e2e/harness/old_client.hpp"
#include "tests/e2e/harness/old_worker.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/tcp_peer.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

namespace {

struct Way {
    bool local_streams = true;
    bool zmtp_in_loop = true;
};

BrokerOptions served_by(Way way) {
    const auto text = [](bool value) { return value ? "true\n" : "false\n"; };
    return {{},
            std::string("[broker]\nlocal_streams = ") + text(way.local_streams) +
                "zmtp_in_loop = " + text(way.zmtp_in_loop),
            {}};
}

// A worker's routing id: libzmq's have five bytes, the loop's nine; in hex.
std::size_t routing_id_bytes(const Broker& broker) {
    const nlohmann::json workers = broker.ask("SERVER-WORKERS");
    REQUIRE(workers.size() == 1);
    return workers[0].at("workerid").get<std::string>().size() / 2;
}

// The lifecycle log would do, but for the params in it, over which it is begun anew.
std::uint64_t succeeded(const Broker& broker, const std::string& service) {
    for (const nlohmann::json& row : broker.ask("mmi.services")) {
        if (row.at("service") == service) {
            return row.at("succeeded").get<std::uint64_t>();
        }
    }
    return 0;
}

}  // namespace

TEST_CASE("Calls, jobs and large params go over each transport") {
    for (const Way way : {Way{}, Way{.local_streams = false}, Way{false, false}}) {
        CAPTURE(way.local_streams);
        CAPTURE(way.zmtp_in_loop);
        const Broker broker(served_by(way));
        const auto worker = broker.start_worker(kReverseProgram, {"--service-name", "reverse"});
        broker.wait_until_served("reverse");
        CHECK(routing_id_bytes(broker) == (way.zmtp_in_loop ? 9 : 5));

        const Finished call = run(broker.tool({"call", "reverse", R"("stressed")"}));
        INFO(call.err);
        CHECK(call.code == 0);
        CHECK(call.out.find("desserts") != std::string::npos);

        const std::string large(3'000'000, 'x');
        const TempDirectory files;
        const std::string file = files.write("large.json", "\"" + large + "y\"");
        const Finished much = run(broker.tool({"call", "reverse", "@" + file}));
        INFO(much.err);
        CHECK(much.code == 0);
        CHECK(much.out.find("y" + large) != std::string::npos);

        // Far more than a connection takes at once: none may be lost over it.
        const std::string heavy =
            files.write("heavy.json", "\"" + std::string(1'000'000, 'x') + "\"");
        const Finished much_at_once =
            run(broker.tool({"submit", "reverse", "@" + heavy, "--volatile", "--count", "120"}));
        INFO(much_at_once.err);
        CHECK(much_at_once.code == 0);
        const Finished many = run(broker.tool({"submit", "reverse", R"("a")", "--count", "2000"}));
        CHECK(many.code == 0);
        CHECK(wait_until([&] { return succeeded(broker, "reverse") == 2122; }));
    }
}

TEST_CASE("A worker of an old dialect that dies gives back its job at once") {
    // Heartbeats would tell within minutes.
    Broker broker({{}, "[broker]\nheartbeat_interval = \"60s\"\nbackoff_first = \"10ms\"\n", {}});
    OldClient client(Old::Zmws1, broker.endpoints().frontend);
    {
        OldWorker mortal(Old::Mdp02, "mortal", broker.endpoints().backend);
        mortal.ready();
        broker.wait_until_served("mortal");
        client.request("mortal", {"once"}, false);
        CHECK(client.answer().kind == Answer::Kind::Taken);
        CHECK(shown(mortal.job().body) == shown({"once"}));
    }
    OldWorker next(Old::Mdp02, "mortal", broker.endpoints().backend);
    next.ready();
    next.complete(next.job(), {"done"});
    CHECK(broker.wait_for_events(1, "EXECUTE_COMPLETE", "mortal"));
}

// ZMTP 2.0 and 1.0, of libraries before 4.0, byte by byte: nobody has one of them any more to try
// it with.
TEST_CASE("Clients with libraries of ZMTP 2.0 and 1.0 are answered in it") {
    using namespace std::string_literals;
    const Broker broker;
    const std::string signature = "\xff\0\0\0\0\0\0\0\1\x7f"s;

    const TcpPeer second(broker.endpoints().frontend);
    REQUIRE(second.say(signature + "\1\3\0\0"s +  // 2.0, a REQ without a name
                       "\1\0\1\6MDPC01\1\13mmi.service\0\6nobody"s));
    CHECK(second.hear(14) == signature + "\3\6\0\0"s);
    const std::string answer = "\1\0\1\6MDPC01\1\13mmi.service\0\003404"s;
    CHECK(second.hear(answer.size()) == answer);

    const TcpPeer first(broker.endpoints().frontend);
    REQUIRE(first.say("\1\0"s +  // the name, empty; a length counts the flags behind it
                      "\1\1\7\1MDPC01\14\1mmi.service\7\0nobody"s));
    CHECK(first.hear(signature.size()) == signature);
    const std::string same =
        "\1\1\7\1MDPC01\14\1mmi.service\4\0"
        "404"s;
    CHECK(first.hear(same.size()) == same);
}

}  // namespace steward::e2e
