// tests/e2e: keys on everything that speaks ZeroMQ: each old dialect by itself, the news, and the
// programs that take their keys from the configuration. With a key each works, without it hears
// nothing.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <doctest/doctest.h>

#include "tests/e2e/harness/gateway.hpp"
#include "tests/e2e/harness/key_ring.hpp"
#include "tests/e2e/harness/metric.hpp"
#include "tests/e2e/harness/old_worker.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/supervised.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr auto kSilence = 300ms;  // what would be answered is, in a few milliseconds

bool is_served(OldClient& asking, const std::string& service) {
    asking.request("mmi.service", {service});
    return asking.answer().body == RawFrames{"200"};
}

}  // namespace

TEST_CASE("Each old dialect calls and works with a key, and is not heard without") {
    const KeyRing keys;
    keys.make("old");
    keys.allow("old");
    const Broker broker({{}, keys.config(), {}});
    const Endpoints& at = broker.endpoints();
    for (const Old dialect : kOldDialects) {
        CAPTURE(name_of(dialect));
        const std::string service = "for-" + std::string(is_zmws(dialect) ? "zmws" : "mdp") +
                                    std::to_string(static_cast<int>(dialect));
        OldClient asking(Old::Mdp01, at.frontend, {}, keys.raw("old"));
        OldWorker stranger(dialect, service, at.backend);
        stranger.ready();
        CHECK_FALSE(stranger.maybe_job(kSilence).has_value());
        CHECK_FALSE(is_served(asking, service));

        OldWorker worker(dialect, service, at.backend, {}, keys.raw("old"));
        worker.ready();
        REQUIRE(wait_until([&] { return is_served(asking, service); }));
        OldClient unheard(dialect, at.frontend);
        unheard.request(service, {"\"of a stranger\""});
        OldClient client(dialect, at.frontend, {}, keys.raw("old"));
        client.request(service, {"\"in\""});
        const HeldJob job = worker.job();
        CHECK(job.body == RawFrames{"\"in\""});
        worker.complete(job, {"\"out\""});
        CHECK(client.answer().body == RawFrames{"\"out\""});
        CHECK_FALSE(unheard.maybe_answer(kSilence).has_value());
        CHECK_FALSE(worker.maybe_job(kSilence).has_value());
        CHECK_FALSE(stranger.maybe_job(1ms).has_value());
    }
}

TEST_CASE("The news are heard with a key, and not without") {
    const KeyRing keys;
    keys.make("web");
    keys.allow("web");
    const Broker broker({{}, keys.config(), {}});
    RawSocket stranger(zmq::socket_type::sub, broker.endpoints().news);
    stranger.subscribe("");
    RawSocket reader(zmq::socket_type::sub, broker.endpoints().news, {}, keys.raw("web"));
    reader.subscribe("");
    CommandLine submit =
        broker.tool({"submit", "later", "\"x\"", "--delay", "1h", "--timeout", "5s"});
    submit.environment.merge(keys.environment("web"));
    const auto worker =
        broker.start_worker(kReverseProgram, {"--service-name", "later"}, keys.environment("web"));
    REQUIRE(worker->wait_for_line("ready").has_value());
    // A subscription is on its way for a moment, so the first news may be missed.
    CHECK(wait_until([&] {
        REQUIRE(run(submit).code == 0);
        return reader.receive(kSilence).has_value();
    }));
    CHECK_FALSE(stranger.receive(kSilence).has_value());
}

TEST_CASE("A gateway takes its keys from the configuration, for jobs and for news") {
    const KeyRing keys;
    keys.make("web");
    keys.allow("web");
    const Broker broker({{}, keys.config(), {}});
    const auto worker = broker.start_worker(
        kReverseProgram, {"--service-name", "reverse"}, keys.environment("web"));
    REQUIRE(worker->wait_for_line("ready").has_value());
    const std::string files = "client_key_file = \"" + keys.path() +
                              "/web.key\"\nserver_key_file = \"" + keys.path() + "/server.pub\"\n";
    const Gateway gateway(broker, {.config = files});
    EventStream events(gateway.port(), "/v1/events");
    HttpClient client = gateway.client();
    // News may need a moment to be heard by the broker.
    REQUIRE(wait_until([&] {
        const HttpResponse answer =
            client.post("/v1/services/reverse/calls", "\"stressed\"", "application/json");
        CHECK(answer.status == 200);
        CHECK(answer.body == "\"desserts\"");
        return metric_in(client.get("/metrics").body, "steward_gateway_events_total") != "0";
    }));
    CHECK(events.next().has_value());

    const Finished half =
        run({built_program("steward-gateway"),
             {"--config",
              gateway.directory().write("half.toml", "[gateway]\nclient_key_file = \"web.key\"\n")},
             {},
             {}});
    CHECK(half.code == 2);
    CHECK(half.err.find("gateway.client_key_file and gateway.server_key_file") !=
          std::string::npos);
    fs::permissions(keys.path() + "/web.key", fs::perms(0644));
    const Finished readable =
        run({built_program("steward-gateway"),
             {"--config", gateway.directory().write("all.toml", "[gateway]\nport = 0\n" + files)},
             {},
             {}});
    CHECK(readable.code == 1);
    CHECK(readable.err.find("chmod 600 " + keys.path() + "/web.key") != std::string::npos);
}

TEST_CASE("A supervisor takes its keys from the configuration, and so does what it starts") {
    const KeyRing keys;
    keys.make("crew");
    keys.allow("crew", R"("work = ['TRIAL']", "submit = ['TRIAL']", "read = 'all'")");
    const std::string files = "client_key_file = \"" + keys.path() +
                              "/crew.key\"\nserver_key_file = \"" + keys.path() + "/server.pub\"\n";
    Supervised house(files + broker_process() + "[[pool]]\nname = \"trial\"\nprogram = \"" +
                     kTrialProgram + "\"\nnotify = true\n[security]\nkey_file = \"" + keys.path() +
                     "/server.key\"\nclients_directory = \"" + keys.clients() + "\"\n");
    house.start();
    REQUIRE(house.all_run(2));
    const std::vector<std::string> as_crew = {
        "--key-file", keys.path() + "/crew.key", "--server-key-file", keys.path() + "/server.pub"};
    std::vector<std::string> call = as_crew;
    call.insert(call.end(), {"submit", "TRIAL", R"({"seconds": 20})"});
    const std::string job = house.say(call).substr(0, 26);
    // What it tells of a worker's jobs it has asked the broker for.
    CHECK(wait_until([&] { return house.ps("trial").dump().find(job) != std::string::npos; }));
    // So has what it starts.
    std::ifstream environ("/proc/" + std::to_string(house.pid_of("trial")) + "/environ");
    const std::string all{std::istreambuf_iterator<char>(environ), {}};
    CHECK(all.find("STEWARD_KEY_FILE=" + keys.path() + "/crew.key") != std::string::npos);

    fs::permissions(keys.path() + "/crew.key", fs::perms(0640));
    const Finished refused = house.run({"supervisor", "reload"});
    CHECK(refused.code != 0);
    CHECK((refused.out + refused.err).find("chmod 600") != std::string::npos);
}

}  // namespace steward::e2e
