// common/base: immutable text of which most is short, such as names that every job has.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

#include "common/base/blob.hpp"

namespace steward::base {

/// Up to kInside bytes stand in the object itself: a copy asks for no memory, counts no reference
/// and touches no other line of the cache. Longer text is shared, as in a Blob. Sixteen bytes.
///
/// A view() is of this object: it ends with it, and when something is assigned to it or moved from
/// it.
///
/// Thread: as of Blob.  Bound: as of Blob.
class SmallText {
public:
    static constexpr std::size_t kInside = 15;

    SmallText() noexcept = default;

    explicit SmallText(std::string_view text) {
        if (text.size() <= kInside) {
            words_ = inside(text);
        } else {
            hold(Blob::copy(text));
        }
    }

    SmallText(const SmallText& other) noexcept {
        if (other.is_inside()) {
            words_ = other.words_;
        } else {
            hold(other.blob());
        }
    }

    // A Blob is one pointer: its bytes may go elsewhere.
    SmallText(SmallText&& other) noexcept : words_(std::exchange(other.words_, {})) {}

    SmallText& operator=(const SmallText& other) noexcept {
        if (is_inside() && other.is_inside()) {
            words_ = other.words_;
            return *this;
        }
        return *this = SmallText(other);
    }

    SmallText& operator=(SmallText&& other) noexcept {
        if (is_inside() && other.is_inside()) {
            words_ = std::exchange(other.words_, {});
            return *this;
        }
        SmallText taken(std::move(other));
        std::swap(words_, taken.words_);
        return *this;
    }

    ~SmallText() {
        if (!is_inside()) {
            std::destroy_at(&blob());
        }
    }

    [[nodiscard]] std::string_view view() const noexcept {
        return is_inside()
                   ? std::string_view(reinterpret_cast<const char*>(words_.data()), last_byte())
                   : blob().view();
    }

    // Word by word: as arrays they would be compared by a call.
    bool operator==(const SmallText& other) const noexcept {
        return (words_[0] == other.words_[0] && words_[1] == other.words_[1]) ||
               (!is_inside() && !other.is_inside() && blob() == other.blob());
    }

    [[nodiscard]] std::size_t hash() const noexcept {
        return is_inside() ? mix(words_) : std::hash<std::string_view>{}(view());
    }

    /// As of an object with this text.
    [[nodiscard]] static std::size_t hash(std::string_view text) noexcept {
        return text.size() <= kInside ? mix(inside(text)) : std::hash<std::string_view>{}(text);
    }

private:
    // The bytes of the text, then zeros, the last byte its size; or a Blob, then zeros, the last
    // byte kOutside.
    using Words = std::array<std::uint64_t, 2>;
    static constexpr std::uint64_t kOutside = 0xFF;
    static constexpr unsigned kLastByte = 56;  // its bits in the second word
    static_assert(std::endian::native == std::endian::little, "the first byte is the lowest");
    static_assert(sizeof(Blob) <= sizeof(std::uint64_t));

    // Put together in registers: what is written byte by byte cannot be read at once as words.
    [[nodiscard]] static Words inside(std::string_view text) noexcept {
        const std::size_t size = text.size();
        Words words{0, std::uint64_t{size} << kLastByte};
        if (size > sizeof(std::uint64_t)) {
            words[0] = load<std::uint64_t>(text, 0);
            words[1] |= load<std::uint64_t>(text, size - 8) >> (8 * (16 - size));
        } else if (size >= sizeof(std::uint32_t)) {
            words[0] = load<std::uint32_t>(text, 0) | load<std::uint32_t>(text, size - 4)
                                                          << (8 * (size - 4));
        } else {
            for (std::size_t i = 0; i < size; ++i) {
                words[0] |= load<std::uint8_t>(text, i) << (8 * i);
            }
        }
        return words;
    }

    template <class Word>
    [[nodiscard]] static std::uint64_t load(std::string_view text, std::size_t at) noexcept {
        Word word{};
        std::memcpy(&word, text.data() + at, sizeof word);
        return word;
    }

    // Each bit of either word moves all that an index looks at.
    [[nodiscard]] static std::size_t mix(const Words& words) noexcept {
        std::uint64_t mixed = words[0] * 0x9E3779B97F4A7C15ULL;
        mixed ^= mixed >> 32U;
        mixed = (mixed ^ words[1]) * 0xD6E8FEB86659FD93ULL;
        mixed ^= mixed >> 32U;
        return static_cast<std::size_t>(mixed * 0xD6E8FEB86659FD93ULL);
    }

    [[nodiscard]] std::uint64_t last_byte() const noexcept { return words_[1] >> kLastByte; }

    [[nodiscard]] bool is_inside() const noexcept { return last_byte() != kOutside; }

    // Pre: nothing is held.
    void hold(Blob blob) noexcept {
        std::construct_at(reinterpret_cast<Blob*>(words_.data()), std::move(blob));
        words_[1] = kOutside << kLastByte;
    }

    // Pre: it is not inside; here and below.
    [[nodiscard]] const Blob& blob() const noexcept {
        return *std::launder(reinterpret_cast<const Blob*>(words_.data()));
    }

    [[nodiscard]] Blob& blob() noexcept {
        return *std::launder(reinterpret_cast<Blob*>(words_.data()));
    }

    Words words_{};
};

}  // namespace steward::base
