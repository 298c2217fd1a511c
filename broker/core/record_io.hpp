// broker/core: the bytes of the journal's facts, once for both directions: RecordWriter appends
// what it is given, RecordReader fills it in. All numbers are little-endian, all texts have a
// length of 32 bits before them.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "broker/core/record.hpp"
#include "common/base/assert.hpp"
#include "common/base/bytes.hpp"

namespace steward::core {

/// While it lives the string is longer than what was written: it may only be looked at afterwards.
class RecordWriter {
public:
    template <class T>
    using Ref = const T&;

    explicit RecordWriter(std::string& out) : out_(out), to_(out.data() + out.size()), end_(to_) {}

    RecordWriter(const RecordWriter&) = delete;
    RecordWriter& operator=(const RecordWriter&) = delete;

    ~RecordWriter() { out_.resize(used()); }

    template <class Integer>
    requires std::is_integral_v<Integer>

    // Three in four of what a fact has: a call would take longer than the work.
    [[gnu::always_inline]] void integer(Integer value) {
        make_room(sizeof value);
        store(to_, value);
        to_ += sizeof value;
    }

    template <class Enum>
    void byte(Enum value) {
        integer(static_cast<std::uint8_t>(value));
    }

    [[gnu::always_inline]] void text(std::string_view value) {
        STEWARD_ASSERT(value.size() <= UINT32_MAX);
        make_room(sizeof(std::uint32_t) + value.size());
        store(to_, static_cast<std::uint32_t>(value.size()));
        to_ += sizeof(std::uint32_t);
        if (!value.empty()) {
            std::memcpy(to_, value.data(), value.size());
        }
        to_ += value.size();
    }

    void blob(const base::Blob& value) { text(value.view()); }

    void label(const model::Label& value) { text(value.view()); }

    /// The last field of a fact, which earlier releases had not: not there when it is empty.
    void tail(const model::Label& value) {
        if (!value.empty()) {
            label(value);
        }
    }

    template <class Element, class Each>
    void tail_list(const std::vector<Element>& values, Each&& each) {
        if (!values.empty()) {
            list(values, each);
        }
    }

    void service(const model::ServiceName& value) { text(value.view()); }

    void duration(base::Duration value) { integer(value.count()); }

    void instant(base::WallTime at) { integer(at.time_since_epoch().count()); }

    template <class Element, class Each>
    void list(const std::vector<Element>& values, Each&& each) {
        integer(static_cast<std::uint32_t>(values.size()));
        for (const Element& value : values) {
            each(value);
        }
    }

    template <class Value, class Fill>
    void maybe(const std::optional<Value>& value, Fill&& fill) {
        integer(static_cast<std::uint8_t>(value.has_value()));
        if (value) {
            fill(*value);
        }
    }

    // ---- a set: 32 bits say which of the fields that follow are there ----
    void begin_set() {
        at_ = used();
        integer(std::uint32_t{0});
        bits_ = 0;
        next_ = 0;
    }

    void end_set() { store(out_.data() + at_, bits_); }

    void bit(bool value) {
        bits_ |= value ? 1U << next_ : 0U;
        ++next_;
    }

    template <class Value, class Fill>
    void in_set(const std::optional<Value>& value, Fill&& fill) {
        bit(value.has_value());
        if (value) {
            fill(*value);
        }
    }

    template <class Value, class Fill>
    void in_set_unless_empty(const Value& value, Fill&& fill) {
        bit(!value.empty());
        if (!value.empty()) {
            fill(value);
        }
    }

private:
    static constexpr std::size_t kStep = 256;

    [[nodiscard]] std::size_t used() const { return static_cast<std::size_t>(to_ - out_.data()); }

    void make_room(std::size_t bytes) {
        if (static_cast<std::size_t>(end_ - to_) < bytes) [[unlikely]] {
            grow(bytes);
        }
    }

    void grow(std::size_t bytes) {
        const std::size_t before = used();
        out_.resize(before + bytes + kStep);
        to_ = out_.data() + before;
        end_ = out_.data() + out_.size();
    }

    // Little-endian, whatever the machine's order. A loop would be a loop at -O2.
    template <class Integer>
    static void store(char* to, Integer value) {
        if constexpr (std::endian::native == std::endian::little) {
            std::memcpy(to, &value, sizeof value);
        } else {
            const auto bits = static_cast<std::uint64_t>(value);
            for (std::size_t i = 0; i < sizeof value; ++i) {
                to[i] = static_cast<char>((bits >> (8 * i)) & 0xFFU);
            }
        }
    }

    std::string& out_;
    char* to_;         // behind what is written
    const char* end_;  // of the string
    std::size_t at_ = 0;
    std::uint32_t bits_ = 0;
    unsigned next_ = 0;
};

/// Reads on after an error as if zeros stood there; ok() is asked once, at the end.
class RecordReader {
public:
    template <class T>
    using Ref = T&;

    explicit RecordReader(std::string_view bytes) : rest_(bytes) {}

    [[nodiscard]] bool ok() const { return ok_; }

    [[nodiscard]] bool at_end() const { return rest_.empty(); }

    void refuse() { ok_ = false; }

    template <class Integer>
    requires std::is_integral_v<Integer>

    void integer(Integer& value) { ok_ = base::get_le(rest_, value) && ok_; }

    /// The caller checks the range of an enum.
    template <class Enum>
    void byte(Enum& value) {
        std::uint8_t number = 0;
        integer(number);
        if (std::is_same_v<Enum, bool> && number > 1) {
            refuse();
        }
        value = static_cast<Enum>(number);
    }

    [[nodiscard]] std::string_view bytes() {
        std::uint32_t length = 0;
        integer(length);
        if (length > rest_.size()) {
            refuse();
            return {};
        }
        const std::string_view value = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return value;
    }

    void text(std::string& value) { value = bytes(); }

    void blob(base::Blob& value) {
        const std::string_view read = bytes();
        value = read.empty() ? base::Blob() : base::Blob::copy(read);
    }

    void label(model::Label& value) { value = model::Label(bytes()); }

    void tail(model::Label& value) {
        if (rest_.empty()) {
            value = {};
            return;
        }
        label(value);
        if (value.empty()) {
            refuse();
        }
    }

    template <class Element, class Each>
    void tail_list(std::vector<Element>& values, Each&& each) {
        values.clear();
        if (rest_.empty()) {
            return;
        }
        list(values, each);
        if (values.empty()) {
            refuse();
        }
    }

    void service(model::ServiceName& value) {
        auto name = model::ServiceName::parse(bytes());
        if (name) {
            value = *std::move(name);
        } else {
            refuse();
        }
    }

    void duration(base::Duration& value) {
        std::int64_t count = 0;
        integer(count);
        value = base::Duration(count);
    }

    void instant(base::WallTime& at) {
        base::Duration since{};
        duration(since);
        at = base::WallTime(since);
    }

    // Every element takes at least a byte, so a length that cannot be true allocates nothing. What
    // the list held by default goes.
    template <class Element, class Each>
    void list(std::vector<Element>& values, Each&& each) {
        values.clear();
        std::uint32_t size = 0;
        integer(size);
        if (size > rest_.size()) {
            refuse();
            return;
        }
        for (std::uint32_t i = 0; i < size && ok_; ++i) {
            each(values.emplace_back());
        }
    }

    template <class Value, class Fill>
    void maybe(std::optional<Value>& value, Fill&& fill) {
        std::uint8_t is_there = 0;
        integer(is_there);
        if (is_there > 1) {
            refuse();
        } else if (is_there == 1) {
            fill(value.emplace());
        }
    }

    void begin_set() {
        integer(bits_);
        next_ = 0;
    }

    /// Bits that no field has asked for belong to a later release.
    void end_set() {
        if (next_ < 32 && (bits_ >> next_) != 0) {
            refuse();
        }
    }

    void bit(bool& value) { value = take_bit(); }

    template <class Value, class Fill>
    void in_set(std::optional<Value>& value, Fill&& fill) {
        if (take_bit()) {
            fill(value.emplace());
        }
    }

    template <class Value, class Fill>
    void in_set_unless_empty(Value& value, Fill&& fill) {
        if (take_bit()) {
            fill(value);
            if (value.empty()) {
                refuse();
            }
        }
    }

private:
    bool take_bit() { return ((bits_ >> next_++) & 1U) != 0; }

    std::string_view rest_;
    bool ok_ = true;
    std::uint32_t bits_ = 0;
    unsigned next_ = 0;
};

}  // namespace steward::core
