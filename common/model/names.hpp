// common/model: names that were checked once and need no second look.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

#include "common/base/expected.hpp"
#include "common/base/small_text.hpp"

namespace steward::model {

/// A service's name: 1 to kNameBytesMax bytes, any but control characters and space. Cheap to copy;
/// a view() is of this object, as of base::SmallText.
/// Names starting with exactly "mmi." (RFC 8) and those of the SERVER- requests are the broker's
/// own; parse() accepts them, is_reserved() tells. `mail`, `image` and `.x` are ordinary names.
class ServiceName {
public:
    ServiceName() = default;
    /// Errors: BadName, with what is wrong and where.
    [[nodiscard]] static base::Expected<ServiceName> parse(std::string_view text);

    /// Whether parse() would take it. Errors: as there.
    [[nodiscard]] static base::Expected<void> check(std::string_view text);

    /// The same as parse() without a word of what is wrong: false, and nothing has changed.
    [[nodiscard]] bool assign(std::string_view text);

    [[nodiscard]] std::string_view view() const { return text_.view(); }

    /// Asked of each job: the first byte of nearly every name tells.
    [[nodiscard]] bool is_reserved() const {
        const std::string_view name = view();
        const char first = name.empty() ? '\0' : name.front();
        return (first == 'm' || first == 'S') && is_reserved_as(name);
    }

    bool operator==(const ServiceName&) const = default;

    [[nodiscard]] std::size_t hash() const { return text_.hash(); }

private:
    [[nodiscard]] static bool is_reserved_as(std::string_view name);

    explicit ServiceName(base::SmallText text) : text_(std::move(text)) {}

    base::SmallText text_;
};

}  // namespace steward::model
