#include "broker/app/render.hpp"

#include <array>
#include <type_traits>
#include <utility>

#include "broker/app/check_report.hpp"
#include "broker/app/translate_management.hpp"
#include "common/wire/report_json.hpp"

namespace steward::app {
namespace {

namespace native = wire::native;

// The commands that need nothing but their message and its correlation number.
struct ToNative {
    std::uint64_t number;

    native::Accepted operator()(core::JobTaken&& taken) const {
        return native::Accepted{number, taken.job, taken.is_duplicate};
    }

    native::Refused operator()(core::Refused&& refused) const {
        return native::Refused{number, std::move(refused.error)};
    }

    native::JobPartial operator()(core::JobPartial&& partial) const {
        return native::JobPartial{number, partial.job, std::move(partial.data), partial.part};
    }

    native::JobProgress operator()(core::JobProgress&& progress) const {
        return native::JobProgress{
            number, progress.job, progress.done, progress.total, std::move(progress.text)};
    }

    native::Result operator()(core::JobResult&& result) const {
        return native::Result{
            number, result.job, result.state, std::move(result.text), std::move(result.result)};
    }

    native::Report operator()(core::Done&& done) const {
        std::string json = "{\"changed\":" + std::to_string(done.changed);
        if (done.next != 0) {
            json += ",\"next\":" + std::to_string(done.next);
        }
        json += "}";
        return native::Report{number, base::Blob::copy(json)};
    }

    native::Report operator()(core::WorkerSays&& says) const {
        return native::Report{number, std::move(says.answer)};
    }

    native::Ask operator()(core::Ask&& ask) const {
        return native::Ask{
            ask.number, ask.what == core::Question::Stop ? "stop" : "check", ask.privileged};
    }

    native::StopAttempt operator()(core::StopAttempt&& stop) const {
        return native::StopAttempt{stop.attempt, std::move(stop.why)};
    }

    native::Recall operator()(core::Recall&& recall) const {
        return native::Recall{std::move(recall.attempts)};
    }

    native::RegisterAgain operator()(core::RegisterAgain&& /*again*/) const {
        return native::RegisterAgain{};
    }

    native::Disconnect operator()(core::Disconnect&& disconnect) const {
        return native::Disconnect{std::move(disconnect.why)};
    }

    native::Heartbeat operator()(core::HeartbeatOut&& /*beat*/) const {
        return native::Heartbeat{};
    }
};

template <class M>
constexpr bool kIsPush =
    std::is_same_v<M, core::Assign> || std::is_same_v<M, core::HeartbeatOut> ||
    std::is_same_v<M, core::RegisterAgain> || std::is_same_v<M, core::Disconnect> ||
    std::is_same_v<M, core::StopAttempt> || std::is_same_v<M, core::Recall> ||
    std::is_same_v<M, core::Ask> || std::is_same_v<M, core::Welcome>;

template <class... M>
bool is_push(const std::variant<M...>& message) {
    static constexpr std::array<bool, sizeof...(M)> kPushes = {kIsPush<M>...};
    return kPushes[message.index()];
}

}  // namespace

Renderer::Renderer(const core::Policy& policy, const base::Now& start, const PeerTable& peers)
    : peers_(&peers),
      // Changes at each start, so that a client can tell a restarted broker from a patient one.
      identity_(std::to_string(policy.broker_id) + "-" +
                std::to_string(start.wall.time_since_epoch().count())) {
    set_policy(policy);
}

void Renderer::set_policy(const core::Policy& policy) {
    message_bytes_max_ = policy.limits.message_bytes_max;
    in_flight_max_ = policy.limits.in_flight_max;
}

wire::Form Renderer::form_of(const core::Send& send, const PeerTable::Entry& peer) {
    return peer.worker_form && is_push(send.what) ? *peer.worker_form
                                                  : wire::Form::unpack(send.to.form);
}

void Renderer::add_native(core::Send&& send, native::BatchWriter& batch) {
    const std::uint64_t number = send.to.correlation;
    std::visit(
        [&](auto&& message) {
            using Message = std::remove_cvref_t<decltype(message)>;
            if constexpr (std::is_same_v<Message, core::Assign>) {
                batch.add(view_of(message));
            } else if constexpr (std::is_same_v<Message, core::JobsTaken>) {
                for (std::uint64_t i = 0; i < message.count; ++i) {
                    batch.add(native::Accepted{
                        number + i, {message.first.epoch, message.first.number + i}, false});
                }
            } else if constexpr (std::is_same_v<Message, core::Welcome>) {
                batch.add(native::Welcome{native::kVersion,
                                          identity_,
                                          message.heartbeat_interval,
                                          message_bytes_max_,
                                          in_flight_max_,
                                          message.stop_grace});
            } else if constexpr (std::is_same_v<Message, core::Answer>) {
                base::Blob json = base::Blob::copy(json_of(message, send.to.form));
                if (management_name(send.to.form).empty()) {
                    batch.add(native::Report{number, std::move(json)});
                } else {  // asked as if it were a service, answered as one
                    batch.add(native::Result{number,
                                             {},
                                             model::JobState::Succeeded,
                                             {},
                                             {model::Encoding::Json, std::move(json)}});
                }
            } else {
                batch.add(ToNative{number}(std::forward<decltype(message)>(message)));
            }
        },
        std::move(send.what));
}

std::string Renderer::json_of(const core::Answer& answer, std::uint32_t form) const {
    if (auto* broker = std::get_if<model::BrokerReport>(answer.report.get()); broker && complete_) {
        complete_(*broker);
    }
    if (const auto privileged = check_in(form)) {
        if (const auto* broker = std::get_if<model::BrokerReport>(answer.report.get())) {
            return wire::to_json(check_of(*broker, *privileged));
        }
    }
    return wire::to_json(*answer.report, [this](Peer peer) { return peers_->text_of(peer); });
}

}  // namespace steward::app
