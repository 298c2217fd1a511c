// common/wire: the reading half of php.hpp. Its own stack instead of recursion.
#include <charconv>
#include <cmath>
#include <limits>

#include "common/base/bytes.hpp"
#include "common/wire/php.hpp"

namespace steward::wire {
namespace {

constexpr std::size_t kElementBytesMin = 6;  // "i:0;N;"

class PhpReader {
public:
    PhpReader(std::string_view bytes, ValueSink* next)
        : rest_(bytes), size_(bytes.size()), gate_(next) {}

    base::Expected<void> run() {
        do {
            if (!step()) {
                return error();
            }
        } while (!pairs_left_.empty());
        if (!rest_.empty()) {
            stop("one value is followed by more bytes");
            return error();
        }
        return {};
    }

private:
    // One element of the innermost array, or its end; outside of arrays the one value.
    bool step() {
        if (!pairs_left_.empty()) {
            if (pairs_left_.back() == 0) {
                pairs_left_.pop_back();
                return take("}") && gate_.close();
            }
            --pairs_left_.back();
            if (!key()) {
                return false;
            }
        }
        return value();
    }

    bool key() {
        if (rest_.starts_with("i:")) {
            std::int64_t number = 0;
            return read_integer(number) && gate_.key(std::to_string(number));
        }
        std::string_view bytes;
        return rest_.starts_with("s:") ? read_string(bytes) && gate_.key(bytes)
                                       : stop("a key is an int or a string");
    }

    bool value() {
        switch (rest_.empty() ? '\0' : rest_.front()) {
            case 'N': return take("N;") && gate_.null();
            case 'b': return boolean();
            case 'i': return integer();
            case 'd': return real();
            case 's': return string();
            case 'a': return array();
            case 'O':
            case 'C': return refuse("an object");
            case 'r':
            case 'R': return refuse("a reference");
            case 'E': return refuse("an enum");
            case '\0':
                return stop(rest_.empty() ? "the bytes end too early" : "no type has this byte");
            default: return stop("no type has this byte");
        }
    }

    bool boolean() {
        const bool truth = rest_.starts_with("b:1;");
        return take(truth ? "b:1;" : "b:0;") && gate_.boolean(truth);
    }

    bool integer() {
        std::int64_t number = 0;
        return read_integer(number) && gate_.integer(number);
    }

    bool real() {
        double number = std::numeric_limits<double>::infinity();
        if (rest_.starts_with("d:INF;")) {
            return take("d:INF;") && gate_.real(number);
        }
        if (rest_.starts_with("d:-INF;")) {
            return take("d:-INF;") && gate_.real(-number);
        }
        if (rest_.starts_with("d:NAN;")) {
            return take("d:NAN;") && gate_.real(std::nan(""));
        }
        if (!take("d:")) {
            return false;
        }
        // from_chars alone would also take "inf" and "nan".
        const std::size_t sign = rest_.starts_with('-') ? 1 : 0;
        if (rest_.size() <= sign ||
            std::string_view("0123456789.").find(rest_[sign]) == std::string_view::npos) {
            return stop("this is no float");
        }
        return number_then(number, ";", "this is no float") && gate_.real(number);
    }

    bool string() {
        std::string_view bytes;
        return read_string(bytes) && gate_.text(bytes);
    }

    bool array() {
        std::uint64_t count = 0;
        if (!take("a:") || !number_then(count, ":{", "this is no array size")) {
            return false;
        }
        if (count > rest_.size() / kElementBytesMin) {
            return stop("the array announces more elements than there are bytes");
        }
        pairs_left_.push_back(count);
        return gate_.open_php_array(static_cast<std::size_t>(count));
    }

    bool read_integer(std::int64_t& number) {
        return take("i:") && number_then(number, ";", "this is no 64-bit int");
    }

    bool read_string(std::string_view& bytes) {
        std::uint64_t length = 0;
        if (!take("s:") || !number_then(length, ":\"", "this is no string length")) {
            return false;
        }
        if (length > rest_.size()) {
            return stop("the string announces more bytes than there are");
        }
        bytes = rest_.substr(0, static_cast<std::size_t>(length));
        rest_.remove_prefix(bytes.size());
        return take("\";");
    }

    template <class Number>
    bool number_then(Number& number, std::string_view end, std::string_view why) {
        const char* const last = rest_.data() + rest_.size();
        const auto [stopped, problem] = std::from_chars(rest_.data(), last, number);
        if (problem != std::errc()) {
            return stop(why);
        }
        rest_.remove_prefix(static_cast<std::size_t>(stopped - rest_.data()));
        return take(end);
    }

    bool take(std::string_view wanted) {
        if (!rest_.starts_with(wanted)) {
            return stop("expected " + std::string(wanted) + " here");
        }
        rest_.remove_prefix(wanted.size());
        return true;
    }

    bool refuse(std::string_view what) {
        return stop(std::string(what) +
                    " is refused; params hold null, bool, int, float, string and array only");
    }

    bool stop(std::string_view why) {
        why_ = why;
        return false;
    }

    [[nodiscard]] base::Unexpected error() const {
        return bad_params("PHP serialize()",
                          size_ - rest_.size(),
                          gate_.why().empty() ? std::string_view(why_) : gate_.why());
    }

    std::string_view rest_;
    std::size_t size_;
    ParamsGate gate_;
    std::vector<std::uint64_t> pairs_left_;  // of each open array
    std::string why_ = "stopped";
};

}  // namespace

base::Expected<void> read_php(std::string_view bytes, ValueSink* next) {
    return PhpReader(bytes, next).run();
}

}  // namespace steward::wire
