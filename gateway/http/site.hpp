// gateway/http: what all connections of a server share. Private to this folder.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <functional>
#include <memory>
#include <set>

#include "common/base/prng.hpp"
#include "gateway/http/readiness.hpp"
#include "gateway/http/server.hpp"

namespace steward::gateway {

using Socket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

/// A connection as the server sees it.
class Guest {
public:
    Guest() = default;
    Guest(const Guest&) = delete;
    Guest& operator=(const Guest&) = delete;
    virtual ~Guest() = default;

    /// Ends it if it is idle, else after the present answer; streams end at once.
    virtual void leave() = 0;
};

class Site {
public:
    Site(std::shared_ptr<Readiness> readiness_given,
         ServerOptions options_given,
         Handler handler_given,
         std::function<void(const Served&)> on_served_given)
        : readiness(std::move(readiness_given)),
          options(std::move(options_given)),
          handler(std::move(handler_given)),
          on_served(std::move(on_served_given)) {}

    const std::shared_ptr<Readiness> readiness;
    const ServerOptions options;
    const Handler handler;
    const std::function<void(const Served&)> on_served;
    ServerCounts counts;
    std::size_t bodies_bytes = 0;  // see BodyAccount
    std::set<Guest*> guests;
    bool is_closing = false;  // takes no more requests
    bool is_over = false;     // the loop runs no more: nothing may be begun
};

/// Takes a connection and lives for as long as it. `tls`: null for none.
void serve(std::shared_ptr<Site> site,
           Socket socket,
           std::shared_ptr<boost::asio::ssl::context> tls);

/// Tells in HTTP that there are too many connections, and closes.
void turn_away(Socket socket);

}  // namespace steward::gateway
