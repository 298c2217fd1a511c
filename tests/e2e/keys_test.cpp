// tests/e2e: a broker with keys: who comes in, who does not and is told why, and what a reload
// changes. Real processes, and bare ZeroMQ sockets for what our own would not do.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

#include <doctest/doctest.h>
#include <zmq.hpp>

#include "tests/e2e/harness/broker.hpp"
#include "tests/e2e/harness/key_ring.hpp"
#include "tests/e2e/harness/samples.hpp"

namespace steward::e2e {

namespace {

namespace fs = std::filesystem;

bool says(const std::string& text, std::string_view part) {
    INFO(text);
    return text.find(part) != std::string::npos;
}

Finished ping(const Broker& broker, const std::map<std::string, std::string>& environment) {
    CommandLine command = broker.tool({"--timeout", "5s", "ping"});
    command.environment.insert(environment.begin(), environment.end());
    return run(command);
}

}  // namespace

TEST_CASE("Who has a key that the broker knows comes in, and everybody else is told why not") {
    const KeyRing keys;
    keys.make("web");
    keys.make("stranger");
    keys.allow("web");
    const Broker broker({{}, keys.config(), {}});

    const Finished right = ping(broker, keys.environment("web"));
    INFO(right.err);
    CHECK(right.code == 0);

    const Finished wrong = ping(broker, keys.environment("stranger"));
    CHECK(wrong.code == 4);
    CHECK(says(wrong.err, "the broker does not know this key"));

    const Finished none = ping(broker, {});
    CHECK(none.code == 4);
    CHECK(says(none.err, "asks for a key, and this one has none"));

    auto other_server = keys.environment("web");
    other_server["STEWARD_SERVER_KEY_FILE"] = keys.path() + "/stranger.pub";
    const Finished mistaken = ping(broker, other_server);
    CHECK(mistaken.code == 4);
    CHECK(says(mistaken.err, "is most likely not this broker's"));
}

TEST_CASE("A key that is allowed or removed by a reload counts at once, also for who is there") {
    const KeyRing keys;
    keys.make("web");
    keys.make("works");
    keys.allow("works");
    Broker broker({{}, keys.config(), {}});
    const auto worker = broker.start_worker(
        kReverseProgram, {"--service-name", "reverse"}, keys.environment("works"));
    REQUIRE(worker->wait_for_line("ready").has_value());
    CHECK(ping(broker, keys.environment("web")).code == 4);

    keys.allow("web");
    broker.process().signal(SIGHUP);
    REQUIRE(broker.process().wait_for_line("clients_read").has_value());
    CHECK(ping(broker, keys.environment("web")).code == 0);
    CommandLine call = broker.tool({"call", "reverse", R"("stressed")"});
    call.environment.merge(keys.environment("web"));
    CHECK(says(run(call).out, "desserts"));

    keys.revoke("works");
    broker.process().signal(SIGHUP);
    CHECK(worker->wait_for_line("the broker does not know this key").has_value());
    call.args.insert(call.args.begin(), {"--timeout", "5s"});
    CHECK(run(call).code == 3);
}

TEST_CASE("A secret key that others may read is refused, and so is a folder everybody may write") {
    const KeyRing keys;
    keys.make("web");
    keys.allow("web");
    const Broker broker({{}, keys.config(), {}});
    fs::permissions(keys.path() + "/web.key", fs::perms(0640));
    const Finished readable = ping(broker, keys.environment("web"));
    CHECK(readable.code == 4);
    CHECK(says(readable.err, "chmod 600 " + keys.path() + "/web.key"));

    fs::permissions(keys.path() + "/server.key", fs::perms(0644));
    const Finished again = run(broker.command());
    CHECK(again.code == 1);
    CHECK(says(again.err, "chmod 600"));
    CHECK(says(again.err, "security.key_file"));
    CHECK_FALSE(again.err.find(keys.text("server.key", "secret_key")) != std::string::npos);
}

TEST_CASE("Keys come from systemd's credentials, too") {
    const KeyRing keys;
    keys.make("web");
    keys.allow("web");
    // As systemd has it: the group's right stands for its access list.
    fs::permissions(keys.path() + "/server.key", fs::perms(0440));
    std::string config = keys.config();
    const std::string file = keys.path() + "/server.key";
    config.replace(config.find(file), file.size(), "credential:server.key");
    const Broker broker({{{"CREDENTIALS_DIRECTORY", keys.path()}}, config, {}});
    CHECK(ping(broker, keys.environment("web")).code == 0);
}

TEST_CASE("Off loopback a broker without keys does not start, but for who writes insecure") {
    const TempDirectory directory;
    const auto start = [&](const std::string& config) {
        return CommandLine{built_program("steward-broker"),
                           {"--config",
                            directory.write("steward.toml", config),
                            "--bind",
                            "0.0.0.0",
                            "--client-port",
                            "0",
                            "--worker-port",
                            "0",
                            "--news-port",
                            "0",
                            "--data-dir",
                            (directory.path() / "data").string()},
                           {},
                           directory.path().string()};
    };
    const Finished refused = run(start(""));
    CHECK(refused.code == 2);
    CHECK(says(refused.err, "security.insecure = true"));
    CHECK(says(refused.err, "steward keygen"));
    Process insecure(start("[security]\ninsecure = true\n"));
    CHECK(insecure.wait_for_line("insecure").has_value());
    CHECK(insecure.wait_for_line("steward-broker ready").has_value());
}

TEST_CASE("Every dialect's socket asks for a key, and no peer chooses its routing id") {
    const KeyRing keys;
    keys.make("old");
    keys.allow("old");
    const Broker broker({{}, keys.config(), {}});
    zmq::context_t context;
    const auto ask = [&](const std::string& routing_id, bool with_key) {
        zmq::socket_t socket(context, zmq::socket_type::dealer);
        socket.set(zmq::sockopt::linger, 0);
        socket.set(zmq::sockopt::rcvtimeo, with_key ? 10'000 : 500);
        if (!routing_id.empty()) {
            socket.set(zmq::sockopt::routing_id, routing_id);
        }
        if (with_key) {
            socket.set(zmq::sockopt::curve_secretkey, keys.text("old.key", "secret_key"));
            socket.set(zmq::sockopt::curve_publickey, keys.text("old.key", "public_key"));
            socket.set(zmq::sockopt::curve_serverkey, keys.text("server.pub", "public_key"));
        }
        socket.connect(broker.endpoints().frontend);
        socket.send(zmq::str_buffer(""), zmq::send_flags::sndmore);
        socket.send(zmq::str_buffer("JOB: SERVER-STATUS"), zmq::send_flags::none);
        std::string heard;
        for (zmq::message_t frame; socket.recv(frame, zmq::recv_flags::none);) {
            heard += frame.to_string();
            if (!frame.more()) {
                break;
            }
        }
        return heard;
    };
    CHECK(says(ask("", true), "workers"));
    CHECK(ask("", false).empty());
    CHECK(says(ask("chosen", true), "gives routing ids itself"));
}

TEST_CASE("Over local streams the broker's own user comes in, and nobody else without a key") {
    const KeyRing keys;
    std::string config = keys.config();
    config.erase(config.find("local_streams = false\n"), 22);
    Broker broker({{}, config, {}});
    CHECK(ping(broker, {}).code == 0);
    if (::geteuid() != 0 || !fs::exists("/usr/bin/setpriv")) {
        MESSAGE("skipped: another user's turn needs root and setpriv");
        return;
    }
    const CommandLine tool = broker.tool({"--timeout", "5s", "ping"});
    CommandLine other{"/usr/bin/setpriv",
                      {"--reuid=65534", "--clear-groups", tool.program},
                      tool.environment,
                      "/"};
    other.args.insert(other.args.end(), tool.args.begin(), tool.args.end());
    const Finished stranger = run(other);
    CHECK(stranger.code == 4);
    CHECK(says(stranger.err, "asks for a key"));
    std::ofstream(keys.clients() + "/nobody.pub")
        << "[key]\nname = \"nobody\"\nlocal_users = [\"65534\"]\n";
    broker.process().signal(SIGHUP);
    REQUIRE(broker.process().wait_for_line("clients_read").has_value());
    CHECK(run(other).code == 0);
}

TEST_CASE("keygen overwrites nothing and keeps the secret half for its owner") {
    const KeyRing keys;
    const std::string before = keys.text("server.key", "secret_key");
    CHECK(before.size() == 40);
    const Finished twice =
        run({built_program("steward"), {"keygen", "server", "--directory", keys.path()}, {}, {}});
    CHECK(twice.code != 0);
    CHECK(says(twice.err, "is not overwritten"));
    CHECK(keys.text("server.key", "secret_key") == before);
    CHECK(fs::status(keys.path() + "/server.key").permissions() == fs::perms(0600));
    CHECK(keys.text("server.pub", "secret_key").empty());
}

}  // namespace steward::e2e
