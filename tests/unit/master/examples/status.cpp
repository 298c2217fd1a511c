#include <atomic>
#include <steward/worker/worker.hpp>

using steward::worker::Job;
using steward::worker::Program;

int main(int argc, char** argv) {
    static std::atomic<int> cached = 0;
    return Program(argc, argv)
        .serve("remember",
               [](const Job& job) {
                   cached += 1;
                   return job.params();
               })
        .tells([](steward::wire::Check& check) {
            check.text += ", " + std::to_string(cached) + " entries";
            check.counters.push_back({"entries", static_cast<double>(cached)});
        })
        .run();
}
