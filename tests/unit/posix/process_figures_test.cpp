// tests: what this process takes of its machine.
#include "common/posix/process_figures.hpp"

#include <fcntl.h>
#include <vector>

#include <doctest/doctest.h>

#include "common/posix/clock.hpp"
#include "common/posix/unique_fd.hpp"

namespace steward::posix {

TEST_CASE("each open descriptor counts, and none that is closed") {
    const std::uint64_t before = process_figures().value().open_files;
    {
        std::vector<UniqueFd> files;
        for (int i = 0; i < 10; ++i) {
            files.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        }
        CHECK(process_figures().value().open_files == before + 10);
    }
    CHECK(process_figures().value().open_files == before);
    CHECK(process_figures().value().open_files_max > before);
}

TEST_CASE("work costs time, and memory is what it is") {
    const ProcessFigures before = process_figures().value();
    CHECK(before.resident_bytes > 100'000);
    const base::MonoTime end = read_mono() + std::chrono::seconds(20);
    ProcessFigures after = before;
    while (after.cpu - before.cpu < std::chrono::milliseconds(10) && read_mono() < end) {
        after = process_figures().value();
    }
    CHECK(after.cpu - before.cpu >= std::chrono::milliseconds(10));
}

}  // namespace steward::posix
