#include "common/net/zap.hpp"

#include <utility>

#include <zmq.hpp>

#include "common/net/curve.hpp"
#include "common/net/zmq_error.hpp"

namespace steward::net {
namespace {

// The other end is told the number alone: monitor.cpp makes a sentence of it.
constexpr const char* kZapOk = "200";
constexpr const char* kZapStranger = "400";
constexpr const char* kZapMayNotHear = "500";  // ZeroMQ has no word of its own for it

// A question's frames, behind the empty one.
enum Place : std::size_t { Version = 1, Request, Domain, Address, Identity, Mechanism, Key, Count };

}  // namespace

base::Expected<ZapHandler> ZapHandler::open(Context& context) {
    return guarded("cannot answer for keys", [&]() -> base::Expected<ZapHandler> {
        auto socket = std::make_unique<zmq::socket_t>(context.inner(), zmq::socket_type::router);
        socket->set(zmq::sockopt::linger, 0);
        socket->bind("inproc://zeromq.zap.01");
        return ZapHandler(Socket(std::move(socket), MessageBound{}));
    });
}

void ZapHandler::answer(const ZapDecision& decide) {
    for (int i = 0; i < kAnswersMax; ++i) {
        const ReceiveStatus status = socket_.receive_from(asker_, frames_);
        if (status == ReceiveStatus::Nothing || status == ReceiveStatus::Closed) {
            return;
        }
        if (status != ReceiveStatus::Received || frames_.size() <= Mechanism) {
            continue;
        }
        ZapQuestion question;
        question.address = frames_[Address].view();
        question.is_for_news = frames_[Domain].view() == kZapNewsDomain;
        if (frames_.size() == Count && frames_[Mechanism].view() == "CURVE") {
            question.public_key = key_text(frames_[Key].view());
        }
        const auto [number, is_known] = decide(question);
        const auto word = [](std::string_view text) { return base::Blob::copy(text); };
        const Frames answer = {word(""),
                               frames_[Version],
                               frames_[Request],
                               word(number     ? kZapOk
                                    : is_known ? kZapMayNotHear
                                               : kZapStranger),
                               word(number ? "OK" : "this key may not come in"),
                               word(number ? std::to_string(*number) : ""),
                               word("")};
        static_cast<void>(socket_.send_to(asker_, answer));
    }
}

}  // namespace steward::net
