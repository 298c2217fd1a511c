// worker/samples: does as its params say, to try out limits, outcomes and child jobs, and tells
// what it was given. Params, all optional:
//   {"seconds": 1.5}          takes its time; ends early when it is told to stop
//   {"ignore_stop": true}     … or does not
//   {"parts": 20}             answers in so many parts meanwhile, 1, 2, …, at even intervals
//   {"allocate_mib": 64}      holds so much memory, until the next job
//   {"children": [{"service": "X", "params": …, "options": {"delay": "5s"}}, …]}   submits them
//   {"outcome": "succeed"}    or fail, reject (for good), throw, snooze
//   {"why": "text"}           of an outcome that is no success
//   {"pause": 0.5}            seconds of a snooze
//   {"times": 2}              so often that outcome, then success; a snooze once, others always
#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>

#include "client/client.hpp"
#include "worker/worker.hpp"

namespace {

using namespace steward::worker;
using nlohmann::json;

constexpr double kSecondsMax = 86'400.0 * 365;
constexpr std::size_t kMiBMax = 1UL << 16U;
constexpr std::uint64_t kPartsMax = 1'000'000;

std::chrono::microseconds micros(double seconds) {
    return std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::duration<double>(std::clamp(seconds, 0.0, kSecondsMax)));
}

class Trial : public Worker {
public:
    static constexpr const char* kService = "TRIAL";

    Answer work(const Job& job) override {
        const std::size_t mib = std::min(job.param<std::size_t>("allocate_mib", 0), kMiBMax);
        memory_ = {};
        memory_.resize(mib << 20U, 'x');  // each byte written: it is resident
        json told = description(job);
        job.progress(0, 1, "at work");
        for (const json& child : job.param("children", json::array())) {
            const auto submitted = submit(job, child);
            if (!submitted) {
                return fail(submitted.error().message);
            }
            told["children"].push_back(submitted->text());
        }
        if (!rest(job)) {
            return fail("told to stop");
        }
        return answer(job, told);
    }

private:
    static json description(const Job& job) {
        json told = {{"id", job.id().text()},
                     {"attempt", job.attempt()},
                     {"service", job.service()},
                     {"priority", job.priority()},
                     {"channel", job.channel()},
                     {"context", job.context()},
                     {"group", job.group()},
                     {"batch", job.batch()},
                     {"meta", job.meta()},
                     {"has_deadline", job.deadline().has_value()},
                     {"children", json::array()}};
        told["memory_limit"] = job.memory_limit() ? json(*job.memory_limit()) : json();
        return told;
    }

    static steward::base::Expected<steward::model::JobId> submit(const Job& job,
                                                                 const json& child) {
        const auto options = steward::client::job_options(child.value("options", json::object()));
        if (!options) {
            return steward::base::Unexpected(options.error());
        }
        return job.submit(child.value("service", std::string(job.service())),
                          child.value("params", json()),
                          *options);
    }

    // False: told to stop, and obeys.
    bool rest(const Job& job) {
        const auto whole = micros(job.param("seconds", 0.0));
        const auto parts = std::min(job.param<std::uint64_t>("parts", 0), kPartsMax);
        const auto pause = whole / std::max<std::int64_t>(static_cast<std::int64_t>(parts), 1);
        for (std::uint64_t part = 1; part <= parts; ++part) {
            job.partial(part);
            job.progress(part, parts, "in parts");
            if (!pass(job, pause)) {
                return false;
            }
        }
        return parts != 0 || pass(job, pause);
    }

    bool pass(const Job& job, std::chrono::microseconds pause) {
        const bool ignores = job.param("ignore_stop", false);
        std::unique_lock lock(mutex_);
        wake_.wait_for(
            lock, ignores ? std::stop_token() : job.stop_token(), pause, [] { return false; });
        return ignores || !job.stop_requested();
    }

    Answer answer(const Job& job, const json& told) {
        const auto outcome = job.param<std::string>("outcome", "succeed");
        const auto why = job.param<std::string>("why", "as it was told");
        const auto times = job.param<std::uint32_t>("times", outcome == "snooze" ? 1 : UINT32_MAX);
        if (outcome == "snooze" && snoozes_[job.id()]++ < times) {
            return snooze(micros(job.param("pause", 0.5)), why);
        }
        snoozes_.erase(job.id());
        if (outcome == "succeed" || outcome == "snooze" || job.attempt() > times) {
            return told;
        }
        if (outcome == "fail") {
            return fail(why, told);
        }
        if (outcome == "throw") {
            throw std::runtime_error(why);
        }
        return fail_for_good(outcome == "reject" ? why : "there is no outcome \"" + outcome + '"');
    }

    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::vector<char> memory_;
    std::map<steward::model::JobId, std::uint32_t> snoozes_;  // of jobs that are to come again
};

}  // namespace

int main(int argc, char** argv) {
    return Program(argc, argv)
        .about(
            "A worker that does as its params say, to try out limits, outcomes and child jobs "
            "with.")
        .serve<Trial>(Trial::kService)
        .run();
}
