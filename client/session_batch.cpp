// client: how a session's open requests become messages. Pure, like session.cpp.
#include <algorithm>
#include <utility>

#include "client/session.hpp"
#include "common/model/limits.hpp"

namespace steward::client {

namespace native = wire::native;

namespace {

// What one command takes besides its payload and names; generous.
constexpr std::size_t kCommandBytes = 512;
constexpr std::size_t kQuestionBytes = kCommandBytes + 5 * model::kNameBytesMax;
constexpr std::size_t kSubmitBytes = 64;  // beside the job itself, as the first of its message
// Sent without knowing how large a message this broker takes: no sensible limit is below it.
constexpr std::size_t kUnaskedBytesMax = 64UL << 10U;

std::size_t bytes_of(const OpenRequests::Request& request) {  // about, on the wire
    if (request.asked) {
        const auto* operate = std::get_if<native::Operate>(&request.asked->question);
        return kQuestionBytes + (operate != nullptr ? operate->arguments.size() : 0);
    }
    return kSubmitBytes + request.job.bytes.size() + request.job.params.size();
}

}  // namespace

std::optional<wire::Frames> Session::take_batch(base::MonoTime now) {
    if (link_ != Link::Connected) {
        return std::nullopt;
    }
    if (writer_.empty()) {
        gather(now);
    }
    if (writer_.empty()) {
        return std::nullopt;
    }
    return writer_.take();
}

void Session::gather(base::MonoTime now) {
    if (std::exchange(hello_is_due_, false)) {
        writer_.add(
            native::ClientHello{native::kVersion, options_.library, options_.heartbeat_interval});
        return;  // alone: a batch with a submission must begin with its session
    }
    if (const auto settled = requests_.next_settled()) {
        writer_.add(*settled);
        return;
    }
    gather_requests(now);
    if (std::exchange(beat_is_due_, false)) {
        // The broker keeps what we may still ask for; in a quiet time, tell it what that is.
        const native::Session newest = requests_.newest_session();
        if (has_submitted_ && writer_.empty() && newest.acked_below != told_below_) {
            begin_batch(newest);
        }
        writer_.add(native::Heartbeat{});
    }
}

void Session::gather_requests(base::MonoTime now) {
    const std::size_t bytes_max =
        is_welcome_ ? std::min(options_.batch_bytes_max, message_bytes_max_) : kUnaskedBytesMax;
    while (Request* request = requests_.next_unsent()) {
        const std::size_t bytes = bytes_of(*request);
        const native::Session session = requests_.session_of(request->number);
        const bool is_first = writer_.empty();
        if (!is_welcome_ && bytes > kUnaskedBytesMax) {
            return;
        }
        if (is_welcome_ && bytes > message_bytes_max_) {
            refuse_too_large(*request, bytes);
        } else if (is_first ||
                   (session.session == batch_session_ && writer_.bytes() + bytes <= bytes_max)) {
            if (is_first) {
                begin_batch(session);
            }
            write(now, *request);
        } else {
            return;
        }
        requests_.advance();
    }
}

// Each batch names the session before anything else, so that it can be understood without those
// before it. A client that only asks has no session.
void Session::begin_batch(const native::Session& session) {
    batch_session_ = session.session;
    if (has_submitted_) {
        writer_.add(session);
        told_below_ = session.acked_below;
    }
}

void Session::write(base::MonoTime now, Request& request) {
    if (request.asked) {
        if (auto* await = std::get_if<native::Await>(&request.asked->question)) {
            await->wait = std::max<base::Duration>(request.asked->until - now, {});
        }
        std::visit([&](const auto& question) { writer_.add(question); }, request.asked->question);
        return;
    }
    writer_.add(
        native::PackedSubmit{request.number, std::exchange(request.was_sent, true), request.job});
}

void Session::refuse_too_large(Request& request, std::size_t bytes) {
    happenings_.emplace_back(
        Refused{request.number,
                request.tag,
                {base::Errc::TooLarge,
                 "the request takes about " + std::to_string(bytes) +
                     " bytes, the broker takes messages of at most " +
                     std::to_string(message_bytes_max_) + " ([limits] message_bytes_max)",
                 std::nullopt}});
    requests_.close(request);
}

}  // namespace steward::client
