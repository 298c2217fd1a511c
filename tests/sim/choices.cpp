// tests/sim: where choices come from. No world is known here.
#include "tests/sim/choices.hpp"

namespace steward::sim {

std::uint64_t RecordedChoices::below(std::uint64_t bound) {
    STEWARD_ASSERT(bound > 0);
    std::uint64_t value = 0;
    for (std::uint64_t reach = bound - 1; reach > 0 && !used_up(); reach >>= 8U) {
        value = (value << 8U) | static_cast<unsigned char>(bytes_[place_++]);
    }
    return value % bound;
}

bool Odometer::next_sequence() {
    place_ = 0;
    if (!started_) {
        started_ = true;
        return true;
    }
    while (!digits_.empty() && digits_.back().value + 1 == digits_.back().bound) {
        digits_.pop_back();
    }
    if (digits_.empty()) {
        return false;
    }
    ++digits_.back().value;
    return true;
}

std::uint64_t Odometer::below(std::uint64_t bound) {
    STEWARD_ASSERT(bound > 0);
    if (place_ == digits_.size()) {
        digits_.push_back({0, bound});
    }
    const Digit& digit = digits_[place_++];
    STEWARD_ASSERT(digit.bound == bound);  // the run asked something else after the same answers
    return digit.value;
}

std::string Odometer::text() const {
    std::string out;
    for (const Digit& digit : digits_) {
        out += out.empty() ? "" : " ";
        out += std::to_string(digit.value);
    }
    return out;
}

}  // namespace steward::sim
