// tests/e2e: everything that steward-supervisor looks after, and itself, is killed again and again
// under load; every job that was acknowledged reaches its end and nothing is left. For
// STEWARD_CHAOS_SECONDS (20) seconds; STEWARD_CHAOS_SEED gives another course. run-chaos sets both.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <sstream>
#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/supervised.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr std::size_t kWorkers = 3;

unsigned long from_environment(const char* name, unsigned long otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoul(text, nullptr, 10);
}

std::size_t descriptors_of(pid_t pid) {
    std::error_code ignored;
    const std::filesystem::directory_iterator folder("/proc/" + std::to_string(pid) + "/fd",
                                                     ignored);
    return static_cast<std::size_t>(std::distance(begin(folder), end(folder)));
}

class Chaos {
public:
    explicit Chaos(unsigned long seed) : random_(seed), house_(config()) {
        house_.start();
        REQUIRE(house_.all_run(kWorkers + 1));
    }

    /// One batch of jobs, and something that ends without being asked.
    void round() {
        submit();
        switch (random_() % 12) {
            case 0: kill("broker", SIGKILL); break;
            case 1: kill_guardian(any_worker()); break;
            case 2: kill(any_worker(), SIGSTOP); break;
            case 3:
                house_.process().kill();
                house_.start();
                ++supervisors_;
                break;
            default: kill(any_worker(), SIGKILL); break;
        }
        // A while to come to itself, or not.
        static_cast<void>(wait_until([&] { return runs(); }, 400ms));
    }

    [[nodiscard]] bool has_done_enough() const { return jobs_.size() > 20 && kills_ > 5; }

    void check_ends() {
        REQUIRE(house_.all_run(kWorkers + 1));
        CHECK(wait_until([&] { return is_idle(); }, 2 * kPatience));
        std::set<std::string> succeeded;
        for (const json& row : house_.rows({"list", "--state", "succeeded", "--limit", "0"})) {
            succeeded.insert(row.value("jobid", ""));
        }
        for (const std::string& id : jobs_) {
            CHECK_MESSAGE(succeeded.contains(id), id, " ", house_.run({"status", id}).out);
        }
        MESSAGE(jobs_.size(),
                " jobs, ",
                kills_,
                " kills, ",
                supervisors_,
                " supervisors; open files of the supervisor ",
                descriptors_of(house_.process().pid()),
                ", of the broker ",
                descriptors_of(house_.pid_of("broker")));
        CHECK(has_done_enough());
    }

    /// Each restart gives back what it took.
    void check_descriptors() {
        const std::size_t before = descriptors_of(house_.process().pid());
        CHECK(before > 0);
        for (int i = 0; i < 10; ++i) {
            kill(any_worker(), SIGKILL);
            REQUIRE(house_.all_run(kWorkers + 1));
        }
        CHECK(wait_until([&] { return descriptors_of(house_.process().pid()) <= before; }));
        // A supervisor, and a program with its guardian for each process.
        CHECK(wait_until([&] { return house_.living().size() == 1 + 2 * (kWorkers + 1); }));
    }

private:
    static std::string config() {
        return "restart_pause_first = \"20ms\"\nrestart_pause_max = \"200ms\"\n"
               "healthy_after = \"500ms\"\nrestarts_max = 1000\n" +
               broker_process() + "[[pool]]\nname = \"trial\"\nprogram = \"" + kTrialProgram +
               "\"\nargs = [\"--concurrency\", \"2\"]\nservices = [\"TRIAL\"]\nnotify = true\n"
               "watchdog = \"1s\"\ncount = " +
               std::to_string(kWorkers) + "\n";
    }

    std::string any_worker() { return "trial." + std::to_string(1 + random_() % kWorkers); }

    bool runs() { return house_.count("trial", "running") == kWorkers && house_.runs("broker"); }

    // Only what was acknowledged is promised.
    void submit() {
        const Finished done = house_.run(
            {"--timeout", "3s", "submit", "TRIAL", R"({"seconds": 0.02})", "--count", "10"});
        if (done.code == kSuccess) {
            const Args ids = lines_of(done.out);
            jobs_.insert(jobs_.end(), ids.begin(), ids.end());
        }
    }

    void kill(const std::string& name, int signal) {
        const pid_t pid = house_.pid_of(name);
        if (pid > 0) {
            ::kill(pid, signal);
            ++kills_;
        }
    }

    void kill_guardian(const std::string& name) {
        std::ifstream stat("/proc/" + std::to_string(house_.pid_of(name)) + "/stat");
        pid_t pid = 0;
        std::string program;
        std::string state;
        pid_t parent = 0;
        if (stat >> pid >> program >> state >> parent && parent != house_.process().pid() &&
            parent > 1) {
            ::kill(parent, SIGKILL);
            ++kills_;
        }
    }

    bool is_idle() {
        const auto rows = house_.rows({"broker"});
        return rows.size() == 1 && rows[0].value("ready", 1) == 0 &&
               rows[0].value("active", 1) == 0 && rows[0].value("scheduled", 1) == 0;
    }

    std::mt19937_64 random_;
    Supervised house_;
    std::vector<std::string> jobs_;
    std::size_t kills_ = 0;
    std::size_t supervisors_ = 1;
};

}  // namespace

TEST_CASE("Whatever is killed under load, every acknowledged job succeeds and nothing is left") {
    const unsigned long seed = from_environment("STEWARD_CHAOS_SEED", 1);
    INFO("seed ", seed);
    Chaos chaos(seed);
    const auto end = std::chrono::steady_clock::now() +
                     std::chrono::seconds(from_environment("STEWARD_CHAOS_SECONDS", 20));
    const auto is_before = [](auto time) { return std::chrono::steady_clock::now() < time; };
    while (is_before(end) || (is_before(end + kPatience) && !chaos.has_done_enough())) {
        chaos.round();
    }
    chaos.check_ends();
    chaos.check_descriptors();
}

}  // namespace steward::e2e
