#include "gateway/access/sessions.hpp"

#include <algorithm>
#include <iterator>

#include "common/base/bytes.hpp"

namespace steward::gateway {

namespace {

std::string_view cookie_name(bool is_secure) {
    return is_secure ? "__Host-steward-session" : "steward-session";
}

}  // namespace

std::string Sessions::open(base::MonoTime now, const Visitor& visitor, const Random& random) {
    drop_idle(now);
    if (!by_use_.empty() && by_use_.size() >= limits_.sessions_max) {
        erase(by_use_.begin());
    }
    std::string value = base::to_hex({reinterpret_cast<const char*>(random.data()), random.size()});
    close(value);
    const Digest digest = sha256_of(value);
    by_use_.push_back({digest, visitor, now, now});
    by_digest_.emplace(digest, std::prev(by_use_.end()));
    return value;
}

const Visitor* Sessions::find(base::MonoTime now, std::string_view cookie) {
    drop_idle(now);
    const auto found = by_digest_.find(sha256_of(cookie));
    if (found == by_digest_.end()) {
        return nullptr;
    }
    const ByUse::iterator session = found->second;
    if (now - session->opened >= limits_.lifetime_max) {
        erase(session);
        return nullptr;
    }
    session->used = now;
    by_use_.splice(by_use_.end(), by_use_, session);
    return &session->visitor;
}

void Sessions::close(std::string_view cookie) {
    if (const auto found = by_digest_.find(sha256_of(cookie)); found != by_digest_.end()) {
        erase(found->second);
    }
}

void Sessions::keep_only(const Tokens& tokens) {
    for (auto session = by_use_.begin(); session != by_use_.end();) {
        const auto here = session++;
        const Visitor* now = tokens.named(here->visitor.name);
        if (now == nullptr || *now != here->visitor) {
            erase(here);
        }
    }
}

void Sessions::erase(ByUse::iterator session) {
    by_digest_.erase(session->digest);
    by_use_.erase(session);
}

void Sessions::drop_idle(base::MonoTime now) {
    while (!by_use_.empty() && now - by_use_.front().used >= limits_.idle_max) {
        erase(by_use_.begin());
    }
}

std::optional<std::string_view> session_cookie_of(std::string_view cookies, bool is_secure) {
    const std::string_view name = cookie_name(is_secure);
    while (!cookies.empty()) {
        const std::size_t end = std::min(cookies.find(';'), cookies.size());
        std::string_view pair = cookies.substr(0, end);
        cookies.remove_prefix(std::min(end + 1, cookies.size()));
        pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
        if (pair.starts_with(name) && pair.substr(name.size()).starts_with('=')) {
            return pair.substr(name.size() + 1);
        }
    }
    return std::nullopt;
}

std::string session_cookie(std::string_view value, bool is_secure, base::Duration lifetime) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(lifetime).count();
    std::string cookie(cookie_name(is_secure));
    cookie += '=';
    cookie += value;
    cookie += "; Path=/; HttpOnly; SameSite=Strict; Max-Age=";
    cookie += value.empty() ? "0" : std::to_string(seconds);
    cookie += is_secure ? "; Secure" : "";
    return cookie;
}

}  // namespace steward::gateway
