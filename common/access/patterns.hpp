// common/access: names that a grant is about: services, channels, groups.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/expected.hpp"

namespace steward::access {

inline constexpr std::size_t kPatternsMax = 256;  // of one list
inline constexpr std::size_t kStarsMax = 8;       // of one pattern

/// Names and patterns of names. In a pattern each `*` stands for any characters, none too; nothing
/// else is special.
///
/// Cost: of a look-up, at most the bytes of all patterns times those of the name.
/// Bound: kPatternsMax of kNameBytesMax bytes.
class Patterns {
public:
    Patterns() = default;

    /// Errors: BadConfig: too many, an empty one, too long, a character that no name has, more than
    /// kStarsMax stars.
    [[nodiscard]] static base::Expected<Patterns> parse(const std::vector<std::string>& texts);
    /// Every name.
    [[nodiscard]] static Patterns all();

    [[nodiscard]] bool has(std::string_view name) const;

    [[nodiscard]] bool empty() const { return texts_.empty(); }

    [[nodiscard]] const std::vector<std::string>& texts() const { return texts_; }

    /// Those that are no patterns but names, in their order.
    [[nodiscard]] std::vector<std::string_view> names() const;

    bool operator==(const Patterns&) const = default;

private:
    std::vector<std::string> texts_;
    bool has_all_ = false;  // one of them is "*"
};

}  // namespace steward::access
