#include "client/cli/job_flags.hpp"

#include <charconv>

#include <CLI/CLI.hpp>

#include "client/client.hpp"

namespace steward::cli {

namespace {

using nlohmann::json;

// "high" stays a word, "-5" becomes a number.
json number_or_word(const std::string& text) {
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    return error == std::errc{} && stop == end ? json(number) : json(text);
}

base::Expected<json> meta_of(const std::vector<std::string>& pairs) {
    json meta = json::object();
    for (const std::string& pair : pairs) {
        const std::size_t equals = pair.find('=');
        if (equals == std::string::npos || equals == 0) {
            return base::fail(base::Errc::BadOption, "--meta " + pair + " is not key=value");
        }
        meta[pair.substr(0, equals)] = pair.substr(equals + 1);
    }
    return meta;
}

}  // namespace

void add_job_flags(CLI::App& verb, JobFlags& flags) {
    verb.add_option("--priority", flags.priority, "low, normal, high, urgent or a number");
    verb.add_option("--delay", flags.delay, "not before this time has passed: 30s, 5min, 1h");
    verb.add_option("--expires-in", flags.expires_in, "never start it later than this");
    verb.add_option("--time-limit", flags.time_limit, "stop an attempt that runs longer");
    verb.add_option("--max-attempts", flags.max_attempts, "give up after so many failures");
    auto* durable = verb.add_flag("--durable", flags.is_durable, "survives the broker (submit)");
    verb.add_flag("--volatile", flags.is_volatile, "kept in memory only (call)")->excludes(durable);
    verb.add_option("--meta", flags.meta, "KEY=VALUE for the worker to see; may be repeated")
        ->allow_extra_args(false);
}

base::Expected<model::JobOptions> JobFlags::options() const {
    json names = json::object();
    const auto add = [&](const char* name, const std::string& text) {
        if (!text.empty()) {
            names[name] = text;
        }
    };
    if (!priority.empty()) {
        names["priority"] = number_or_word(priority);
    }
    add("delay", delay);
    add("expires_in", expires_in);
    add("time_limit", time_limit);
    if (max_attempts) {
        names["max_attempts"] = *max_attempts;
    }
    if (is_durable || is_volatile) {
        names["durable"] = is_durable;
    }
    auto pairs = meta_of(meta);
    if (!pairs) {
        return base::Unexpected(std::move(pairs.error()));
    }
    if (!pairs->empty()) {
        names["meta"] = std::move(*pairs);
    }
    return client::job_options(names);
}

}  // namespace steward::cli
