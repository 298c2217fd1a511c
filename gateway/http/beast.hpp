// gateway/http: the library's names as this folder uses them, and what it says translated. Private
// to this folder.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <string>

#include "gateway/message/message.hpp"

namespace steward::gateway {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
// Their executor is the loop's and no other, so calls to it need no table.
using PlainStream = beast::basic_stream<asio::ip::tcp, asio::io_context::executor_type>;
using TlsStream = asio::ssl::stream<PlainStream>;
using Message = http::request<http::empty_body>;

template <class Stream>
[[nodiscard]] PlainStream& tcp_of(Stream& stream) {
    return beast::get_lowest_layer(stream);
}

/// The head of a request as the library itself has it.
[[nodiscard]] Message message_of(const Request& request, unsigned version);

/// How a fault in what came is answered.
[[nodiscard]] unsigned status_of_fault(const error_code& error);

/// A whole answer to what was no request, as a problem (RFC 9457).
[[nodiscard]] Response fault_answer(unsigned status, std::string_view detail);

}  // namespace steward::gateway
