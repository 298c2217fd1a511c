// common/base: memory for what comes and goes by the million: small blocks, kept by the thread that
// gave them up last. A general allocator takes a lock as soon as more than a handful wait between.
#pragma once

#include <cstddef>

namespace steward::base {

/// At least `bytes`, aligned for any fundamental type.
/// Cost: a few instructions while the thread has kept one of that size, else that of operator new.
[[nodiscard]] void* take_block(std::size_t bytes);

/// Pre: `block` came from take_block(bytes), of any thread.
/// Bound: a thread keeps kBlocksKeptBytes, none of them larger than kKeptBlockBytesMax; they are
/// given back when it ends. Under sanitizers nothing is kept: they watch over blocks that are free.
void give_block(void* block, std::size_t bytes) noexcept;

inline constexpr std::size_t kKeptBlockBytesMax = 1024;
inline constexpr std::size_t kBlocksKeptBytes = std::size_t{2} << 20U;

}  // namespace steward::base
