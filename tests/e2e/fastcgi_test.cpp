// tests/e2e: steward-worker-fastcgi with Debian's php-fpm on a socket of the test's own.
#include <csignal>
#include <filesystem>
#include <optional>
#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/ports.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

using nlohmann::json;

namespace {

constexpr const char* kFastcgiProgram = "steward-worker-fastcgi";

std::optional<std::string> find_fpm() {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/usr/sbin", ignored)) {
        if (entry.path().filename().string().starts_with("php-fpm")) {
            return entry.path().string();
        }
    }
    return std::nullopt;
}

struct Pool : Desk {
    /// `listen` as php-fpm has it; empty: a unix socket.
    explicit Pool(const std::string& program, std::string listen = {}) : Desk({}, kLongGrace) {
        script = std::string(STEWARD_HARNESS_DIR) + "/fpm_job.php";
        socket = listen.empty() ? (folder.path() / "fpm.sock").string() : std::move(listen);
        const std::string config = folder.write(
            "fpm.conf",
            "[global]\nerror_log = /dev/stderr\ndaemonize = no\n[test]\nuser = " +
                std::string(::geteuid() == 0 ? "root" : "nobody") + "\nlisten = " + socket +
                "\npm = static\npm.max_children = 2\nphp_admin_flag[log_errors] = on\n");
        Args args = {"--nodaemonize", "--no-php-ini", "--fpm-config", config};
        if (::geteuid() == 0) {
            args.insert(args.begin(), "--allow-to-run-as-root");
        }
        fpm = std::make_unique<Process>(CommandLine{program, args, {}, {}});
        REQUIRE(fpm->wait_for_line("ready to handle connections").has_value());
    }

    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    // Killed, it would leave its children.
    ~Pool() {
        kill_workers();
        fpm->signal(SIGTERM);
        CHECK(fpm->wait().has_value());
    }

    Process& serve(Args more = {}) {
        more.insert(more.begin(), {"--pool", socket, "--script", script, "--concurrency", "2"});
        return start_worker(kFastcgiProgram, "php", more);
    }

    [[nodiscard]] json result(const json& order) const {
        return ask({"call", "php", order.dump()})["result"];
    }

    [[nodiscard]] std::string failure(const json& order, const Args& more = {}) const {
        Args args = {"call", "php", order.dump()};
        args.insert(args.end(), more.begin(), more.end());
        const Finished done = run(args);
        CHECK(done.code == kJobFailed);
        return done.err;
    }

    TempDirectory folder;
    std::string script;
    std::string socket;
    std::unique_ptr<Process> fpm;
};

// Runs `test` when there is a php-fpm, else says that there is none.
template <class Test>
void with_fpm(const Test& test) {
    if (const auto program = find_fpm()) {
        test(*program);
    } else {
        MESSAGE("skipped: php-fpm is not installed");
    }
}

}  // namespace

TEST_CASE("A script is given the params as its body and the job as variables") {
    with_fpm([](const std::string& program) {
        Pool p(program);
        p.serve();
        const std::string id = p.submit("php", {{"tell", true}}, {"--meta", "trace=17"});
        REQUIRE(p.reaches(id, "succeeded"));
        const json told = p.ask({"result", id})["result"];
        CHECK(told["id"] == id);
        CHECK(told["attempt"] == "1");
        CHECK(told["meta"] == "17");
        CHECK(told["method"] == "POST");
        CHECK(told["type"] == "application/json");
        CHECK(p.result({{"print", "hello"}}) == "hello");
        CHECK(p.result({{"status", 204}}).is_null());
        CHECK(p.result({{"size", 300'000}}).get<std::string>().size() == 300'000);
        const std::string large(2'000'000, 'y');
        CHECK(p.run_with_input(json({{"print", large}}).dump(), {"call", "php", "-"}).out.size() ==
              large.size() + 3);
    });
}

TEST_CASE("A pool on a port is as good") {
    with_fpm([](const std::string& program) {
        Pool p(program, "127.0.0.1:" + std::to_string(free_port()));
        p.serve();
        CHECK(p.result({{"print", "hello"}}) == "hello");
    });
}

TEST_CASE("A job's memory limit is PHP's for that job alone") {
    with_fpm([](const std::string& program) {
        Pool p(program);
        p.serve({"--memory-limit", "64MiB"});
        const json hog = {{"size", 20 << 20}};
        CHECK(has(p.failure(hog, {"--memory-limit", "8MiB"}), "Allowed memory size of 8388608"));
        CHECK(p.result({{"memory", true}}) == "67108864");
        CHECK(has(p.failure({{"size", 80 << 20}}), "Allowed memory size of 67108864"));
    });
}

TEST_CASE("A script's status decides, and its errors are the reason") {
    with_fpm([](const std::string& program) {
        Pool p(program);
        Process& worker = p.serve({"--snooze-max", "100ms", "--response-max", "1MiB"});
        const std::string thrown = p.failure({{"throw", "out of paper"}});
        CHECK(has_all(thrown, {"answered 500", "Uncaught RuntimeException: out of paper"}));
        CHECK(has(p.failure({{"size", 2'000'000}}), "larger than --response-max of 1MiB"));
        CHECK(p.result({{"complain", "careful"}, {"print", "done"}}) == "done");
        CHECK(worker.wait_for_line("careful").has_value());
        const std::string rejected = p.submit("php", {{"status", 422}}, {"--max-attempts", "5"});
        REQUIRE(p.reaches(rejected, "dead"));
        CHECK(p.ask({"status", rejected})["attempt"] == 1);
        const std::string mark = (p.folder.path() / "mark").string();
        const std::string snoozed =
            p.submit("php",
                     {{"status", 503}, {"headers", {"Retry-After: 60"}}, {"mark", mark}},
                     {"--max-attempts", "1"});
        REQUIRE(wait_until([&] { return std::filesystem::remove(mark); }));
        CHECK(wait_until([&] { return std::filesystem::remove(mark); }));  // and again
        p.say({"cancel", snoozed});
    });
}

TEST_CASE("A pool's child that dies, and a pool that is gone, are failures that may pass") {
    with_fpm([](const std::string& program) {
        Pool p(program);
        p.serve();
        CHECK(has(p.failure({{"die", true}}), "closed the connection before the answer's end"));
        CHECK(p.result({{"print", "on"}}) == "on");
        p.fpm->signal(SIGTERM);
        CHECK(p.fpm->wait().has_value());
        CHECK(has(p.failure(json::object()), "cannot connect to the pool at " + p.socket));
    });
}

TEST_CASE("As many jobs run as the worker has threads, and a stopped one frees its thread") {
    with_fpm([](const std::string& program) {
        Pool p(program);
        Process& worker = p.serve();
        const std::string go = (p.folder.path() / "go").string();
        const auto mark = [&](const char* name) { return (p.folder.path() / name).string(); };
        const auto begin = [&](const char* name) {
            return p.submit("php", {{"mark", mark(name)}, {"until", go}, {"tell", true}});
        };
        const std::string first = begin("first");
        const std::string second = begin("second");
        for (const char* name : {"first", "second"}) {  // PHP itself has begun
            REQUIRE(wait_until([&] { return std::filesystem::exists(mark(name)); }));
        }
        std::filesystem::create_directory(go);
        REQUIRE(p.reaches(first, "succeeded"));
        REQUIRE(p.reaches(second, "succeeded"));
        CHECK(p.ask({"result", first})["result"]["pid"] !=
              p.ask({"result", second})["result"]["pid"]);
        const std::string never = (p.folder.path() / "never").string();
        CHECK(has(p.failure({{"until", never}}, {"--time-limit", "300ms"}), "time limit"));
        CHECK(p.result({{"print", "on"}}) == "on");
        worker.signal(SIGTERM);
        CHECK(worker.wait() == 0);
    });
}

TEST_CASE("A wrong command line of it is told before anything starts") {
    const auto refusal = [](const Args& args) {
        const Finished done = run({built_program(kFastcgiProgram), args, {}, {}});
        CHECK(done.code == 2);
        return done.err;
    };
    CHECK(has(refusal({"--service", "x", "--script", "/x.php"}), "--pool is like"));
    CHECK(has(refusal({"--service", "x", "--pool", "/run/x", "--script", "x.php"}), "--script"));
    CHECK(has(
        refusal({"--service", "x", "--pool", "/run/x", "--script", "/x", "--response-max", "y"}),
        "--response-max"));
}

}  // namespace steward::e2e
