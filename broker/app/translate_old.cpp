// broker/app: messages of the old dialects. Each speaks for one request or one worker's word.
#include <string>
#include <utility>

#include "broker/app/translate_management.hpp"
#include "broker/app/translate_parts.hpp"

namespace steward::app {
namespace {

using model::Peer;
using wire::DialectId;
using wire::Form;

bool is_majordomo(Form form) {
    return form.dialect == DialectId::Mdp01 || form.dialect == DialectId::Mdp02;
}

// What a message amounts to when it is read as one side's.
template <class Said>
struct Attempted {
    std::optional<Form> form;  // nothing: resembles no dialect of this side
    base::Expected<Said> said;
};

template <class Said, class Decode>
Attempted<Said> attempt(std::optional<Form> form, Decode&& decode) {
    // A native form here means native bytes behind a delimiter, which that protocol has not.
    if (!form || form->dialect == DialectId::Native) {
        return {std::nullopt, base::fail(base::Errc::Malformed, {})};
    }
    return {form, decode(wire::dialect(form->dialect))};
}

Attempted<wire::ClientRequest> read_as_client(const Frames& frames) {
    return attempt<wire::ClientRequest>(
        wire::detect_client(frames),
        [&](const wire::Dialect& dialect) { return dialect.decode_request(frames); });
}

Attempted<wire::WorkerSaid> read_as_worker(const Frames& frames) {
    return attempt<wire::WorkerSaid>(
        wire::detect_worker(frames),
        [&](const wire::Dialect& dialect) { return dialect.decode_worker(frames); });
}

Reading refuse(const core::Address& from,
               base::Error error,
               std::string_view service,
               Receiver& to) {
    to.answer({from, core::Refused{std::move(error), std::string(service)}});
    return Reading::Malformed;
}

Reading take_request(const Sender& sender, Form form, wire::ClientRequest&& request, Receiver& to) {
    const core::Address from{sender.peer, 0, form.pack()};
    auto service = model::ServiceName::parse(request.service);
    if (!service) {
        return refuse(from, std::move(service.error()), {}, to);
    }
    if (service->is_reserved()) {
        auto query = management_query(from, request.service, request.params);
        if (!query) {
            return refuse(from, std::move(query.error()), request.service, to);
        }
        if (sender.rights != nullptr) {
            if (const std::string missing = sender.rights->admit(*query); !missing.empty()) {
                auto error = refusal(sender, "read", request.service, missing, to);
                to.answer({query->from, core::Refused{std::move(error), request.service}});
                return Reading::Understood;
            }
        }
        to.take(*std::move(query));
        return Reading::Understood;
    }
    core::Submit submit;
    submit.from = from;
    submit.unknown = is_majordomo(form) ? core::UnknownService::Hold : core::UnknownService::Refuse;
    submit.spec = {*std::move(service), std::move(request.params), std::move(request.options)};
    submit.spec.options.sync |= request.sync || is_majordomo(form);
    if (sender.rights != nullptr) {
        submit.asker = sender.rights->asker;
        if (const std::string missing = sender.rights->admit(submit.spec); !missing.empty()) {
            auto error = refusal(sender, "submit", request.service, missing, to);
            to.answer({from, core::Refused{std::move(error), request.service}});
            return Reading::Understood;
        }
    }
    to.take(std::move(submit));
    return Reading::Understood;
}

// What a worker of an old dialect said, one word each.
struct WorkerWords {
    const Sender& sender;
    Peer peer;
    Form form;
    Receiver& to;

    Reading operator()(wire::WorkerReadyFor&& ready) const {
        const core::Address from{peer, 0, form.pack()};
        auto service = parse_announced(ready.service);
        if (!service) {
            to.take(core::Misbehaved{from, std::move(service.error().message)});
            return Reading::Malformed;
        }
        core::Ready input;
        input.from = from;
        input.name = wire::name_of(form.dialect);
        input.services.push_back(*std::move(service));
        input.unique_ready = is_majordomo(form);
        if (sender.rights != nullptr) {
            if (const std::string missing = sender.rights->admit(input); !missing.empty()) {
                to.take(core::Misbehaved{
                    from, refusal(sender, "work", ready.service, missing, to).message});
                return Reading::Understood;
            }
        }
        to.take(std::move(input));
        return Reading::Understood;
    }

    Reading operator()(wire::WorkerBeat&& /*beat*/) const {
        to.take(core::Heartbeat{peer, form.pack(), true});
        return Reading::Understood;
    }

    Reading operator()(wire::WorkerPartial&& partial) const {
        to.take(core::Partial{peer, form.pack(), partial.attempt, std::move(partial.data)});
        return Reading::Understood;
    }

    Reading operator()(wire::WorkerDone&& done) const {
        const auto verdict = done.succeeded ? model::Verdict::Succeeded : model::Verdict::Failed;
        to.take(core::Finish{
            peer, form.pack(), done.attempt, {verdict, {}, std::move(done.result)}, {}});
        return Reading::Understood;
    }

    Reading operator()(wire::WorkerGone&& /*gone*/) const {
        to.take(core::Goodbye{peer, false});
        return Reading::Understood;
    }
};

}  // namespace

Reading translate_old(const Sender& from, const Frames& frames, Receiver& to) {
    const auto as_client = [&](Attempted<wire::ClientRequest>& client) {
        return take_request(from, *client.form, *std::move(client.said), to);
    };
    const auto as_worker = [&](Attempted<wire::WorkerSaid>& worker) {
        return std::visit(WorkerWords{from, from.peer, *worker.form, to}, *std::move(worker.said));
    };
    // His own side's language first; the other one only if it is that without a doubt.
    if (from.side == Side::Frontend) {
        auto client = read_as_client(frames);
        if (client.said) {
            return as_client(client);
        }
        if (auto worker = read_as_worker(frames); worker.said) {
            return as_worker(worker);
        }
        if (client.form) {
            answer_unreadable(from, *client.form, std::move(client.said.error()), to);
            return Reading::Malformed;
        }
        return Reading::Garbage;
    }
    auto worker = read_as_worker(frames);
    if (worker.said) {
        return as_worker(worker);
    }
    if (auto client = read_as_client(frames); client.said) {
        return as_client(client);
    }
    if (worker.form) {
        answer_unreadable(from, *worker.form, std::move(worker.said.error()), to);
        return Reading::Malformed;
    }
    return Reading::Garbage;
}

}  // namespace steward::app
