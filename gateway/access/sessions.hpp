// gateway/access: sessions of browsers, which cannot send a token with a WebSocket: a token is
// shown once and a cookie stands for it from then on.
#pragma once

#include <array>
#include <cstddef>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/time.hpp"
#include "gateway/access/digest.hpp"
#include "gateway/access/roles.hpp"
#include "gateway/access/tokens.hpp"

namespace steward::gateway {

struct SessionLimits {
    std::size_t sessions_max = 1000;                        // the one idle for longest makes room
    base::Duration idle_max = std::chrono::hours(12);       // without a request
    base::Duration lifetime_max = std::chrono::hours(168);  // then the token is shown again
};

/// Thread: one.  Bound: SessionLimits.
class Sessions {
public:
    explicit Sessions(const SessionLimits& limits = {}) : limits_(limits) {}

    using Random = std::array<unsigned char, 32>;

    /// A new session's cookie value: the hex of `random`, which has to be by chance and used once.
    /// Here only its hash is kept.
    [[nodiscard]] std::string open(base::MonoTime now,
                                   const Visitor& visitor,
                                   const Random& random);

    /// Whose session it is, or null; asking keeps it from being idle. The view is good until the
    /// next call.
    [[nodiscard]] const Visitor* find(base::MonoTime now, std::string_view cookie);

    void close(std::string_view cookie);

    /// Ends the sessions of tokens that are not there any more or have other roles now.
    void keep_only(const Tokens& tokens);

    [[nodiscard]] std::size_t size() const { return by_use_.size(); }

private:
    struct Session {
        Digest digest{};
        Visitor visitor;
        base::MonoTime opened;
        base::MonoTime used;
    };

    using ByUse = std::list<Session>;  // the idlest first

    void erase(ByUse::iterator session);
    void drop_idle(base::MonoTime now);

    SessionLimits limits_;
    ByUse by_use_;
    std::map<Digest, ByUse::iterator> by_digest_;
};

/// The session's cookie in a request's Cookie header, or nothing.
[[nodiscard]] std::optional<std::string_view> session_cookie_of(std::string_view cookies,
                                                                bool is_secure);

/// The value of Set-Cookie: for this site only, out of reach of scripts and of other sites, and
/// under TLS for TLS only (`__Host-`). An empty `value` takes the cookie away.
[[nodiscard]] std::string session_cookie(std::string_view value,
                                         bool is_secure,
                                         base::Duration lifetime);

}  // namespace steward::gateway
