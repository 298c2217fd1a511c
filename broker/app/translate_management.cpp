#include "broker/app/translate_management.hpp"

#include <array>
#include <string>

#include "common/base/bytes.hpp"
#include "common/wire/params.hpp"

namespace steward::app {
namespace {

using core::QueryKind;

struct Request {
    std::string_view name;
    QueryKind kind;
};

constexpr std::array<Request, 10> kRequests = {{{"SERVER-JOBS", QueryKind::Jobs},
                                                {"SERVER-ACTIVE", QueryKind::Active},
                                                {"SERVER-HIST", QueryKind::History},
                                                {"SERVER-WORKERS", QueryKind::Workers},
                                                {"SERVER-STATUS", QueryKind::Broker},
                                                {"mmi.service", QueryKind::ServiceKnown},
                                                {"mmi.workers", QueryKind::Workers},
                                                {"mmi.services", QueryKind::Services},
                                                {"mmi.jobs", QueryKind::Jobs},
                                                {"mmi.status", QueryKind::Broker}}};

// A wire::Form has the lower half of an address's form; the upper half is ours.
constexpr unsigned kNameShift = 16;

// The text that a client gave along: bare, or encoded as one string. No name or id that the broker
// could know needs an escape, so what has one is not looked into.
std::string text_of(const model::Payload& body) {
    switch (body.encoding) {
        case model::Encoding::Absent:
        case model::Encoding::Opaque: return std::string(body.bytes.view());
        case model::Encoding::Frames: return std::string(wire::unpack_frames(body).front().view());
        case model::Encoding::Json:
        case model::Encoding::Msgpack:
        case model::Encoding::Php: break;
    }
    const model::Payload json = wire::convert_params(body, model::Encoding::Json);
    std::string_view text = json.bytes.view();
    if (text.size() < 2 || text.front() != '"' || text.find('"', 1) != text.size() - 1 ||
        text.find('\\') != std::string_view::npos) {
        return {};
    }
    return std::string(text.substr(1, text.size() - 2));
}

}  // namespace

base::Expected<core::Query> management_query(core::Address from,
                                             std::string_view name,
                                             const model::Payload& body) {
    for (std::uint32_t i = 0; i < kRequests.size(); ++i) {
        if (kRequests[i].name != name) {
            continue;
        }
        from.form |= (i + 1) << kNameShift;
        core::Query query;
        query.from = from;
        query.kind = kRequests[i].kind;
        if (query.kind == QueryKind::ServiceKnown) {
            query.which.service = text_of(body);
            if (auto parsed = model::ServiceName::parse(query.which.service); !parsed) {
                return base::Unexpected(std::move(parsed.error()));
            }
        } else if (query.kind == QueryKind::Broker) {
            if (const auto job = model::JobId::parse(text_of(body))) {
                query.kind = QueryKind::Status;
                query.which.jobs = {*job};
            }
        }
        return query;
    }
    return base::fail(base::Errc::UnknownCommand,
                      "the broker has no request \"" + base::printable(name) + "\"");
}

std::string_view management_name(std::uint32_t form) {
    const std::uint32_t index = form >> kNameShift;
    return index == 0 || index > kRequests.size() ? std::string_view{} : kRequests[index - 1].name;
}

std::string_view mmi_status(base::Errc code) {
    switch (base::class_of(code)) {
        case base::ErrorClass::Caller: break;
        case base::ErrorClass::Retry:
        case base::ErrorClass::Unknown:
        case base::ErrorClass::Fatal: return "500";
    }
    if (code == base::Errc::UnknownCommand) {
        return "501";
    }
    if (code == base::Errc::Forbidden) {
        return "403";
    }
    return code == base::Errc::UnknownJob || code == base::Errc::UnknownService ? "404" : "400";
}

}  // namespace steward::app
