#include "common/access/patterns.hpp"

#include <algorithm>

#include "common/base/bytes.hpp"
#include "common/config/field.hpp"
#include "common/model/limits.hpp"
#include "common/model/names.hpp"

namespace steward::access {
namespace {

constexpr char kStar = '*';

// What a star has taken is given back one character at a time, and only the last star's: what an
// earlier one took cannot matter any more.
bool fits(std::string_view pattern, std::string_view name) {
    std::size_t at = 0;
    std::size_t in_name = 0;
    std::size_t star = std::string_view::npos;
    std::size_t resume = 0;
    while (in_name < name.size()) {
        if (at < pattern.size() && pattern[at] == kStar) {
            star = at++;
            resume = in_name;
        } else if (at < pattern.size() && pattern[at] == name[in_name]) {
            ++at;
            ++in_name;
        } else if (star != std::string_view::npos) {
            at = star + 1;
            in_name = ++resume;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of(kStar, at) == std::string_view::npos;
}

base::Expected<void> check(const std::string& text) {
    if (auto named = model::ServiceName::check(text); !named) {
        return base::fail(base::Errc::BadConfig, std::move(named.error().message));
    }
    if (static_cast<std::size_t>(std::ranges::count(text, kStar)) > kStarsMax) {
        return base::fail(base::Errc::BadConfig,
                          config::quoted(text) + " has more stars than " +
                              std::to_string(kStarsMax) + ", which are allowed");
    }
    return {};
}

}  // namespace

base::Expected<Patterns> Patterns::parse(const std::vector<std::string>& texts) {
    if (texts.size() > kPatternsMax) {
        return base::fail(base::Errc::BadConfig,
                          "has " + std::to_string(texts.size()) + " names, " +
                              std::to_string(kPatternsMax) + " are allowed");
    }
    Patterns patterns;
    for (const std::string& text : texts) {
        if (auto good = check(text); !good) {
            return base::Unexpected(std::move(good.error()));
        }
        patterns.has_all_ = patterns.has_all_ || text.find_first_not_of(kStar) == std::string::npos;
    }
    patterns.texts_ = texts;
    return patterns;
}

Patterns Patterns::all() {
    Patterns patterns;
    patterns.texts_.emplace_back(1, kStar);
    patterns.has_all_ = true;
    return patterns;
}

bool Patterns::has(std::string_view name) const {
    return has_all_ ||
           std::ranges::any_of(texts_, [&](const std::string& text) { return fits(text, name); });
}

std::vector<std::string_view> Patterns::names() const {
    std::vector<std::string_view> names;
    std::ranges::copy_if(texts_, std::back_inserter(names), [](const std::string& text) {
        return text.find(kStar) == std::string::npos;
    });
    return names;
}

}  // namespace steward::access
