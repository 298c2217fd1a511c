// common/wire: see event_json.hpp. Written for each event of each job: appends only.
#include "common/wire/event_json.hpp"

#include <optional>

#include "common/wire/json_text.hpp"
#include "common/wire/params.hpp"
#include "common/wire/payload_text.hpp"

namespace steward::wire {
namespace {

// `name` comes with its comma, quotes and colon, so that a member costs one append more.
void text_member(std::string& out, std::string_view name, std::string_view text) {
    if (!text.empty()) {
        out += name;
        append_json_string(out, text);
    }
}

template <class Number>
void number_member(std::string& out, std::string_view name, Number value) {
    out += name;
    append_json_integer(out, value);
}

void flag_member(std::string& out, std::string_view name, bool value) {
    out += name;
    out += value ? "true" : "false";
}

void duration_member(std::string& out,
                     std::string_view name,
                     const std::optional<base::Duration>& value) {
    if (value) {
        out += name;
        append_json_seconds(out, *value);
    }
}

// As parse_options() reads them back, so that a job can be submitted again from its event.
void append_options(std::string& out, const model::JobOptions& options) {
    flag_member(out, ",\"options\":{\"sync\":", options.sync);
    if (options.durable) {
        flag_member(out, ",\"durable\":", *options.durable);
    }
    if (options.priority) {
        number_member(out, ",\"priority\":", *options.priority);
    }
    duration_member(out, ",\"delay\":", options.delay);
    duration_member(out, ",\"expires_in\":", options.expires_in);
    duration_member(out, ",\"time_limit\":", options.time_limit);
    if (options.max_attempts) {
        number_member(out, ",\"max_attempts\":", *options.max_attempts);
    }
    if (!options.meta.empty()) {
        const model::Payload meta{model::Encoding::Msgpack, options.meta};
        const model::Payload json = convert_params(meta, model::Encoding::Json);
        out += ",\"meta\":";
        out += json.bytes.view();
    }
    out.push_back('}');
}

}  // namespace

void append_event_json(std::string& out, const EventForPeople& event) {
    out += "{\"at\":";
    append_json_seconds(out, event.at.time_since_epoch());
    out += ",\"event\":\"";
    out += model::name_of(event.kind);
    out.push_back('"');
    if (event.job != model::JobId{}) {
        out += ",\"job\":\"";
        out += event.job.text();
        out.push_back('"');
    }
    text_member(out, ",\"service\":", event.service);
    if (event.attempt != 0) {
        number_member(out, ",\"attempt\":", event.attempt);
    }
    text_member(out, ",\"worker\":", event.worker);
    text_member(out, ",\"detail\":", event.detail);
    if (event.done != 0 || event.total != 0) {
        number_member(out, ",\"done\":", event.done);
        number_member(out, ",\"total\":", event.total);
    }
    if (event.due) {
        out += ",\"due\":";
        append_json_seconds(out, event.due->time_since_epoch());
    }
    text_member(out, ",\"context\":", event.context);
    text_member(out, ",\"group\":", event.group);
    text_member(out, ",\"batch\":", event.batch);
    if (event.submission.session != 0) {
        number_member(out, ",\"session\":", event.submission.session);
        number_member(out, ",\"number\":", event.submission.number);
    }
    if (event.params != nullptr && event.params->encoding != model::Encoding::Absent) {
        text_member(out, ",\"encoding\":", name_of(event.params->encoding));
        out += ",\"params\":";
        append_json_string(out, event.params->bytes.view());
    }
    if (event.options != nullptr) {
        append_options(out, *event.options);
    }
    out.push_back('}');
}

void append_event_topic(std::string& out, const EventForPeople& event) {
    out += event.service;
    out.push_back('.');
    out += model::name_of(event.kind);
}

}  // namespace steward::wire
