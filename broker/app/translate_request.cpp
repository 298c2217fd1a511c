#include "broker/app/translate_request.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "broker/app/translate_request_parts.hpp"
#include "common/base/bytes.hpp"

namespace steward::app {
namespace {

struct Verb {
    std::string_view name;
    core::Request (*read)(Arguments& arguments, ZoneSource zones);
};

constexpr std::array<Verb, 13> kVerbs = {{{"cancel", &read_cancel},
                                          {"retry", &read_retry},
                                          {"discard", &read_discard},
                                          {"purge", &read_purge},
                                          {"edit", &read_edit},
                                          {"mode", &read_mode},
                                          {"limit-set", &read_limit_set},
                                          {"limit-remove", &read_limit_remove},
                                          {"group-set", &read_group_set},
                                          {"schedule-set", &read_schedule_set},
                                          {"schedule-remove", &read_schedule_remove},
                                          {"batch-open", &read_batch_open},
                                          {"batch-close", &read_batch_close}}};

base::Unexpected unknown(std::string_view verb) {
    std::string message = "no request is called \"" + base::printable(verb) + "\"; there are ";
    for (const Verb& one : kVerbs) {
        message += one.name;
        message += &one == &kVerbs.back() ? "" : ", ";
    }
    return base::fail(base::Errc::UnknownCommand, std::move(message));
}

}  // namespace

base::Expected<core::Request> read_request(std::string_view verb,
                                           const base::Blob& arguments,
                                           ZoneSource zones) {
    const auto* const known = std::ranges::find(kVerbs, verb, &Verb::name);
    if (known == kVerbs.end()) {
        return unknown(verb);
    }
    core::Request request;
    return with_arguments(
               verb, arguments, [&](Arguments& given) { request = known->read(given, zones); })
        .map([&] { return std::move(request); });
}

}  // namespace steward::app
