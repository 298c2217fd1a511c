#include "common/base/blob.hpp"

#include <cstring>
#include <new>

#include "common/base/assert.hpp"
#include "common/base/block_pool.hpp"

namespace steward::base {

namespace {

struct Adopted {
    void* owner;
    void (*release)(void*);
};

void release_slice(void* owner) {
    delete static_cast<Blob*>(owner);
}

}  // namespace

void Blob::release() noexcept {
    const char* inline_bytes = reinterpret_cast<const char*>(body_ + 1);
    std::size_t behind = body_->size;
    if (body_->bytes != inline_bytes) {
        Adopted adopted{};
        std::memcpy(&adopted, body_ + 1, sizeof adopted);
        adopted.release(adopted.owner);
        behind = sizeof adopted;
    }
    give_block(body_, sizeof(Body) + behind);
}

Blob Blob::copy_some(std::string_view bytes) {
    STEWARD_ASSERT(bytes.size() <= UINT32_MAX);
    void* memory = take_block(sizeof(Body) + bytes.size());
    auto* body = new (memory) Body{1, static_cast<std::uint32_t>(bytes.size()), nullptr};
    auto* target = reinterpret_cast<char*>(body + 1);
    std::memcpy(target, bytes.data(), bytes.size());
    body->bytes = target;
    return Blob(body);
}

Blob Blob::adopt(std::string_view bytes, void* owner, void (*release)(void*)) {
    STEWARD_ASSERT(bytes.size() <= UINT32_MAX);
    void* memory = take_block(sizeof(Body) + sizeof(Adopted));
    auto* body = new (memory) Body{1, static_cast<std::uint32_t>(bytes.size()), bytes.data()};
    const Adopted adopted{owner, release};
    std::memcpy(static_cast<void*>(body + 1), &adopted, sizeof adopted);
    return Blob(body);
}

Blob Blob::slice(std::string_view part) const {
    if (part.size() <= slice_copy_bytes_max) {
        return copy(part);
    }
    return adopt(part, new Blob(*this), &release_slice);
}

}  // namespace steward::base
