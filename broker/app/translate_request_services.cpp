// broker/app: the verbs that change what services, groups and named limits may do, from their
// arguments.
#include "broker/app/translate_request_parts.hpp"
#include "common/model/limits.hpp"

namespace steward::app {
namespace {

std::optional<std::uint32_t> read_count(Arguments& arguments,
                                        std::string_view name,
                                        std::uint32_t min,
                                        std::uint32_t max) {
    const auto count = arguments.number(name, min, max);
    return count ? std::optional(static_cast<std::uint32_t>(*count)) : std::nullopt;
}

}  // namespace

core::Request read_mode(Arguments& arguments, ZoneSource /*zones*/) {
    static const std::vector<std::string_view> kModes = {name_of(core::Mode::Running),
                                                         name_of(core::Mode::Paused),
                                                         name_of(core::Mode::Draining),
                                                         name_of(core::Mode::Disabled)};
    core::SetModes request;
    arguments.need("changes");
    arguments.each("changes", model::kServicesPerRequestMax, [&](Arguments& change) {
        change.need("mode");
        core::ModeChange& one = request.changes.emplace_back();
        one.service = change.service("service").view();
        one.mode = static_cast<core::Mode>(change.word("mode", kModes).value_or(0));
    });
    return request;
}

core::Request read_limit_set(Arguments& arguments, ZoneSource /*zones*/) {
    core::SetLimit request;
    core::LimitSettings& limit = request.limit;
    arguments.need("limit");
    arguments.need("services");
    limit.name = arguments.label("limit");
    limit.at_once = read_count(arguments, "at_once", 1, model::kAtOnceMax);
    const auto spacing = arguments.spacing("rate");
    if (spacing && *spacing != base::Duration::zero()) {
        limit.rate = model::Rate{*spacing};
    }
    for (const model::ServiceName& service :
         arguments.services("services", model::kServicesPerRequestMax)) {
        limit.services.emplace_back(service.view());
    }
    if (!limit.at_once && !limit.rate) {
        arguments.refuse(base::Errc::BadParams,
                         "at_once, rate or both are needed; limit-remove takes a limit away");
    }
    return request;
}

core::Request read_limit_remove(Arguments& arguments, ZoneSource /*zones*/) {
    arguments.need("limit");
    return core::RemoveLimit{arguments.label("limit")};
}

core::Request read_group_set(Arguments& arguments, ZoneSource /*zones*/) {
    core::SetGroup request;
    arguments.need("group");
    request.name = arguments.label("group");
    request.weight = read_count(arguments, "weight", 1, model::kGroupWeightMax);
    request.limit = read_count(arguments, "limit", 0, model::kAtOnceMax);
    request.spacing = arguments.spacing("rate");
    if (!request.weight && !request.limit && !request.spacing) {
        arguments.refuse(base::Errc::BadParams, "weight, limit or rate is needed");
    }
    return request;
}

}  // namespace steward::app
