// broker/app: the core's messages in the old dialects.
#include <utility>

#include "broker/app/render.hpp"
#include "broker/app/translate_management.hpp"
#include "common/wire/params.hpp"

namespace steward::app {
namespace {

using wire::DialectId;
using wire::Form;

bool is_zmws(Form form) {
    return form.dialect == DialectId::Zmws1 || form.dialect == DialectId::Zmws2;
}

// Majordomo's bodies are bytes and stay as they are. A ZMWS client that sent no params reads JSON.
model::Payload for_client(Form form, const model::Payload& payload, model::Encoding wanted) {
    if (!is_zmws(form) || payload.encoding == model::Encoding::Absent) {
        return payload;
    }
    return wire::convert_params(payload,
                                wanted == model::Encoding::Absent ? model::Encoding::Json : wanted);
}

// A ZMWS worker gets one PARAM frame, so several frames have to become one value.
model::Payload for_worker(Form form, const model::Payload& params) {
    return is_zmws(form) && params.encoding == model::Encoding::Frames
               ? wire::convert_params(params, model::Encoding::Json)
               : params;
}

std::string_view reason_of(const base::Error& error) {
    return error.message.empty() ? base::meaning_of(error.code) : std::string_view(error.message);
}

// One word each; nothing where the dialect has none.
struct ToOld {
    Form form;
    std::uint32_t packed = 0;  // the address's form, with a management request's name
    const wire::Dialect& dialect = wire::dialect(form.dialect);

    std::optional<Frames> operator()(const core::JobTaken& taken) const {
        if (!is_zmws(form)) {
            return std::nullopt;  // a Majordomo request has one answer, its result
        }
        return dialect.encode_taken(form, taken.service.view(), taken.job);
    }

    std::optional<Frames> operator()(const core::JobsTaken& /*taken*/) const {
        return std::nullopt;  // only native clients submit runs
    }

    std::optional<Frames> operator()(const core::Refused& refused) const {
        const std::string_view asked = management_name(packed);
        const std::string_view service = asked.empty() ? refused.service : asked;
        if (service.starts_with("mmi.")) {
            return dialect.encode_answer(form, service, mmi_status(refused.error.code));
        }
        return dialect.encode_refusal(form, service, reason_of(refused.error));
    }

    std::optional<Frames> operator()(const core::JobPartial& partial) const {
        if (form.dialect == DialectId::Mdp01) {
            return std::nullopt;  // its client would take it for the result
        }
        return dialect.encode_partial(form,
                                      partial.service.view(),
                                      partial.job,
                                      for_client(form, partial.data, partial.wanted));
    }

    std::optional<Frames> operator()(const core::JobProgress& /*progress*/) const {
        return std::nullopt;
    }

    std::optional<Frames> operator()(const core::JobResult& result) const {
        return dialect.encode_result(form,
                                     {result.service.view(),
                                      result.job,
                                      result.state == model::JobState::Succeeded,
                                      result.text,
                                      for_client(form, result.result, result.wanted),
                                      result.wanted});
    }

    std::optional<Frames> operator()(const core::Assign& assign) const {
        return dialect.encode_job(form, assign.attempt, for_worker(form, assign.params));
    }

    std::optional<Frames> operator()(const core::Disconnect& /*disconnect*/) const {
        return dialect.encode_disconnect(form);
    }

    // A disconnected worker starts with READY: that is how Majordomo asks for it.
    std::optional<Frames> operator()(const core::RegisterAgain& /*again*/) const {
        return dialect.encode_disconnect(form);
    }

    std::optional<Frames> operator()(const core::HeartbeatOut& /*beat*/) const {
        return dialect.encode_heartbeat(form);
    }

    std::optional<Frames> operator()(const core::Welcome& /*welcome*/) const {
        return std::nullopt;
    }

    std::optional<Frames> operator()(const core::Done& /*done*/) const {
        return std::nullopt;  // only native clients operate
    }

    std::optional<Frames> operator()(const core::StopAttempt& /*stop*/) const {
        return std::nullopt;
    }

    std::optional<Frames> operator()(const core::Recall& /*recall*/) const { return std::nullopt; }

    std::optional<Frames> operator()(const core::Ask& /*ask*/) const { return std::nullopt; }

    std::optional<Frames> operator()(const core::WorkerSays& /*says*/) const {
        return std::nullopt;  // only native clients ask
    }
};

}  // namespace

std::optional<Frames> Renderer::to_old(Form form, core::Send&& send) const {
    if (const auto* answer = std::get_if<core::Answer>(&send.what)) {
        const std::string_view name = management_name(send.to.form);
        const wire::Dialect& dialect = wire::dialect(form.dialect);
        if (const auto* known = std::get_if<model::ServiceKnown>(answer->report.get())) {
            return dialect.encode_answer(form, name, known->has_workers ? "200" : "404");
        }
        return dialect.encode_answer(form, name, json_of(*answer, send.to.form));
    }
    const ToOld to_old{form, send.to.form};
    return std::visit(
        [&](const auto& message) -> std::optional<Frames> {
            if constexpr (std::is_same_v<decltype(message), const core::Answer&>) {
                return std::nullopt;  // rendered above
            } else {
                return to_old(message);
            }
        },
        send.what);
}

}  // namespace steward::app
