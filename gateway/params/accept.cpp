#include "gateway/params/accept.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "gateway/params/limits.hpp"
#include "gateway/params/media_type.hpp"

namespace steward::gateway {

namespace {

struct Range {
    std::string word;  // "text/html", "text/*", "*/*"
    unsigned weight;   // in thousandths
};

// "0.75" is 750; what has no such form is 1000, as if it were not there.
unsigned weight_of(std::string_view q) {
    constexpr unsigned kMost = 1000;
    if (q.empty() || q.size() > 5 || (q[0] != '0' && q[0] != '1') ||
        (q.size() > 1 && q[1] != '.')) {
        return kMost;
    }
    unsigned weight = q[0] == '1' ? kMost : 0;
    unsigned place = kMost / 10;
    for (const char digit : q.substr(std::min<std::size_t>(q.size(), 2))) {
        if (digit < '0' || digit > '9') {
            return kMost;
        }
        weight += place * static_cast<unsigned>(digit - '0');
        place /= 10;
    }
    return std::min(weight, kMost);
}

std::vector<Range> ranges_of(std::string_view accept) {
    std::vector<Range> ranges;
    while (!accept.empty() && ranges.size() < kAcceptRangesMax) {
        const std::size_t comma = std::min(accept.find(','), accept.size());
        MediaType type = MediaType::parse(accept.substr(0, comma));
        accept.remove_prefix(std::min(comma + 1, accept.size()));
        if (type.word.find('/') == std::string::npos) {
            continue;
        }
        const std::string* q = type.parameter("q");
        ranges.push_back({std::move(type.word), q == nullptr ? 1000U : weight_of(*q)});
    }
    return ranges;
}

// How closely the range names the offer; 0: not at all.
unsigned closeness(std::string_view range, std::string_view offer) {
    if (range == offer) {
        return 3;
    }
    if (range == "*/*") {
        return 1;
    }
    return range.ends_with("/*") && offer.starts_with(range.substr(0, range.size() - 1)) ? 2 : 0;
}

unsigned weight_of(std::string_view offer, const std::vector<Range>& ranges) {
    unsigned best = 0;
    unsigned weight = 0;
    for (const Range& range : ranges) {
        if (const unsigned close = closeness(range.word, offer); close > best) {
            best = close;
            weight = range.weight;
        }
    }
    return weight;
}

}  // namespace

std::optional<std::size_t> best_offer(std::string_view accept,
                                      std::span<const std::string_view> offers) {
    const std::vector<Range> ranges = ranges_of(accept);
    if (ranges.empty()) {
        return 0;
    }
    std::optional<std::size_t> best;
    unsigned most = 0;
    for (std::size_t i = 0; i < offers.size(); ++i) {
        if (const unsigned weight = weight_of(offers[i], ranges); weight > most) {
            most = weight;
            best = i;
        }
    }
    return best;
}

}  // namespace steward::gateway
