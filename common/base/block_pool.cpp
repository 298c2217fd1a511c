#include "common/base/block_pool.hpp"

#include <array>
#include <cstdint>
#include <new>
#include <utility>

namespace steward::base {
namespace {

#ifdef STEWARD_KEEPS_NO_BLOCKS
constexpr bool kKeeps = false;
#else
constexpr bool kKeeps = true;
#endif

// Sizes as malloc has them, a word below a multiple of sixteen: nothing is lost by rounding.
constexpr std::size_t kLeast = 24;
constexpr std::size_t kStep = 16;

constexpr std::size_t class_of(std::size_t bytes) {
    return bytes <= kLeast ? 0 : (bytes - kLeast + kStep - 1) / kStep;
}

constexpr std::size_t size_of(std::size_t size_class) {
    return kLeast + kStep * size_class;
}

struct Kept {
    Kept* next;
};

enum class Phase : std::uint8_t { Unused, InUse, Over };

// Without a destructor: a block may be given up when the thread's other objects have gone.
struct Pool {
    std::array<Kept*, class_of(kKeptBlockBytesMax) + 1> lists{};
    std::size_t bytes = 0;
    Phase phase = Phase::Unused;
};

// Each thread's own. NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
thread_local constinit Pool pool;

struct Emptier {
    ~Emptier() {
        pool.phase = Phase::Over;
        for (Kept*& list : pool.lists) {
            while (list != nullptr) {
                ::operator delete(std::exchange(list, list->next));
            }
        }
        pool.bytes = 0;
    }

    void arm() { pool.phase = Phase::InUse; }
};

// Each thread's own. NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
thread_local Emptier emptier;

}  // namespace

void* take_block(std::size_t bytes) {
    if (bytes > kKeptBlockBytesMax) {
        return ::operator new(bytes);
    }
    const std::size_t size_class = class_of(bytes);
    Kept*& list = pool.lists[size_class];
    if (list == nullptr) {
        return ::operator new(size_of(size_class));
    }
    pool.bytes -= size_of(size_class);
    return std::exchange(list, list->next);
}

void give_block(void* block, std::size_t bytes) noexcept {
    const std::size_t size_class = class_of(bytes);
    if (!kKeeps || bytes > kKeptBlockBytesMax || pool.phase == Phase::Over ||
        pool.bytes + size_of(size_class) > kBlocksKeptBytes) {
        ::operator delete(block);
        return;
    }
    if (pool.phase == Phase::Unused) {
        emptier.arm();  // its first use makes sure that it is destroyed with the thread
    }
    pool.bytes += size_of(size_class);
    pool.lists[size_class] = ::new (block) Kept{pool.lists[size_class]};
}

}  // namespace steward::base
