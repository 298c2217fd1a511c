// common/base: the error value every room uses. Expected failures travel as values;
// programmer errors are assertions (assert.hpp); nothing here throws.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "common/base/time.hpp"

namespace steward::base {

enum class Errc : std::uint16_t {
#define X(name, number, kind, meaning) name = number,
#include "common/base/errors.def"
#undef X
};

enum class ErrorClass : std::uint8_t { Caller, Retry, Unknown, Fatal };

/// The registry's name, class and meaning of a code. Total: a number that is no code gives
/// "Unregistered", ErrorClass::Caller and an empty meaning.
[[nodiscard]] std::string_view name_of(Errc code);
[[nodiscard]] ErrorClass class_of(Errc code);
[[nodiscard]] std::string_view meaning_of(Errc code);
/// The code with this number, or nothing. For numbers that came from a peer.
[[nodiscard]] std::optional<Errc> errc_from_number(std::uint64_t number);

/// What went wrong, for a program (`code`) and for a person (`message`: rule, value, limit,
/// setting to change). `retry_after` is set where waiting helps.
struct Error {
    Errc code = Errc::Internal;
    std::string message;
    std::optional<Duration> retry_after = std::nullopt;

    bool operator==(const Error&) const = default;
};

template <class T>
using Expected = tl::expected<T, Error>;
using Unexpected = tl::unexpected<Error>;

/// `return fail(Errc::QueueFull, "…");`
[[nodiscard]] inline Unexpected fail(Errc code,
                                     std::string message,
                                     std::optional<Duration> retry_after = std::nullopt) {
    return Unexpected{Error{code, std::move(message), retry_after}};
}

}  // namespace steward::base
