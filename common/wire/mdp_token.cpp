// common/wire: see mdp_token.hpp.
#include "common/wire/mdp_token.hpp"

#include <array>
#include <string>

#include "common/base/bytes.hpp"
#include "common/base/whole_number.hpp"
#include "common/wire/json_text.hpp"
#include "common/wire/params.hpp"

namespace steward::wire::mdp {

using base::Blob;
using base::Errc;

namespace {

constexpr std::size_t kNumberBytesMax = 20;  // of put_integer()

}  // namespace

Frames start(Form form, const Blob& header, std::string_view next) {
    constexpr std::size_t kMostHave = 8;
    Frames frames;
    frames.reserve(kMostHave);
    if (form.delimiter) {
        frames.emplace_back();
    }
    frames.push_back(header);
    frames.push_back(Blob::copy(next));
    return frames;
}

Blob job_token(const model::Attempt& attempt) {
    std::array<char, model::JobId::kTextBytes + 1 + kNumberBytesMax> text{};
    attempt.job.put_text(text.data());
    char* const dot = text.data() + model::JobId::kTextBytes;
    *dot = '.';
    return Blob::copy({text.data(), put_integer(dot + 1, attempt.number)});
}

base::Expected<model::Attempt> parse_job_token(std::string_view token) {
    const std::size_t dot = std::min(token.find('.'), token.size());
    auto job = model::JobId::parse(token.substr(0, dot));
    if (!job) {
        return tl::unexpected(std::move(job.error()));
    }
    const auto number =
        base::parse_whole<std::uint32_t>(token.substr(std::min(dot + 1, token.size())));
    if (number.value_or(0) == 0) {
        return base::fail(Errc::Malformed,
                          "a worker returns the client frame as it came, not \"" +
                              base::printable(token, 60) + "\"");
    }
    return model::Attempt{*job, *number};
}

base::Expected<Returned> read_returned(std::span<const Blob> frames) {
    if (frames.size() < 2 || !frames[1].empty()) {
        return base::fail(Errc::Malformed,
                          "a result is the client frame, an empty frame and the body");
    }
    const auto attempt = parse_job_token(frames[0].view());
    if (!attempt) {
        return tl::unexpected(attempt.error());
    }
    return Returned{*attempt, pack_frames(frames.subspan(2))};
}

void append_body(Frames& frames, const model::Payload& body) {
    for (Blob& frame : unpack_frames(body)) {
        frames.push_back(std::move(frame));
    }
}

void append_result(Frames& frames, const ResultForClient& result) {
    if (result.succeeded) {
        append_body(frames, result.payload);
    } else if (result.text.empty() && !result.payload.bytes.empty()) {
        frames.push_back(fail_frame(unpack_frames(result.payload).front().view()));
    } else {
        frames.push_back(fail_frame(result.text));
    }
}

Blob fail_frame(std::string_view reason) {
    std::string text = "FAIL: ";
    text += reason;
    return Blob::copy(text);
}

Behind behind_header(const Frames& frames, std::string_view header) {
    std::span<const Blob> rest(frames);
    if (!rest.empty() && rest.front().empty()) {
        rest = rest.subspan(1);
    }
    if (rest.empty() || rest.front().view() != header) {
        return {};
    }
    return {true, rest.subspan(1)};
}

base::Expected<ClientRequest> read_request(std::span<const Blob> frames) {
    if (frames.empty() || frames.front().empty()) {
        return base::fail(Errc::Malformed, "the service's frame is missing or empty");
    }
    ClientRequest request;
    request.service = frames.front().view();
    request.sync = true;
    request.options.sync = true;
    request.params = pack_frames(frames.subspan(1));
    return request;
}

base::Expected<WorkerSaid> read_ready(std::span<const Blob> frames) {
    if (frames.size() != 1 || frames.front().empty()) {
        return base::fail(Errc::Malformed, "READY is followed by one frame, the service");
    }
    return WorkerReadyFor{std::string(frames.front().view())};
}

base::Unexpected no_header(std::string_view header) {
    return base::fail(Errc::Malformed, "the message starts with " + std::string(header));
}

base::Unexpected no_such_type(std::string_view type) {
    return base::fail(Errc::UnknownCommand,
                      "no message of this side has the type \"" + base::printable(type, 16) + "\"");
}

}  // namespace steward::wire::mdp
