// broker/app: from an Operate command's verb and JSON arguments to the core's request. The verbs
// and their arguments are listed in docs/protocol.md.
#pragma once

#include <string_view>

#include "broker/app/translate_zones.hpp"
#include "broker/core/request.hpp"
#include "common/base/blob.hpp"
#include "common/base/expected.hpp"

namespace steward::app {

/// `zones` is asked for the zone of a schedule.
/// Errors: UnknownCommand naming the verbs; BadParams for arguments that are no JSON object or lack
/// what the verb needs; UnknownOption naming an argument that the verb does not know; BadOption,
/// BadName, ReservedName, TooLarge for a value.
[[nodiscard]] base::Expected<core::Request> read_request(std::string_view verb,
                                                         const base::Blob& arguments,
                                                         ZoneSource zones);

}  // namespace steward::app
