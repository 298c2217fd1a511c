#include "gateway/http/server.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>
#include <vector>

#include "gateway/http/loop_inner.hpp"
#include "gateway/http/site.hpp"

namespace steward::gateway {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Listening = asio::basic_socket_acceptor<tcp, asio::io_context::executor_type>;
using TlsContext = std::shared_ptr<asio::ssl::context>;

namespace {

constexpr auto kPauseWithoutDescriptors = std::chrono::milliseconds(100);

base::Unexpected io_failure(const std::string& what, const error_code& error) {
    return base::fail(base::Errc::Io, what + ": " + error.message());
}

base::Expected<TlsContext> load_tls(const ServerOptions& options) {
    if (options.certificate_file.empty()) {
        return TlsContext();
    }
    auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
    error_code error;
    context->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 |
                             asio::ssl::context::no_sslv3 | asio::ssl::context::no_tlsv1 |
                             asio::ssl::context::no_tlsv1_1 | asio::ssl::context::no_compression,
                         error);
    context->use_certificate_chain_file(options.certificate_file, error);
    if (error) {
        return io_failure("the certificate " + options.certificate_file + " cannot be used", error);
    }
    context->use_private_key_file(options.key_file, asio::ssl::context::pem, error);
    if (error) {
        return io_failure("the key " + options.key_file + " cannot be used", error);
    }
    return context;
}

base::Expected<Listening> listen(asio::io_context& context, const ServerOptions& options) {
    error_code error;
    const auto address = asio::ip::make_address(options.bind, error);
    if (error) {
        return base::fail(base::Errc::Io,
                          "gateway.bind is \"" + options.bind + "\", which is no IP address");
    }
    const tcp::endpoint endpoint(address, options.port);
    Listening acceptor(context);
    acceptor.open(endpoint.protocol(), error);
    if (!error) {
        acceptor.set_option(asio::socket_base::reuse_address(true), error);
    }
    if (!error) {
        acceptor.bind(endpoint, error);
    }
    if (!error) {
        acceptor.listen(asio::socket_base::max_listen_connections, error);
    }
    if (error) {
        return io_failure(
            "cannot listen on " + options.bind + " port " + std::to_string(options.port), error);
    }
    return acceptor;
}

}  // namespace

struct Server::Acceptor : std::enable_shared_from_this<Acceptor> {
    Acceptor(asio::io_context& context,
             Listening acceptor_made,
             TlsContext tls_made,
             std::shared_ptr<Site> site_made)
        : acceptor(std::move(acceptor_made)),
          pause(context),
          tls(std::move(tls_made)),
          site(std::move(site_made)) {}

    void accept() {
        acceptor.async_accept([self = shared_from_this()](const error_code& error, Socket socket) {
            if (self->site->is_closing) {
                return;
            }
            if (error) {
                self->accept_later();
                return;
            }
            self->take(std::move(socket));
            self->accept();
        });
    }

    // Without descriptors the connection stays in the kernel's queue: asking at once would spin.
    void accept_later() {
        pause.expires_after(kPauseWithoutDescriptors);
        pause.async_wait([self = shared_from_this()](const error_code& error) {
            if (!error && !self->site->is_closing) {
                self->accept();
            }
        });
    }

    void take(Socket socket) const {
        if (site->counts.connections >= site->options.connections_max) {
            ++site->counts.refused;
            turn_away(std::move(socket));
            return;
        }
        ++site->counts.accepted;
        error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        serve(site, std::move(socket), tls);
    }

    Listening acceptor;
    asio::steady_timer pause;
    TlsContext tls;
    std::shared_ptr<Site> site;
};

base::Expected<std::unique_ptr<Server>> Server::open(Loop& loop,
                                                     ServerOptions options,
                                                     Handler handler,
                                                     std::function<void(const Served&)> on_served) {
    auto tls = load_tls(options);
    if (!tls) {
        return base::Unexpected(std::move(tls.error()));
    }
    asio::io_context& context = loop.inner().context;
    auto listening = listen(context, options);
    if (!listening) {
        return base::Unexpected(std::move(listening.error()));
    }
    auto acceptor = std::make_shared<Acceptor>(
        context,
        std::move(*listening),
        std::move(*tls),
        std::make_shared<Site>(
            loop.inner().readiness, std::move(options), std::move(handler), std::move(on_served)));
    acceptor->accept();
    return std::unique_ptr<Server>(new Server(std::move(acceptor)));
}

Server::Server(std::shared_ptr<Acceptor> acceptor) : acceptor_(std::move(acceptor)) {}

Server::~Server() {
    close();
    acceptor_->site->is_over = true;
}

std::uint16_t Server::port() const {
    error_code ignored;
    return acceptor_->acceptor.local_endpoint(ignored).port();
}

const ServerCounts& Server::counts() const {
    return acceptor_->site->counts;
}

base::Expected<void> Server::reload_certificate() {
    auto tls = load_tls(acceptor_->site->options);
    if (!tls) {
        return base::Unexpected(std::move(tls.error()));
    }
    acceptor_->tls = std::move(*tls);
    return {};
}

void Server::close() {
    if (std::exchange(acceptor_->site->is_closing, true)) {
        return;
    }
    error_code ignored;
    acceptor_->acceptor.close(ignored);
    acceptor_->pause.cancel();
    // Leaving takes a guest out of the set.
    const std::vector<Guest*> guests(acceptor_->site->guests.begin(),
                                     acceptor_->site->guests.end());
    for (Guest* guest : guests) {
        guest->leave();
    }
}

}  // namespace steward::gateway
