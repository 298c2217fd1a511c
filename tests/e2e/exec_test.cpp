// tests/e2e: steward-worker-exec with real commands: what they are given, what their ends mean, and
// that nothing of them is left when a job is over.
#include <charconv>
#include <signal.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

using nlohmann::json;

namespace {

constexpr const char* kExecProgram = "steward-worker-exec";

/// A broker and workers that run commands.
struct Commands : Desk {
    Commands() : Desk({}, kLongGrace) {}

    Process& serve(const std::string& service, const Args& command, Args options = {}) {
        options.emplace_back("--");
        options.insert(options.end(), command.begin(), command.end());
        return start_worker(kExecProgram, service, options);
    }

    Process& shell(const std::string& service, const std::string& script, Args options = {}) {
        return serve(service, {"sh", "-c", script}, std::move(options));
    }

    [[nodiscard]] std::string file(const std::string& name) {
        return (broker().directory() / name).string();
    }

    /// The text of a job's failure, once it has one.
    [[nodiscard]] std::string failure(const Args& call) const {
        const Finished done = run(call);
        CHECK(done.code == kJobFailed);
        return done.err;
    }
};

pid_t pid_in(const std::string& path) {
    pid_t pid = 0;
    const bool is_there = wait_until([&] {
        const std::string text = read_file(path);
        const auto read = std::from_chars(text.data(), text.data() + text.size(), pid);
        return read.ec == std::errc{} && text.ends_with('\n');
    });
    REQUIRE(is_there);
    return pid;
}

bool is_gone(pid_t pid) {
    return wait_until([&] { return ::kill(pid, 0) != 0; });
}

// Writes the pid of a process that has left its parent, its group and its session.
std::string daemon_script(const std::string& path) {
    return "setsid sh -c 'trap \"\" TERM; sleep 600 & echo $! > \"" + path + "\"' & ";
}

}  // namespace

TEST_CASE("A command is given the params on its input, and what it prints is the result") {
    Commands c;
    c.serve("cat", {"cat"});
    c.serve("parse", {"cat"}, {"--result", "json"});
    c.serve("words", {"wc", "-w"}, {"--input", "text"});
    CHECK(c.ask({"call", "cat", R"({"b":[1,"ü"]})"})["result"] == R"({"b":[1,"ü"]})");
    CHECK(c.ask({"call", "parse", R"({"b":[1,2]})"})["result"] == json::parse(R"({"b":[1,2]})"));
    CHECK(c.ask({"call", "words", R"("one two three")"})["result"] == "3");
    const std::string large(3'000'000, 'x');
    const Finished echoed = c.run_with_input(json(large).dump(), {"call", "parse", "-"});
    CHECK(echoed.out.size() == large.size() + 3);
}

TEST_CASE("Params become arguments, each one word whatever is in it") {
    Commands c;
    c.serve("args",
            {"printf",
             "[%s]",
             "--name={{params.name}}",
             "{{params.files*}}",
             "{{params.size.1}}",
             "{{params.mode|fast mode}}",
             "{{attempt}}/{{service}}",
             "{{open}}x"});
    CHECK(c.ask({"call",
                 "args",
                 R"({"name":"$(id) \"; rm x","files":["a b","*"],"size":[1,20]})"})["result"] ==
          R"([--name=$(id) "; rm x][a b][*][20][fast mode][1/args][{{x])");
    CHECK(has(c.failure({"call", "args", R"({"name":"x","files":[]})"}),
              "the params lack what {{params.size.1}} stands for"));
    CHECK(has(c.failure({"call", "args", R"({"name":"a\u0000b","files":[],"size":[1,2]})"}),
              "zero byte"));
}

TEST_CASE("A command finds its job in the environment") {
    Commands c;
    c.shell("env", "env | grep ^STEWARD_JOB_ | sort", {"--result", "text"});
    const std::string id = c.submit("env",
                                    json::object(),
                                    {"--priority",
                                     "high",
                                     "--context",
                                     "order-7",
                                     "--meta",
                                     "trace-id=17",
                                     "--time-limit",
                                     "1h"});
    REQUIRE(c.reaches(id, "succeeded"));
    const std::string told = c.ask({"result", id})["result"];
    CHECK(has_all(told,
                  {"STEWARD_JOB_ID=" + id + '\n',
                   "STEWARD_JOB_SERVICE=env\n",
                   "STEWARD_JOB_ATTEMPT=1\n",
                   "STEWARD_JOB_PRIORITY=4096\n",
                   "STEWARD_JOB_CONTEXT=order-7\n",
                   "STEWARD_JOB_META_TRACE_ID=17\n",
                   R"(STEWARD_JOB_META={"trace-id":"17"})",
                   "STEWARD_JOB_TIME_LIMIT_MS="}));
}

TEST_CASE("The exit status decides: done, again, rejected, failed; the last words are the reason") {
    Commands c;
    const std::string once = c.file("once");
    Process& worker = c.shell("exit", "echo first >&2; echo because >&2; exit {{params.status}}");
    CHECK(c.ask({"call", "exit", "status=0"})["result"] == "");
    CHECK(has(c.failure({"call", "exit", "status=3"}), "exit status 3: first | because"));
    CHECK(worker.wait_for_line("job_log").has_value());
    CHECK(has(worker.standard_error(), "text=because"));

    const std::string rejected = c.submit("exit", {{"status", 65}}, {"--max-attempts", "5"});
    REQUIRE(c.reaches(rejected, "dead"));
    CHECK(c.ask({"status", rejected})["attempt"] == 1);

    c.shell("again",
            "test -e '" + once + "' && exit 0; touch '" + once + "'; exit 75",
            {"--snooze", "100ms"});
    const std::string snoozed = c.submit("again", json::object(), {"--max-attempts", "1"});
    CHECK(c.reaches(snoozed, "succeeded"));
    c.shell("crash", "kill -SEGV $$");
    CHECK(has(c.failure({"call", "crash"}), "killed by signal SEGV 11"));
}

TEST_CASE("Lines are sent as they come, and text that is no JSON fails the job") {
    Commands c;
    c.shell("lines", "for i in 1 2 3; do echo $i; done; printf 4", {"--stream", "lines"});
    c.shell("numbers", "echo 1; echo two; sleep 600", {"--stream", "lines", "--result", "json"});
    CHECK(c.say({"call", "lines", "{}"}) == "\"1\"\n\"2\"\n\"3\"\n\"4\"\n");
    CHECK(has(c.failure({"call", "numbers"}), "no JSON (--result json)"));
}

TEST_CASE("Output beyond its bound ends the command, and the error names the bound") {
    Commands c;
    c.serve("yes", {"yes"}, {"--output-max", "64KiB"});
    c.shell("long",
            "head -c 100000 /dev/zero; sleep 600",
            {"--stream", "lines", "--output-max", "64KiB"});
    CHECK(has(c.failure({"call", "yes"}), "the output is larger than --output-max of 64KiB"));
    CHECK(has(c.failure({"call", "long"}), "a line is larger than --output-max of 64KiB"));
    Process& loud = c.shell("loud", "yes | head -c 5000000 >&2; exit 1", {"--log-max", "1KiB"});
    CHECK(has(c.failure({"call", "loud"}), "exit status 1: y | y"));
    CHECK(loud.wait_for_line("job_log_cut").has_value());
    CHECK(loud.standard_error().size() < 100'000);
}

TEST_CASE("A time limit ends a command that ignores SIGTERM, with all that it started") {
    Commands c;
    const std::string daemon = c.file("daemon");
    const std::string script = daemon_script(daemon) + "trap '' TERM; sleep 600; sleep 600";
    c.shell("slow", script, {"--time-limit", "500ms", "--kill-after", "100ms"});
    // A machine that is busy elsewhere may have begun nothing by then.
    CHECK(wait_until([&] {
        CHECK(has(c.failure({"call", "slow"}), "ran longer than --time-limit of 500ms"));
        return has(read_file(daemon), "\n");
    }));
    CHECK(is_gone(pid_in(daemon)));
}

TEST_CASE("The time limit of a job and its cancellation end the tree, and the worker goes on") {
    Commands c;
    const std::string first = c.file("first");
    const std::string second = c.file("second");
    Process& worker = c.shell("slow",
                              "setsid sh -c 'sleep 600 & echo $! > \"$0\"' '{{params.file}}'; "
                              "sleep 600",
                              {"--kill-after", "100ms"});
    CHECK(wait_until([&] {
        const std::string late =
            c.submit("slow", {{"file", first}}, {"--time-limit", "500ms", "--max-attempts", "1"});
        CHECK(c.reaches(late, "dead"));
        return has(read_file(first), "\n");  // else it was over before anything had begun
    }));
    CHECK(is_gone(pid_in(first)));
    const std::string unwanted = c.submit("slow", {{"file", second}});
    const pid_t pid = pid_in(second);
    c.say({"cancel", unwanted});
    CHECK(c.reaches(unwanted, "cancelled"));
    CHECK(is_gone(pid));
    worker.signal(SIGTERM);
    CHECK(worker.wait() == 0);
}

TEST_CASE("What a command leaves running ends with it") {
    Commands c;
    const std::string daemon = c.file("daemon");
    c.shell("leaver",
            daemon_script(daemon) + "until test -s '" + daemon + "'; do sleep 0.05; done; echo ok");
    CHECK(c.ask({"call", "leaver"})["result"] == "ok");
    CHECK(is_gone(pid_in(daemon)));
}

TEST_CASE("Memory counts for the whole tree") {
    Commands c;
    const std::string script =
        "python3 -c 'x = bytearray(80 << 20); import time; time.sleep(600)' & wait";
    Process& worker = c.shell("greedy", script, {"--memory-limit", "1GiB"});
    const std::string id =
        c.submit("greedy", json::object(), {"--memory-limit", "64MiB", "--max-attempts", "1"});
    REQUIRE(c.reaches(id, "dead"));
    CHECK(has_all(c.say({"why", id}), {"its processes held", "more than the limit of 64MiB"}));
    worker.signal(SIGTERM);
    CHECK(worker.wait() == 0);  // the worker itself is not to blame
}

TEST_CASE("Nothing survives a worker that is killed") {
    Commands c;
    const std::string daemon = c.file("daemon");
    Process& worker =
        c.shell("slow", daemon_script(daemon) + "sleep 600", {"--kill-after", "100ms"});
    c.say({"submit", "slow"});
    const pid_t pid = pid_in(daemon);
    worker.kill();
    CHECK(is_gone(pid));
}

TEST_CASE("A worker that is told to leave lets its command finish") {
    Commands c;
    const std::string begun = c.file("begun");
    const std::string go = c.file("go");
    Process& worker = c.shell("polite",
                              "echo $$ > '" + begun + "'; until test -e '" + go +
                                  "'; do sleep 0.05; done; echo finished");
    const std::string id = c.submit("polite");
    static_cast<void>(pid_in(begun));
    worker.signal(SIGTERM);
    REQUIRE(worker.wait_for_line("leaving").has_value());
    std::filesystem::create_directory(go);
    CHECK(worker.wait() == 0);
    CHECK(c.reaches(id, "succeeded"));
    CHECK(c.ask({"result", id})["result"] == "finished");
}

TEST_CASE("Resource limits, directory and user are the command's") {
    Commands c;
    c.shell("limits", "ulimit -n; pwd", {"--limits", "nofile=77,cpu=60s", "--directory", "/usr"});
    CHECK(c.ask({"call", "limits"})["result"] == "77\n/usr");
    if (::geteuid() != 0) {
        MESSAGE("not root: --user is not tried");
        return;
    }
    c.shell("who", "id -un; echo $HOME", {"--user", "nobody"});
    CHECK(c.ask({"call", "who"})["result"] == "nobody\n/nonexistent");
    // The keeper keeps its rights, so it can end what the user started.
    c.shell("hang",
            "trap '' TERM; sleep 600; sleep 600",
            {"--user", "nobody", "--time-limit", "300ms", "--kill-after", "100ms"});
    CHECK(has(c.failure({"call", "hang"}), "--time-limit"));
}

TEST_CASE("A wrong command line is told before anything starts") {
    const auto refusal = [](const Args& args) {
        const Finished done = run({built_program(kExecProgram), args, {}, {}});
        CHECK(done.code == 2);
        return done.err;
    };
    CHECK(has(refusal({"--service", "x"}), "no command is given: write it behind --"));
    CHECK(has(refusal({"--service", "x", "--", "no-such-program"}), "a program that can be run"));
    CHECK(has(refusal({"--service", "x", "--", "echo", "{{parms.a}}"}), "{{parms.a}}"));
    CHECK(has(refusal({"--service", "x", "--", "{{params.program}}"}), "must not choose it"));
    CHECK(has(refusal({"--service", "x", "--limits", "nofiles=3", "--", "true"}), "nofiles=3"));
    CHECK(has(refusal({"--service", "x", "--output-max", "much", "--", "true"}), "--output-max"));
}

}  // namespace steward::e2e
