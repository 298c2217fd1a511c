#include "gateway/access/origin.hpp"

#include <algorithm>
#include <utility>

#include "common/base/bytes.hpp"

namespace steward::gateway {

namespace {

constexpr std::string_view kAny = "*";
constexpr std::size_t kShownBytes = 80;

constexpr std::string_view kMethods = "GET, HEAD, POST, PUT, PATCH, DELETE";
constexpr std::string_view kSent =
    "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-Request-Id, traceparent";
constexpr std::string_view kShown = "Location, Retry-After, X-Request-Id, Steward-Job";

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

bool holds(const std::vector<std::string>& list, std::string_view text) {
    return std::ranges::find(list, text) != list.end();
}

// "[::1]:5580" is "[::1]", "gw.example.:80" is "gw.example".
std::string host_name(std::string_view host) {
    const std::size_t bracket = host.rfind(']');
    const std::size_t colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
    std::string name = lower(host.substr(0, colon));
    if (name.ends_with('.')) {
        name.pop_back();
    }
    return name;
}

// Two pieces of "https://host:port". Nothing: the text begins otherwise.
struct Site {
    std::string_view scheme;
    std::string_view authority;  // up to the path, where there is one
};

Site site_of(std::string_view url) {
    const std::size_t slashes = url.find("://");
    if (slashes == std::string_view::npos) {
        return {};
    }
    const std::string_view rest = url.substr(slashes + 3);
    return {url.substr(0, slashes), rest.substr(0, rest.find_first_of("/?#"))};
}

std::string_view without_default_port(std::string_view authority, std::string_view scheme) {
    const std::string_view port = scheme == "https" ? ":443" : ":80";
    return authority.ends_with(port) ? authority.substr(0, authority.size() - port.size())
                                     : authority;
}

// Where a page came over TLS and we did not see any, a proxy may have had it; the other way round
// somebody may have changed the page on its way.
bool is_own(std::string_view origin, const Request& request) {
    const Site site = site_of(origin);
    const bool is_fit = site.scheme == "https" || (site.scheme == "http" && !request.is_secure);
    return is_fit && !site.authority.empty() &&
           lower(without_default_port(site.authority, site.scheme)) ==
               lower(without_default_port(request.header("Host"), site.scheme));
}

std::size_t count_of(const Request& request, std::string_view name) {
    return static_cast<std::size_t>(std::ranges::count_if(
        request.headers, [&](const Header& header) { return same_name(header.name, name); }));
}

OriginVerdict refused(unsigned status, std::string why) {
    OriginVerdict verdict;
    verdict.status = status;
    verdict.refusal = std::move(why);
    return verdict;
}

// Names that nobody can turn: an address names no name, and .localhost is this machine for every
// browser.
bool is_fixed(std::string_view host) {
    const bool is_v6 = host.starts_with('[') && host.ends_with(']');
    const bool is_v4 = host.find_first_not_of("0123456789.") == std::string_view::npos;
    return is_v6 || is_v4 || host == "localhost" || host.ends_with(".localhost");
}

// Rule 1. Empty: nothing is wrong.
std::string host_fault(const Request& request, const OriginRules& rules) {
    const std::string host = host_name(request.header("Host"));
    if (is_fixed(host) || holds(rules.server_names, kAny) || holds(rules.server_names, host)) {
        return {};
    }
    return "the gateway is not known as \"" + base::printable(host, kShownBytes) +
           "\" (Host); add the name to gateway.server_names if it is";
}

bool is_listed(std::string_view origin, const OriginRules& rules) {
    return holds(rules.allowed_origins, kAny) || holds(rules.allowed_origins, origin);
}

void add_cors(OriginVerdict& verdict, const Request& request, const OriginRules& rules) {
    const bool is_any = holds(rules.allowed_origins, kAny);
    verdict.headers.push_back({"Access-Control-Allow-Origin",
                               is_any ? std::string(kAny) : std::string(request.header("Origin"))});
    const bool is_preflight = request.method == Method::Options &&
                              !request.header("Access-Control-Request-Method").empty();
    if (!is_preflight) {
        verdict.headers.push_back({"Access-Control-Expose-Headers", std::string(kShown)});
        return;
    }
    verdict.status = 204;
    verdict.headers.push_back({"Access-Control-Allow-Methods", std::string(kMethods)});
    verdict.headers.push_back({"Access-Control-Allow-Headers", std::string(kSent)});
    verdict.headers.push_back({"Access-Control-Max-Age", "600"});
    if (request.header("Access-Control-Request-Private-Network") == "true") {
        verdict.headers.push_back({"Access-Control-Allow-Private-Network", "true"});
    }
}

// The origin a request comes from by its own words; empty: it does not say.
std::string origin_of(const Request& request) {
    if (const std::string_view origin = request.header("Origin"); !origin.empty()) {
        return std::string(origin);
    }
    const Site site = site_of(request.header("Referer"));
    return site.authority.empty() ? std::string()
                                  : std::string(site.scheme) + "://" + std::string(site.authority);
}

bool is_followed_link(const Request& request) {
    const std::string_view mode = request.header("Sec-Fetch-Mode");
    return (mode == "navigate" || mode.empty()) &&
           (request.method == Method::Get || request.method == Method::Head) &&
           request.header("Origin").empty();
}

}  // namespace

std::string origin_fault(std::string_view origin) {
    if (origin == kAny) {
        return {};
    }
    const Site site = site_of(origin);
    const bool is_web = site.scheme == "http" || site.scheme == "https";
    const std::string whole = std::string(site.scheme) + "://" + std::string(site.authority);
    if (!is_web || site.authority.empty() || whole != origin || lower(origin) != origin ||
        without_default_port(site.authority, site.scheme) != site.authority ||
        site.authority.find_first_of("@* ") != std::string_view::npos) {
        return "is \"*\" or a site as browsers name it: scheme, host and port where it is not the "
               "usual one, without a path and in lower case, such as \"https://app.example:8443\"";
    }
    return {};
}

OriginVerdict judge_origin(const Request& request, const OriginRules& rules, Exposure exposure) {
    if (count_of(request, "Host") > 1 || count_of(request, "Origin") > 1) {
        return refused(400, "a request has one Host and one Origin");
    }
    if (std::string fault = host_fault(request, rules); !fault.empty()) {
        return refused(403, std::move(fault));
    }
    OriginVerdict verdict;
    if (!rules.allowed_origins.empty() && !holds(rules.allowed_origins, kAny)) {
        verdict.headers.push_back({"Vary", "Origin"});
    }
    const std::string_view site = request.header("Sec-Fetch-Site");
    if (site == "same-origin" || site == "none") {
        return verdict;
    }
    const std::string origin = origin_of(request);
    if (site.empty() && (origin.empty() || is_own(origin, request))) {
        return verdict;
    }
    if (is_listed(origin, rules)) {
        if (!request.header("Origin").empty()) {
            add_cors(verdict, request, rules);
        }
        return verdict;
    }
    if (exposure == Exposure::Open && is_followed_link(request)) {
        return verdict;
    }
    verdict.status = 403;
    verdict.refusal =
        "pages of " +
        (origin.empty() ? std::string("other sites")
                        : "\"" + base::printable(origin, kShownBytes) + "\"") +
        " may not use this gateway; add the site to gateway.allowed_origins if it may";
    return verdict;
}

}  // namespace steward::gateway
