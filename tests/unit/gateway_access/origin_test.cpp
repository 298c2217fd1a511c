// tests/unit/gateway_access: which pages may use the gateway, and what browsers are told.
#include "gateway/access/origin.hpp"

#include <string>

#include <doctest/doctest.h>

#include "gateway/access/site_headers.hpp"

namespace steward::gateway {
namespace {

const OriginRules kHome{{}, {}};
const OriginRules kOneSite{{}, {"https://app.example:8443"}};
const OriginRules kAnySite{{}, {"*"}};

Request request_with(std::vector<Header> headers, Method method = Method::Get) {
    Request request;
    request.method = method;
    request.path = "/MAIL";
    request.headers = std::move(headers);
    request.headers.push_back({"Host", "localhost:5580"});
    return request;
}

OriginVerdict judged(const std::vector<Header>& headers,
                     const OriginRules& rules = kHome,
                     Exposure exposure = Exposure::Guarded) {
    return judge_origin(request_with(headers), rules, exposure);
}

bool is_in(const OriginVerdict& verdict) {
    CHECK(verdict.is_refused() == !verdict.refusal.empty());
    return !verdict.is_refused();
}

std::string value_of(const std::vector<Header>& headers, std::string_view name) {
    for (const Header& header : headers) {
        if (same_name(header.name, name)) {
            return header.value;
        }
    }
    return "";
}

}  // namespace

TEST_CASE("Programs come in, and so does our own page") {
    CHECK(is_in(judged({})));
    CHECK(is_in(judged({{"Sec-Fetch-Site", "none"}})));
    CHECK(is_in(judged({{"Sec-Fetch-Site", "same-origin"}, {"Origin", "http://localhost:5580"}})));
    CHECK(is_in(judged({{"Origin", "http://localhost:5580"}})));
    CHECK(is_in(judged({{"Origin", "https://LOCALHOST:5580"}})));
    CHECK(is_in(judged({{"Referer", "http://localhost:5580/ui/x?y"}})));
    CHECK(judged({}).headers.empty());
}

TEST_CASE("Pages of other sites are refused, whatever they send") {
    CHECK_FALSE(is_in(judged({{"Origin", "https://evil.example"}})));
    CHECK_FALSE(is_in(judged({{"Origin", "http://localhost:3000"}})));
    CHECK_FALSE(is_in(judged({{"Origin", "http://localhost"}})));
    CHECK_FALSE(is_in(judged({{"Origin", "null"}})));
    CHECK_FALSE(is_in(judged({{"Sec-Fetch-Site", "cross-site"}})));
    CHECK_FALSE(
        is_in(judged({{"Sec-Fetch-Site", "same-site"}, {"Origin", "http://localhost:3000"}})));
    CHECK_FALSE(is_in(judged({{"Referer", "https://evil.example/page"}})));
    CHECK_FALSE(is_in(judged({{"Origin", "http://localhost:5580.evil.example"}})));
    CHECK(judged({{"Origin", "https://evil.example"}}).refusal ==
          "pages of \"https://evil.example\" may not use this gateway; add the site to "
          "gateway.allowed_origins if it may");
    CHECK(judged({{"Sec-Fetch-Site", "cross-site"}}).refusal.starts_with("pages of other sites"));
}

TEST_CASE("A page that came in the clear does not use a gateway under TLS") {
    Request request = request_with({{"Origin", "http://localhost:5580"}});
    request.is_secure = true;
    CHECK(judge_origin(request, kHome, Exposure::Guarded).is_refused());
    request.headers[0].value = "https://localhost:5580";
    CHECK_FALSE(judge_origin(request, kHome, Exposure::Guarded).is_refused());
}

TEST_CASE("The usual port need not be named") {
    Request request;
    request.is_secure = true;
    request.headers = {{"Host", "gw.example:443"}, {"Origin", "https://gw.example"}};
    CHECK_FALSE(judge_origin(request, {{"gw.example"}, {}}, Exposure::Guarded).is_refused());
}

TEST_CASE("A link from elsewhere leads to what is open, and to nothing else") {
    const std::vector<Header> link = {{"Sec-Fetch-Site", "cross-site"},
                                      {"Sec-Fetch-Mode", "navigate"}};
    CHECK(is_in(judged(link, kHome, Exposure::Open)));
    CHECK_FALSE(is_in(judged(link, kHome, Exposure::Guarded)));
    CHECK(is_in(judged({{"Referer", "https://wiki.example/"}}, kHome, Exposure::Open)));
    CHECK_FALSE(is_in(judged(
        {{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Mode", "no-cors"}}, kHome, Exposure::Open)));
    const auto posted = judge_origin(request_with(link, Method::Post), kHome, Exposure::Open);
    CHECK(posted.is_refused());
}

TEST_CASE("A host that is not ours is refused: a name may have been turned to this machine") {
    const auto with_host = [](const std::string& host, const OriginRules& rules = kHome) {
        Request request;
        request.headers = {{"Host", host}, {"Sec-Fetch-Site", "same-origin"}};
        return judge_origin(request, rules, Exposure::Open);
    };
    CHECK(is_in(with_host("LocalHost")));
    CHECK(is_in(with_host("localhost.:5580")));
    CHECK(is_in(with_host("127.0.0.1:5580")));
    CHECK(is_in(with_host("[::1]:5580")));
    CHECK(is_in(with_host("")));
    CHECK(is_in(with_host("192.168.1.7:5580")));
    CHECK(is_in(with_host("app.localhost")));
    CHECK(is_in(with_host("gw.example", {{"gw.example"}, {}})));
    const auto evil = with_host("evil.example:5580");
    CHECK_FALSE(is_in(evil));
    CHECK(evil.status == 403);
    CHECK(evil.refusal ==
          "the gateway is not known as \"evil.example\" (Host); add the name to "
          "gateway.server_names if it is");
    CHECK_FALSE(is_in(with_host("localhost.evil.example")));
    CHECK_FALSE(is_in(with_host("notlocalhost")));
    CHECK_FALSE(is_in(with_host("127.0.0.1.evil.example")));
    CHECK_FALSE(is_in(with_host("[::1")));
    CHECK(is_in(with_host("evil.example", {{"*"}, {}})));
}

TEST_CASE("Two hosts or origins are no request") {
    Request twice = request_with({{"host", "localhost"}});
    CHECK(judge_origin(twice, kHome, Exposure::Open).status == 400);
    CHECK(
        judged({{"Origin", "http://localhost:5580"}, {"origin", "https://evil.example"}}).status ==
        400);
}

TEST_CASE("A listed site may use the gateway, and is told so") {
    const auto verdict = judged(
        {{"Origin", "https://app.example:8443"}, {"Sec-Fetch-Site", "cross-site"}}, kOneSite);
    CHECK(is_in(verdict));
    CHECK_FALSE(verdict.is_preflight());
    CHECK(value_of(verdict.headers, "Access-Control-Allow-Origin") == "https://app.example:8443");
    CHECK(value_of(verdict.headers, "Vary") == "Origin");
    CHECK(value_of(verdict.headers, "Access-Control-Expose-Headers").find("Location") !=
          std::string::npos);
    CHECK(value_of(verdict.headers, "Access-Control-Allow-Credentials").empty());
    const auto other = judged({{"Origin", "https://app.example"}}, kOneSite);
    CHECK_FALSE(is_in(other));
    CHECK(value_of(other.headers, "Vary") == "Origin");
    CHECK(value_of(other.headers, "Access-Control-Allow-Origin").empty());
}

TEST_CASE("A script of a listed site loads by its Referer, of any site with a star") {
    CHECK(is_in(judged(
        {{"Sec-Fetch-Site", "cross-site"}, {"Referer", "https://app.example:8443/x"}}, kOneSite)));
    CHECK_FALSE(is_in(judged({{"Sec-Fetch-Site", "cross-site"}}, kOneSite)));
    CHECK(is_in(judged({{"Sec-Fetch-Site", "cross-site"}}, kAnySite)));
    const auto any = judged({{"Origin", "null"}}, kAnySite);
    CHECK(is_in(any));
    CHECK(value_of(any.headers, "Access-Control-Allow-Origin") == "*");
    CHECK(value_of(any.headers, "Vary").empty());
}

TEST_CASE("A preflight is answered at once") {
    const auto preflight = [](const OriginRules& rules, std::vector<Header> more = {}) {
        std::vector<Header> headers = {{"Origin", "https://app.example:8443"},
                                       {"Access-Control-Request-Method", "PUT"}};
        headers.insert(headers.end(), more.begin(), more.end());
        return judge_origin(request_with(headers, Method::Options), rules, Exposure::Guarded);
    };
    const auto verdict = preflight(kOneSite);
    CHECK(verdict.is_preflight());
    CHECK(value_of(verdict.headers, "Access-Control-Allow-Methods").find("PUT") !=
          std::string::npos);
    CHECK(value_of(verdict.headers, "Access-Control-Allow-Headers").find("Idempotency-Key") !=
          std::string::npos);
    CHECK(value_of(verdict.headers, "Access-Control-Max-Age") == "600");
    CHECK(value_of(verdict.headers, "Access-Control-Allow-Private-Network").empty());
    const auto is_private =
        preflight(kOneSite, {{"Access-Control-Request-Private-Network", "true"}});
    CHECK(value_of(is_private.headers, "Access-Control-Allow-Private-Network") == "true");
    CHECK(preflight(kHome).is_refused());
    const auto plain =
        judge_origin(request_with({{"Origin", "https://app.example:8443"}}, Method::Options),
                     kOneSite,
                     Exposure::Guarded);
    CHECK_FALSE(plain.is_preflight());
}

TEST_CASE("A site is listed as browsers name it") {
    for (const char* good : {"*", "http://localhost:3000", "https://app.example"}) {
        CHECK_MESSAGE(origin_fault(good).empty(), good);
    }
    for (const char* bad : {"",
                            "null",
                            "app.example",
                            "https://",
                            "https://app.example/",
                            "https://App.example",
                            "https://app.example:443",
                            "http://app.example:80",
                            "https://*.example",
                            "https://me@app.example",
                            "ftp://app.example"}) {
        CHECK_FALSE_MESSAGE(origin_fault(bad).empty(), bad);
    }
}

TEST_CASE("Answers carry what a careful site sets") {
    std::vector<Header> page;
    add_site_headers(page, AnswerKind::Page, false);
    const std::string policy = value_of(page, "Content-Security-Policy");
    CHECK(policy.find("script-src 'self';") != std::string::npos);
    CHECK(policy.find("unsafe") == std::string::npos);
    CHECK(policy.find("frame-ancestors 'none'") != std::string::npos);
    CHECK(value_of(page, "X-Content-Type-Options") == "nosniff");
    CHECK(value_of(page, "Referrer-Policy") == "no-referrer");
    CHECK(value_of(page, "Strict-Transport-Security").empty());

    std::vector<Header> data;
    add_site_headers(data, AnswerKind::Data, true);
    CHECK(value_of(data, "Content-Security-Policy").find("sandbox") != std::string::npos);
    CHECK(value_of(data, "Cache-Control") == "no-store");
    CHECK(value_of(data, "Cross-Origin-Resource-Policy").empty());
    CHECK(value_of(data, "Strict-Transport-Security") == "max-age=31536000");
}

TEST_CASE("What a careful site sets is there as lines too") {
    std::vector<Header> data;
    add_site_headers(data, AnswerKind::Data, false);
    std::string lines;
    for (const Header& header : data) {
        lines += header.name + ": " + header.value + "\r\n";
    }
    CHECK(site_lines(AnswerKind::Data) == lines);
    CHECK(site_lines(AnswerKind::Page).find("script-src 'self';") != std::string_view::npos);
    CHECK(site_lines(AnswerKind::Asset).find("no-cache") != std::string_view::npos);
    CHECK(site_lines(AnswerKind::Script).find("no-store") != std::string_view::npos);
}

TEST_CASE("A header that an answer has already stays") {
    std::vector<Header> headers = {{"cache-control", "public"}};
    add_site_headers(headers, AnswerKind::Asset, false);
    CHECK(value_of(headers, "Cache-Control") == "public");
    const std::size_t count = headers.size();
    add_site_headers(headers, AnswerKind::Asset, false);
    CHECK(headers.size() == count);
}

}  // namespace steward::gateway
