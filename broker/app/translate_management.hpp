// broker/app: the requests that any client can make by a service's name: SERVER-… (ZMWS) and mmi.…
// (RFC 8). Knows which query each name is and how its answer finds back to the name; asks nothing.
#pragma once

#include <cstdint>
#include <string_view>

#include "broker/core/input.hpp"

namespace steward::app {

/// The query behind a reserved name; `from` will carry the name (see management_name).
/// `body`: mmi.service asks for the service it names; SERVER-STATUS and mmi.status ask for the job
/// whose id it is and otherwise for the broker.
/// Pre: the name is reserved.
/// Errors: UnknownCommand: an mmi. name nobody defined; BadName: no service could be called so.
[[nodiscard]] base::Expected<core::Query> management_query(core::Address from,
                                                           std::string_view name,
                                                           const model::Payload& body);

/// The name that a query was made by, from the form that its answer carries back; empty: none.
[[nodiscard]] std::string_view management_name(std::uint32_t form);

/// The status that RFC 8 has for a request that was refused.
[[nodiscard]] std::string_view mmi_status(base::Errc code);

}  // namespace steward::app
