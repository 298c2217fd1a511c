// gateway/params: JSONP, as ZMWS's door speaks it: an answer that a page of another site loads as a
// script.
#pragma once

#include <string>
#include <string_view>

namespace steward::gateway {

/// "cb", "app.jobs.$done": names joined by points, at most kJsonpNameBytesMax bytes. Anything else
/// would be a script of the caller's own under our name.
[[nodiscard]] bool is_jsonp_name(std::string_view name);

/// "/**/cb({…});", to be sent as application/javascript with nosniff. The comment keeps a chosen
/// name from being the first bytes of a file of another type; U+2028 and U+2029, line ends to older
/// script engines, are escaped. Pre: is_jsonp_name(name), `json` is JSON.
[[nodiscard]] std::string jsonp_text(std::string_view name, std::string_view json);

}  // namespace steward::gateway
