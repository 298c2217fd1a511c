// gateway/access: whether a request may come from where it does. A browser sends what any page
// tells it to, also to this machine's own ports; these rules tell a visitor of ours from a page of
// somebody else's. They are no protection against programs: those show a token.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/message/message.hpp"

namespace steward::gateway {

struct OriginRules {
    /// Names under which the gateway is reached, without a port, in lower case, beside localhost
    /// and IP addresses; "*": any. A page that has its own name point to this machine (DNS
    /// rebinding) is refused by them, and a request without a Host is not.
    std::vector<std::string> server_names;
    /// Other sites whose pages may use the gateway: "https://app.example:8443", or "*": every
    /// page that anybody who can reach the gateway opens, so with "*" it wants tokens.
    std::vector<std::string> allowed_origins;
};

/// What is wrong with an entry of `allowed_origins`; empty: nothing.
[[nodiscard]] std::string origin_fault(std::string_view origin);

/// What a path gives to anybody.
enum class Exposure {
    Open,  // a page that does nothing and tells nothing by itself: links from elsewhere may lead to
           // it
    Guarded,  // everything else, also GETs: ZMWS's door runs jobs by them
};

struct OriginVerdict {
    unsigned status = 200;        // 204: a preflight, to be answered with the headers and no more;
                                  // 403, 400: refused
    std::string refusal;          // for people; empty: it may come in
    std::vector<Header> headers;  // of the answer, whatever it is; also of a refusal

    [[nodiscard]] bool is_refused() const { return status >= 400; }

    [[nodiscard]] bool is_preflight() const { return status == 204; }
};

/// Rules in their order:
///   1. one Host at most, and one of `server_names`;
///   2. what the browser itself calls same-origin, or asked for by nobody's page (Sec-Fetch-Site);
///   3. where it says nothing of that: no Origin and no Referer, or our own (the Host's);
///   4. an Origin of `allowed_origins`: with the headers of CORS, without credentials, so that
///   cookies are
///      for our own page only; without Origin (scripts of JSONP) the origin of Referer counts;
///   5. a link that somebody follows to what is Open;
///   6. all others are refused, WebSockets as well, for CORS does not hold for them.
/// Total on any bytes.
[[nodiscard]] OriginVerdict judge_origin(const Request& request,
                                         const OriginRules& rules,
                                         Exposure exposure);

}  // namespace steward::gateway
