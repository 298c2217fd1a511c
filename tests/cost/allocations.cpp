#include "tests/cost/allocations.hpp"

#include <cstdlib>
#include <new>

namespace steward::cost {
namespace {

std::array<std::size_t, kStages + 1> counts;

void* allocate(std::size_t bytes) {
    ++counts[static_cast<std::size_t>(stage)];
    void* memory = std::malloc(bytes);
    if (memory == nullptr) {
        std::abort();
    }
    return memory;
}

}  // namespace

const std::array<std::size_t, kStages + 1>& allocations() {
    return counts;
}

}  // namespace steward::cost

// The other forms of new and delete come down to these.
void* operator new(std::size_t bytes) {
    return steward::cost::allocate(bytes);
}

void operator delete(void* memory) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::size_t /*bytes*/) noexcept {
    std::free(memory);
}
