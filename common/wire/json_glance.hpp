// common/wire: whether bytes are JSON, told at a glance. Reads no values.
#pragma once

#include <string_view>

namespace steward::wire {

/// True: it is JSON (RFC 8259), no deeper and with no more values than params may be. False:
/// nothing is said: escapes by number, text beyond ASCII, exponents and what is no JSON at all are
/// left to read_json(), which is the judge and costs ten times as much.
[[nodiscard]] bool is_surely_json(std::string_view text);

}  // namespace steward::wire
