// common/wire: see mdp02.hpp. The same bytes mean other things than in 0.1.
#include "common/wire/mdp02.hpp"

#include "common/wire/mdp_token.hpp"

namespace steward::wire {
namespace {

using base::Blob;

constexpr std::string_view kClient = "MDPC02";
constexpr std::string_view kWorker = "MDPW02";

namespace client {
constexpr std::string_view kRequest = "\x01";
constexpr std::string_view kPartial = "\x02";
constexpr std::string_view kFinal = "\x03";
}  // namespace client

namespace worker {
constexpr std::string_view kReady = "\x01";
constexpr std::string_view kRequest = "\x02";
constexpr std::string_view kPartial = "\x03";
constexpr std::string_view kFinal = "\x04";
constexpr std::string_view kHeartbeat = "\x05";
constexpr std::string_view kDisconnect = "\x06";
}  // namespace worker

class Mdp02 final : public Dialect {
public:
    // MDPC02 \x01 service body…
    [[nodiscard]] base::Expected<ClientRequest> decode_request(
        const Frames& frames) const override {
        const auto message = mdp::behind_header(frames, kClient);
        if (!message.found || message.rest.empty()) {
            return mdp::no_header("MDPC02 and a type");
        }
        if (message.rest.front().view() != client::kRequest) {
            return mdp::no_such_type(message.rest.front().view());
        }
        return mdp::read_request(message.rest.subspan(1));
    }

    [[nodiscard]] Frames encode_taken(Form, std::string_view, model::JobId) const override {
        return {};
    }

    [[nodiscard]] Frames encode_partial(Form form,
                                        std::string_view service,
                                        model::JobId,
                                        const model::Payload& data) const override {
        Frames frames = start_reply(form, client::kPartial, service);
        mdp::append_body(frames, data);
        return frames;
    }

    [[nodiscard]] Frames encode_result(Form form, const ResultForClient& result) const override {
        Frames frames = start_reply(form, client::kFinal, result.service);
        mdp::append_result(frames, result);
        return frames;
    }

    [[nodiscard]] Frames encode_refusal(Form form,
                                        std::string_view service,
                                        std::string_view reason) const override {
        Frames frames = start_reply(form, client::kFinal, service);
        frames.push_back(mdp::fail_frame(reason));
        return frames;
    }

    [[nodiscard]] Frames encode_answer(Form form,
                                       std::string_view service,
                                       std::string_view content) const override {
        Frames frames = start_reply(form, client::kFinal, service);
        frames.push_back(Blob::copy(content));
        return frames;
    }

    // MDPW02 type …
    [[nodiscard]] base::Expected<WorkerSaid> decode_worker(const Frames& frames) const override {
        const auto message = mdp::behind_header(frames, kWorker);
        if (!message.found || message.rest.empty()) {
            return mdp::no_header("MDPW02 and a type");
        }
        const std::string_view type = message.rest.front().view();
        const auto rest = message.rest.subspan(1);
        if (type == worker::kReady) {
            return mdp::read_ready(rest);
        }
        if (type == worker::kHeartbeat) {
            return WorkerBeat{};
        }
        if (type == worker::kDisconnect) {
            return WorkerGone{};
        }
        if (type != worker::kPartial && type != worker::kFinal) {
            return mdp::no_such_type(type);
        }
        const bool partial = type == worker::kPartial;
        return mdp::read_returned(rest).map([partial](mdp::Returned&& returned) -> WorkerSaid {
            if (partial) {
                return WorkerPartial{returned.attempt, std::move(returned.body)};
            }
            return WorkerDone{returned.attempt, true, std::move(returned.body)};
        });
    }

    [[nodiscard]] Frames encode_job(Form form,
                                    const model::Attempt& attempt,
                                    const model::Payload& params) const override {
        Frames frames = mdp::start(form, worker_, worker::kRequest);
        frames.push_back(mdp::job_token(attempt));
        frames.emplace_back();
        mdp::append_body(frames, params);
        return frames;
    }

    [[nodiscard]] Frames encode_heartbeat(Form form) const override {
        return mdp::start(form, worker_, worker::kHeartbeat);
    }

    [[nodiscard]] std::optional<Frames> encode_disconnect(Form form) const override {
        return mdp::start(form, worker_, worker::kDisconnect);
    }

private:
    [[nodiscard]] Frames start_reply(Form form,
                                     std::string_view type,
                                     std::string_view service) const {
        Frames frames = mdp::start(form, client_, type);
        frames.push_back(Blob::copy(service));
        return frames;
    }

    // Shared by all messages that begin with it.
    const Blob client_ = Blob::copy(kClient);
    const Blob worker_ = Blob::copy(kWorker);
};

}  // namespace

const Dialect& mdp02() {
    static const Mdp02 codec;
    return codec;
}

}  // namespace steward::wire
