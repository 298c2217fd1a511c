// tests: a place that one job after another is read into.
#include "worker/arrival.hpp"

#include <vector>

#include <doctest/doctest.h>

namespace {

using namespace steward;
using wire::native::Assign;

Assign plain(std::uint64_t number) {
    Assign job;
    job.attempt = {{7, number}, 1};
    job.service = "mail";
    job.params = {model::Encoding::Opaque, base::Blob::copy("to=ann")};
    job.submission = {3, number};
    return job;
}

}  // namespace

TEST_CASE("a job has nothing of the one that was read into its place before") {
    Assign rich = plain(1);
    rich.meta = base::Blob::copy("\x81\xA3key\xA5value");
    rich.options.priority = model::kPriorityHigh;
    const std::vector<Assign> jobs = {plain(0), rich, plain(2), plain(3), rich, rich, plain(4)};
    worker::Arrival place;
    for (const Assign& job : jobs) {
        wire::native::BatchWriter writer;
        writer.add(job);
        const wire::Frames frames = writer.take();
        wire::native::BatchReader reader(frames);
        place.read(reader);
        REQUIRE(place.job() != nullptr);
        CHECK(*place.job() == job);
    }
}
