// tests: requests of operators as they come in: a verb and its arguments as JSON.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include <doctest/doctest.h>

#include "broker/app/translate_request.hpp"

namespace steward::app::fakes {

inline base::Expected<core::Request> read(std::string_view verb, std::string_view json) {
    return read_request(verb, json.empty() ? base::Blob() : base::Blob::copy(json), &only_utc);
}

template <class Request>
Request as(std::string_view verb, std::string_view json) {
    auto request = read(verb, json);
    if (!request) {
        FAIL(request.error().message);
    }
    REQUIRE(std::holds_alternative<Request>(*request));
    return std::get<Request>(*std::move(request));
}

/// Why the request is refused.
inline base::Error fault(std::string_view verb, std::string_view json) {
    const auto request = read(verb, json);
    REQUIRE_FALSE(request.has_value());
    return request.error();
}

inline bool contains(const std::string& text, std::string_view part) {
    const bool is_there = text.find(part) != std::string::npos;
    CHECK_MESSAGE(is_there, text, " should contain ", part);
    return is_there;
}

}  // namespace steward::app::fakes
