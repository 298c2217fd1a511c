// common/wire: see event_json.hpp. Written for each event of each job: appends only.
#include "common/wire/event_json.hpp"

#include <concepts>
#include <optional>
#include <type_traits>
#include <vector>

#include "common/wire/json_text.hpp"
#include "common/wire/options.hpp"
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

// Written members of options, as parse_options() reads them back: so that a job can be submitted
// again from its event. What is not set costs a look.
class OptionMembers {
public:
    explicit OptionMembers(std::string& out) : out_(out) {}

    void member(std::string_view name, const std::optional<bool>& value) {
        if (value) {
            flag_member(out_, name, *value);
        }
    }

    template <std::integral Number>
    void member(std::string_view name, const std::optional<Number>& value) {
        if (value) {
            number_member(out_, name, *value);
        }
    }

    void member(std::string_view name, const std::optional<base::Duration>& value) {
        if (value) {
            out_ += name;
            append_json_seconds(out_, *value);
        }
    }

    void member(std::string_view name, const std::optional<base::WallTime>& value) {
        if (value) {
            out_ += name;
            append_json_seconds(out_, value->time_since_epoch());
        }
    }

    void member(std::string_view name, const std::optional<model::Rate>& value) {
        if (value) {
            text_member(out_, name, rate_text(*value));
        }
    }

    template <class Choice>
    requires std::is_enum_v<Choice>

    void member(std::string_view name, const std::optional<Choice>& value) {
        if (value) {
            text_member(out_, name, name_of(*value));
        }
    }

    void member(std::string_view name, const model::Label& value) {
        if (!value.empty()) {
            text_member(out_, name, value.view());
        }
    }

    void member(std::string_view name, const std::vector<model::JobId>& value) {
        if (value.empty()) {
            return;
        }
        out_ += name;
        char before = '[';
        for (const model::JobId& id : value) {
            out_.push_back(before);
            out_.push_back('"');
            out_ += id.text();
            out_.push_back('"');
            before = ',';
        }
        out_.push_back(']');
    }

    void meta(std::string_view name, const base::Blob& value) {
        if (!value.empty()) {
            const model::Payload map{model::Encoding::Msgpack, value};
            out_ += name;
            out_ += convert_params(map, model::Encoding::Json).bytes.view();
        }
    }

private:
    std::string& out_;
};

}  // namespace

void append_options_json(std::string& out, const model::JobOptions& options) {
    flag_member(out, "{\"sync\":", options.sync);
    OptionMembers to(out);
    to.member(",\"durable\":", options.durable);
    to.member(",\"priority\":", options.priority);
    to.member(",\"delay\":", options.delay);
    to.member(",\"run_at\":", options.run_at);
    to.member(",\"expires_in\":", options.expires_in);
    to.member(",\"time_limit\":", options.time_limit);
    to.member(",\"memory_limit\":", options.memory_limit);
    to.member(",\"max_attempts\":", options.max_attempts);
    to.member(",\"backoff\":", options.backoff);
    to.member(",\"backoff_max\":", options.backoff_max);
    to.member(",\"result_ttl\":", options.result_ttl);
    to.member(",\"wait\":", options.wait);
    to.member(",\"channel\":", options.channel);
    to.member(",\"context\":", options.context);
    to.member(",\"group\":", options.group);
    to.member(",\"group_limit\":", options.group_limit);
    to.member(",\"group_rate\":", options.group_rate);
    to.member(",\"group_weight\":", options.group_weight);
    if (options.unique_params) {
        flag_member(out, ",\"unique\":", true);
    } else {
        to.member(",\"unique\":", options.unique);
    }
    to.member(",\"unique_scope\":", options.unique_scope);
    to.member(",\"on_duplicate\":", options.on_duplicate);
    to.member(",\"after\":", options.after);
    to.member(",\"batch\":", options.batch);
    to.meta(",\"meta\":", options.meta);
    out.push_back('}');
}

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
        out += ",\"options\":";
        append_options_json(out, *event.options);
    }
    out.push_back('}');
}

void append_event_topic(std::string& out, const EventForPeople& event) {
    out += event.service;
    out.push_back('.');
    out += model::name_of(event.kind);
}

}  // namespace steward::wire
