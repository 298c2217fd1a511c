#include "worker/value.hpp"

#include "common/wire/params.hpp"

namespace steward::worker {

model::Payload Value::encode(model::Encoding wanted) const {
    if (const auto* json = std::get_if<nlohmann::json>(&content_)) {
        return wire::encode_params(*json, wanted);
    }
    if (const auto* payload = std::get_if<model::Payload>(&content_)) {
        return wire::convert_params(*payload, wanted);
    }
    return {};
}

}  // namespace steward::worker
