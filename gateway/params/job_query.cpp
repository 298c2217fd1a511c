#include "gateway/params/job_query.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/base/bytes.hpp"
#include "common/base/whole_number.hpp"
#include "common/wire/options.hpp"
#include "common/wire/params.hpp"
#include "gateway/params/jsonp.hpp"
#include "gateway/params/limits.hpp"

namespace steward::gateway {

namespace {

using base::Expected;
using base::Unexpected;
using nlohmann::json;

constexpr std::string_view kMetaPrefix = "meta.";
constexpr std::array<std::string_view, 3> kFlags = {"sync", "durable", "unique"};
constexpr std::array<std::string_view, 4> kNumbers = {
    "priority", "max_attempts", "group_limit", "group_weight"};

// A query knows only texts; whether a text is a right value is the option's own rule.
json value_as(std::string_view option, const std::string& text) {
    if (std::ranges::find(kFlags, option) != kFlags.end() && (text == "true" || text == "false")) {
        return text == "true";
    }
    if (std::ranges::find(kNumbers, option) != kNumbers.end()) {
        if (const auto number = base::parse_whole<std::int64_t>(text)) {
            return *number;
        }
    }
    return text;
}

void append_ids(json& names, std::string_view ids) {
    json& after = names["after"];
    while (!ids.empty()) {
        const std::size_t comma = std::min(ids.find(','), ids.size());
        after.push_back(std::string(ids.substr(0, comma)));
        ids.remove_prefix(std::min(comma + 1, ids.size()));
    }
}

}  // namespace

Expected<model::JobOptions> options_of(const Pairs& pairs) {
    if (std::ranges::none_of(
            pairs, [](const Pair& pair) { return pair.name.starts_with(kOptionPrefix); })) {
        return model::JobOptions{};
    }
    json names = json::object();
    for (const Pair& pair : pairs) {
        if (!pair.name.starts_with(kOptionPrefix)) {
            continue;
        }
        const std::string name = pair.name.substr(kOptionPrefix.size());
        if (name.starts_with(kMetaPrefix)) {
            names["meta"][name.substr(kMetaPrefix.size())] = pair.value;
        } else if (name == "meta") {
            return base::fail(base::Errc::BadOption,
                              "an entry of meta is given as option.meta.NAME=VALUE");
        } else if (name == "after") {
            append_ids(names, pair.value);
        } else {
            names[name] = value_as(name, pair.value);
        }
    }
    return wire::parse_options(names);
}

Expected<base::Duration> wait_of(std::string_view name, std::string_view text) {
    const auto wait = wire::parse_duration(text);
    if (!wait || *wait < base::Duration(0) || *wait > wire::kWaitMax) {
        return base::fail(base::Errc::BadOption,
                          std::string(name) + " is 0 to " + wire::duration_text(wire::kWaitMax) +
                              ": 250ms, 30s, 5min or seconds, not \"" + base::printable(text, 40) +
                              "\"");
    }
    return *wait;
}

Expected<DoorQuery> door_query_of(std::string_view query) {
    auto pairs = parse_pairs(query, "query");
    if (!pairs) {
        return Unexpected(std::move(pairs.error()));
    }
    auto options = options_of(*pairs);
    if (!options) {
        return Unexpected(std::move(options.error()));
    }
    DoorQuery door;
    door.options = std::move(*options);
    for (Pair& pair : *pairs) {
        if (pair.name == "jsonp") {
            if (!is_jsonp_name(pair.value)) {
                return base::fail(base::Errc::BadParams,
                                  "jsonp is the name of a function, words joined by points, at "
                                  "most " +
                                      std::to_string(kJsonpNameBytesMax) + " bytes, not \"" +
                                      base::printable(pair.value, 40) + "\"");
            }
            door.jsonp = std::move(pair.value);
        } else if (!pair.name.starts_with(kOptionPrefix)) {
            door.params.push_back(std::move(pair));
        }
    }
    return door;
}

std::optional<std::string_view> value_of(const Pairs& pairs, std::string_view name) {
    const auto found = std::find_if(
        pairs.rbegin(), pairs.rend(), [&](const Pair& pair) { return pair.name == name; });
    return found == pairs.rend() ? std::nullopt : std::optional<std::string_view>(found->value);
}

Expected<void> only_known(const Pairs& pairs, const std::vector<std::string_view>& known) {
    const auto is_known = [&](const Pair& pair) {
        return std::ranges::any_of(known, [&](std::string_view name) {
            return name == kOptionPrefix ? pair.name.starts_with(name) : pair.name == name;
        });
    };
    const auto stranger = std::ranges::find_if_not(pairs, is_known);
    if (stranger == pairs.end()) {
        return {};
    }
    std::string message = "the query has no \"" + base::printable(stranger->name, 40) + "\"; ";
    message += known.empty() ? "it is empty" : "there are ";
    for (std::size_t i = 0; i < known.size(); ++i) {
        message += i == 0 ? "" : ", ";
        message += known[i];
        message += known[i] == kOptionPrefix ? "NAME" : "";
    }
    return base::fail(base::Errc::BadParams, std::move(message));
}

}  // namespace steward::gateway
