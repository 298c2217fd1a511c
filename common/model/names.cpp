#include "common/model/names.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>

#include "common/base/bytes.hpp"
#include "common/model/limits.hpp"

namespace steward::model {

namespace {

bool has_fitting_size(std::string_view text) {
    return !text.empty() && text.size() <= kNameBytesMax;
}

bool is_bad(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7F;
}

// The same of eight bytes at once: asked of each job whose service is not that of the one before.
bool has_bad_byte(std::uint64_t word) {
    constexpr std::uint64_t kOnes = 0x0101010101010101;
    constexpr std::uint64_t kTops = kOnes * 0x80;
    const std::uint64_t deleted = word ^ (kOnes * 0x7F);  // zero where a byte is 0x7F
    const std::uint64_t below = (word - kOnes * 0x21) & ~word;
    const std::uint64_t zero = (deleted - kOnes) & ~deleted;
    return ((below | zero) & kTops) != 0;
}

bool has_bad_byte(std::string_view text) {
    constexpr std::size_t kWord = sizeof(std::uint64_t);
    if (text.size() < kWord) {
        return std::ranges::any_of(text, &is_bad);
    }
    const auto is_bad_at = [&](std::size_t at) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + at, kWord);
        return has_bad_byte(word);
    };
    bool any = is_bad_at(text.size() - kWord);  // which may look at some of the others again
    for (std::size_t at = 0; at + kWord <= text.size(); at += kWord) {
        any = any || is_bad_at(at);
    }
    return any;
}

}  // namespace

base::Expected<ServiceName> ServiceName::parse(std::string_view text) {
    return check(text).map([&] { return ServiceName(base::SmallText(text)); });
}

bool ServiceName::assign(std::string_view text) {
    if (!has_fitting_size(text) || has_bad_byte(text)) {
        return false;
    }
    text_ = base::SmallText(text);
    return true;
}

base::Expected<void> ServiceName::check(std::string_view text) {
    if (!has_fitting_size(text)) {
        return base::fail(base::Errc::BadName,
                          "a service name has 1 to " + std::to_string(kNameBytesMax) +
                              " bytes; this one has " + std::to_string(text.size()));
    }
    if (has_bad_byte(text)) {
        const auto bad = std::ranges::find_if(text, &is_bad);
        return base::fail(base::Errc::BadName,
                          "a service name has no space or control character; \"" +
                              base::printable(text) + "\" has one at byte " +
                              std::to_string(bad - text.begin()));
    }
    return {};
}

bool ServiceName::is_reserved_as(std::string_view name) {
    static constexpr std::array<std::string_view, 5> kServerRequests = {
        "SERVER-JOBS", "SERVER-ACTIVE", "SERVER-HIST", "SERVER-WORKERS", "SERVER-STATUS"};
    return name.starts_with("mmi.") ||
           std::ranges::find(kServerRequests, name) != kServerRequests.end();
}

}  // namespace steward::model
