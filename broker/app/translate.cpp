#include "broker/app/translate.hpp"

#include <utility>

#include "broker/app/translate_parts.hpp"
#include "common/base/bytes.hpp"
#include "common/wire/native.hpp"

namespace steward::app {
namespace {

std::size_t bytes_of(const Frames& frames) {
    std::size_t bytes = 0;
    for (const base::Blob& frame : frames) {
        bytes += frame.size();
    }
    return bytes;
}

std::optional<wire::Form> detect(Side side, const Frames& frames) {
    if (wire::native::is_native(frames)) {
        return wire::Form{};
    }
    return side == Side::Frontend ? wire::detect_client(frames) : wire::detect_worker(frames);
}

Reading refuse_too_large(const Sender& from, const Frames& frames, std::string rule, Receiver& to) {
    const auto form = detect(from.side, frames);
    if (!form) {
        return Reading::Garbage;
    }
    answer_unreadable(from, *form, {base::Errc::TooLarge, std::move(rule)}, to);
    return Reading::Malformed;
}

// A connection that outlived its key.
Reading refuse_unknown_key(const Sender& from, const Frames& frames, Receiver& to) {
    const auto form = detect(from.side, frames);
    if (!form) {
        return Reading::Garbage;
    }
    to.note({from.rights->key, "come in", {}, "a key among the client keys"});
    answer_unreadable(from,
                      *form,
                      {base::Errc::Forbidden,
                       "the key of this connection is not among the client keys (any more)"},
                      to);
    return Reading::Malformed;
}

}  // namespace

base::Error refusal(const Sender& from,
                    std::string_view act,
                    std::string_view what,
                    std::string_view missing,
                    Receiver& to) {
    to.note({from.rights->key, act, what, missing});
    return access::lacks(from.rights->key, missing);
}

Reading translate(const Sender& from, const Frames& frames, const Terms& terms, Receiver& to) {
    if (frames.size() > model::kFramesPerMessageMax) {
        return refuse_too_large(from,
                                frames,
                                "a message has at most " +
                                    std::to_string(model::kFramesPerMessageMax) +
                                    " frames; this one has " + std::to_string(frames.size()),
                                to);
    }
    if (const std::size_t bytes = bytes_of(frames); bytes > terms.message_bytes_max) {
        return refuse_too_large(from,
                                frames,
                                "a message has at most " + std::to_string(terms.message_bytes_max) +
                                    " bytes ([limits] message_bytes_max); this one has " +
                                    std::to_string(bytes),
                                to);
    }
    if (from.rights != nullptr && !from.rights->is_known) {
        return refuse_unknown_key(from, frames, to);
    }
    return wire::native::is_native(frames) ? translate_native(from, frames, terms, to)
                                           : translate_old(from, frames, to);
}

void turn_away(const Sender& from, const Frames& frames, base::Error why, Receiver& to) {
    if (const auto form = detect(from.side, frames)) {
        answer_unreadable(from, *form, std::move(why), to);
    }
}

void answer_unreadable(const Sender& from, wire::Form form, base::Error error, Receiver& to) {
    const core::Address address{from.peer, 0, form.pack()};
    if (from.side == Side::Frontend) {
        to.answer({address, core::Refused{std::move(error), {}}});
        return;
    }
    switch (form.dialect) {
        case wire::DialectId::Native:
        case wire::DialectId::Mdp01:
        case wire::DialectId::Mdp02:
            // What it meant to say is lost, perhaps a result: it must start afresh.
            to.take(core::Misbehaved{address, std::move(error.message)});
            return;
        case wire::DialectId::Zmws1:
        case wire::DialectId::Zmws2: return;  // has no such word; the job's time limit will tell
    }
}

base::Expected<model::ServiceName> parse_announced(std::string_view name) {
    auto parsed = model::ServiceName::parse(name);
    if (parsed && parsed->is_reserved()) {
        return base::fail(base::Errc::ReservedName,
                          "no worker can announce \"" + base::printable(name) +
                              "\": the name belongs to the broker");
    }
    return parsed;
}

}  // namespace steward::app
