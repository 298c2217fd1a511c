// worker: what may leave a worker: a result, a partial answer, the params of a child job. Takes
// what people have at hand; the bytes are made later, in the encoding that the requester used.
#pragma once

#include <concepts>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include <msgpack.hpp>
#include <nlohmann/json.hpp>

#include "common/model/job.hpp"
#include "common/wire/typed.hpp"

namespace steward::worker {

/// A type with MSGPACK_DEFINE, MSGPACK_DEFINE_ARRAY or MSGPACK_DEFINE_MAP.
template <class T>
concept MsgpackDefined = requires(const T& value, msgpack::packer<msgpack::sbuffer>& packer) {
    value.msgpack_pack(packer);
};

/// Whatever nlohmann-json takes: numbers, bool, text, standard containers, types with a to_json.
template <class T>
concept JsonLike = std::is_constructible_v<nlohmann::json, T>;

/// Implicit from everything above; the default is: nothing at all.
///
/// Errors: none. Text that is no UTF-8 becomes {"base64": "…"} where the requester wants JSON.
class Value {
public:
    Value() = default;

    // Implicit on purpose, as values are written. NOLINTBEGIN(google-explicit-constructor)
    template <class T>

    requires(!std::same_as<std::remove_cvref_t<T>, Value> &&
             !std::same_as<std::remove_cvref_t<T>, model::Payload> &&
             (JsonLike<T> || MsgpackDefined<std::remove_cvref_t<T>>)) Value(T&& value) {
        if constexpr (MsgpackDefined<std::remove_cvref_t<T>>) {
            *this = packed(value);
        } else {
            content_ = nlohmann::json(std::forward<T>(value));
        }
    }

    /// Bytes that are encoded already; they are converted only if the requester wants another form.
    Value(model::Payload payload) : content_(std::move(payload)) {}

    // NOLINTEND(google-explicit-constructor)

    /// For types that only a msgpack-c adaptor of yours can pack.
    template <class T>
    [[nodiscard]] static Value packed(const T& value) {
        return Value(wire::pack_typed(value));
    }

    /// Bytes that nobody on the way looks into.
    [[nodiscard]] static Value opaque(std::string_view bytes) {
        return Value(model::Payload{model::Encoding::Opaque, base::Blob::copy(bytes)});
    }

    /// The bytes for a requester whose params came in `wanted`.
    [[nodiscard]] model::Payload encode(model::Encoding wanted) const;

private:
    std::variant<std::monostate, nlohmann::json, model::Payload> content_;
};

}  // namespace steward::worker
