// common/wire: see zmws_text.hpp.
#include "common/wire/zmws_text.hpp"

#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/base/bytes.hpp"
#include "common/model/limits.hpp"
#include "common/wire/options.hpp"
#include "common/wire/params.hpp"
#include "common/wire/php.hpp"

namespace steward::wire::zmws {
namespace {

using base::Blob;
using base::Errc;
using model::Encoding;

constexpr std::string_view kSyncPrefix = "SYNC-";

bool take_prefix(std::string_view& text, std::string_view prefix) {
    const bool there = text.starts_with(prefix);
    text.remove_prefix(there ? prefix.size() : 0);
    return there;
}

base::Expected<void> read_option(const Blob& frame, bool& seen, ClientRequest& request) {
    if (std::exchange(seen, true)) {
        return base::fail(Errc::Malformed, "a request has at most one OPTION frame");
    }
    auto options = parse_option_frame(frame.view());
    if (!options) {
        return tl::unexpected(std::move(options.error()));
    }
    request.options = std::move(*options);
    return {};
}

base::Expected<void> read_param(const Blob& frame, ClientRequest& request) {
    if (request.params.encoding != Encoding::Absent) {
        return base::fail(Errc::Malformed, "a request has at most one PARAM frame");
    }
    request.params = parse_param_frame(frame);
    return request.params.encoding == Encoding::Php ? read_php(request.params.bytes.view(), nullptr)
                                                    : base::Expected<void>();
}

}  // namespace

base::Expected<ClientRequest> read_request(std::span<const Blob> before, std::string_view service) {
    ClientRequest request;
    bool option_seen = false;
    for (const Blob& frame : before) {
        if (frame.empty()) {
            continue;
        }
        auto read = is_option_frame(frame.view()) ? read_option(frame, option_seen, request)
                                                  : read_param(frame, request);
        if (!read) {
            return tl::unexpected(std::move(read.error()));
        }
    }
    take_prefix(service, kJobWord);
    request.sync = take_prefix(service, kSyncPrefix) || request.options.sync;
    if (service.empty()) {
        return base::fail(Errc::Malformed, "the last frame names no service");
    }
    if (request.sync != request.options.sync) {
        request.options.sync = request.sync;
        if (auto fault = options_fault(request.options)) {
            return tl::unexpected(std::move(*fault));
        }
    }
    request.service = service;
    return request;
}

std::optional<WorkerLine> read_worker_line(std::string_view frame) {
    using Word = WorkerLine::Word;
    static constexpr std::array<std::pair<std::string_view, Word>, 3> kWords = {{
        {"CONT: ", Word::Partial},
        {"COMPLETE: ", Word::Complete},
        {"FAIL: ", Word::Fail},
    }};
    if (frame == kReady) {
        return WorkerLine{Word::Ready, {}};
    }
    if (frame == kHeartbeat) {
        return WorkerLine{Word::Heartbeat, {}};
    }
    for (const auto& [text, word] : kWords) {
        if (frame.starts_with(text)) {
            return WorkerLine{word, frame.substr(text.size())};
        }
    }
    return std::nullopt;
}

base::Expected<WorkerSaid> read_worker(const WorkerLine& line,
                                       const Blob* service,
                                       const Blob* param) {
    using Word = WorkerLine::Word;
    if (line.word == Word::Heartbeat) {
        return WorkerBeat{};
    }
    if (service == nullptr || service->empty()) {
        return base::fail(Errc::Malformed, "the service's frame is missing or empty");
    }
    if (line.word == Word::Ready) {
        if (param != nullptr) {
            return base::fail(Errc::Malformed, "READY has no PARAM frame");
        }
        return WorkerReadyFor{std::string(service->view())};
    }
    const auto job = model::JobId::parse(line.job);
    if (!job) {
        return tl::unexpected(job.error());
    }
    const model::Attempt attempt{*job, 0};
    model::Payload payload;
    if (param != nullptr && !param->empty()) {
        payload = parse_param_frame(*param);
    }
    if (line.word == Word::Partial) {
        return WorkerPartial{attempt, std::move(payload)};
    }
    return WorkerDone{attempt, line.word == Word::Complete, std::move(payload)};
}

Blob taken_line(std::string_view service, model::JobId job) {
    std::string line(kJobWord);
    line += job.text();
    line += ' ';
    line += service;
    return Blob::copy(line);
}

Blob status_line(std::string_view word, std::string_view service, model::JobId job) {
    std::string line(word);
    line += ": ";
    line += service;
    line += " [" + job.text() + "]";
    return Blob::copy(line);
}

Blob refusal_line(std::string_view service, std::string_view reason) {
    std::string line = "FAIL: ";
    if (service.empty()) {
        line += base::printable(reason, model::kTextBytesMax);
    } else {
        line += service;
    }
    return Blob::copy(line);
}

Blob job_line(model::JobId job) {
    std::string line(kJobWord);
    line += job.text();
    return Blob::copy(line);
}

Blob param_frame(const model::Payload& payload) {
    // Opaque bytes may look like a PARAM frame of their own.
    const model::Payload seen =
        payload.encoding == Encoding::Opaque ? parse_param_frame(payload.bytes) : payload;
    if (seen.encoding == Encoding::Php && !read_php(seen.bytes.view(), nullptr)) {
        return make_param_frame(encode_params(std::string(payload.bytes.view()), Encoding::Json));
    }
    return make_param_frame(payload);
}

Blob result_frame(const ResultForClient& result) {
    if (result.succeeded || result.text.empty() || result.payload.encoding != Encoding::Absent) {
        return param_frame(result.payload);
    }
    const bool structured = result.wanted == Encoding::Msgpack || result.wanted == Encoding::Php;
    return make_param_frame(
        encode_params(std::string(result.text), structured ? result.wanted : Encoding::Json));
}

Blob reason_frame(std::string_view reason) {
    return reason.empty() ? Blob()
                          : make_param_frame(encode_params(std::string(reason), Encoding::Json));
}

}  // namespace steward::wire::zmws
