// common/wire: see mdp01.hpp. Strictly one reply to one request: there are no partial results.
#include "common/wire/mdp01.hpp"

#include "common/wire/mdp_token.hpp"

namespace steward::wire {
namespace {

using base::Blob;

constexpr std::string_view kClient = "MDPC01";
constexpr std::string_view kWorker = "MDPW01";

constexpr std::string_view kReady = "\x01";
constexpr std::string_view kRequest = "\x02";
constexpr std::string_view kReply = "\x03";
constexpr std::string_view kHeartbeat = "\x04";
constexpr std::string_view kDisconnect = "\x05";

class Mdp01 final : public Dialect {
public:
    // "" MDPC01 service body…
    [[nodiscard]] base::Expected<ClientRequest> decode_request(
        const Frames& frames) const override {
        const auto message = mdp::behind_header(frames, kClient);
        if (!message.found) {
            return mdp::no_header(kClient);
        }
        return mdp::read_request(message.rest);
    }

    [[nodiscard]] Frames encode_taken(Form, std::string_view, model::JobId) const override {
        return {};
    }

    [[nodiscard]] Frames encode_partial(Form,
                                        std::string_view,
                                        model::JobId,
                                        const model::Payload&) const override {
        return {};
    }

    [[nodiscard]] Frames encode_result(Form form, const ResultForClient& result) const override {
        Frames frames = mdp::start(form, client_, result.service);
        mdp::append_result(frames, result);
        return frames;
    }

    [[nodiscard]] Frames encode_refusal(Form form,
                                        std::string_view service,
                                        std::string_view reason) const override {
        Frames frames = mdp::start(form, client_, service);
        frames.push_back(mdp::fail_frame(reason));
        return frames;
    }

    [[nodiscard]] Frames encode_answer(Form form,
                                       std::string_view service,
                                       std::string_view content) const override {
        Frames frames = mdp::start(form, client_, service);
        frames.push_back(Blob::copy(content));
        return frames;
    }

    // "" MDPW01 type …
    [[nodiscard]] base::Expected<WorkerSaid> decode_worker(const Frames& frames) const override {
        const auto message = mdp::behind_header(frames, kWorker);
        if (!message.found || message.rest.empty()) {
            return mdp::no_header("MDPW01 and a type");
        }
        const std::string_view type = message.rest.front().view();
        const auto rest = message.rest.subspan(1);
        if (type == kReady) {
            return mdp::read_ready(rest);
        }
        if (type == kHeartbeat) {
            return WorkerBeat{};
        }
        if (type == kDisconnect) {
            return WorkerGone{};
        }
        if (type != kReply) {
            return mdp::no_such_type(type);
        }
        return mdp::read_returned(rest).map([](mdp::Returned&& returned) -> WorkerSaid {
            return WorkerDone{returned.attempt, true, std::move(returned.body)};
        });
    }

    [[nodiscard]] Frames encode_job(Form form,
                                    const model::Attempt& attempt,
                                    const model::Payload& params) const override {
        Frames frames = mdp::start(form, worker_, kRequest);
        frames.push_back(mdp::job_token(attempt));
        frames.emplace_back();
        mdp::append_body(frames, params);
        return frames;
    }

    [[nodiscard]] Frames encode_heartbeat(Form form) const override {
        return mdp::start(form, worker_, kHeartbeat);
    }

    [[nodiscard]] std::optional<Frames> encode_disconnect(Form form) const override {
        return mdp::start(form, worker_, kDisconnect);
    }

private:
    // Shared by all messages that begin with it.
    const Blob client_ = Blob::copy(kClient);
    const Blob worker_ = Blob::copy(kWorker);
};

}  // namespace

const Dialect& mdp01() {
    static const Mdp01 codec;
    return codec;
}

}  // namespace steward::wire
