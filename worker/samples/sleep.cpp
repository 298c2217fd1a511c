// worker/samples: takes its time, which is all one needs to watch queues, limits and fail-over.
// Params: {"seconds": 1.5} or {"ms": 1500}; 0.8 seconds without. Ends early when it is told to
// stop.
#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "worker/worker.hpp"

namespace {

using namespace steward::worker;

constexpr double kSecondsMax = 86'400.0 * 365;

class Sleep : public Worker {
public:
    static constexpr const char* kService = "SLEEP";

    Answer work(const Job& job) override {
        const double seconds = job.param("ms", job.param("seconds", 0.8) * 1000.0) / 1000.0;
        const std::chrono::duration<double> pause(std::clamp(seconds, 0.0, kSecondsMax));
        std::unique_lock lock(mutex_);
        wake_.wait_for(lock, job.stop_token(), pause, [] { return false; });
        return job.stop_requested() ? fail("woken early") : Answer::ok();
    }

private:
    std::mutex mutex_;
    std::condition_variable_any wake_;
};

}  // namespace

int main(int argc, char** argv) {
    return Program(argc, argv)
        .about("A worker that takes its time, to watch queues, limits and fail-over with.")
        .serve<Sleep>(Sleep::kService)
        .run();
}
