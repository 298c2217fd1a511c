// tests/e2e: workers without a broker: a program's own, in pools, and shared ones.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <vector>

#include <doctest/doctest.h>

#include "master/pool.hpp"
#include "master/shared.hpp"
#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/ports.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

namespace {

using namespace std::chrono_literals;
using master::Dedicated;
using master::Pool;
using master::Profile;

constexpr const char* kSecretText = "a secret for these tests";

Profile profile(const std::string& program) {
    Profile its{.program = built_program(program)};
    its.guardian = built_program("steward-guardian");
    its.output = "/dev/null";
    return its;
}

bool is_alive(int pid) {
    return pid > 0 && ::kill(pid, 0) == 0;
}

bool is_gone(int pid) {
    return wait_until([&] { return !is_alive(pid); });
}

std::string example(const std::string& name) {
    return (std::filesystem::read_symlink("/proc/self/exe").parent_path() /
            ("example_master_" + name))
        .string();
}

Finished steward(const Args& args, const std::map<std::string, std::string>& environment = {}) {
    return run({built_program("steward"), args, environment, {}});
}

/// Gives the one worker of a pool a job that takes long: it is at work then, and its pid is known.
std::uint64_t keep_busy(Pool& pool, nlohmann::json params) {
    params["seconds"] = 600;
    const auto is_at_work = std::make_shared<bool>(false);
    master::SendOptions options;
    options.on_progress = [is_at_work](const client::Progress&) { *is_at_work = true; };
    const auto ticket = pool.send("TRIAL", params, options);
    REQUIRE(ticket);
    REQUIRE(wait_until([&] {
        CHECK_FALSE(pool.receive(10ms).value());
        return *is_at_work && pool.pid(0) > 0;
    }));
    return *ticket;
}

/// A worker that listens for masters.
struct Listening {
    explicit Listening(const std::string& program, const Args& more = {}) {
        secret = folder.write("secret", kSecretText);
        std::filesystem::permissions(secret, std::filesystem::perms::owner_read);
        Args args = {"--listen", address(), "--admin-secret-file", secret};
        args.insert(args.end(), more.begin(), more.end());
        worker = std::make_unique<Process>(CommandLine{built_program(program), args, {}, {}});
        REQUIRE(worker->wait_for_line(" ready "));
    }

    [[nodiscard]] std::string address() const {
        return "ipc://" + (folder.path() / "worker.sock").string();
    }

    TempDirectory folder;
    std::string secret;
    std::unique_ptr<Process> worker;
};

}  // namespace

TEST_CASE("A dedicated worker answers, and ends with its handle, whatever it is doing") {
    int pid = 0;
    {
        auto worker = Dedicated::start(profile(kTrialProgram));
        REQUIRE(worker);
        std::vector<int> parts;
        std::set<std::string> progress;
        master::SendOptions options;
        options.on_partial = [&](const client::Answer& part) {
            parts.push_back(part.as<int>().value_or(0));
        };
        options.on_progress = [&](const client::Progress& said) { progress.insert(said.text); };
        const auto answer = worker->call("TRIAL", {{"seconds", 0.1}, {"parts", 3}}, options);
        REQUIRE(answer);
        CHECK(parts == std::vector<int>{1, 2, 3});
        CHECK(progress.contains("at work"));
        const auto failed = worker->call("TRIAL", {{"outcome", "fail"}, {"why", "as told"}});
        REQUIRE_FALSE(failed);
        CHECK(failed.error().code == base::Errc::JobFailed);
        CHECK(failed.error().message.find("as told") != std::string::npos);
        // The pid is told in another way than answers, and heard of in a call.
        CHECK(wait_until([&] { return worker->pid() > 0 || !worker->call("TRIAL"); }));
        pid = worker->pid();
        CHECK(is_alive(pid));
    }
    CHECK_FALSE(is_alive(pid));
    auto stubborn = profile(kTrialProgram);
    stubborn.stop_grace = 200ms;
    {
        auto pool = Pool::start(stubborn, 1);
        REQUIRE(pool);
        static_cast<void>(keep_busy(*pool, {{"ignore_stop", true}}));
        pid = pool->pid(0);
        CHECK(is_alive(pid));
    }
    CHECK_FALSE(is_alive(pid));
}

TEST_CASE("A call that takes too long ends with its worker, and the next one finds another") {
    auto worker = Dedicated::start(profile(kTrialProgram));
    REQUIRE(worker);
    master::SendOptions short_patience;
    short_patience.patience = 300ms;
    const auto late = worker->call("TRIAL", {{"seconds", 600}}, short_patience);
    REQUIRE_FALSE(late);
    CHECK(late.error().code == base::Errc::Timeout);
    CHECK(worker->call("TRIAL", {{"seconds", 0}}));
    master::SendOptions limited;
    limited.time_limit = 200ms;
    const auto stopped = worker->call("TRIAL", {{"seconds", 600}}, limited);
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error().message.find("time limit") != std::string::npos);
}

TEST_CASE("A pool sends to who is free and tells who has answered") {
    auto pool = Pool::start(profile(kTrialProgram), 3);
    REQUIRE(pool);
    CHECK(pool->size() == 3);
    std::set<std::uint64_t> tickets;
    for (int i = 0; i < 9; ++i) {
        const auto ticket = pool->send("TRIAL", {{"seconds", 0.02}});
        REQUIRE(ticket);
        tickets.insert(*ticket);
    }
    CHECK(pool->outstanding() == 9);
    std::map<std::size_t, int> answers;
    while (pool->outstanding() > 0) {
        const auto received = pool->receive(kPatience).value();
        REQUIRE(received);
        CHECK(received->answer);
        CHECK(tickets.erase(received->ticket) == 1);
        ++answers[received->worker];
    }
    CHECK(answers.size() == 3);
    CHECK_FALSE(pool->receive(0ms).value());

    master::SendOptions hurry;
    hurry.patience = 50ms;
    for (int i = 0; i < 3; ++i) {
        REQUIRE(pool->send("TRIAL", {{"seconds", 600}}));
    }
    const auto refused = pool->send("TRIAL", {}, hurry);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == base::Errc::Timeout);
}

TEST_CASE("A worker that is killed at its job is told with its reason, and replaced") {
    auto pool = Pool::start(profile(kTrialProgram), 1);
    REQUIRE(pool);
    const std::uint64_t ticket = keep_busy(*pool, nlohmann::json::object());
    const int before = pool->pid(0);
    REQUIRE(before > 0);
    REQUIRE(::kill(before, SIGKILL) == 0);
    const auto lost = pool->receive(kPatience).value();
    REQUIRE(lost);
    CHECK(lost->worker == 0);
    CHECK(lost->ticket == ticket);
    REQUIRE_FALSE(lost->answer);
    CHECK(lost->answer.error().code == base::Errc::WorkerLost);
    CHECK(lost->answer.error().message.find("signal 9") != std::string::npos);
    REQUIRE(pool->send("TRIAL", {{"seconds", 0}}));
    CHECK(pool->receive(kPatience).value().value().answer);
    CHECK(pool->pid(0) != before);
}

TEST_CASE("A program that cannot be run, or does not stay, is given up with the reason") {
    Profile missing = profile(kTrialProgram);
    missing.program = "/nowhere/worker";
    auto none = Dedicated::start(missing);
    REQUIRE(none);
    const auto refused = none->call("TRIAL");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("cannot run /nowhere/worker") != std::string::npos);
    Profile ends = profile(kTrialProgram);
    ends.program = "/bin/sh";
    ends.arguments = {"-c", "exit 3"};
    auto pool = Pool::start(ends, 1);
    REQUIRE(pool);
    base::Error last;
    for (int i = 0; i < 10 && last.message.find("cannot be kept") == std::string::npos; ++i) {
        const auto sent = pool->send("TRIAL");
        if (!sent) {
            last = sent.error();
            continue;
        }
        const auto received = pool->receive(kPatience).value();
        REQUIRE(received);
        CHECK_FALSE(received->answer);
    }
    CHECK(last.code == base::Errc::WorkerLost);
    CHECK(last.message.find("exit 3") != std::string::npos);
    ends.guardian = "/nowhere/guardian";
    CHECK_FALSE(Pool::start(ends, 1));
}

TEST_CASE("A master that is killed leaves no worker") {
    const std::string folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    Process holder({folder + "/holding_master",
                    {built_program(kTrialProgram), built_program("steward-guardian")},
                    {},
                    {}});
    const auto line = holder.wait_for_line("workers ");
    REQUIRE(line);
    std::istringstream words(*line);
    std::string word;
    int first = 0;
    int second = 0;
    words >> word >> first >> second;
    CHECK(is_alive(first));
    CHECK(is_alive(second));
    holder.kill();
    CHECK(is_gone(first));
    CHECK(is_gone(second));
}

TEST_CASE("Of ten masters that come at once one starts the shared worker") {
    const TempDirectory folder;
    const std::string address = "ipc://" + (folder.path() / "shared.sock").string();
    const std::string log = (folder.path() / "log").string();
    const std::string secret = folder.write("secret", kSecretText);
    std::filesystem::permissions(secret, std::filesystem::perms::owner_read);
    const std::map<std::string, std::string> environment = {{"STEWARD_ADMIN_SECRET_FILE", secret}};
    std::vector<std::unique_ptr<Process>> masters;
    for (int i = 0; i < 10; ++i) {
        masters.push_back(std::make_unique<Process>(CommandLine{
            example("shared"), {address, built_program(kReverseProgram), log}, environment, {}}));
    }
    for (const auto& one : masters) {
        CHECK(one->wait() == 0);
        CHECK(one->standard_output() == "no evil\n");
    }
    // One that finds another listening there, since that was slow to answer, does not get so far.
    const auto ready = [&] {
        return std::ranges::count_if(lines_of(read_file(log)),
                                     [](const std::string& line) { return has(line, " ready "); });
    };
    CHECK(wait_until([&] { return ready() >= 1; }));
    CHECK(ready() == 1);
    CHECK(steward({"shutdown", address}, environment).code == kSuccess);
    CHECK(wait_until([&] { return has(read_file(log), " left"); }));
    CHECK(wait_until([&] { return !std::filesystem::exists(folder.path() / "shared.sock"); }));
}

TEST_CASE("What is on another machine is not started, nor what is named nowhere") {
    master::Shared shared{.address = "tcp://192.0.2.1:5599", .profile = profile(kReverseProgram)};
    shared.start_timeout = 200ms;
    const auto remote = master::connect_shared(shared);
    REQUIRE_FALSE(remote);
    CHECK(remote.error().message.find("another machine") != std::string::npos);
    const TempDirectory folder;
    shared.address = "ipc://" + (folder.path() / "none.sock").string();
    shared.profile = {};
    CHECK_FALSE(master::connect_shared(shared));
    shared.profile.program = "/nowhere/worker";
    const auto missing = master::connect_shared(shared);
    REQUIRE_FALSE(missing);
    CHECK(missing.error().message.find("/nowhere/worker") != std::string::npos);
}

TEST_CASE("What the kill switch has off is not started, and what runs is connected to") {
    const TempDirectory folder;
    master::Shared shared{.address = "ipc://" + (folder.path() / "off.sock").string(),
                          .profile = profile(kReverseProgram)};
    const std::string secret = folder.write("secret", kSecretText);
    std::filesystem::permissions(secret, std::filesystem::perms::owner_read);
    shared.profile.arguments = {"--admin-secret-file", secret};
    shared.services = {"STR-REV"};
    shared.kill_switch = folder.write("kill-switch.json", R"({"services": ["STR-REV"]})");
    const auto refused = [&](const std::string& text) {
        folder.write("kill-switch.json", text);
        const auto connected = master::connect_shared(shared);
        REQUIRE_FALSE(connected);
        CHECK(connected.error().code == base::Errc::ServiceStopped);
        return connected.error().message;
    };
    CHECK(has_all(refused(R"({"services": ["STR-REV"]})"), {"has STR-REV off", "steward enable"}));
    CHECK(has(refused(R"({"global": true, "services": []})"), "has all workers off"));
    CHECK(has(refused("{"), "cannot be read"));
    folder.write("kill-switch.json", R"({"services": ["other"]})");
    CHECK(master::connect_shared(shared).has_value());
    folder.write("kill-switch.json", R"({"services": ["STR-REV"]})");
    auto running = master::connect_shared(shared);
    // It looks for a short time only, and then would have to start one.
    REQUIRE(wait_until([&] {
        if (!running) {
            running = master::connect_shared(shared);
        }
        return running.has_value();
    }));
    CHECK(running->call("STR-REV", "ab")->as<std::string>().value_or("") == "ba");
    CHECK(steward({"shutdown", shared.address, "-a", secret}).code == kSuccess);
    CHECK(wait_until([&] { return !std::filesystem::exists(folder.path() / "off.sock"); }));
}

TEST_CASE("A worker that listens at a port serves masters, and there is one for an address") {
    const std::string address = "tcp://127.0.0.1:" + std::to_string(free_port());
    Process worker({built_program(kReverseProgram), {"--listen", address}, {}, {}});
    REQUIRE(worker.wait_for_line(" ready "));
    const Finished answer = steward({"--broker", address, "call", "STR-REV", "\"abc\""});
    CHECK(has(answer.out, "cba"));
    CHECK(steward({"check", address}).code == 0);
    Process second({built_program(kReverseProgram), {"--listen", address}, {}, {}});
    CHECK(second.wait() == 1);
    CHECK(steward({"--broker", address, "submit", "STR-REV", "\"abc\""}).code == kRefused);
    worker.signal(SIGTERM);
    CHECK(worker.wait() == 0);

    const Listening first(kReverseProgram);
    Process other({built_program(kReverseProgram), {"--listen", first.address()}, {}, {}});
    CHECK(other.wait() == 1);
    CHECK(has(other.standard_error(), "another worker listens"));
    CHECK(steward({"check", first.address()}).code == 0);
}

TEST_CASE("A graceful stop needs the secret, finishes what runs, and never shows the secret") {
    Listening house(kTrialProgram);
    const std::string wrong = house.folder.write("wrong", "not the secret at all");
    std::filesystem::permissions(wrong, std::filesystem::perms::owner_read);
    Process call({built_program("steward"),
                  {"--broker", house.address(), "call", "TRIAL", R"({"seconds":4})"},
                  {},
                  {}});
    CHECK(wait_until([&] {
        return has(steward({"check", house.address()}).out, "1 of 1 at work");
    }));
    CHECK(steward({"shutdown", house.address()}).code == kRefused);
    CHECK(steward({"shutdown", house.address(), "-a", wrong}).code == kRefused);
    CHECK(steward({"shutdown", house.address(), "-a", house.secret}).code == kSuccess);
    const auto called = call.wait();
    INFO("call said: ", call.standard_error(), " worker: ", house.worker->standard_error());
    CHECK(called == 0);
    CHECK(house.worker->wait() == 0);
    const std::string log = house.worker->standard_error();
    CHECK(has(log, "secret_refused"));
    CHECK_FALSE(has(log, kSecretText));
}

TEST_CASE("A check holds workers and brokers to bounds, and tells more with the secret") {
    Listening house(kReverseProgram);
    const Finished open = steward({"check", house.address()});
    CHECK(open.code == 0);
    CHECK(has_all(open.out, {"STEWARD OK - 0 of 1 at work", "'waiting'=0;;;0;1024"}));
    CHECK_FALSE(has(open.out, "'memory'"));
    const Finished full = steward({"check", house.address(), "-a", house.secret});
    CHECK(has(full.out, "'memory'="));
    const Finished warned = steward({"check",
                                     house.address(),
                                     "-m",
                                     "done",
                                     "-w",
                                     "1:",
                                     "-m",
                                     "running",
                                     "-w",
                                     "5",
                                     "-c",
                                     "",
                                     "-c",
                                     "9"});
    CHECK(warned.code == 1);
    CHECK(has(warned.out, "WARNING - done is 0, outside 1:"));
    CHECK(steward({"check", house.address(), "-m", "done", "-c", "@0"}).code == 2);
    CHECK(steward({"check", house.address(), "-m", "done", "-c", "5:1"}).code == 3);
    CHECK(steward({"check", house.address(), "-m", "none"}).code == 3);
    CHECK(steward({"check", "--no-such-flag"}).code == 3);
    CHECK(steward({"--timeout", "500ms", "check", "ipc:///nowhere/at/all.sock"}).code == 2);

    BrokerOptions options;
    options.config = "[broker]\nadmin_secret_file = \"" + house.secret + "\"\n";
    Broker broker(options);
    const std::string at = broker.endpoints().frontend;
    const Finished said = steward({"check", at});
    CHECK(said.code == 0);
    CHECK(has_all(said.out, {"0 ready, 0 active, 0 workers, running", "'ready'=0;;;0;"}));
    CHECK_FALSE(has(said.out, "'memory'"));
    CHECK(has(steward({"check", at, "-a", house.secret}).out, "'used_jobs'=0;;;0;"));
    CHECK(steward({"check", at, "-m", "workers", "-c", "1:"}).code == 2);
    CHECK(steward({"shutdown", at}).code == kRefused);
    CHECK(steward({"shutdown", at, "-a", house.secret}).code == kSuccess);
    CHECK(broker.process().wait() == 0);
}

TEST_CASE("A broker's worker tells how it is where it listens, and takes no jobs there") {
    const Broker broker;
    const TempDirectory folder;
    const std::string address = "ipc://" + (folder.path() / "w.sock").string();
    const auto worker = broker.start_worker(kReverseProgram, {"--listen", address});
    REQUIRE(worker->wait_for_line(" ready "));  // the broker knows of it before it knows itself
    const Finished said = steward({"check", address, "-m", "registered", "-c", "1:"});
    CHECK(said.code == 0);
    CHECK(has(said.out, "at work for tcp://"));
    CHECK(steward({"--broker", address, "call", "STR-REV", "\"x\""}).code == kRefused);
}

TEST_CASE("The programs of the page do what it says") {
    const std::map<std::string, std::string> environment = {
        {"STEWARD_GUARDIAN", built_program("steward-guardian")}};
    const Finished one =
        run({example("dedicated"), {built_program(kReverseProgram)}, environment, {}});
    CHECK(one.out == "neve ro ddo reven\n");
    const Finished many = run({example("pool"), {built_program(kReverseProgram)}, environment, {}});
    CHECK(many.code == 0);
    CHECK(has_all(many.out, {"job 1, worker 0: reward", "desserts", "reviled"}));
    const TempDirectory folder;
    const std::string address = "ipc://" + (folder.path() / "s.sock").string();
    Process status({example("status"), {"--listen", address}, {}, {}});
    REQUIRE(status.wait_for_line(" ready "));
    CHECK(steward({"--broker", address, "call", "remember", "1"}).code == kSuccess);
    CHECK(has_all(steward({"check", address}).out, {", 1 entries |", "'entries'=1;;;0;"}));
}

}  // namespace steward::e2e
