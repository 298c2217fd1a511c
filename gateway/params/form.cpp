#include "gateway/params/form.hpp"

#include <algorithm>
#include <utility>

#include "common/base/bytes.hpp"
#include "gateway/params/limits.hpp"
#include "gateway/params/percent.hpp"

namespace steward::gateway {

namespace {

base::Expected<std::string> decoded_text(std::string_view text,
                                         std::string_view what,
                                         std::size_t at) {
    auto decoded = percent_decoded(text, Plus::IsSpace, what, at);
    if (decoded && !base::is_utf8(*decoded)) {
        return unreadable(what, at, "\"" + base::printable(*decoded, 40) + "\" is no UTF-8");
    }
    return decoded;
}

}  // namespace

base::Expected<Pairs> parse_pairs(std::string_view text, std::string_view what) {
    Pairs pairs;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('&', at), text.size());
        const std::string_view pair = text.substr(at, end - at);
        const std::size_t equals = std::min(pair.find('='), pair.size());
        const std::size_t value_at = std::min(equals + 1, pair.size());
        if (!pair.empty()) {
            if (pairs.size() == kPairsMax) {
                return base::fail(base::Errc::TooLarge,
                                  "the " + std::string(what) + " has more than " +
                                      std::to_string(kPairsMax) + " names; more params go as JSON");
            }
            auto name = decoded_text(pair.substr(0, equals), what, at);
            if (!name) {
                return base::Unexpected(std::move(name.error()));
            }
            auto value = decoded_text(pair.substr(value_at), what, at + value_at);
            if (!value) {
                return base::Unexpected(std::move(value.error()));
            }
            pairs.push_back({std::move(*name), std::move(*value)});
        }
        at = end + 1;
    }
    return pairs;
}

}  // namespace steward::gateway
