// gateway/http: a request as it comes in, piece by piece, put together as a value. Private to this
// folder.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <string>
#include <string_view>

#include "gateway/http/beast.hpp"
#include "gateway/http/server.hpp"

namespace steward::gateway {

/// The library takes the bytes apart and holds them to the limits; here they become a Request at
/// once, without the library's own message between them.
class RequestReader : public http::basic_parser<true> {
public:
    explicit RequestReader(const ServerOptions& options);

    /// The request. Pre: is_done().
    [[nodiscard]] Request& request() { return request_; }

    [[nodiscard]] const Request& request() const { return request_; }

    /// What its target or its Host lacks to be understood (RFC 9112, 3.2); empty: nothing.
    [[nodiscard]] std::string_view fault() const;

    /// Once the head is there: whether its body comes in a way that is known here (RFC 9112, 6.1).
    [[nodiscard]] bool knows_coding() const;

    /// The value of Expect, once the head is there.
    [[nodiscard]] std::string_view expected() const { return request_.header("Expect"); }

    [[nodiscard]] unsigned version() const { return version_; }

private:
    void on_request_impl(http::verb method,
                         std::string_view method_text,
                         std::string_view target,
                         int version,
                         error_code& error) override;

    void on_response_impl(int, std::string_view, int, error_code&) override {}

    void on_field_impl(http::field name,
                       std::string_view name_text,
                       std::string_view value,
                       error_code& error) override;

    void on_header_impl(error_code&) override {}

    void on_body_init_impl(const boost::optional<std::uint64_t>& length,
                           error_code& error) override;
    std::size_t on_body_impl(std::string_view bytes, error_code& error) override;

    void on_chunk_header_impl(std::uint64_t, std::string_view, error_code&) override {}

    std::size_t on_chunk_body_impl(std::uint64_t rest,
                                   std::string_view bytes,
                                   error_code& error) override;

    void on_finish_impl(error_code&) override {}

    Request request_;
    unsigned version_ = 11;
    std::size_t hosts_ = 0;
    bool has_target_ = false;
};

}  // namespace steward::gateway
