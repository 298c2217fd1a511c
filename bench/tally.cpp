#include "bench/tally.hpp"

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace steward::bench {

Tally::Tally(const std::filesystem::path& file) {
    const int fd = ::open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    void* memory = MAP_FAILED;
    if (fd >= 0 && ::ftruncate(fd, sizeof(Slot) * kSlots) == 0) {
        memory = ::mmap(nullptr, sizeof(Slot) * kSlots, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    }
    if (memory == MAP_FAILED) {
        std::fprintf(stderr, "steward-bench: %s cannot be shared\n", file.c_str());
        std::exit(1);
    }
    ::close(fd);
    slots_ = static_cast<Slot*>(memory);
}

Tally::~Tally() {
    ::munmap(slots_, sizeof(Slot) * kSlots);
}

std::uint64_t Tally::sum() const {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < kSlots; ++i) {
        sum += slots_[i].jobs.load(std::memory_order_relaxed);
    }
    return sum;
}

}  // namespace steward::bench
