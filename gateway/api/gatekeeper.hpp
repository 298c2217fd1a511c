// gateway/api: who asks, and whether he may: tokens, browsers' sessions, origins.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/expected.hpp"
#include "gateway/access/origin.hpp"
#include "gateway/access/sessions.hpp"
#include "gateway/access/tokens.hpp"
#include "gateway/api/call.hpp"

namespace steward::gateway {

struct FrontOptions {
    std::vector<std::string> allowed_origins;  // CORS: exact origins, or "*"
    std::vector<std::string> server_names;     // hosts that browsers may name
    std::string tokens_file;                   // empty: nobody has to say who they are
    bool trusts_hosts = false;                 // whatever the Host: others may reach it by design
};

/// Thread: the loop's.
class Gatekeeper {
public:
    explicit Gatekeeper(const FrontOptions& options);

    /// Reads the tokens, at the start and again on demand; sessions of tokens that are gone end.
    /// Errors: those of read_token_file(); the old ones stay.
    [[nodiscard]] base::Expected<void> load_tokens();

    /// Fills in who asks, or answers and gives false: 401 and 403 say why, 204 is a preflight.
    [[nodiscard]] bool lets_in(Call& call, std::uint8_t roles, Exposure exposure);

    /// How often tokens were read. Another number: who was let in before may be nobody now.
    [[nodiscard]] std::uint64_t loads() const { return loads_; }

    /// Whether who was let in as this one still would be.
    [[nodiscard]] bool still_knows(const Visitor& visitor) const;

    [[nodiscard]] bool wants_tokens() const { return !tokens_file_.empty(); }

    [[nodiscard]] bool has_tokens() const { return !tokens_.empty(); }

    /// A session for who showed a token in this request, as the value of Set-Cookie.
    /// Errors: Io, without chance from the system.
    [[nodiscard]] base::Expected<std::string> open_session(const Call& call);
    /// Ends the session of this request, if it has one; the value of Set-Cookie.
    [[nodiscard]] std::string close_session(const Call& call);

private:
    [[nodiscard]] const Visitor* visitor_of(const Request& request);

    OriginRules rules_;
    std::string tokens_file_;
    Tokens tokens_;
    std::uint64_t loads_ = 0;
    Sessions sessions_;
};

}  // namespace steward::gateway
