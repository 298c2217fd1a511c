// broker/core: words in what is told to people: refusals and reasons.
#pragma once

#include <string>
#include <string_view>

#include "common/model/names.hpp"

namespace steward::core {

/// A name in its quotes. The rules of names leave nothing in it to escape.
[[nodiscard]] inline std::string quoted(std::string_view name) {
    std::string text = "\"";
    text += name;
    text += '"';
    return text;
}

/// What events name that are of all services at once.
[[nodiscard]] inline const model::ServiceName& every_service() {
    static const model::ServiceName kEvery = *model::ServiceName::parse("*");
    return kEvery;
}

}  // namespace steward::core
