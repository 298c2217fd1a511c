#include "worker/http/poster.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <optional>
#include <variant>

namespace steward::worker::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace beast_http = boost::beast::http;
using boost::system::error_code;

using Plain = beast::tcp_stream;
using Secure = beast::ssl_stream<beast::tcp_stream>;
using Parser = beast_http::response_parser<beast_http::string_body>;

base::Unexpected failed(const std::string& doing, const error_code& why) {
    const bool is_late = why == beast::error::timeout;
    return base::fail(is_late ? base::Errc::Timeout : base::Errc::Disconnected,
                      "cannot " + doing + ": " + (is_late ? "it took too long" : why.message()));
}

base::Expected<void> trust(asio::ssl::context& context, const Trust& trust) {
    error_code failed;
    const auto use = [&](const std::string& option, const std::string& file) {
        return base::fail(
            base::Errc::BadConfig,
            option + " names a file that cannot be used (" + file + "): " + failed.message());
    };
    context.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1, failed);
    context.set_verify_mode(asio::ssl::verify_peer, failed);
    if (trust.ca_file.empty()) {
        context.set_default_verify_paths(failed);
    } else if (context.load_verify_file(trust.ca_file, failed); failed) {
        return use("--ca", trust.ca_file);
    }
    if (!trust.certificate_file.empty()) {
        if (context.use_certificate_chain_file(trust.certificate_file, failed); failed) {
            return use("--certificate", trust.certificate_file);
        }
        const std::string& key = trust.key_file.empty() ? trust.certificate_file : trust.key_file;
        if (context.use_private_key_file(key, asio::ssl::context::pem, failed); failed) {
            return use("--key", key);
        }
    }
    return {};
}

}  // namespace

struct Poster::Parts {
    explicit Parts(PosterOptions with) : options(std::move(with)) {}

    // Runs one asynchronous operation to its end, so that it can be cut short.
    template <class Begin>
    error_code run(const Begin& begin) {
        error_code result;
        io.restart();
        begin([&](error_code ended, const auto&...) { result = ended; });
        io.run();
        return is_stopped ? error_code(asio::error::operation_aborted) : result;
    }

    Plain& lowest() {
        return std::holds_alternative<std::unique_ptr<Secure>>(stream)
                   ? beast::get_lowest_layer(*std::get<std::unique_ptr<Secure>>(stream))
                   : *std::get<std::unique_ptr<Plain>>(stream);
    }

    [[nodiscard]] bool is_connected() const {
        return !std::holds_alternative<std::monostate>(stream);
    }

    void disconnect() { stream = std::monostate(); }

    base::Expected<void> connect() {
        asio::ip::tcp::resolver resolver(io);
        asio::ip::tcp::resolver::results_type places;
        const std::string there = options.target.host + " port " + options.target.port;
        const error_code unresolved = run([&](auto done) {
            resolver.async_resolve(
                options.target.host, options.target.port, [&, done](error_code why, auto found) {
                    places = std::move(found);
                    done(why);
                });
        });
        if (unresolved) {
            return failed("find " + there, unresolved);
        }
        if (options.target.is_tls) {
            stream = std::make_unique<Secure>(io, tls);
        } else {
            stream = std::make_unique<Plain>(io);
        }
        lowest().expires_after(options.connect_timeout);
        const error_code refused = run([&](auto done) { lowest().async_connect(places, done); });
        if (refused) {
            disconnect();
            return failed("connect to " + there, refused);
        }
        lowest().socket().set_option(asio::ip::tcp::no_delay(true));
        return options.target.is_tls ? shake_hands() : base::Expected<void>{};
    }

    // The deadline is still that of the connection.
    base::Expected<void> shake_hands() {
        Secure& secure = *std::get<std::unique_ptr<Secure>>(stream);
        const std::string& host = options.target.host;
        error_code no_address;
        static_cast<void>(asio::ip::make_address(host, no_address));
        if (no_address) {  // names only: the macro of OpenSSL, without its cast
            SSL_ctrl(secure.native_handle(),
                     SSL_CTRL_SET_TLSEXT_HOSTNAME,
                     TLSEXT_NAMETYPE_host_name,
                     const_cast<char*>(host.c_str()));  // NOLINT: it is copied
        }
        secure.set_verify_callback(asio::ssl::host_name_verification(host));
        const error_code refused =
            run([&](auto done) { secure.async_handshake(asio::ssl::stream_base::client, done); });
        if (refused) {
            const long verdict = SSL_get_verify_result(secure.native_handle());
            std::string text = "agree on TLS with " + host;
            if (verdict != X509_V_OK) {
                text += std::string(" (") + X509_verify_cert_error_string(verdict) + ")";
            }
            disconnect();
            return failed(text, refused);
        }
        return {};
    }

    template <class Stream>
    error_code exchange(Stream& on,
                        beast_http::request<beast_http::string_body>& request,
                        Parser& parser) {
        buffer.clear();
        const error_code unsent =
            run([&](auto done) { beast_http::async_write(on, request, done); });
        if (unsent) {
            return unsent;
        }
        // The head by itself: read together with its body, a body past the limit is let through.
        const error_code headless =
            run([&](auto done) { beast_http::async_read_header(on, buffer, parser, done); });
        return headless ? headless
                        : run([&](auto done) { beast_http::async_read(on, buffer, parser, done); });
    }

    error_code exchange(beast_http::request<beast_http::string_body>& request, Parser& parser) {
        lowest().expires_after(options.timeout);
        return options.target.is_tls
                   ? exchange(*std::get<std::unique_ptr<Secure>>(stream), request, parser)
                   : exchange(*std::get<std::unique_ptr<Plain>>(stream), request, parser);
    }

    // For stop(), from any thread: what is posted too late means nothing to the next request.
    void cut_short(std::uint64_t which) {
        asio::post(io, [this, which] {
            if (which == requests) {
                is_stopped = true;
                if (is_connected()) {
                    lowest().cancel();
                }
            }
        });
    }

    PosterOptions options;
    asio::io_context io{1};
    asio::ssl::context tls{asio::ssl::context::tls_client};
    std::variant<std::monostate, std::unique_ptr<Plain>, std::unique_ptr<Secure>> stream;
    beast::flat_buffer buffer;
    std::uint64_t requests = 0;
    bool is_stopped = false;
};

Poster::Poster(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Poster::Poster(Poster&&) noexcept = default;
Poster& Poster::operator=(Poster&&) noexcept = default;
Poster::~Poster() = default;

base::Expected<Poster> Poster::open(const PosterOptions& options) {
    auto parts = std::make_unique<Parts>(options);
    if (options.target.is_tls) {
        if (auto trusted = trust(parts->tls, options.trust); !trusted) {
            return base::Unexpected(std::move(trusted.error()));
        }
    }
    return Poster(std::move(parts));
}

void Poster::close() {
    parts_->disconnect();
}

base::Expected<Reply> Poster::post(Request asked, const std::stop_token& stop) {
    Parts& parts = *parts_;
    parts.is_stopped = false;
    const std::uint64_t which = ++parts.requests;
    const std::stop_callback cutting(stop, [&parts, which] { parts.cut_short(which); });

    beast_http::request<beast_http::string_body> request(
        beast_http::verb::post, parts.options.target.path, 11);
    request.set(beast_http::field::host, parts.options.target.authority);
    for (const auto& [name, value] : asked.headers) {
        request.set(name, value);
    }
    request.body() = std::move(asked.body);
    request.prepare_payload();

    std::optional<Parser> parser;
    error_code failure;
    while (true) {
        const bool is_kept = parts.is_connected();
        if (!is_kept) {
            if (auto connected = parts.connect(); !connected) {
                return base::Unexpected(std::move(connected.error()));
            }
        }
        parser.emplace();
        parser->body_limit(parts.options.body_bytes_max);
        failure = parts.exchange(request, *parser);
        // A receiver may close a kept connection at any time; that says nothing about this request.
        const bool is_worn_out = is_kept && failure && !parser->got_some() &&
                                 failure != beast::error::timeout && !parts.is_stopped;
        if (!is_worn_out) {
            break;
        }
        parts.disconnect();
    }
    const bool is_too_large = failure == beast_http::error::body_limit;
    if (failure || !parser->get().keep_alive()) {
        parts.disconnect();
    }
    if (failure && !is_too_large) {
        return failed("post to " + parts.options.target.authority, failure);
    }
    const auto& response = parser->get();
    const auto field = [&](beast_http::field name) { return std::string(response[name]); };
    return Reply{response.result_int(),
                 std::string(response.reason()),
                 field(beast_http::field::content_type),
                 field(beast_http::field::retry_after),
                 field(beast_http::field::location),
                 is_too_large ? std::string() : std::move(parser->get().body()),
                 is_too_large};
}

}  // namespace steward::worker::http
