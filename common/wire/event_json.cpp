// common/wire: see event_json.hpp. Written for each event of each job: appends only.
#include "common/wire/event_json.hpp"

#include <concepts>
#include <cstring>
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

// What stands before the service of an event.
constexpr std::size_t kHeadBytesMax = 256;
constexpr std::string_view kWorkerKey = ",\"worker\":\"";

// Texts that are known here become a few moves.
[[gnu::always_inline]] inline char* put(char* to, std::string_view text) {
    std::memcpy(to, text.data(), text.size());
    return to + text.size();
}

void append_number_member(GrowingBuffer& out, std::string_view name, std::uint64_t value) {
    char* to = put(out.room(name.size() + 20), name);
    out.end_at(put_integer(to, value));
}

void append_text_member(GrowingBuffer& out, std::string_view name, std::string_view text) {
    if (!text.empty()) {
        out.append(name);
        append_json_string(out, text);
    }
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

char* EventWriter::put_at(char* to, base::WallTime at) {
    if (at != at_ || at_text_.size == 0) {
        at_ = at;
        char* end = put(at_text_.text, "{\"at\":");
        at_text_.end_at(put_json_seconds(end, at.time_since_epoch()));
    }
    return at_text_.put(to);
}

// Ids of neighbours differ in their last digits.
char* EventWriter::put_job(char* to, const model::JobId& id) {
    constexpr std::size_t kLast = 4;
    constexpr std::size_t kBits = 5 * kLast;
    if (job_text_.size != 0 && id.epoch == job_.epoch &&
        id.number >> kBits == job_.number >> kBits) {
        id.put_text(job_text_.text, kLast);
    } else {
        id.put_text(job_text_.text);
        job_text_.size = model::JobId::kTextBytes;
    }
    job_ = id;
    return job_text_.put(to);
}

void EventWriter::append_service(GrowingBuffer& out, std::string_view service) {
    if (service != service_) {
        GrowingBuffer text;
        append_text_member(text, ",\"service\":", service);
        service_ = service;
        service_text_ = text.view();
    }
    out.append(service_text_);
}

void EventWriter::append(GrowingBuffer& out, const EventForPeople& event) {
    char* to = put_at(out.room(kHeadBytesMax), event.at);
    to = put(to, ",\"event\":\"");
    to = put(to, model::name_of(event.kind));
    *to++ = '"';
    if (event.job != model::JobId{}) {
        to = put(to, ",\"job\":\"");
        to = put_job(to, event.job);
        *to++ = '"';
    }
    out.end_at(to);
    if (!event.service.empty()) {
        append_service(out, event.service);
    }
    if (event.attempt != 0) {
        append_number_member(out, ",\"attempt\":", event.attempt);
    }
    if (!event.worker.empty()) {
        to = out.room(kWorkerKey.size() + event.worker.size() + 1);
        to = put(put(to, kWorkerKey), event.worker);
        *to++ = '"';
        out.end_at(to);
    }
    append_text_member(out, ",\"detail\":", event.detail);
    if (event.done != 0 || event.total != 0) {
        append_number_member(out, ",\"done\":", event.done);
        append_number_member(out, ",\"total\":", event.total);
    }
    if (event.due) {
        to = put(out.room(64), ",\"due\":");
        out.end_at(put_json_seconds(to, event.due->time_since_epoch()));
    }
    append_text_member(out, ",\"context\":", event.context);
    append_text_member(out, ",\"group\":", event.group);
    append_text_member(out, ",\"batch\":", event.batch);
    append_text_member(out, ",\"owner\":", event.owner);
    append_received(out, event);
    out.append("}");
}

void EventWriter::append_received(GrowingBuffer& out, const EventForPeople& event) {
    if (const std::uint64_t session = event.submission.session; session != 0) {
        if (session != session_) {
            session_ = session;
            char* end = put(session_text_.text, ",\"session\":");
            end = put_integer(end, session);
            session_text_.end_at(put(end, ",\"number\":"));
        }
        char* to = session_text_.put(out.room(96));
        out.end_at(put_integer(to, event.submission.number));
    }
    if (event.params != nullptr && event.params->encoding != model::Encoding::Absent) {
        char* to = put(out.room(64), ",\"encoding\":\"");
        to = put(to, name_of(event.params->encoding));
        *to++ = '"';
        out.end_at(to);
        const std::string_view bytes = event.params->bytes.view();
        if (bytes.size() <= event.params_bytes_max) {
            out.append(",\"params\":");
            append_json_string(out, bytes);
        } else {
            append_number_member(out, ",\"params_bytes\":", bytes.size());
        }
    }
    if (event.options != nullptr) {
        options_text_ = ",\"options\":";
        append_options_json(options_text_, *event.options);
        out.append(options_text_);
    }
}

void append_event_json(std::string& out, const EventForPeople& event) {
    EventWriter writer;
    GrowingBuffer line;
    writer.append(line, event);
    out += line.view();
}

void append_event_topic(std::string& out, const EventForPeople& event) {
    out += event.service;
    out.push_back('.');
    out += model::name_of(event.kind);
}

}  // namespace steward::wire
