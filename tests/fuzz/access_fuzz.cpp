// tests: who comes in, judged by what they say of themselves. The input's first line names what the
// rest is: headers (a line each, "name: value"), tokens (a file of them), cookies.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/assert.hpp"
#include "gateway/access/origin.hpp"
#include "gateway/access/sessions.hpp"
#include "gateway/access/site_headers.hpp"
#include "gateway/access/tokens.hpp"

namespace {

using namespace steward;
using namespace steward::gateway;

std::string_view take_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

Request request_of(std::string_view text) {
    Request request;
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        const std::size_t colon = std::min(line.find(':'), line.size());
        const std::size_t value = std::min(line.find_first_not_of(' ', colon + 1), line.size());
        request.headers.push_back(
            {std::string(line.substr(0, colon)), std::string(line.substr(value))});
    }
    return request;
}

void check_headers(std::string_view text) {
    Request request = request_of(text);
    const std::array<OriginRules, 3> all = {
        {{{}, {}}, {{"*"}, {"https://app.example"}}, {{"gw.example"}, {"*"}}}};
    for (const Method method : {Method::Get, Method::Post, Method::Options}) {
        request.method = method;
        for (const OriginRules& rules : all) {
            const auto guarded = judge_origin(request, rules, Exposure::Guarded);
            const auto open = judge_origin(request, rules, Exposure::Open);
            STEWARD_ASSERT(guarded.is_refused() == !guarded.refusal.empty());
            STEWARD_ASSERT(guarded.is_refused() || !open.is_refused());
            for (const Header& header : guarded.headers) {
                STEWARD_ASSERT(header.value.find('\n') == std::string::npos);
            }
        }
    }
    // A page of another site never comes in where none is listed.
    if (request.header("Sec-Fetch-Site") == "cross-site") {
        STEWARD_ASSERT(judge_origin(request, {{"*"}, {}}, Exposure::Guarded).is_refused());
    }
    (void)bearer_of(request.header("Authorization"));
    (void)origin_fault(request.header("Origin"));
    add_site_headers(request.headers, AnswerKind::Page, true);
}

void check_tokens(std::string_view text) {
    const auto tokens = Tokens::parse(text, "tokens");
    STEWARD_ASSERT(tokens || !tokens.error().message.empty());
    STEWARD_ASSERT(!tokens || tokens->find("nobody's secret") == nullptr);
}

void check_cookies(std::string_view text) {
    Sessions sessions;
    const std::string mine = sessions.open({}, {"ann", kRead}, {});
    for (const bool is_secure : {false, true}) {
        if (const auto cookie = session_cookie_of(text, is_secure)) {
            STEWARD_ASSERT((sessions.find({}, *cookie) != nullptr) == (*cookie == mine));
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    const std::string_view kind = take_line(rest);
    if (kind == "headers") {
        check_headers(rest);
    } else if (kind == "tokens") {
        check_tokens(rest);
    } else if (kind == "cookies") {
        check_cookies(rest);
    }
    return 0;
}
