#include "common/model/job.hpp"

#include <array>
#include <cstring>

#include "common/base/bytes.hpp"

namespace steward::model {
namespace {

constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";  // Crockford, lower case
static_assert(JobId::kTextBytes == 26);                                   // 130 bits, 2 unused

constexpr auto kDigitPairs = [] {
    std::array<std::array<char, 2>, 1024> pairs{};
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        pairs[i] = {kDigits[i / 32], kDigits[i % 32]};
    }
    return pairs;
}();

constexpr std::uint8_t kNoDigit = 255;

// Of a character; capitals are read like small letters.
constexpr auto kDigitValues = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(kNoDigit);
    for (std::size_t i = 0; i < kDigits.size(); ++i) {
        const auto digit = static_cast<std::uint8_t>(kDigits[i]);
        values[digit] = static_cast<std::uint8_t>(i);
        if (digit >= 'a') {
            values[digit - 'a' + 'A'] = static_cast<std::uint8_t>(i);
        }
    }
    return values;
}();

unsigned digit_value(char c) {
    return kDigitValues[static_cast<std::uint8_t>(c)];
}

}  // namespace

// Two characters at a time.
void JobId::put_text(char* to, std::size_t last) const {
    __extension__ using Wide = unsigned __int128;
    Wide bits = (static_cast<Wide>(epoch) << 64U) | number;
    for (std::size_t i = kTextBytes; i > kTextBytes - last; bits >>= 10U) {
        i -= 2;
        std::memcpy(to + i, kDigitPairs[static_cast<std::size_t>(bits & 1023U)].data(), 2);
    }
}

std::string JobId::text() const {
    std::string text(kTextBytes, '0');
    put_text(text.data());
    return text;
}

base::Expected<JobId> JobId::parse(std::string_view text) {
    const auto refuse = [&] {
        return base::fail(
            base::Errc::Malformed,
            "a job id is 26 characters of 0-9 and a-z without i, l, o, u; this is \"" +
                base::printable(text, 40) + "\"");
    };
    if (text.size() != JobId::kTextBytes || digit_value(text.front()) > 7) {
        return refuse();
    }
    __extension__ using Wide = unsigned __int128;
    Wide bits = 0;
    for (const char c : text) {
        const unsigned value = digit_value(c);
        if (value == kNoDigit) {
            return refuse();
        }
        bits = (bits << 5U) | value;
    }
    return JobId{static_cast<std::uint64_t>(bits >> 64U), static_cast<std::uint64_t>(bits)};
}

std::string_view name_of(JobState state) {
    switch (state) {
        case JobState::Scheduled: return "scheduled";
        case JobState::Ready: return "ready";
        case JobState::Active: return "active";
        case JobState::Succeeded: return "succeeded";
        case JobState::Failed: return "failed";
        case JobState::Dead: return "dead";
        case JobState::Expired: return "expired";
        case JobState::Cancelled: return "cancelled";
        case JobState::Blocked: return "blocked";
    }
    return "unknown";
}

std::optional<JobState> state_named(std::string_view name) {
    for (std::uint64_t number = 0; number < kJobStates; ++number) {
        if (name_of(static_cast<JobState>(number)) == name) {
            return static_cast<JobState>(number);
        }
    }
    return std::nullopt;
}

std::optional<JobState> state_from_number(std::uint64_t number) {
    return number < kJobStates ? std::optional(static_cast<JobState>(number)) : std::nullopt;
}

}  // namespace steward::model
