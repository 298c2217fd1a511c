// tests/e2e: steward-supervisor held up for a while, as by a pause of its machine, with much to
// hear afterwards.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>

#include <doctest/doctest.h>

#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/supervised.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e::pauses {

namespace {

std::string trial(const std::string& more) {
    return "[[pool]]\nname = \"trial\"\nprogram = \"" + std::string(kTrialProgram) +
           "\"\nservices = [\"TRIAL\"]\nnotify = true\n" + more + "\n";
}

}  // namespace

// More than a socket's queue has room for.
TEST_CASE("Of a crowd that is ready at once each is heard") {
    constexpr std::size_t kCrowd = 24;
    Supervised house(broker_process() + trial("count = " + std::to_string(kCrowd)));
    house.start();
    REQUIRE(wait_until([&] { return house.count("trial", "starting") > kCrowd / 2; }));
    house.process().signal(SIGSTOP);
    CHECK(wait_until([&] { return house.rows({"workers"}).size() == kCrowd; }));
    house.process().signal(SIGCONT);
    CHECK(house.all_run(1 + kCrowd));
}

}  // namespace steward::e2e::pauses
