// bench: a worker that does nothing, so that what is measured is the way to it and back. It counts
// what it has finished, serves the services s0, s1 … besides noop, and gives a call its params
// back.
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "bench/peers/side.hpp"
#include "bench/tally.hpp"
#include "worker/worker.hpp"

namespace {

using namespace steward::worker;
using steward::bench::Tally;

}  // namespace

int main(int argc, char** argv) {
    std::string tally_file;
    std::string slot = "0";
    std::string services = "0";
    // What is served must be known before the options are read.
    for (int i = 1; i + 1 < argc; ++i) {
        const std::string_view option = argv[i];
        services = option == "--services" ? argv[i + 1] : services;
    }
    std::shared_ptr<Tally> tally;
    const auto work = [&](const Job& job) {
        if (!tally_file.empty()) {
            if (!tally) {
                tally = std::make_shared<Tally>(tally_file);
            }
            tally->add(std::strtoull(slot.c_str(), nullptr, 10), 1);
        }
        if (job.raw_params().bytes.view().starts_with(steward::bench::kCallMark)) {
            return Answer(job.raw_params());
        }
        return Answer::ok();
    };
    Program program(argc, argv);
    program.option("--tally", tally_file, "Where to count finished jobs")
        .option("--slot", slot, "The place there")
        .option("--services", services, "How many there are besides noop")
        .serve("noop", work);
    const std::size_t count = std::strtoull(services.c_str(), nullptr, 10);
    for (std::size_t i = 0; i < count; ++i) {
        program.serve(steward::bench::service_name(i), work);
    }
    return program.run();
}
