// common/wire: commands that come by the thousand, taken off a batch with a glance: only in the
// forms that BatchWriter writes. Whatever looks different is left for native_decode.cpp.
#include "common/model/limits.hpp"
#include "common/wire/big_endian.hpp"
#include "common/wire/native.hpp"

namespace steward::wire::native {
namespace {

// Reads values in the forms in which BatchWriter writes most of them. Whoever meets another form
// gives up, and nothing is taken: no value is checked twice, and none less than elsewhere.
class Glance {
public:
    explicit Glance(std::string_view bytes) : rest_(bytes) {}

    [[nodiscard]] std::string_view rest() const { return rest_; }

    [[nodiscard]] bool pass(std::string_view expected) {
        if (!rest_.starts_with(expected)) {
            return false;
        }
        rest_.remove_prefix(expected.size());
        return true;
    }

    [[nodiscard]] bool count(std::uint64_t& value) {
        if (rest_.empty()) {
            return false;
        }
        const auto form = static_cast<unsigned char>(rest_.front());
        if (form < 0x80) {
            value = form;
            rest_.remove_prefix(1);
            return true;
        }
        const std::size_t tail = std::size_t{1} << (form & 3U);
        if (form < 0xCC || form > 0xCF || rest_.size() <= tail) {
            return false;
        }
        if (rest_.size() > sizeof value) [[likely]] {
            value = load_be<std::uint64_t>(rest_.data() + 1) >> (64 - 8 * tail);
        } else {
            value = 0;
            for (std::size_t i = 1; i <= tail; ++i) {
                value = value << 8U | static_cast<unsigned char>(rest_[i]);
            }
        }
        rest_.remove_prefix(1 + tail);
        return true;
    }

    [[nodiscard]] bool payload(model::Payload& value) {
        constexpr auto kLast = static_cast<unsigned char>(model::Encoding::Php);
        if (rest_.size() < 2) {
            return false;
        }
        const auto encoding = static_cast<unsigned char>(rest_[0]);
        const auto form = static_cast<unsigned char>(rest_[1]);
        if (encoding == 0 && form == 0xC0) {  // absent, nil
            value = {};
            rest_.remove_prefix(2);
            return true;
        }
        const std::size_t head = form == 0xC4 ? 3 : 4;  // bin with one or two bytes of length
        if (encoding == 0 || encoding > kLast || (form != 0xC4 && form != 0xC5) ||
            rest_.size() < head) {
            return false;
        }
        std::size_t size = static_cast<unsigned char>(rest_[2]);
        if (form == 0xC5) {
            size = size << 8U | static_cast<unsigned char>(rest_[3]);
        }
        if (rest_.size() - head < size) {
            return false;
        }
        value.encoding = static_cast<model::Encoding>(encoding);
        value.bytes = base::Blob::copy(std::string_view(rest_.data() + head, size));
        rest_.remove_prefix(head + size);
        return true;
    }

    [[nodiscard]] bool short_text(std::string_view& value) {
        const unsigned form = rest_.empty() ? 0 : static_cast<unsigned char>(rest_.front());
        const std::size_t size = form & 0x1FU;
        if ((form & 0xE0U) != 0xA0 || rest_.size() <= size) {
            return false;
        }
        value = rest_.substr(1, size);
        rest_.remove_prefix(1 + size);
        return true;
    }

    // Pre: so many are left.
    [[nodiscard]] std::uint64_t big_endian() {
        const auto value = load_be<std::uint64_t>(rest_.data());
        rest_.remove_prefix(sizeof value);
        return value;
    }

private:
    std::string_view rest_;
};

}  // namespace

bool BatchReader::next_alike(std::uint64_t& number,
                             model::ServiceName& service,
                             model::Payload& params) {
    constexpr std::string_view kHead = "\x98\x03";  // eight fields, the first of them the type
    constexpr std::size_t kFlags = 2;               // the head's, before the service
    Glance in(rest_);
    if (last_.head.empty() || last_.head.front() != '\xC2' || last_.options.empty() ||
        commands_ >= model::kCommandsPerBatchMax || !in.pass(kHead) || !in.count(number)) {
        return false;
    }
    const std::string_view at_head = in.rest();
    const bool is_same = in.pass(last_.head);
    std::string_view name;
    if (!is_same && (!in.pass(last_.head.substr(0, kFlags)) || !in.short_text(name))) {
        return false;
    }
    const std::string_view head = at_head.substr(0, at_head.size() - in.rest().size());
    if (!in.payload(params) || !in.pass(last_.options)) {
        return false;
    }
    if (!is_same) {
        if (!service.assign(name)) {
            return false;
        }
        last_.head = head;
        last_.service = service;
    }
    rest_ = in.rest();
    ++commands_;
    return true;
}

bool BatchReader::next_assign(Assign& to) {
    constexpr std::string_view kHead = "\x9B\x60\xC4\x10";  // eleven fields, the second an id
    constexpr std::string_view kNeither = "\xC0\xC0";       // meta, options
    constexpr auto kMost = static_cast<std::uint64_t>(model::kDurationMax.count());
    Glance in(rest_);
    if (commands_ >= model::kCommandsPerBatchMax || !in.pass(kHead) || in.rest().size() < 16) {
        return false;
    }
    to.attempt.job.epoch = in.big_endian();
    to.attempt.job.number = in.big_endian();
    std::uint64_t number = 0;
    std::string_view service;
    std::uint64_t time_limit = 0;
    if (!in.count(number) || number > UINT32_MAX || !in.short_text(service) ||
        !in.payload(to.params) || !in.count(time_limit) || time_limit > kMost ||
        !in.count(to.submission.session) || !in.count(to.submission.number) || !in.pass(kNeither)) {
        return false;
    }
    to.attempt.number = static_cast<std::uint32_t>(number);
    if (to.service != service) {
        to.service = service;
    }
    to.time_limit = base::Duration{time_limit};
    rest_ = in.rest();
    ++commands_;
    return true;
}

bool BatchReader::next_success(model::Attempt& attempt,
                               model::Payload& result,
                               base::Duration& run_time) {
    constexpr std::string_view kHead = "\x99\x12\xC4\x10";  // nine fields, the second an id
    constexpr std::string_view kSucceeded("\x00\xA0", 2);   // and no text
    constexpr std::string_view kNow("\x00", 1);             // again: does not say
    Glance in(rest_);
    if (commands_ >= model::kCommandsPerBatchMax || !in.pass(kHead) || in.rest().size() < 16) {
        return false;
    }
    attempt.job.epoch = in.big_endian();
    attempt.job.number = in.big_endian();
    std::uint64_t attempt_number = 0;
    std::uint64_t run = 0;
    if (!in.count(attempt_number) || attempt_number > UINT32_MAX || !in.pass(kSucceeded) ||
        !in.payload(result) || !in.count(run) ||
        run > static_cast<std::uint64_t>(model::kDurationMax.count()) || !in.pass(kNow)) {
        return false;
    }
    attempt.number = static_cast<std::uint32_t>(attempt_number);
    run_time = base::Duration{run};
    rest_ = in.rest();
    ++commands_;
    return true;
}

// In the shortest forms alone, which are those that BatchWriter writes.
bool BatchReader::next_accepted(Accepted& to) {
    constexpr std::string_view kHead = "\x94\x50";   // four fields, the first of them the type
    constexpr std::string_view kJobId = "\xC4\x10";  // sixteen bytes
    constexpr std::size_t kMost = 2 + 9 + 2 + 16 + 1;
    constexpr std::size_t kLeast = kMost - 8;
    if (rest_.size() < kLeast || !rest_.starts_with(kHead) ||
        commands_ >= model::kCommandsPerBatchMax) {
        return false;
    }
    const char* at = rest_.data() + kHead.size();
    const auto form = static_cast<unsigned char>(*at++);
    std::uint64_t number = form;
    std::size_t tail = 0;
    if (form >= 0x80) {
        if (form < 0xCC || form > 0xCF || rest_.size() < kMost) {
            return false;
        }
        tail = std::size_t{1} << (form - 0xCCU);
        number = load_be<std::uint64_t>(at) >> (64 - 8 * tail);
        at += tail;
    }
    const std::string_view id(at, kJobId.size());
    const auto flag = static_cast<unsigned char>(at[kJobId.size() + 16]);
    if (id != kJobId || (flag != 0xC2 && flag != 0xC3)) {
        return false;
    }
    at += kJobId.size();
    to = {number, {load_be<std::uint64_t>(at), load_be<std::uint64_t>(at + 8)}, flag == 0xC3};
    rest_.remove_prefix(kLeast + tail);
    ++commands_;
    return true;
}

}  // namespace steward::wire::native
