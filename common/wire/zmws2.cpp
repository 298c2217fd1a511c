// common/wire: see zmws2.hpp. The text lines are zmws_text.hpp's; here is only where they stand.
// Workers use the clients' header, and the params come before the service, against RFC 18.
#include "common/wire/zmws2.hpp"

#include "common/base/bytes.hpp"
#include "common/wire/zmws_text.hpp"

namespace steward::wire {
namespace {

using base::Blob;
using base::Errc;

constexpr std::string_view kHeader = "MDPC02";
constexpr std::string_view kRequest = "1";
constexpr std::string_view kPartial = "2";
constexpr std::string_view kFinal = "3";

// What stands behind the optional delimiter and the header; nothing when there is no header.
std::optional<std::span<const Blob>> behind_header(const Frames& frames) {
    std::span<const Blob> rest(frames);
    if (!rest.empty() && rest.front().empty()) {
        rest = rest.subspan(1);
    }
    if (rest.empty() || rest.front().view() != kHeader) {
        return std::nullopt;
    }
    return rest.subspan(1);
}

Frames reply(Form form, std::string_view type, std::string_view service) {
    Frames frames;
    frames.reserve(6);
    if (form.delimiter) {
        frames.emplace_back();
    }
    frames.push_back(Blob::copy(kHeader));
    frames.push_back(Blob::copy(type));
    frames.push_back(Blob::copy(service));
    return frames;
}

class Zmws2 final : public Dialect {
public:
    // [""] MDPC02 '1' [PARAM] [OPTION] "[JOB: ][SYNC-]SERVICE"
    [[nodiscard]] base::Expected<ClientRequest> decode_request(
        const Frames& frames) const override {
        const auto rest = behind_header(frames);
        if (!rest || rest->empty()) {
            return base::fail(Errc::Malformed, "a request starts with MDPC02 and a type frame");
        }
        if (rest->front().view() != kRequest) {
            return base::fail(Errc::UnknownCommand,
                              "a request has the type 1, not \"" +
                                  base::printable(rest->front().view(), 16) + "\"");
        }
        if (rest->size() == 1) {
            return base::fail(Errc::Malformed, "the last frame names the service; there is none");
        }
        return zmws::read_request(rest->subspan(1, rest->size() - 2), rest->back().view());
    }

    [[nodiscard]] Frames encode_taken(Form form,
                                      std::string_view service,
                                      model::JobId job) const override {
        Frames frames = reply(form, kFinal, service);
        frames.push_back(zmws::taken_line(service, job));
        return frames;
    }

    [[nodiscard]] Frames encode_partial(Form form,
                                        std::string_view service,
                                        model::JobId job,
                                        const model::Payload& data) const override {
        Frames frames = reply(form, kPartial, service);
        frames.push_back(zmws::status_line("CONT", service, job));
        frames.push_back(zmws::param_frame(data));
        return frames;
    }

    [[nodiscard]] Frames encode_result(Form form, const ResultForClient& result) const override {
        Frames frames = reply(form, kFinal, result.service);
        const std::string_view word = result.succeeded ? "COMPLETE" : "FAIL";
        frames.push_back(zmws::status_line(word, result.service, result.job));
        frames.push_back(zmws::result_frame(result));
        return frames;
    }

    [[nodiscard]] Frames encode_refusal(Form form,
                                        std::string_view service,
                                        std::string_view reason) const override {
        Frames frames = reply(form, kFinal, service);
        frames.push_back(zmws::refusal_line(service, reason));
        frames.push_back(zmws::reason_frame(reason));
        return frames;
    }

    [[nodiscard]] Frames encode_answer(Form form,
                                       std::string_view service,
                                       std::string_view content) const override {
        Frames frames = reply(form, kFinal, service);
        frames.push_back(Blob::copy(content));
        return frames;
    }

    // HEARTBEAT | MDPC02 type SERVICE READY | MDPC02 type SERVICE [PARAM] "CONT: <jobid>", COMPLETE
    // or FAIL. The type tells nothing that the line does not, and old workers get it wrong.
    [[nodiscard]] base::Expected<WorkerSaid> decode_worker(const Frames& frames) const override {
        const auto line =
            frames.empty() ? std::nullopt : zmws::read_worker_line(frames.back().view());
        const bool beat = line && line->word == zmws::WorkerLine::Word::Heartbeat;
        const auto rest = behind_header(frames);
        if (!line || (!beat && (!rest || rest->size() < 3 || rest->size() > 4))) {
            return base::fail(Errc::Malformed,
                              "a worker says HEARTBEAT, or after MDPC02, a type and its service "
                              "READY, or after at most a PARAM frame CONT, COMPLETE or FAIL with "
                              "its job");
        }
        if (beat) {
            return WorkerBeat{};
        }
        return zmws::read_worker(*line, &(*rest)[1], rest->size() == 4 ? &(*rest)[2] : nullptr);
    }

    // The PHP workers drop an empty first frame.
    [[nodiscard]] Frames encode_job(Form,
                                    const model::Attempt& attempt,
                                    const model::Payload& params) const override {
        return {Blob(),
                Blob::copy(kHeader),
                Blob::copy(kRequest),
                zmws::param_frame(params),
                zmws::job_line(attempt.job)};
    }

    [[nodiscard]] Frames encode_heartbeat(Form) const override {
        return {Blob::copy(zmws::kHeartbeat)};
    }

    [[nodiscard]] std::optional<Frames> encode_disconnect(Form) const override {
        return std::nullopt;
    }
};

}  // namespace

const Dialect& zmws2() {
    static const Zmws2 codec;
    return codec;
}

}  // namespace steward::wire
