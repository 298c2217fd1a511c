// client: what comes back of a call: data in whatever encoding the worker chose, read as the caller
// likes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/base/expected.hpp"
#include "common/model/job.hpp"
#include "common/model/part_number.hpp"
#include "common/wire/params.hpp"
#include "common/wire/typed.hpp"

namespace steward::client {

/// A result, or one part of it that came ahead.
class Answer {
public:
    Answer() = default;

    Answer(model::JobId job, model::Payload payload, model::PartNumber part = {})
        : job_(job), payload_(std::move(payload)), part_(part) {}

    [[nodiscard]] const model::JobId& job() const { return job_; }

    /// The worker answered with success and nothing else.
    [[nodiscard]] bool empty() const { return payload_.encoding == model::Encoding::Absent; }

    /// The bytes as they came, lives as long as the Answer.
    [[nodiscard]] std::string_view bytes() const { return payload_.bytes.view(); }

    [[nodiscard]] const model::Payload& payload() const { return payload_; }

    /// Of a part of a background job: whoever follows the job again, or more than once, knows by it
    /// what he has heard (model::HeardParts).
    [[nodiscard]] const model::PartNumber& part() const { return part_; }

    /// As a dynamic value; null when empty. Errors: BadParams.
    [[nodiscard]] base::Expected<nlohmann::json> json() const {
        return wire::decode_params(payload_);
    }

    /// As a T: any type that nlohmann::json can read, else any that msgpack-c can.
    /// Errors: BadParams.
    template <class T>
    [[nodiscard]] base::Expected<T> as() const {
        if constexpr (requires(const nlohmann::json& value) { value.template get<T>(); }) {
            return json().and_then([](const nlohmann::json& value) { return read<T>(value); });
        } else {
            return wire::unpack_typed<T>(payload_);
        }
    }

private:
    template <class T>
    static base::Expected<T> read(const nlohmann::json& value) {
        try {
            return value.template get<T>();
        } catch (const std::exception& error) {  // the library's, or the type's own from_json
            return base::fail(
                base::Errc::BadParams,
                std::string("the answer is not of the type asked for: ") + error.what());
        }
    }

    model::JobId job_;
    model::Payload payload_;
    model::PartNumber part_;
};

/// How far a job is, as its worker reports it. `total` 0: unknown.
struct Progress {
    model::JobId job;
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    std::string text;
};

}  // namespace steward::client
