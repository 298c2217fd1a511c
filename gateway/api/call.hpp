// gateway/api: a request on its way through the gateway: what was asked, by whom, and the answer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/access/roles.hpp"
#include "gateway/access/site_headers.hpp"
#include "gateway/api/problem.hpp"
#include "gateway/api/reply.hpp"
#include "gateway/message/exchange.hpp"
#include "gateway/params/form.hpp"

namespace steward::gateway {

/// Answers exactly once, by any of the answering members.
///
/// Thread: the loop's.
class Call {
public:
    explicit Call(std::shared_ptr<Exchange> exchange_given) : exchange(std::move(exchange_given)) {}

    [[nodiscard]] const Request& request() const { return exchange->request(); }

    [[nodiscard]] Request& request() { return exchange->request(); }

    /// What the route's braces took.
    [[nodiscard]] const std::string& name(std::size_t index) const { return names.at(index); }

    /// With the headers that every answer to this request has.
    [[nodiscard]] Response dressed(Response&& response) {
        for (Header& header : headers) {
            response.headers.push_back(std::move(header));
        }
        if (response.headers.empty() && !request().is_secure) {
            response.lines = site_lines(kind);
        } else {
            add_site_headers(response.headers, kind, request().is_secure);
        }
        return std::move(response);
    }

    void answer(Response&& response) { exchange->answer(dressed(std::move(response))); }

    void json(unsigned status, const nlohmann::json& value) { answer(json_reply(status, value)); }

    void fail(const base::Error& error) { answer(problem(error)); }

    void fail(unsigned status, std::string_view detail) { answer(problem(status, detail)); }

    std::shared_ptr<Exchange> exchange;
    std::vector<std::string> names;
    Pairs query;
    std::uint8_t roles = 0;       // of who asks
    std::string who;              // a token's name; empty: nobody had to say
    TokenGrants grants;           // of that token
    std::string traceparent;      // a valid one, or empty
    std::vector<Header> headers;  // of the answer, whatever it is
    AnswerKind kind = AnswerKind::Data;
};

}  // namespace steward::gateway
