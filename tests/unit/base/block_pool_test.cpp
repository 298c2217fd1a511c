// tests: memory that a thread keeps for the next of its size.
#include "common/base/block_pool.hpp"

#include <cstring>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "common/base/blob.hpp"

using namespace steward::base;

namespace {

// More blocks of `bytes` than a thread keeps, written all over, each told from the others.
void use_many(std::size_t bytes) {
    std::vector<void*> blocks;
    for (std::size_t kept = 0; kept < 2 * kBlocksKeptBytes; kept += bytes) {
        blocks.push_back(take_block(bytes));
        std::memset(blocks.back(), static_cast<int>(blocks.size() % 251), bytes);
    }
    CHECK(std::set<void*>(blocks.begin(), blocks.end()).size() == blocks.size());
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        const auto* at = static_cast<const unsigned char*>(blocks[i]);
        wrong += at[0] == (i + 1) % 251 && at[bytes - 1] == (i + 1) % 251 ? 0U : 1U;
        give_block(blocks[i], bytes);
    }
    CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("no two blocks share a byte, whatever their size and whatever was given up before") {
    for (const std::size_t bytes : {std::size_t{1},
                                    std::size_t{24},
                                    std::size_t{25},
                                    std::size_t{40},
                                    std::size_t{41},
                                    kKeptBlockBytesMax,
                                    kKeptBlockBytesMax + 1}) {
        CAPTURE(bytes);
        use_many(bytes);
        use_many(bytes);
    }
}

TEST_CASE("blocks may be given up by another thread, and by one that ends") {
    std::vector<void*> blocks(1000);
    for (void*& block : blocks) {
        block = take_block(100);
    }
    std::thread([&] {
        for (void* block : blocks) {
            give_block(block, 100);
        }
        use_many(100);
    }).join();
    use_many(100);
}

namespace {

struct Late {
    Blob blob;
};

}  // namespace

TEST_CASE("a blob may go after what the thread kept has gone") {
    std::thread([] {
        thread_local Late late;  // made before anything was given up: destroyed after that
        late.blob = Blob::copy("still there when the thread ends");
        give_block(take_block(100), 100);
        CHECK(late.blob.view() == "still there when the thread ends");
    }).join();
}
