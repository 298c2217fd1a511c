#include "common/wire/json_glance.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

#include "common/model/limits.hpp"
#include "common/wire/params_sink.hpp"

namespace steward::wire {
namespace {

constexpr std::size_t kDepthMax = 64;               // a bit for each
constexpr std::size_t kDigitsMax = 17;              // of a number: no type is too small for it
static_assert(kDepthMax < model::kParamsDepthMax);  // what holds nothing is not entered

constexpr std::array<bool, 256> kPlain = [] {
    std::array<bool, 256> plain{};
    for (std::size_t letter = 0x20; letter < 0x7F; ++letter) {
        plain.at(letter) = letter != '"' && letter != '\\';
    }
    return plain;
}();

bool is_digit(char letter) {
    return letter >= '0' && letter <= '9';
}

/// Goes once through a text. Each question takes what it is about, and is false where it is not
/// there.
class Glance {
public:
    explicit Glance(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

    bool whole();

private:
    bool scalar();
    bool key();
    bool string();
    bool number();
    bool digits(std::size_t& count);
    bool word(std::string_view word);
    bool sign(char wanted);
    void space();
    bool closes_or_goes_on(bool& is_whole);

    [[nodiscard]] bool is_in_map() const { return (maps_ & 1U) != 0; }

    bool enter(bool is_map) {
        maps_ = (maps_ << 1U) | (is_map ? 1U : 0U);
        return ++depth_ <= kDepthMax;
    }

    void leave() {
        maps_ >>= 1U;
        --depth_;
    }

    const char* at_;
    const char* end_;
    std::uint64_t maps_ = 0;  // of the open containers, the innermost last: which are maps
    std::size_t depth_ = 0;
};

void Glance::space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) {
        ++at_;
    }
}

bool Glance::sign(char wanted) {
    space();
    if (at_ == end_ || *at_ != wanted) {
        return false;
    }
    ++at_;
    return true;
}

bool Glance::word(std::string_view word) {
    if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(word)) {
        return false;
    }
    at_ += word.size();
    return true;
}

// Behind its first quote.
bool Glance::string() {
    static constexpr std::string_view kEscapes = "\"\\/bfnrt";
    while (at_ != end_) {
        if (kPlain[static_cast<unsigned char>(*at_)]) {
            ++at_;
        } else if (*at_ == '"') {
            ++at_;
            return true;
        } else if (*at_ == '\\' && end_ - at_ > 1 &&
                   kEscapes.find(at_[1]) != std::string_view::npos) {
            at_ += 2;
        } else {
            return false;
        }
    }
    return false;
}

bool Glance::key() {
    return sign('"') && string() && sign(':');
}

bool Glance::digits(std::size_t& count) {
    const char* const first = at_;
    while (at_ != end_ && is_digit(*at_)) {
        ++at_;
    }
    count += static_cast<std::size_t>(at_ - first);
    return at_ != first && count <= kDigitsMax;
}

bool Glance::number() {
    std::size_t count = 0;
    at_ += *at_ == '-' ? 1 : 0;
    const bool is_zero = at_ != end_ && *at_ == '0';
    if (!digits(count) || (is_zero && count > 1)) {
        return false;
    }
    if (at_ != end_ && *at_ == '.') {
        ++at_;
        if (!digits(count)) {
            return false;
        }
    }
    return at_ == end_ || (*at_ != 'e' && *at_ != 'E');
}

bool Glance::scalar() {
    if (at_ == end_) {
        return false;
    }
    switch (*at_) {
        case 't': return word("true");
        case 'f': return word("false");
        case 'n': return word("null");
        default: return (*at_ == '-' || is_digit(*at_)) && number();
    }
}

// Behind a value: what follows it.
bool Glance::closes_or_goes_on(bool& is_whole) {
    while (depth_ > 0) {
        if (sign(',')) {
            return !is_in_map() || key();
        }
        if (!sign(is_in_map() ? '}' : ']')) {
            return false;
        }
        leave();
    }
    space();
    is_whole = at_ == end_;
    return is_whole;
}

bool Glance::whole() {
    for (bool is_whole = false; !is_whole;) {
        if (sign('"')) {
            if (!string()) {
                return false;
            }
        } else if (sign('{')) {
            if (!sign('}')) {
                if (!enter(true) || !key()) {
                    return false;
                }
                continue;
            }
        } else if (sign('[')) {
            if (!sign(']')) {
                if (!enter(false)) {
                    return false;
                }
                continue;
            }
        } else if (!scalar()) {
            return false;
        }
        if (!closes_or_goes_on(is_whole)) {
            return false;
        }
    }
    return true;
}

}  // namespace

bool is_surely_json(std::string_view text) {
    return text.size() <= kParamsValuesMax && Glance(text).whole();
}

}  // namespace steward::wire
