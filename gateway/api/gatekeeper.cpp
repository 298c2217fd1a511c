#include "gateway/api/gatekeeper.hpp"

#include <cstring>
#include <utility>

#include "common/posix/clock.hpp"
#include "common/posix/random_seed.hpp"
#include "gateway/access/file/token_file.hpp"

namespace steward::gateway {

namespace {

constexpr auto kCookieLifetime = std::chrono::hours(168);

std::string words_of(std::uint8_t roles) {
    std::string words;
    for (const std::string_view name : names_of_roles(roles)) {
        words += words.empty() ? "" : " or ";
        words += name;
    }
    return words;
}

OriginRules rules_of(const FrontOptions& options) {
    OriginRules rules;
    rules.allowed_origins = options.allowed_origins;
    rules.server_names = options.server_names;
    if (options.trusts_hosts) {
        rules.server_names.emplace_back("*");
    }
    return rules;
}

}  // namespace

Gatekeeper::Gatekeeper(const FrontOptions& options)
    : rules_(rules_of(options)), tokens_file_(options.tokens_file) {}

base::Expected<void> Gatekeeper::load_tokens() {
    if (tokens_file_.empty()) {
        return {};
    }
    auto tokens = read_token_file(tokens_file_);
    if (!tokens) {
        return base::Unexpected(std::move(tokens.error()));
    }
    tokens_ = std::move(*tokens);
    ++loads_;
    sessions_.keep_only(tokens_);
    return {};
}

bool Gatekeeper::still_knows(const Visitor& visitor) const {
    const Visitor* now = tokens_.named(visitor.name);
    return !wants_tokens() || (now != nullptr && *now == visitor);
}

const Visitor* Gatekeeper::visitor_of(const Request& request) {
    if (const auto secret = bearer_of(request.header("Authorization"))) {
        return tokens_.find(*secret);
    }
    const auto cookie = session_cookie_of(request.header("Cookie"), request.is_secure);
    return cookie ? sessions_.find(posix::read_mono(), *cookie) : nullptr;
}

bool Gatekeeper::lets_in(Call& call, std::uint8_t roles, Exposure exposure) {
    OriginVerdict verdict = judge_origin(call.request(), rules_, exposure);
    for (Header& header : verdict.headers) {
        call.headers.push_back(std::move(header));
    }
    if (verdict.is_refused()) {
        call.fail(verdict.status, verdict.refusal);
        return false;
    }
    if (verdict.is_preflight()) {
        Response response;
        response.status = verdict.status;
        call.answer(std::move(response));
        return false;
    }
    if (!wants_tokens()) {
        call.roles = kAllRoles;
        return true;
    }
    if (const Visitor* visitor = visitor_of(call.request())) {
        call.roles = visitor->roles;
        call.who = visitor->name;
        call.request().token = visitor->name;
        call.grants = visitor->grants;
    } else if (roles != 0) {
        call.headers.push_back({"WWW-Authenticate", "Bearer realm=\"steward\""});
        call.fail(401, "this needs a token: Authorization: Bearer SECRET");
        return false;
    }
    if (roles != 0 && (call.roles & roles) == 0) {
        call.fail(403,
                  "this needs the role " + words_of(roles) + ", and the token \"" + call.who +
                      "\" has " + words_of(call.roles));
        return false;
    }
    return true;
}

base::Expected<std::string> Gatekeeper::open_session(const Call& call) {
    Sessions::Random random{};
    for (std::size_t at = 0; at < random.size(); at += sizeof(std::uint64_t)) {
        const auto bits = posix::random_seed();
        if (!bits) {
            return base::Unexpected(bits.error());
        }
        std::memcpy(random.data() + at, &*bits, sizeof *bits);
    }
    const std::string value =
        sessions_.open(posix::read_mono(), {call.who, call.roles, call.grants}, random);
    return session_cookie(value, call.request().is_secure, kCookieLifetime);
}

std::string Gatekeeper::close_session(const Call& call) {
    const Request& request = call.request();
    if (const auto cookie = session_cookie_of(request.header("Cookie"), request.is_secure)) {
        sessions_.close(*cookie);
    }
    return session_cookie({}, request.is_secure, base::Duration::zero());
}

}  // namespace steward::gateway
