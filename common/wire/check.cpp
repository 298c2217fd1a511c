#include "common/wire/check.hpp"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

namespace steward::wire {
namespace {

using nlohmann::json;

// A whole number is written as one.
json number(double value) {
    constexpr double kWholeMax = 9007199254740992.0;  // 2^53: beyond it doubles skip some
    if (std::trunc(value) == value && std::abs(value) <= kWholeMax) {
        return static_cast<std::int64_t>(value);
    }
    return value;
}

json bound(const std::optional<double>& value) {
    return value ? number(*value) : json();
}

std::optional<double> bound_in(const json& counter, const char* name) {
    const auto found = counter.find(name);
    return found != counter.end() && found->is_number() ? std::optional(found->get<double>())
                                                        : std::nullopt;
}

std::optional<Counter> read_counter(const json& from) {
    if (!from.is_object() || !from.contains("name") || !from["name"].is_string() ||
        !from.contains("value") || !from["value"].is_number()) {
        return std::nullopt;
    }
    Counter counter;
    counter.name = from["name"].get<std::string>();
    counter.value = from["value"].get<double>();
    counter.unit = from.contains("unit") && from["unit"].is_string()
                       ? from["unit"].get<std::string>()
                       : std::string();
    counter.minimum = bound_in(from, "min");
    counter.maximum = bound_in(from, "max");
    return counter;
}

}  // namespace

std::string to_json(const Check& check) {
    json counters = json::array();
    for (const Counter& counter : check.counters) {
        if (counters.size() == kCheckCountersMax) {
            break;
        }
        counters.push_back({{"name", counter.name},
                            {"value", number(counter.value)},
                            {"unit", counter.unit},
                            {"min", bound(counter.minimum)},
                            {"max", bound(counter.maximum)}});
    }
    const json all = {
        {"text", check.text}, {"privileged", check.privileged}, {"counters", counters}};
    return all.dump(-1, ' ', false, json::error_handler_t::replace);
}

base::Expected<Check> parse_check(std::string_view text) {
    const json all = json::parse(text, nullptr, false);
    if (!all.is_object() || !all.contains("text") || !all["text"].is_string() ||
        !all.contains("counters") || !all["counters"].is_array() ||
        all["counters"].size() > kCheckCountersMax) {
        return base::fail(base::Errc::Malformed, "the answer is not one to a check");
    }
    Check check;
    check.text = all["text"].get<std::string>();
    check.privileged = all.value("privileged", json()) == json(true);
    for (const json& one : all["counters"]) {
        auto counter = read_counter(one);
        if (!counter) {
            return base::fail(base::Errc::Malformed, "a counter has a name and a value");
        }
        check.counters.push_back(*std::move(counter));
    }
    return check;
}

base::Blob to_blob(const CheckArguments& arguments) {
    json all = json::object();
    if (arguments.secret) {
        all["secret"] = *arguments.secret;
    }
    if (arguments.worker) {
        all["worker"] = *arguments.worker;
    }
    return all.empty() ? base::Blob{} : base::Blob::copy(all.dump());
}

base::Expected<CheckArguments> read_check_arguments(const base::Blob& arguments) {
    CheckArguments read;
    if (arguments.empty()) {
        return read;
    }
    const json all = json::parse(arguments.view(), nullptr, false);
    bool is_known = all.is_object();
    for (auto one = all.begin(); is_known && one != all.end(); ++one) {
        is_known = one->is_string() && (one.key() == "secret" || one.key() == "worker");
        if (is_known) {
            (one.key() == "secret" ? read.secret : read.worker) = one->get<std::string>();
        }
    }
    if (!is_known) {
        return base::fail(base::Errc::BadParams,
                          "the arguments are an object with at most \"secret\" and \"worker\", "
                          "which are strings");
    }
    return read;
}

}  // namespace steward::wire
