// tests/scenario: reading words.
#include "tests/scenario/words.hpp"

#include <cstdio>
#include <cstdlib>

#include "common/base/whole_number.hpp"
#include "common/wire/options.hpp"
#include "common/wire/params.hpp"

namespace steward::scenario {

Words::Words(std::string line) : line_(std::move(line)) {
    std::size_t at = 0;
    while (at < line_.size()) {
        if (line_[at] == ' ') {
            ++at;
            continue;
        }
        const bool quoted = line_[at] == '"';
        const std::size_t begin = quoted ? at + 1 : at;
        const std::size_t end = line_.find(quoted ? '"' : ' ', begin);
        const std::size_t stop = end == std::string::npos ? line_.size() : end;
        words_.push_back(line_.substr(begin, stop - begin));
        at = quoted ? stop + 1 : stop;
    }
}

void Words::fail(std::string_view why) const {
    std::fprintf(stderr, "cannot read \"%s\": %s\n", line_.c_str(), std::string(why).c_str());
    std::exit(2);
}

std::string_view Words::peek() const {
    return at_end() ? std::string_view() : std::string_view(words_[next_]);
}

bool Words::take(std::string_view word) {
    if (at_end() || words_[next_] != word) {
        return false;
    }
    ++next_;
    return true;
}

std::string Words::word() {
    if (at_end()) {
        fail("a word is missing at its end");
    }
    return words_[next_++];
}

std::uint64_t Words::number() {
    const std::int64_t value = signed_number();
    if (value < 0) {
        fail("a number is below zero");
    }
    return static_cast<std::uint64_t>(value);
}

std::int64_t Words::signed_number() {
    const std::string text = word();
    const auto value = base::parse_whole<std::int64_t>(text);
    if (!value) {
        fail("\"" + text + "\" is no number");
    }
    return *value;
}

base::Duration Words::duration() {
    const auto parsed = wire::parse_duration(word());
    if (!parsed) {
        fail(parsed.error().message);
    }
    return *parsed;
}

model::Rate Words::rate() {
    const auto parsed = wire::parse_rate(word());
    if (!parsed) {
        fail(parsed.error().message);
    }
    return *parsed;
}

std::string text_of(base::Duration duration) {
    const auto us = duration.count();
    if (us % 60'000'000 == 0 && us != 0) {
        return std::to_string(us / 60'000'000) + "min";
    }
    if (us % 1'000'000 == 0) {
        return std::to_string(us / 1'000'000) + "s";
    }
    if (us % 1000 == 0) {
        return std::to_string(us / 1000) + "ms";
    }
    if (us < 1'000'000) {
        return std::to_string(us) + "us";
    }
    std::string fraction = std::to_string(us % 1'000'000);
    fraction.insert(0, 6 - fraction.size(), '0');
    return std::to_string(us / 1'000'000) + "." + fraction + "s";
}

}  // namespace steward::scenario
