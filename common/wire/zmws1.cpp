// common/wire: see zmws1.hpp. The text lines are zmws_text.hpp's; here is only where they stand.
#include "common/wire/zmws1.hpp"

#include "common/wire/mdp_token.hpp"
#include "common/wire/zmws_text.hpp"

namespace steward::wire {
namespace {

using base::Blob;
using base::Errc;

std::span<const Blob> without_delimiter(const Frames& frames) {
    const std::span<const Blob> all(frames);
    return !all.empty() && all.front().empty() ? all.subspan(1) : all;
}

class Zmws1 final : public Dialect {
public:
    // [""] [PARAM] [OPTION] "JOB: [SYNC-]SERVICE"
    [[nodiscard]] base::Expected<ClientRequest> decode_request(
        const Frames& frames) const override {
        const auto rest = without_delimiter(frames);
        if (rest.empty() || !rest.back().view().starts_with(zmws::kJobWord)) {
            return base::fail(
                Errc::Malformed,
                "the last frame of a request is \"JOB: SERVICE\" or \"JOB: SYNC-SERVICE\"");
        }
        return zmws::read_request(rest.first(rest.size() - 1), rest.back().view());
    }

    [[nodiscard]] Frames encode_taken(Form,
                                      std::string_view service,
                                      model::JobId job) const override {
        return {Blob(), zmws::taken_line(service, job)};
    }

    [[nodiscard]] Frames encode_partial(Form,
                                        std::string_view service,
                                        model::JobId job,
                                        const model::Payload& data) const override {
        return {Blob(), zmws::status_line("CONT", service, job), zmws::param_frame(data)};
    }

    [[nodiscard]] Frames encode_result(Form, const ResultForClient& result) const override {
        const std::string_view word = result.succeeded ? "COMPLETE" : "FAIL";
        return {Blob(),
                zmws::status_line(word, result.service, result.job),
                zmws::result_frame(result)};
    }

    [[nodiscard]] Frames encode_refusal(Form,
                                        std::string_view service,
                                        std::string_view reason) const override {
        return {Blob(), zmws::refusal_line(service, reason), zmws::reason_frame(reason)};
    }

    [[nodiscard]] Frames encode_answer(Form,
                                       std::string_view,
                                       std::string_view content) const override {
        return {Blob(), Blob::copy(content)};
    }

    // SERVICE READY | HEARTBEAT | [PARAM] SERVICE "CONT: <jobid>", COMPLETE or FAIL
    [[nodiscard]] base::Expected<WorkerSaid> decode_worker(const Frames& frames) const override {
        const auto rest = without_delimiter(frames);
        const auto line = rest.empty() ? std::nullopt : zmws::read_worker_line(rest.back().view());
        if (!line || rest.size() > 3) {
            return base::fail(Errc::Malformed,
                              "a worker says READY, HEARTBEAT, or CONT, COMPLETE or FAIL with its "
                              "job, after at most a PARAM frame and its service");
        }
        return zmws::read_worker(*line,
                                 rest.size() >= 2 ? &rest[rest.size() - 2] : nullptr,
                                 rest.size() == 3 ? &rest[0] : nullptr);
    }

    // The PHP workers drop the first frame whatever it is, and the next when it is empty.
    [[nodiscard]] Frames encode_job(Form,
                                    const model::Attempt& attempt,
                                    const model::Payload& params) const override {
        return {mdp::job_token(attempt),
                Blob(),
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

const Dialect& zmws1() {
    static const Zmws1 codec;
    return codec;
}

}  // namespace steward::wire
