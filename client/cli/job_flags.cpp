#include "client/cli/job_flags.hpp"

#include <array>
#include <charconv>

#include <CLI/CLI.hpp>

#include "client/cli/words.hpp"
#include "client/client.hpp"
#include "common/base/whole_number.hpp"

namespace steward::cli {

namespace {

using nlohmann::json;

struct Flag {
    const char* flag = nullptr;
    const char* name = nullptr;
    const char* type = nullptr;
    const char* help = nullptr;
    bool is_number = false;  // a number where it reads as one
};

constexpr std::array<Flag, 18> kFlags = {{
    {"--priority", "priority", "low|normal|high|urgent|NUMBER", "larger ones run first", true},
    {"--delay", "delay", "TIME", "not before this time has passed: 30s, 5min, 1h"},
    {"--run-at", "run_at", "INSTANT", "not before: 2026-11-24T10:00:00Z", true},
    {"--expires-in", "expires_in", "TIME", "never start it later than this"},
    {"--time-limit", "time_limit", "TIME", "stop an attempt that runs longer"},
    {"--memory-limit", "memory_limit", "BYTES", "of its worker while it runs: 512MiB", true},
    {"--max-attempts", "max_attempts", "NUMBER", "give up after so many failures", true},
    {"--backoff", "backoff", "TIME", "pause before the second attempt; doubles"},
    {"--backoff-max", "backoff_max", "TIME", "the longest such pause"},
    {"--result-ttl", "result_ttl", "TIME", "how long the result can be fetched"},
    {"--channel", "channel", "NAME", "only workers that joined it run the job"},
    {"--context", "context", "NAME", "what it belongs to; its children inherit it"},
    {"--group", "group", "NAME", "shares turns fairly with other groups"},
    {"--group-limit", "group_limit", "NUMBER", "so many jobs of the group run at once", true},
    {"--group-rate", "group_rate", "RATE", "so many jobs of the group start: 5/s, 100/min"},
    {"--group-weight", "group_weight", "NUMBER", "turns of the group, 1 to 1000", true},
    {"--unique-scope", "unique_scope", "waiting|running", "until it starts, or until it ends"},
    {"--on-duplicate", "on_duplicate", "drop|attach|replace", "when its unique key is taken"},
}};

constexpr std::array<Flag, 2> kSubmittedFlags = {{
    {"--wait", "wait", "TIME", "print the result if it comes within this time"},
    {"--batch", "batch", "NAME", "the open batch it belongs to"},
}};

// "high" stays a word, "-5" becomes a number.
json number_or_word(const std::string& text) {
    if (const auto whole = base::parse_whole<std::int64_t>(text)) {
        return *whole;
    }
    const char* const end = text.data() + text.size();
    double real = 0;
    if (const auto [stop, error] =
            std::from_chars(text.data(), end, real, std::chars_format::fixed);
        error == std::errc{} && stop == end) {
        return real;
    }
    return text;
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

template <std::size_t N>
void add_flags(CLI::App& verb, JobFlags& flags, const std::array<Flag, N>& table) {
    for (const Flag& flag : table) {
        verb.add_option(flag.flag, flags.words[flag.name], flag.help)->type_name(flag.type);
    }
}

template <std::size_t N>
void add_names(json& names, const JobFlags& flags, const std::array<Flag, N>& table) {
    for (const Flag& flag : table) {
        const auto found = flags.words.find(flag.name);
        if (found != flags.words.end() && !found->second.empty()) {
            names[flag.name] = flag.is_number ? number_or_word(found->second) : json(found->second);
        }
    }
}

}  // namespace

void add_job_flags(CLI::App& verb, JobFlags& flags, JobKind kind) {
    add_flags(verb, flags, kFlags);
    if (kind == JobKind::Submitted) {
        add_flags(verb, flags, kSubmittedFlags);
    }
    // A flag, so that the word after it is not taken for the key.
    verb.add_flag("--unique", flags.unique, "only one such job at a time: the params are the key")
        ->type_name("[=KEY]");
    if (kind != JobKind::Later) {
        verb.add_option("--after", flags.after, "ids of jobs that must succeed first: ID,ID")
            ->allow_extra_args(false);
    }
    auto* durable = verb.add_flag("--durable", flags.is_durable, "survives the broker (submit)");
    verb.add_flag("--volatile", flags.is_volatile, "kept in memory only (call)")->excludes(durable);
    verb.add_option("--meta", flags.meta, "KEY=VALUE for the worker to see; may be repeated")
        ->allow_extra_args(false);
}

void add_job_words(CLI::App& verb, JobWords& words, JobKind kind) {
    verb.add_option("service", words.service, "which kind of job")->required();
    verb.add_option("params",
                    words.params,
                    "JSON, or key=value and key:=JSON words, or @FILE, or - for standard input");
    add_job_flags(verb, words.flags, kind);
}

base::Expected<json> JobFlags::names() const {
    json names = json::object();
    add_names(names, *this, kFlags);
    add_names(names, *this, kSubmittedFlags);
    if (!unique.empty()) {
        names["unique"] = unique == "true" ? json(true) : json(unique);
    }
    if (const auto ids = words_between_commas(after); !ids.empty()) {
        names["after"] = ids;
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
    return names;
}

base::Expected<model::JobOptions> JobFlags::options() const {
    return names().and_then([](const json& names) { return client::job_options(names); });
}

}  // namespace steward::cli
