// common/base: immutable bytes with shared ownership. A received payload travels from socket to
// worker as one of these, without a copy and without any room on the way knowing who owns it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace steward::base {

/// Shared immutable bytes. A null Blob is empty. Eight bytes; copying counts a reference.
///
/// Thread: distinct Blobs of one body may be copied and destroyed on different threads.
/// Bound:  4 GiB - 1; callers hold to the smaller limits of common/model/limits.hpp.
class Blob {
public:
    Blob() noexcept = default;

    Blob(const Blob& other) noexcept : body_(other.body_) {
        if (body_ != nullptr) {
            hold();
        }
    }

    Blob(Blob&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}

    // Not one for both, by value: clang 14 forgets to destroy a `{}` that a template assigns so.
    Blob& operator=(const Blob& other) noexcept { return *this = Blob(other); }

    Blob& operator=(Blob&& other) noexcept {
        Blob taken(std::move(other));
        std::swap(body_, taken.body_);
        return *this;
    }

    ~Blob() {
        if (body_ != nullptr) {
            let_go();
        }
    }

    /// One allocation holding a copy of `bytes`.
    [[nodiscard]] static Blob copy(std::string_view bytes) {
        return bytes.empty() ? Blob() : copy_some(bytes);
    }

    /// Shares `bytes`, which live as long as `owner`; `release(owner)` runs when the last Blob
    /// goes.
    [[nodiscard]] static Blob adopt(std::string_view bytes, void* owner, void (*release)(void*));
    /// A part of this Blob. Copies when the part is at most `slice_copy_bytes_max` long, so that
    /// a small payload does not keep a large message alive; shares the body otherwise.
    /// Pre: `part` lies within view().
    [[nodiscard]] Blob slice(std::string_view part) const;

    [[nodiscard]] std::string_view view() const noexcept {
        return body_ == nullptr ? std::string_view{} : std::string_view{body_->bytes, body_->size};
    }

    [[nodiscard]] std::size_t size() const noexcept { return view().size(); }

    [[nodiscard]] bool empty() const noexcept { return body_ == nullptr || size() == 0; }

    bool operator==(const Blob& other) const noexcept { return view() == other.view(); }

    static constexpr std::size_t slice_copy_bytes_max = 1024;

private:
    // Either carries its bytes right behind itself (copy) or points into an owner's (adopt).
    struct Body {
        std::atomic<std::uint32_t> references;
        std::uint32_t size;
        const char* bytes;
    };

    explicit Blob(Body* body) noexcept : body_(body) {}

    [[nodiscard]] static Blob copy_some(std::string_view bytes);

    void hold() const noexcept { body_->references.fetch_add(1, std::memory_order_relaxed); }

    // The last one needs no locked instruction: nobody is left who could count.
    void let_go() noexcept {
        if (body_->references.load(std::memory_order_acquire) == 1 ||
            body_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            release();
        }
    }

    void release() noexcept;

    Body* body_ = nullptr;
};

}  // namespace steward::base
