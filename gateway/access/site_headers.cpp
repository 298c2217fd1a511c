#include "gateway/access/site_headers.hpp"

#include <algorithm>

namespace steward::gateway {

namespace {

constexpr std::string_view kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";
// Should a browser take a result for a document, it is one without scripts and without this site's
// rights.
constexpr std::string_view kDataPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox";

std::string_view policy_of(AnswerKind kind) {
    switch (kind) {
        case AnswerKind::Page: return kPagePolicy;
        case AnswerKind::Asset:
        case AnswerKind::Data:
        case AnswerKind::Script: return kDataPolicy;
    }
    return kDataPolicy;
}

std::string_view caching_of(AnswerKind kind) {
    switch (kind) {
        case AnswerKind::Page:
        case AnswerKind::Asset: return "no-cache";
        case AnswerKind::Data:
        case AnswerKind::Script: return "no-store";
    }
    return "no-store";
}

void add(std::vector<Header>& headers, std::string_view name, std::string_view value) {
    const bool is_there = std::ranges::any_of(
        headers, [&](const Header& header) { return same_name(header.name, name); });
    if (!is_there) {
        headers.push_back({std::string(name), std::string(value)});
    }
}

std::string lines_of(AnswerKind kind) {
    std::vector<Header> headers;
    add_site_headers(headers, kind, false);
    std::string lines;
    for (const Header& header : headers) {
        lines += header.name + ": " + header.value + "\r\n";
    }
    return lines;
}

}  // namespace

void add_site_headers(std::vector<Header>& headers, AnswerKind kind, bool is_secure) {
    headers.reserve(headers.size() + 8);
    add(headers, "Content-Security-Policy", policy_of(kind));
    add(headers, "X-Content-Type-Options", "nosniff");
    add(headers, "X-Frame-Options", "DENY");
    add(headers, "Referrer-Policy", "no-referrer");
    add(headers, "Cache-Control", caching_of(kind));
    if (kind == AnswerKind::Page) {
        add(headers, "Cross-Origin-Opener-Policy", "same-origin");
    }
    if (kind == AnswerKind::Page || kind == AnswerKind::Asset) {
        add(headers, "Cross-Origin-Resource-Policy", "same-origin");
    }
    if (is_secure) {
        add(headers, "Strict-Transport-Security", "max-age=31536000");
    }
}

std::string_view site_lines(AnswerKind kind) {
    static const std::string kPage = lines_of(AnswerKind::Page);
    static const std::string kAsset = lines_of(AnswerKind::Asset);
    static const std::string kData = lines_of(AnswerKind::Data);
    static const std::string kScript = lines_of(AnswerKind::Script);
    switch (kind) {
        case AnswerKind::Page: return kPage;
        case AnswerKind::Asset: return kAsset;
        case AnswerKind::Data: return kData;
        case AnswerKind::Script: return kScript;
    }
    return kData;
}

}  // namespace steward::gateway
