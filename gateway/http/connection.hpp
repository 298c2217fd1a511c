// gateway/http: one connection: reads requests, has them answered, one after the other. Private to
// this folder.
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "gateway/http/outgoing.hpp"
#include "gateway/http/site.hpp"

namespace steward::gateway {

/// Beside reading and answering it has two rules. A peer that is slow with a request's head or body
/// is cut off in time, and one whose request cannot be understood hears why before it is: what it
/// still sends is read and thrown away for a moment, for a close in the middle of that would take
/// the answer with it (RFC 9112, 9.6).
template <class Stream>
class Connection : public Guest, public std::enable_shared_from_this<Connection<Stream>> {
public:
    Connection(std::shared_ptr<Site> site,
               Stream&& stream,
               std::shared_ptr<asio::ssl::context> tls);
    ~Connection() override;

    void start();
    void leave() override;

private:
    class Request;

    void wait_for_request();
    void read_head();
    void on_head(const error_code& error);
    void read_body();
    void on_body(const error_code& error);
    void dispatch();

    void answer(Response&& response);
    void stream(Response&& head, const Exchange::MakeListener& make);
    void upgrade(Exchange::MakeListener make);
    void tell_served(unsigned status, std::size_t body_bytes);
    [[nodiscard]] Manners manners() const;

    void fail(const error_code& error);
    void refuse(unsigned status, std::string_view detail);
    void write(Response&& response);
    void on_written(const error_code& error);
    void linger();
    void close();

    std::shared_ptr<Site> site_;
    std::shared_ptr<asio::ssl::context> tls_;  // outlives the stream
    Stream stream_;
    beast::flat_buffer buffer_;
    std::optional<http::request_parser<http::string_body>> parser_;
    Message message_;
    gateway::Request request_;
    std::optional<Outgoing> outgoing_;
    std::string remote_;
    base::MonoTime asked_at_{};
    std::size_t lingered_ = 0;
    bool is_head_ = false;
    bool keeps_alive_ = false;
    bool is_idle_ = true;
    bool has_moved_ = false;  // the stream went on as something else
};

}  // namespace steward::gateway
