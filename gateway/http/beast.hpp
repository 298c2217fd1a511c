// gateway/http: the library's names as this folder uses them, and what it says translated. Private
// to this folder.
#pragma once

#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string>

#include "gateway/message/message.hpp"

namespace steward::gateway {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using PlainStream = beast::tcp_stream;
using TlsStream = asio::ssl::stream<beast::tcp_stream>;
using Message = http::request<http::string_body>;

template <class Stream>
[[nodiscard]] beast::tcp_stream& tcp_of(Stream& stream) {
    return beast::get_lowest_layer(stream);
}

/// The request, its body moved out of `message`; nothing when the target or Host cannot be
/// understood (RFC 9112, 3.2): then `fault` says why.
[[nodiscard]] bool read_message(Message& message, Request& request, std::string& fault);

/// How a fault in what came is answered; 0: not at all, the other end is gone.
[[nodiscard]] unsigned status_of_fault(const error_code& error);

/// A whole answer to what was no request, as a problem (RFC 9457).
[[nodiscard]] Response fault_answer(unsigned status, std::string_view detail);

}  // namespace steward::gateway
