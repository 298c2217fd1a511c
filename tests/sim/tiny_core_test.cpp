// tests/sim: every world of two workers, two jobs and a restart, to a fixed depth: no luck needed.
// Each sequence of inputs goes into a real Core; the invariants and a small model are checked after
// each of them.
#include <map>
#include <set>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "broker/core/core.hpp"
#include "tests/sim/choices.hpp"

namespace {

using namespace steward;
using namespace std::chrono_literals;
using sim::Odometer;

constexpr int kDepth = 4;
constexpr std::uint64_t kSession = 7;

model::ServiceName service() {
    return *model::ServiceName::parse("s");
}

class TinyWorld {
public:
    explicit TinyWorld(Odometer& choices) : choices_(choices) { restart(); }

    void run() {
        ready(0);
        submit(1);
        for (int i = 0; i < kDepth; ++i) {
            step();
            core_->check_invariants();
        }
    }

private:
    struct Given {
        model::Attempt attempt;
        model::SubmissionId submission;
    };

    void step() {
        switch (choices_.below(10)) {
            case 0: submit(1); break;
            case 1: submit(2); break;
            case 2: ready(worker_of_choice()); break;
            case 3: lose(worker_of_choice()); break;
            case 4: finish(worker_of_choice(), model::Verdict::Succeeded); break;
            case 5: finish(worker_of_choice(), model::Verdict::Failed); break;
            case 6: pass(); break;
            case 7: submit_run(); break;
            case 8: finish_run(worker_of_choice()); break;
            default: restart(); break;
        }
    }

    void must(bool condition, const char* promise) const {
        if (!condition) {
            FAIL(promise, ", after the choices ", choices_.text());
        }
    }

    std::size_t worker_of_choice() { return static_cast<std::size_t>(choices_.below(2)); }

    static model::Peer peer_of(std::size_t worker) { return {10 + worker}; }

    // The broker starts with an empty memory; its workers keep what they run.
    void restart() {
        now_.mono += 1ms;
        now_.wall += 1ms;
        core::Policy policy;
        policy.settle = 1s;
        policy.ahead = 0s;
        core_ = std::make_unique<core::Core>(policy, now_, 1);
        assigned_.clear();
        announced_.clear();
    }

    void submit(std::uint64_t number) {
        core::Submit submit;
        submit.from = {{1}, number, 0};
        submit.submission = {kSession, number};
        submit.again = !submitted_.insert(number).second;
        submit.unknown = core::UnknownService::RefuseOnceSettled;
        submit.spec.service = service();
        submit.spec.params = {model::Encoding::Opaque, base::Blob::copy("p")};
        submit.spec.options.sync = true;
        apply(std::move(submit));
    }

    // What has not been submitted yet, as one.
    void submit_run() {
        core::SubmitRun run;
        run.from = {{1}, 0, 0};
        run.session = kSession;
        run.unknown = core::UnknownService::RefuseOnceSettled;
        run.service = service();
        run.options.sync = true;
        for (const std::uint64_t number : {2U, 3U}) {
            if (submitted_.insert(number).second) {
                run.jobs.push_back({number, {model::Encoding::Opaque, base::Blob::copy("p")}});
            }
        }
        if (!run.jobs.empty()) {
            apply(std::move(run));
        }
    }

    void ready(std::size_t worker) {
        core::Ready ready;
        ready.from = {peer_of(worker), 0, 0};
        ready.services = {service()};
        ready.beats_while_busy = true;
        for (const Given& given : runs_[worker]) {
            ready.running.push_back({given.attempt, given.submission, service()});
        }
        announced_.insert(worker);
        apply(std::move(ready));
    }

    // The connection only: the worker goes on with what it runs.
    void lose(std::size_t worker) {
        announced_.erase(worker);
        apply(core::PeerLost{peer_of(worker)});
    }

    void finish(std::size_t worker, model::Verdict verdict) {
        if (runs_[worker].empty()) {
            return;
        }
        const Given given = runs_[worker].front();
        runs_[worker].erase(runs_[worker].begin());
        core::Finish finish;
        finish.from = peer_of(worker);
        finish.attempt = given.attempt;
        finish.outcome.verdict = verdict;
        apply(std::move(finish));
    }

    void finish_run(std::size_t worker) {
        core::FinishRun run{peer_of(worker), 0, {}};
        for (const Given& given : std::exchange(runs_[worker], {})) {
            run.attempts.push_back({given.attempt, 1ms, {}});
        }
        if (!run.attempts.empty()) {
            apply(std::move(run));
        }
    }

    void pass() {
        now_.mono += 1s;
        now_.wall += 1s;
        apply(core::Tick{});
    }

    void apply(core::Input&& input) {
        core::Effects effects;
        core_->apply(now_, std::move(input), effects);
        for (core::Send& send : effects.sends) {
            if (const auto* assign = std::get_if<core::Assign>(&send.what)) {
                assigned(send.to.peer.value - 10, *assign);
            } else if (const auto* stop = std::get_if<core::StopAttempt>(&send.what)) {
                std::erase_if(runs_[send.to.peer.value - 10],
                              [&](const Given& given) { return given.attempt == stop->attempt; });
            }
        }
    }

    void assigned(std::size_t worker, const core::Assign& assign) {
        must(announced_.count(worker) == 1, "jobs go to workers that are there");
        const auto [place, is_first] =
            assigned_.try_emplace(assign.attempt.job, assign.attempt.number);
        must(is_first || place->second < assign.attempt.number, "attempts rise");
        place->second = assign.attempt.number;
        for (std::size_t other = 0; other < 2; ++other) {
            for (const Given& given : runs_[other]) {
                const bool known = announced_.count(other) == 1;
                must(!known || given.submission != assign.submission, "one holder at a time");
            }
        }
        runs_[worker].push_back({assign.attempt, assign.submission});
    }

    Odometer& choices_;
    base::Now now_{base::MonoTime(1s), base::WallTime(std::chrono::hours(24 * 365 * 55))};
    std::unique_ptr<core::Core> core_;
    std::vector<Given> runs_[2];
    std::set<std::size_t> announced_;
    std::set<std::uint64_t> submitted_;
    std::map<model::JobId, std::uint32_t> assigned_;
};

}  // namespace

TEST_CASE("tiny worlds: every sequence of four events keeps the promises") {
    Odometer all;
    std::uint64_t worlds = 0;
    while (all.next_sequence()) {
        ++worlds;
        TinyWorld(all).run();
    }
    CHECK(worlds > 10'000);
}
