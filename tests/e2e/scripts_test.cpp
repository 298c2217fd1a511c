// tests/e2e: bin/start, bin/status and bin/stop, with real processes in a temporary directory.
#include <cstdlib>
#include <fstream>
#include <signal.h>

#include <doctest/doctest.h>

#include "tests/e2e/harness/broker.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

namespace {

/// Runs the scripts; what is still running at the end is stopped by them.
class Scripts {
public:
    Scripts() {
        config_ = directory_.write("steward.toml",
                                   "[broker]\nclient_port = 0\nworker_port = 0\nnews_port = 0\n"
                                   "data_dir = \"" +
                                       path("data") +
                                       "\"\n"
                                       "[[process]]\nname = \"broker\"\nkind = \"server\"\n"
                                       "program = \"steward-broker\"\nargs = [\"--config\", \"" +
                                       path("steward.toml") +
                                       "\"]\n"
                                       "[[process]]\nname = \"reverse\"\nkind = \"worker\"\n"
                                       "program = \"steward-worker-reverse\"\n"
                                       "[[process]]\nname = \"broken\"\nkind = \"worker\"\n"
                                       "program = \"" +
                                       path("worker") + "\"\n");
        use_worker("steward-worker-sleep", "");
    }

    ~Scripts() { static_cast<void>(script("stop")); }

    Scripts(const Scripts&) = delete;
    Scripts& operator=(const Scripts&) = delete;

    /// What the process "broken" is.
    void use_worker(const std::string& program, const std::string& more_args) const {
        const std::string file = directory_.write(
            "worker", "#!/bin/sh\nexec " + built_program(program) + " \"$@\" " + more_args + "\n");
        std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    }

    [[nodiscard]] Finished script(const std::string& name,
                                  std::vector<std::string> args = {}) const {
        args.insert(args.end(), {"-c", config_});
        const std::string broker = built_program("steward-broker");
        return run({std::string(STEWARD_SCRIPTS_DIR) + '/' + name,
                    args,
                    {{"STEWARD_BIN_DIR", broker.substr(0, broker.rfind('/'))},
                     {"STEWARD_RUN_DIR", path("run")},
                     {"STEWARD_LOG_DIR", path("logs")}},
                    "/"},
                   2 * kPatience);
    }

    [[nodiscard]] std::string path(const std::string& name) const {
        return (directory_.path() / name).string();
    }

    /// 0: there is no pid file.
    [[nodiscard]] pid_t pid_now(const std::string& name) const {
        pid_t pid = 0;
        std::ifstream(path("run/" + name + ".pid")) >> pid;
        return pid;
    }

    [[nodiscard]] pid_t pid_of(const std::string& name) const {
        const pid_t pid = pid_now(name);
        REQUIRE(pid > 0);
        return pid;
    }

private:
    TempDirectory directory_;
    std::string config_;
};

bool has(const Finished& finished, const std::string& text) {
    return (finished.out + finished.err).find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("start, status and stop tell what they find, from any directory") {
    const Scripts scripts;
    CHECK(scripts.script("status").code == 3);

    const Finished started = scripts.script("start");
    INFO("start said: ", started.out, started.err);
    CHECK(started.code == 0);
    CHECK(has(started, "broker started (" + std::to_string(scripts.pid_of("broker")) + ")"));
    CHECK(has(started, "reverse started (" + std::to_string(scripts.pid_of("reverse")) + ")"));
    CHECK(scripts.script("status").code == 0);

    const Finished again = scripts.script("start");
    CHECK(again.code == 0);
    CHECK(has(again, "broker already running ("));

    const pid_t before = scripts.pid_of("reverse");
    REQUIRE(::kill(before, SIGKILL) == 0);  // its supervisor starts it again
    CHECK(wait_until([&] {
        const pid_t now = scripts.pid_now("reverse");
        return now != 0 && now != before;
    }));
    CHECK(wait_until([&] { return scripts.script("status").code == 0; }));

    REQUIRE(::kill(scripts.pid_of("supervisor"), SIGKILL) == 0);  // and nothing is left
    CHECK(wait_until([&] {
        return has(scripts.script("status", {"--brokers"}),
                   "broker is not running but a stale pid file was found");
    }));
    CHECK(wait_until([&] { return !has(scripts.script("status"), "is running ("); }));
    CHECK(has(scripts.script("start"), "reverse is not running but a stale pid file was found"));
    CHECK(scripts.script("status").code == 0);

    const Finished stopped = scripts.script("stop", {"--workers"});
    CHECK(stopped.code == 0);
    CHECK(has(stopped, "reverse stopped ("));
    CHECK_FALSE(has(stopped, "broker"));
    CHECK(scripts.script("status", {"--brokers"}).code == 0);
    CHECK(scripts.script("status", {"--workers"}).code == 3);
    CHECK(has(scripts.script("stop"), "broker stopped ("));
    CHECK(has(scripts.script("stop"), "broker is not running"));
}

TEST_CASE("A pid file whose process id belongs to somebody else now is stale") {
    const Scripts scripts;
    std::filesystem::create_directories(scripts.path("run"));
    std::ofstream(scripts.path("run/broker.pid"))
        << ::getpid() << " 1\n";  // this test; not its start
    CHECK(has(scripts.script("status"), "broker is not running but a stale pid file was found"));
    CHECK(has(scripts.script("stop"), "broker is not running but a stale pid file was found"));
}

TEST_CASE("start says which process ended at once, and why") {
    const Scripts scripts;
    scripts.use_worker("steward-worker-sleep", "--no-such-option");
    const Finished started = scripts.script("start");
    CHECK(started.code == 1);
    CHECK(has(started, "broken ended at once"));
    CHECK(has(started, "no-such-option"));
}

}  // namespace steward::e2e
