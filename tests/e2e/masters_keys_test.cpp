// tests/e2e: who may come to a worker that listens at a port: with keys whom it knows, and off
// loopback nobody without.
#include <csignal>
#include <map>

#include <doctest/doctest.h>

#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/key_ring.hpp"
#include "tests/e2e/harness/ports.hpp"
#include "tests/e2e/harness/samples.hpp"

namespace steward::e2e {

namespace {

/// A worker with keys, at a port of the loopback, to which ZeroMQ's way is the only one for keys.
struct LockedWorker {
    explicit LockedWorker(const KeyRing& ring)
        : address("tcp://127.0.0.1:" + std::to_string(free_port())),
          worker({built_program(kReverseProgram),
                  {"--listen",
                   address,
                   "--listen-key-file",
                   ring.path() + "/server.key",
                   "--listen-clients",
                   ring.clients()},
                  {},
                  {}}) {
        REQUIRE(worker.wait_for_line(" ready "));
    }

    std::string address;
    Process worker;
};

Finished steward_as(const Args& args, const std::map<std::string, std::string>& environment) {
    return run({built_program("steward"), args, environment, {}});
}

}  // namespace

TEST_CASE("A worker with keys serves whom it knows, as far as his grants go") {
    const KeyRing ring;
    for (const char* name : {"web", "watch", "stranger"}) {
        ring.make(name);
    }
    ring.allow("web", R"("submit = ['STR-*']")");
    ring.allow("watch", R"("read = 'all'")");
    LockedWorker locked(ring);
    const auto call = [&](const std::string& who, const std::string& service) {
        return steward_as(
            {"--broker", locked.address, "--timeout", "5s", "call", service, "\"abc\""},
            ring.environment(who));
    };
    CHECK(has(call("web", "STR-REV").out, "cba"));
    const Finished other = call("watch", "STR-REV");
    CHECK(other.code == kRefused);
    CHECK(has(other.err, "submit = [\"STR-REV\"]"));
    CHECK(steward_as({"check", locked.address}, ring.environment("watch")).code == 0);
    const Finished unseen = steward_as({"check", locked.address}, ring.environment("web"));
    CHECK(unseen.code == 3);
    CHECK(has(unseen.out, "read = \"all\""));
    CHECK(call("stranger", "STR-REV").code == kRefused);
    CHECK(locked.worker.wait_for_line("key_refused"));
}

TEST_CASE("Off loopback a worker does not listen without keys, unless that was decided") {
    const auto refusal = [](const Args& args) {
        const Finished done = run({built_program(kReverseProgram), args, {}, {}});
        CHECK(done.code == 2);
        return done.err;
    };
    const std::string everywhere = "tcp://0.0.0.0:" + std::to_string(free_port());
    CHECK(has(refusal({"--listen", everywhere}), "--listen-insecure"));
    CHECK(has(refusal({"--listen", everywhere, "--listen-key-file", "x.key"}), "belong together"));
    CHECK(has(refusal({"--listen",
                       "ipc:///tmp/never.sock",
                       "--listen-key-file",
                       "x.key",
                       "--listen-clients",
                       "/x"}),
              "is for a tcp address"));
    Process open(
        {built_program(kReverseProgram), {"--listen", everywhere, "--listen-insecure"}, {}, {}});
    CHECK(open.wait_for_line(" ready "));
    open.signal(SIGTERM);
    CHECK(open.wait() == 0);
}

}  // namespace steward::e2e
