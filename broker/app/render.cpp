#include "broker/app/render.hpp"

#include <type_traits>
#include <utility>

#include "broker/app/translate_management.hpp"
#include "common/wire/report_json.hpp"

namespace steward::app {
namespace {

namespace native = wire::native;

// The commands that need nothing but their message and its correlation number.
struct ToNative {
    std::uint64_t number;

    native::Command operator()(core::JobTaken&& taken) const {
        return native::Accepted{number, taken.job, taken.is_duplicate};
    }

    native::Command operator()(core::Refused&& refused) const {
        return native::Refused{number, std::move(refused.error)};
    }

    native::Command operator()(core::JobPartial&& partial) const {
        return native::JobPartial{number, partial.job, std::move(partial.data)};
    }

    native::Command operator()(core::JobProgress&& progress) const {
        return native::JobProgress{
            number, progress.job, progress.done, progress.total, std::move(progress.text)};
    }

    native::Command operator()(core::JobResult&& result) const {
        return native::Result{
            number, result.job, result.state, std::move(result.text), std::move(result.result)};
    }

    native::Command operator()(core::Done&& done) const {
        std::string json = "{\"changed\":" + std::to_string(done.changed);
        if (done.next != 0) {
            json += ",\"next\":" + std::to_string(done.next);
        }
        json += "}";
        return native::Report{number, base::Blob::copy(json)};
    }

    native::Command operator()(core::StopAttempt&& stop) const {
        return native::StopAttempt{stop.attempt, std::move(stop.why)};
    }

    native::Command operator()(core::Recall&& recall) const {
        return native::Recall{std::move(recall.attempts)};
    }

    native::Command operator()(core::RegisterAgain&& /*again*/) const {
        return native::RegisterAgain{};
    }

    native::Command operator()(core::Disconnect&& disconnect) const {
        return native::Disconnect{std::move(disconnect.why)};
    }

    native::Command operator()(core::HeartbeatOut&& /*beat*/) const { return native::Heartbeat{}; }
};

bool is_push(const core::Message& message) {
    return std::holds_alternative<core::Assign>(message) ||
           std::holds_alternative<core::HeartbeatOut>(message) ||
           std::holds_alternative<core::RegisterAgain>(message) ||
           std::holds_alternative<core::Disconnect>(message) ||
           std::holds_alternative<core::StopAttempt>(message) ||
           std::holds_alternative<core::Recall>(message) ||
           std::holds_alternative<core::Welcome>(message);
}

}  // namespace

Renderer::Renderer(const core::Policy& policy, const base::Now& start, const PeerTable& peers)
    : peers_(&peers),
      // Changes at each start, so that a client can tell a restarted broker from a patient one.
      identity_(std::to_string(policy.broker_id) + "-" +
                std::to_string(start.wall.time_since_epoch().count())),
      assign_(native::Assign{}) {
    set_policy(policy);
}

void Renderer::set_policy(const core::Policy& policy) {
    message_bytes_max_ = policy.limits.message_bytes_max;
    in_flight_max_ = policy.limits.in_flight_max;
}

wire::Form Renderer::form_of(const core::Send& send, const PeerTable::Entry& peer) {
    return is_push(send.what) && peer.worker_form ? *peer.worker_form
                                                  : wire::Form::unpack(send.to.form);
}

void Renderer::add_native(core::Send&& send, native::BatchWriter& batch) {
    const std::uint64_t number = send.to.correlation;
    std::visit(
        [&](auto&& message) {
            using Message = std::remove_cvref_t<decltype(message)>;
            if constexpr (std::is_same_v<Message, core::Assign>) {
                auto& assign = std::get<native::Assign>(assign_);
                assign.attempt = message.attempt;
                assign.service.assign(message.service.view());
                assign.params = std::move(message.params);
                assign.time_limit = message.time_limit;
                assign.submission = message.submission;
                assign.meta = std::move(message.meta);
                assign.options = message.options ? *message.options : model::JobOptions{};
                batch.add(assign_);
            } else if constexpr (std::is_same_v<Message, core::Welcome>) {
                batch.add(native::Welcome{native::kVersion,
                                          identity_,
                                          message.heartbeat_interval,
                                          message_bytes_max_,
                                          in_flight_max_,
                                          message.stop_grace});
            } else if constexpr (std::is_same_v<Message, core::Answer>) {
                base::Blob json = base::Blob::copy(json_of(message));
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

std::string Renderer::json_of(const core::Answer& answer) const {
    return wire::to_json(*answer.report, [this](Peer peer) { return peers_->text_of(peer); });
}

}  // namespace steward::app
