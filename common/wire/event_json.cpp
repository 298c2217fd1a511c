// common/wire: see event_json.hpp. Written for each event of each job: appends only.
#include "common/wire/event_json.hpp"

#include <array>
#include <concepts>
#include <cstring>
#include <optional>
#include <type_traits>
#include <vector>

#include "common/base/assert.hpp"
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

// Of an event without more than most have, but for its service and worker.
constexpr std::size_t kPlainBytesMax = 256;

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

const EventWriter::Snippet<32>& EventWriter::text_of(model::EventKind kind) {
    static const auto texts = [] {
        std::array<Snippet<32>, model::kEventKinds> all;
        for (std::size_t i = 0; i < all.size(); ++i) {
            char* end = put(all[i].text, ",\"event\":\"");
            const std::string_view name = model::name_of(static_cast<model::EventKind>(i));
            STEWARD_ASSERT(static_cast<std::size_t>(end - all[i].text) + name.size() + 1 <=
                           sizeof all[i].text);
            all[i].end_at(put(put(end, name), "\""));
        }
        return all;
    }();
    return texts[static_cast<std::size_t>(kind)];
}

char* EventWriter::put_at(char* to, base::WallTime at) {
    if (at != at_ || at_text_.size == 0) {
        at_ = at;
        char* end = put(at_text_.text, "{\"at\":");
        at_text_.end_at(put_json_seconds(end, at.time_since_epoch()));
    }
    return at_text_.put(to);
}

// Ids of neighbours differ in their last digits, if at all.
char* EventWriter::put_job(char* to, const model::JobId& id) {
    constexpr std::size_t kLast = 4;
    constexpr std::size_t kBits = 5 * kLast;
    constexpr std::string_view kKey = ",\"job\":\"";
    if (job_text_.size == 0) {
        char* end = put(job_text_.text, kKey);
        id.put_text(end);
        job_text_.end_at(put(end + model::JobId::kTextBytes, "\""));
    } else if (id != job_) {
        const bool is_neighbour =
            id.epoch == job_.epoch && id.number >> kBits == job_.number >> kBits;
        id.put_text(job_text_.text + kKey.size(), is_neighbour ? kLast : model::JobId::kTextBytes);
    }
    job_ = id;
    return job_text_.put(to);
}

void EventWriter::see_service(std::string_view service) {
    if (service != service_) {
        GrowingBuffer text;
        append_text_member(text, ",\"service\":", service);
        service_ = service;
        service_text_ = text.view();
    }
}

// All but the closing brace. In one room, whose end the caller tells.
char* EventWriter::put_plain(GrowingBuffer& out, const PlainEvent& event) {
    see_service(event.service);
    char* to = out.room(kPlainBytesMax + service_text_.size() + event.worker.size());
    to = put_at(to, event.at);
    to = text_of(event.kind).put(to);
    if (event.job != model::JobId{}) {
        to = put_job(to, event.job);
    }
    to = put(to, service_text_);
    if (event.attempt != 0) {
        to = put_integer(put(to, ",\"attempt\":"), event.attempt);
    }
    if (!event.worker.empty()) {
        to = put(put(to, ",\"worker\":\""), event.worker);
        *to++ = '"';
    }
    return to;
}

void EventWriter::append(GrowingBuffer& out, const PlainEvent& event) {
    out.end_at(put(put_plain(out, event), "}"));
}

void EventWriter::append(GrowingBuffer& out, const EventForPeople& event) {
    out.end_at(put_plain(out, event));
    append_text_member(out, ",\"detail\":", event.detail);
    if (event.done != 0 || event.total != 0) {
        append_number_member(out, ",\"done\":", event.done);
        append_number_member(out, ",\"total\":", event.total);
    }
    if (event.due) {
        char* to = put(out.room(64), ",\"due\":");
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
        if (event.options != options_) {
            options_ = event.options;
            options_text_ = ",\"options\":";
            append_options_json(options_text_, *options_);
        }
        out.append(options_text_);
    }
}

void append_event_json(std::string& out, const EventForPeople& event) {
    EventWriter writer;
    GrowingBuffer line;
    writer.append(line, event);
    out += line.view();
}

void append_event_topic(std::string& out, const PlainEvent& event) {
    out += event.service;
    out.push_back('.');
    out += model::name_of(event.kind);
}

}  // namespace steward::wire
