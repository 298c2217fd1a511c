// common/wire: a job's events as JSON lines, for the news socket and the lifecycle log.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/model/event.hpp"
#include "common/model/job.hpp"
#include "common/wire/growing_buffer.hpp"

namespace steward::wire {

/// All that most events tell.
struct PlainEvent {
    model::EventKind kind = model::EventKind::Received;
    std::uint32_t attempt = 0;
    model::JobId job;  // none of a service or batch
    std::string_view service;
    std::string_view worker;  // hex of its routing id; empty: none
    base::WallTime at{};
};

struct EventForPeople : PlainEvent {
    std::string_view detail;
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    std::optional<base::WallTime> due;  // when it will go on
    std::string_view context;           // empty: the job's own id
    std::string_view group;
    std::string_view batch;
    std::string_view owner;                            // the name of a key; empty: none
    model::SubmissionId submission;                    // Received only; session 0: none
    const model::Payload* params = nullptr;            // Received only
    std::size_t params_bytes_max = SIZE_MAX;           // of larger ones their size is told
    std::shared_ptr<const model::JobOptions> options;  // Received only
};

/// Writes one event after another. What follows one another has much in common: the instant, the
/// service, the options, most of the job's id; it is written once and then copied.
///
/// Thread: one.
class EventWriter {
public:
    void append(GrowingBuffer& out, const PlainEvent& event);
    /// Appends one JSON object without a line end. Strings are escaped, bytes that are no UTF-8 are
    /// shown as {"base64": …}. Keys: at, event, job, service, attempt, worker, detail, done, total,
    /// due, context, group, batch, owner, session, number, encoding, params or
    /// params_bytes, options; those without a value are left out.
    void append(GrowingBuffer& out, const EventForPeople& event);

private:
    // A short text of which always as much is copied, since that is cheaper than to copy its
    // length.
    template <std::size_t kBytes>
    struct Snippet {
        char text[kBytes] = {};
        std::size_t size = 0;

        char* put(char* to) const {
            std::memcpy(to, text, kBytes);
            return to + size;
        }

        void end_at(const char* end) { size = static_cast<std::size_t>(end - text); }
    };

    [[nodiscard]] static const Snippet<32>& text_of(model::EventKind kind);
    [[nodiscard]] char* put_plain(GrowingBuffer& out, const PlainEvent& event);
    char* put_at(char* to, base::WallTime at);
    char* put_job(char* to, const model::JobId& id);
    void see_service(std::string_view service);
    void append_received(GrowingBuffer& out, const EventForPeople& event);

    base::WallTime at_{};
    Snippet<48> at_text_;
    model::JobId job_;
    Snippet<48> job_text_;  // with its key and quotes
    std::string service_;
    std::string service_text_;  // with its key
    std::uint64_t session_ = 0;
    Snippet<48> session_text_;
    std::shared_ptr<const model::JobOptions> options_;  // those of options_text_
    std::string options_text_;                          // with their key
};

/// The same for one event alone.
void append_event_json(std::string& out, const EventForPeople& event);
/// Appends the options that are set as one JSON object, which parse_options() reads back.
void append_options_json(std::string& out, const model::JobOptions& options);
/// "SERVICE.EVENT"
void append_event_topic(std::string& out, const PlainEvent& event);

}  // namespace steward::wire
