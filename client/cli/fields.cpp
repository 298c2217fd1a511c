#include "client/cli/fields.hpp"

#include <cmath>
#include <cstdint>
#include <utility>

#include "client/cli/listing.hpp"

namespace steward::cli {

using nlohmann::json;

namespace {

constexpr double kSecondsMax = 4e9;  // no instant or duration of a report is honestly beyond

Field text(std::string_view title, const char* name, bool is_number = false) {
    return {{title, is_number},
            [name](const json& row, base::WallTime) { return Cell{text_of(member(row, name))}; }};
}

Field number(std::string_view title, const char* name) {
    return text(title, name, true);
}

Field coloured(std::string_view title, const char* name, Colour (*colour_of)(std::string_view)) {
    return {{title}, [name, colour_of](const json& row, base::WallTime) {
                std::string word = text_of(member(row, name));
                const Colour colour = colour_of(word);
                return Cell{std::move(word), colour};
            }};
}

Field state() {
    return coloured("STATE", "state", colour_of_state);
}

// How long ago, or how long still.
Field since(std::string_view title, const char* name) {
    return {{title, true}, [name](const json& row, base::WallTime now) {
                const auto at = seconds_of(member(row, name));
                return Cell{at ? duration_text(now.time_since_epoch() - *at) : ""};
            }};
}

Field until(std::string_view title, const char* name) {
    return {{title, true}, [name](const json& row, base::WallTime now) {
                const auto at = seconds_of(member(row, name));
                return Cell{at ? duration_text(*at - now.time_since_epoch()) : ""};
            }};
}

Field instant(std::string_view title, const char* name) {
    return {{title}, [name](const json& row, base::WallTime) {
                const auto at = seconds_of(member(row, name));
                return Cell{at ? instant_text(base::WallTime(*at)) : ""};
            }};
}

Field lasting(std::string_view title, const char* from, const char* to) {
    return {{title, true}, [from, to](const json& row, base::WallTime) {
                const auto start = seconds_of(member(row, from));
                const auto end = seconds_of(member(row, to));
                return Cell{start && end ? duration_text(*end - *start) : ""};
            }};
}

Field duration(std::string_view title, const char* name) {
    return {{title, true}, [name](const json& row, base::WallTime) {
                const auto length = seconds_of(member(row, name));
                return Cell{length ? duration_text(*length) : ""};
            }};
}

// Counted only when there were any: zeros in red would cry wolf.
Field failures(std::string_view title, const char* name) {
    return {{title, true}, [name](const json& row, base::WallTime) {
                std::string count = text_of(member(row, name));
                const Colour colour = count.empty() || count == "0" ? Colour::Plain : Colour::Red;
                return Cell{std::move(count), colour};
            }};
}

Field names(std::string_view title, const char* list, const char* otherwise) {
    return {{title}, [list, otherwise](const json& row, base::WallTime) {
                const json* all = member(row, list);
                if (all == nullptr || !all->is_array()) {
                    return Cell{text_of(member(row, otherwise))};
                }
                std::string joined;
                for (const json& name : *all) {
                    joined += joined.empty() ? "" : ",";
                    joined += text_of(&name);
                }
                return Cell{std::move(joined)};
            }};
}

Field yes(std::string_view title, const char* name) {
    return {{title}, [name](const json& row, base::WallTime) {
                const json* value = member(row, name);
                return Cell{value != nullptr && *value == true ? "yes" : ""};
            }};
}

Field batch_state() {
    return {{"STATE"}, [](const json& row, base::WallTime) {
                const auto is = [&](const char* name) {
                    const json* value = member(row, name);
                    return value != nullptr && *value == true;
                };
                return is("ended")    ? Cell{"ended", Colour::Green}
                       : is("closed") ? Cell{"closed", Colour::Yellow}
                                      : Cell{"open", Colour::Cyan};
            }};
}

std::vector<Field> active_fields() {
    return {text("ID", "jobid"),
            text("SERVICE", "service"),
            text("WORKER", "worker"),
            number("TRY", "attempt"),
            since("RUNNING", "startedat"),
            text("PARAMS", "param")};
}

std::vector<Field> history_fields() {
    return {text("ID", "jobid"),
            text("SERVICE", "service"),
            state(),
            number("TRY", "attempt"),
            lasting("TOOK", "startedat", "completedat"),
            since("AGO", "completedat"),
            text("REASON", "text")};
}

std::vector<Field> worker_fields() {
    return {text("WORKER", "workerid"),
            names("SERVICES", "services", "service"),
            names("CHANNELS", "channels", ""),
            text("NAME", "name"),
            number("SLOTS", "concurrency"),
            number("HELD", "held"),
            number("OK", "succeeded"),
            failures("FAILED", "failed"),
            since("UP", "since"),
            since("HEARD", "hb")};
}

std::vector<Field> service_fields() {
    return {text("SERVICE", "service"),
            coloured("MODE", "mode", colour_of_mode),
            number("WORKERS", "workers"),
            number("READY", "ready"),
            number("LATER", "scheduled"),
            number("BLOCKED", "blocked"),
            number("ACTIVE", "active"),
            number("OK", "succeeded"),
            failures("FAILED", "failed"),
            failures("DEAD", "dead_letters"),
            duration("WAITS", "oldest_ready")};
}

std::vector<Field> group_fields() {
    return {text("GROUP", "group"),
            number("WEIGHT", "weight"),
            number("LIMIT", "limit"),
            number("RATE", "rate"),
            number("WAITING", "waiting"),
            number("ACTIVE", "active")};
}

std::vector<Field> limit_fields() {
    return {text("LIMIT", "limit"),
            number("AT ONCE", "at_once"),
            number("RATE", "rate"),
            number("ACTIVE", "active"),
            yes("HOLDS", "holding"),
            names("SERVICES", "services", "")};
}

std::vector<Field> schedule_fields() {
    return {text("SCHEDULE", "schedule"),
            text("EXPRESSION", "expression"),
            text("ZONE", "zone"),
            text("MISSED", "missed"),
            text("SERVICE", "service"),
            until("NEXT IN", "next"),
            instant("NEXT", "next"),
            since("LAST", "last"),
            text("LAST JOB", "last_job"),
            yes("CONFIGURED", "configured")};
}

std::vector<Field> batch_fields() {
    return {text("BATCH", "batch"),
            batch_state(),
            number("JOBS", "total"),
            number("OK", "succeeded"),
            failures("FAILED", "failed"),
            since("AGE", "openedat"),
            text("THEN", "then")};
}

std::vector<Field> job_fields() {
    return {text("ID", "jobid"),
            text("SERVICE", "service"),
            state(),
            number("PRIORITY", "priority"),
            number("TRY", "attempt"),
            since("AGE", "reqtime"),
            text("PARAMS", "param")};
}

}  // namespace

std::vector<Field> fields_of(std::string_view what) {
    if (what == "active") {
        return active_fields();
    }
    if (what == "hist") {
        return history_fields();
    }
    if (what == "workers") {
        return worker_fields();
    }
    if (what == "services") {
        return service_fields();
    }
    if (what == "groups") {
        return group_fields();
    }
    if (what == "limits") {
        return limit_fields();
    }
    if (what == "schedules") {
        return schedule_fields();
    }
    if (what == "batches") {
        return batch_fields();
    }
    return job_fields();
}

const json* member(const json& row, const char* name) {
    const auto found = row.is_object() ? row.find(name) : row.end();
    return found != row.end() ? &*found : nullptr;
}

std::string text_of(const json* value) {
    if (value == nullptr || value->is_null()) {
        return {};
    }
    if (value->is_string()) {
        return value->get<std::string>();
    }
    return value->dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<base::Duration> seconds_of(const json* value) {
    if (value == nullptr || !value->is_number()) {
        return std::nullopt;
    }
    const auto seconds = value->get<double>();
    if (!(std::abs(seconds) < kSecondsMax)) {
        return std::nullopt;
    }
    return base::Duration(std::llround(seconds * 1e6));
}

std::uint64_t count_of(const json* value) {
    if (value == nullptr || !value->is_number_integer() ||
        (!value->is_number_unsigned() && value->get<std::int64_t>() < 0)) {
        return 0;
    }
    return value->get<std::uint64_t>();
}

Colour colour_of_state(std::string_view state) {
    if (state == "succeeded") {
        return Colour::Green;
    }
    if (state == "failed" || state == "dead" || state == "expired" || state == "cancelled") {
        return Colour::Red;
    }
    if (state == "active") {
        return Colour::Yellow;
    }
    return state == "scheduled" || state == "blocked" ? Colour::Cyan : Colour::Plain;
}

Colour colour_of_mode(std::string_view mode) {
    if (mode == "disabled") {
        return Colour::Red;
    }
    return mode == "paused" || mode == "draining" ? Colour::Yellow : Colour::Plain;
}

}  // namespace steward::cli
