// common/wire: which dialect a message is in. Each message tells by itself; nothing is remembered.
#include "common/wire/dialect.hpp"

#include <span>

#include "common/base/assert.hpp"
#include "common/wire/mdp01.hpp"
#include "common/wire/mdp02.hpp"
#include "common/wire/native.hpp"
#include "common/wire/params.hpp"
#include "common/wire/zmws1.hpp"
#include "common/wire/zmws2.hpp"
#include "common/wire/zmws_text.hpp"

namespace steward::wire {
namespace {

using base::Blob;

bool is_text(std::string_view frame) {
    return !frame.empty() && frame.front() >= 0x20 && frame.front() < 0x7F;
}

// MDPC02 with a type is ZMWS's when the type is text, as PHP sends an integer, and RFC 18's when it
// is a byte. One without a type is as RFC 18 as it can be.
DialectId behind_mdpc02(std::span<const Blob> rest) {
    return rest.size() > 1 && is_text(rest[1].view()) ? DialectId::Zmws2 : DialectId::Mdp02;
}

bool is_zmws_text(std::string_view frame) {
    return is_param_frame(frame) || is_option_frame(frame) || frame.starts_with("PARAM") ||
           frame.starts_with("JOB:");
}

std::optional<DialectId> client_dialect(std::span<const Blob> rest) {
    const std::string_view head = rest.front().view();
    if (head == "MDPC01") {
        return DialectId::Mdp01;
    }
    if (head == "MDPC02") {
        return behind_mdpc02(rest);
    }
    if (is_zmws_text(head) || is_zmws_text(rest.back().view())) {
        return DialectId::Zmws1;
    }
    return std::nullopt;
}

std::optional<DialectId> worker_dialect(std::span<const Blob> rest) {
    const std::string_view head = rest.front().view();
    if (head == "MDPW01") {
        return DialectId::Mdp01;
    }
    if (head == "MDPW02") {
        return DialectId::Mdp02;
    }
    if (head == "MDPC02") {
        return DialectId::Zmws2;
    }
    if (is_param_frame(head) || zmws::read_worker_line(rest.back().view())) {
        return DialectId::Zmws1;
    }
    return std::nullopt;
}

using Find = std::optional<DialectId> (*)(std::span<const Blob>);

std::optional<Form> detect(const Frames& frames, Find find) {
    if (native::is_native(frames)) {
        return Form{DialectId::Native, false};
    }
    const bool delimiter = !frames.empty() && frames.front().empty();
    const auto rest = std::span(frames).subspan(delimiter ? 1 : 0);
    if (rest.empty()) {
        return std::nullopt;
    }
    const auto id = find(rest);
    return id ? std::optional(Form{*id, delimiter}) : std::nullopt;
}

}  // namespace

std::string_view name_of(DialectId id) {
    switch (id) {
        case DialectId::Native: return "native";
        case DialectId::Zmws1: return "zmws1";
        case DialectId::Zmws2: return "zmws2";
        case DialectId::Mdp01: return "MDP/0.1";
        case DialectId::Mdp02: return "MDP/0.2";
    }
    return "unknown";
}

std::optional<Form> detect_client(const Frames& frames) {
    return detect(frames, client_dialect);
}

std::optional<Form> detect_worker(const Frames& frames) {
    return detect(frames, worker_dialect);
}

const Dialect& dialect(DialectId id) {
    STEWARD_ASSERT(id != DialectId::Native && id <= DialectId::Mdp02);
    switch (id) {
        case DialectId::Native: break;
        case DialectId::Zmws1: return zmws1();
        case DialectId::Zmws2: return zmws2();
        case DialectId::Mdp01: return mdp01();
        case DialectId::Mdp02: break;
    }
    return mdp02();
}

}  // namespace steward::wire
