// bench: Steward beside its peers and beside what can be done without a queue, the same work in the
// same run, round by round in turns. Writes medians with their spread as Markdown; machines differ,
// the ratios count. README.md says what is measured.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>

#include "bench/leftovers.hpp"
#include "bench/subject.hpp"
#include "bench/tables.hpp"
#include "bench/workloads.hpp"
#include "common/posix/descriptor_limit.hpp"

namespace {

using namespace steward::bench;

constexpr const char* kStart = "start";

struct Given {
    int rounds = 5;
    std::vector<std::string> only;
    std::vector<std::string> workloads;
    bool is_quick = false;
    bool is_deep = false;
    std::string out;
};

class Bench {
public:
    explicit Bench(const Given& given) : given_(given) {
        if (given.is_quick) {
            extent_ = {.seconds = 0.25,
                       .jobs_waiting = 100'000,
                       .many_workers = 100,
                       .many_services = 1'000,
                       .many_clients = 100};
        }
        extent_.jobs_waiting = given.is_deep ? 10'000'000 : extent_.jobs_waiting;
        workloads_ = workloads(extent_);
        all_ = present(subjects());
        old_ = present(old_dialect_subjects());
    }

    void run() {
        for (int round = 0; round < given_.rounds; ++round) {
            if (is_wanted(kStart, given_.workloads)) {
                measure_starts();
            }
            // Neighbours of equal shape share their servers.
            for (auto first = workloads_.begin(); first != workloads_.end();) {
                const auto last = std::find_if(first, workloads_.end(), [&](const Workload& next) {
                    return next.shape != first->shape;
                });
                for (const auto& subject : first->is_for_old_dialects ? old_ : all_) {
                    measure(*subject, {first, last});
                }
                first = last;
            }
            std::fprintf(stderr, "round %d of %d\n", round + 1, given_.rounds);
            rounds_done_ = round + 1;
            save();
        }
    }

    [[nodiscard]] std::string markdown() const {
        std::string text =
            (rounds_done_ < 2 ? "One round, "
                              : "Medians of " + std::to_string(rounds_done_) + " rounds, ") +
            std::to_string(std::thread::hardware_concurrency()) +
            " processors; 100-byte payloads unless said, two worker processes; "
            "ratios to the first row. Ends: the client and the workers.\n";
        for (const std::string& missing : missing_) {
            text += missing + "\n";
        }
        return text + tables_.markdown();
    }

private:
    // After each round, so that one that is broken off leaves the tables of those before it.
    void save() const {
        if (!given_.out.empty() && !(std::ofstream(given_.out) << markdown())) {
            give_up(given_.out + " cannot be written");
        }
    }

    static bool is_wanted(const std::string& name, const std::vector<std::string>& names) {
        return names.empty() || std::ranges::find(names, name) != names.end();
    }

    std::vector<std::unique_ptr<Subject>> present(std::vector<std::unique_ptr<Subject>> all) {
        std::erase_if(all, [&](const auto& subject) {
            const std::string program = subject->missing();
            if (!program.empty() && is_wanted(subject->name(), given_.only)) {
                missing_.push_back("Left out: " + subject->name() + ", there is no " + program +
                                   ".");
                std::fprintf(stderr, "%s\n", missing_.back().c_str());
            }
            return !program.empty() || !is_wanted(subject->name(), given_.only);
        });
        return all;
    }

    void measure_starts() {
        for (const auto& subject : all_) {
            if (subject->abilities().keeps_jobs) {
                measure_start(*subject, tables_);
            }
        }
    }

    void measure(const Subject& subject, std::vector<Workload> group) {
        std::erase_if(group, [&](const Workload& workload) {
            return !is_wanted(workload.name, given_.workloads) || !workload.suits(subject);
        });
        if (group.empty()) {
            return;
        }
        const Shape shape = group.front().shape;
        std::fprintf(stderr, "  %s: %s …\n", group.front().name.c_str(), subject.name().c_str());
        const auto started = subject.start(shape);
        Run run{subject, *started, shape, extent_, tables_, jobs_of_};
        for (const Workload& workload : group) {
            workload.measure(workload, run);
        }
    }

    Given given_;
    int rounds_done_ = 0;
    Extent extent_;
    std::vector<std::string> missing_;
    std::vector<std::unique_ptr<Subject>> all_;
    std::vector<std::unique_ptr<Subject>> old_;
    std::vector<Workload> workloads_;
    Tables tables_;
    std::map<std::string, std::size_t> jobs_of_;
};

// All that --only and --workload know.
std::set<std::string> subject_names() {
    std::set<std::string> names;
    for (const auto& subject : subjects()) {
        names.insert(subject->name());
    }
    for (const auto& subject : old_dialect_subjects()) {
        names.insert(subject->name());
    }
    return names;
}

std::set<std::string> workload_names() {
    std::set<std::string> names = {kStart};
    for (const Workload& workload : workloads({})) {
        names.insert(workload.name);
    }
    return names;
}

}  // namespace

int main(int argc, char** argv) {
    leftovers::remove_on_signals();
    steward::posix::raise_descriptor_limit();
    Given given;
    CLI::App app("Measures Steward beside other job servers, the same work in the same run.",
                 "bench/run");
    app.add_option("--rounds", given.rounds, "Each figure is the median of so many")
        ->check(CLI::Range(1, 100))
        ->capture_default_str();
    app.add_option("--only", given.only, "These subjects, with commas between them")
        ->delimiter(',')
        ->check(CLI::IsMember(subject_names()));
    app.add_option("--workload", given.workloads, "These workloads, with commas between them")
        ->delimiter(',')
        ->check(CLI::IsMember(workload_names()));
    app.add_flag("--quick", given.is_quick, "Shorter, smaller and less exact: whether it works");
    app.add_flag("--deep", given.is_deep, "Ten million jobs wait instead of one");
    app.add_option("--out", given.out, "A Markdown file that takes the tables as well");
    CLI11_PARSE(app, argc, argv);

    Bench bench(given);
    bench.run();
    std::fputs(bench.markdown().c_str(), stdout);
    return 0;
}
