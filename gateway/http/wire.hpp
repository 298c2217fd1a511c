// gateway/http: the bytes of a connection, plain or over TLS. Knows no HTTP. Private to this
// folder.
#pragma once

#include <array>
#include <boost/beast/core/flat_buffer.hpp>
#include <memory>
#include <string>

#include "gateway/http/beast.hpp"
#include "gateway/http/site.hpp"

namespace steward::gateway {

/// One read and one write at a time. Calls its user back from the loop, never from within a call,
/// and keeps him for as long as it has something to tell.
///
/// Thread: the loop's.
class Wire {
public:
    using Pieces = std::array<asio::const_buffer, 2>;

    class User {
    public:
        User() = default;
        User(const User&) = delete;
        User& operator=(const User&) = delete;
        virtual ~User() = default;

        virtual void on_open(const error_code& error) = 0;
        virtual void on_read(const error_code& error, std::size_t bytes) = 0;
        virtual void on_written(const error_code& error) = 0;
        /// The peer sends no more. It may have gone, or read on.
        virtual void on_half_closed() = 0;
        /// Nobody is there any more. Whoever reads or writes may hear it from that instead.
        virtual void on_gone() = 0;
    };

    Wire() = default;
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;
    virtual ~Wire() = default;

    /// Leads to on_open().
    virtual void open(std::shared_ptr<User> user) = 0;
    /// Reads behind what is in `to`, which stays until on_read().
    virtual void read(beast::flat_buffer& to, std::size_t bytes_max) = 0;
    /// How much was taken at once. Then write() is for the rest.
    [[nodiscard]] virtual std::size_t write_some(const Pieces& pieces) = 0;
    /// What `pieces` point to stays until on_written().
    virtual void write(const Pieces& pieces) = 0;
    /// Whether on_half_closed() was due.
    [[nodiscard]] virtual bool is_half_closed() const = 0;
    /// Tells the peer that no more is sent.
    virtual void shut() = 0;
    /// Nothing is told any more.
    virtual void close() = 0;

    [[nodiscard]] virtual bool is_secure() const = 0;

    // The connection goes on as something else, and not with this. The head of a stream is written
    // as it is; of an upgrade it is still to be answered.
    virtual void become_stream(std::string head,
                               bool is_chunked,
                               const Exchange::MakeListener& make) = 0;
    virtual void become_web_socket(const Message& message, Exchange::MakeListener make) = 0;
};

/// `socket` has been accepted. `tls`: null for none.
[[nodiscard]] std::unique_ptr<Wire> make_wire(std::shared_ptr<Site> site,
                                              Socket socket,
                                              std::shared_ptr<asio::ssl::context> tls);

}  // namespace steward::gateway
