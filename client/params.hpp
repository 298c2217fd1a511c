// client: what a caller may give as params, made into a payload.
#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/model/job.hpp"
#include "common/wire/params.hpp"
#include "common/wire/typed.hpp"

namespace steward::client {

/// Params of a job, from what is at hand:
///   {}                              none
///   {{"to", "ann"}, {"copies", 2}}  JSON, written as nlohmann::json is; as any json value
///   packed(value)                   msgpack, of any type msgpack-c can pack
///   a model::Payload                bytes as they are, in the encoding it names
class Params {
public:
    Params() = default;

    // Implicit on purpose, as values are written. NOLINTBEGIN(google-explicit-constructor)
    Params(nlohmann::json::initializer_list_t list) : Params(nlohmann::json(list)) {}

    Params(model::Payload payload) : payload_(std::move(payload)) {}

    template <class T>

    requires(std::constructible_from<nlohmann::json, T&&> &&
             !std::same_as<std::remove_cvref_t<T>, Params> &&
             !std::same_as<std::remove_cvref_t<T>, model::Payload>) Params(T&& value)
        : payload_(
              wire::encode_params(nlohmann::json(std::forward<T>(value)), model::Encoding::Json)) {}

    // NOLINTEND(google-explicit-constructor)

    [[nodiscard]] model::Payload take() && { return std::move(payload_); }

    [[nodiscard]] const model::Payload& payload() const { return payload_; }

private:
    model::Payload payload_;
};

template <class T>
[[nodiscard]] Params packed(const T& value) {
    return Params(wire::pack_typed(value));
}

/// Bytes that only the worker understands.
[[nodiscard]] inline Params opaque(std::string_view bytes) {
    return Params(model::Payload{model::Encoding::Opaque, base::Blob::copy(bytes)});
}

}  // namespace steward::client
