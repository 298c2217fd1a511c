// common/wire: a structured value as a series of events, so that each encoding has one reader and
// one writer that know nothing of the others. Nothing here recurses: depth is data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/expected.hpp"

namespace steward::wire {

/// Takes a value apart: scalars, and containers between open and close. In a map each value follows
/// its key. The sizes are those announced: a hint, not yet true, never a reason to allocate.
/// Each call answers false when it wants no more; a reader then stops with an error.
class ValueSink {
public:
    virtual ~ValueSink() = default;

    virtual bool null() = 0;
    virtual bool boolean(bool value) = 0;
    virtual bool integer(std::int64_t value) = 0;
    virtual bool natural(std::uint64_t value) = 0;
    virtual bool real(double value) = 0;
    virtual bool text(std::string_view bytes) = 0;  // any bytes

    virtual bool open_list(std::size_t size) = 0;
    virtual bool open_map(std::size_t size) = 0;

    /// A PHP array: a list when its keys turn out to be 0, 1, 2… in order, a map otherwise.
    virtual bool open_php_array(std::size_t size) { return open_map(size); }

    virtual bool key(std::string_view bytes) = 0;
    virtual bool close() = 0;
};

/// Values (keys not counted) that one payload may hold: what a small message can be blown up to
/// when it is decoded. Enough for any params; data belongs into opaque bytes.
inline constexpr std::size_t kParamsValuesMax = 1'000'000;

/// Holds what passes to kParamsDepthMax and kParamsValuesMax. Without a `next` it only checks.
class ParamsGate final : public ValueSink {
public:
    explicit ParamsGate(ValueSink* next = nullptr) : next_(next) {}

    bool null() override { return admit() && (next_ == nullptr || next_->null()); }

    bool boolean(bool value) override {
        return admit() && (next_ == nullptr || next_->boolean(value));
    }

    bool integer(std::int64_t value) override {
        return admit() && (next_ == nullptr || next_->integer(value));
    }

    bool natural(std::uint64_t value) override {
        return admit() && (next_ == nullptr || next_->natural(value));
    }

    bool real(double value) override { return admit() && (next_ == nullptr || next_->real(value)); }

    bool text(std::string_view bytes) override {
        return admit() && (next_ == nullptr || next_->text(bytes));
    }

    bool open_list(std::size_t size) override {
        return descend() && (next_ == nullptr || next_->open_list(size));
    }

    bool open_map(std::size_t size) override {
        return descend() && (next_ == nullptr || next_->open_map(size));
    }

    bool open_php_array(std::size_t size) override {
        return descend() && (next_ == nullptr || next_->open_php_array(size));
    }

    bool key(std::string_view bytes) override { return next_ == nullptr || next_->key(bytes); }

    bool close() override {
        --depth_;
        return next_ == nullptr || next_->close();
    }

    /// Which limit was met; empty while none was.
    [[nodiscard]] std::string_view why() const { return why_; }

private:
    bool admit();
    bool descend();

    ValueSink* next_;
    std::size_t depth_ = 0;
    std::size_t values_ = 0;
    std::string_view why_;
};

/// The one form of every decoding error: "the params are not valid JSON at byte 12: …".
[[nodiscard]] base::Unexpected bad_params(std::string_view format,
                                          std::size_t byte,
                                          std::string_view why);

}  // namespace steward::wire
