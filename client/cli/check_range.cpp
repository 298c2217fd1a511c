#include "client/cli/check_range.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "common/base/bytes.hpp"

namespace steward::cli {
namespace {

std::optional<double> fixed_number(std::string_view text) {
    double number = 0;
    const auto read =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    const bool is_all = read.ec == std::errc{} && read.ptr == text.data() + text.size();
    return is_all && std::isfinite(number) ? std::optional(number) : std::nullopt;
}

std::string digits_of(double value) {
    std::array<char, 64> buffer{};
    const auto written = std::to_chars(
        buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
    return written.ec == std::errc{} ? std::string(buffer.data(), written.ptr) : "U";
}

std::string digits_of(const std::optional<double>& value) {
    return value ? digits_of(*value) : std::string();
}

// One line, and no '|', which begins the figures.
std::string one_plain_line(std::string_view text) {
    std::string line(text);
    std::ranges::replace_if(
        line, [](char c) { return c == '|' || static_cast<unsigned char>(c) < ' '; }, ' ');
    return line;
}

std::string quoted_label(std::string_view name) {
    std::string quoted = "'";
    for (const char c : name) {
        quoted += c == '\'' ? std::string("''") : std::string(1, c == '=' || c < ' ' ? '_' : c);
    }
    return quoted + "'";
}

std::string performance_of(const wire::Counter& counter, const Watched* watched) {
    const auto range = [](const std::optional<CheckRange>& one) { return one ? one->text : ""; };
    const bool is_unit = counter.unit == "s" || counter.unit == "%" || counter.unit == "B" ||
                         counter.unit == "c" || counter.unit == "ms" || counter.unit == "us";
    return quoted_label(counter.name) + "=" + digits_of(counter.value) +
           (is_unit ? counter.unit : "") + ";" +
           (watched != nullptr ? range(watched->warning) : "") + ";" +
           (watched != nullptr ? range(watched->critical) : "") + ";" + digits_of(counter.minimum) +
           ";" + digits_of(counter.maximum);
}

// Why a counter is an alert, for people.
std::string alert_text(const wire::Counter& counter, const CheckRange& range) {
    return counter.name + " is " + digits_of(counter.value) +
           (counter.unit == "c" ? "" : counter.unit) +
           (range.alerts_inside ? ", inside " : ", outside ") +
           range.text.substr(range.alerts_inside ? 1 : 0) + "; ";
}

}  // namespace

base::Expected<CheckRange> CheckRange::parse(std::string_view text) {
    CheckRange range;
    range.text = text;
    std::string_view rest = text;
    if (rest.starts_with('@')) {
        range.alerts_inside = true;
        rest.remove_prefix(1);
    }
    const std::size_t colon = rest.find(':');
    const std::string_view start = colon == std::string_view::npos ? "0" : rest.substr(0, colon);
    const std::string_view end = colon == std::string_view::npos ? rest : rest.substr(colon + 1);
    range.start = start == "~" ? std::nullopt : fixed_number(start);
    range.end = end.empty() ? std::nullopt : fixed_number(end);
    const bool is_start = range.start || start == "~";
    const bool is_end = range.end || (end.empty() && colon != std::string_view::npos);
    if (!is_start || !is_end || (range.start && range.end && *range.start > *range.end)) {
        return base::fail(base::Errc::BadOption,
                          "a range is [@]start:end, such as 10, 10:, ~:10, 10:20 or @10:20, and "
                          "does not end before it starts; this is \"" +
                              base::printable(text) + '"');
    }
    return range;
}

bool CheckRange::alerts(double value) const {
    const bool is_inside = (!start || value >= *start) && (!end || value <= *end);
    return is_inside == alerts_inside;
}

std::string_view name_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::Ok: return "OK";
        case Verdict::Warning: return "WARNING";
        case Verdict::Critical: return "CRITICAL";
        case Verdict::Unknown: break;
    }
    return "UNKNOWN";
}

Judgement judge(const wire::Check& check, const std::vector<Watched>& watched) {
    Judgement result;
    std::string why;
    std::string figures;
    for (const wire::Counter& counter : check.counters) {
        const auto found = std::ranges::find(watched, counter.name, &Watched::counter);
        const Watched* const bounds = found == watched.end() ? nullptr : &*found;
        figures += (figures.empty() ? "" : " ") + performance_of(counter, bounds);
        if (bounds == nullptr) {
            continue;
        }
        if (bounds->critical && bounds->critical->alerts(counter.value)) {
            result.verdict = Verdict::Critical;
            why += alert_text(counter, *bounds->critical);
        } else if (bounds->warning && bounds->warning->alerts(counter.value)) {
            result.verdict = std::max(result.verdict, Verdict::Warning);
            why += alert_text(counter, *bounds->warning);
        }
    }
    for (const Watched& one : watched) {
        if (std::ranges::find(check.counters, one.counter, &wire::Counter::name) ==
            check.counters.end()) {
            return failed(Verdict::Unknown,
                          "there is no counter \"" + one.counter +
                              (check.privileged ? "\"" : "\" for one who gives no secret"));
        }
    }
    result.line = "STEWARD " + std::string(name_of(result.verdict)) + " - " +
                  one_plain_line(why + check.text) + " | " + figures;
    return result;
}

Judgement failed(Verdict verdict, std::string_view why) {
    return {verdict, "STEWARD " + std::string(name_of(verdict)) + " - " + one_plain_line(why)};
}

}  // namespace steward::cli
