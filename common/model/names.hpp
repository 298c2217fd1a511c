// common/model: names that were checked once and need no second look.
#pragma once

#include <functional>
#include <string_view>

#include "common/base/blob.hpp"
#include "common/base/expected.hpp"

namespace steward::model {

/// A service's name: 1 to kNameBytesMax bytes, any but control characters and space. Cheap to copy.
/// Names starting with exactly "mmi." (RFC 8) and those of the SERVER- requests are the broker's
/// own; parse() accepts them, is_reserved() tells. `mail`, `image` and `.x` are ordinary names.
class ServiceName {
public:
    ServiceName() = default;
    /// Errors: BadName, with what is wrong and where.
    [[nodiscard]] static base::Expected<ServiceName> parse(std::string_view text);

    /// Whether parse() would take it. Errors: as there.
    [[nodiscard]] static base::Expected<void> check(std::string_view text);

    [[nodiscard]] std::string_view view() const { return text_.view(); }

    [[nodiscard]] bool is_reserved() const;

    bool operator==(const ServiceName&) const = default;

private:
    explicit ServiceName(base::Blob text) : text_(std::move(text)) {}

    base::Blob text_;
};

}  // namespace steward::model
