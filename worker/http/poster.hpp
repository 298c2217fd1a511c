// worker/http: one request and its reply over HTTP/1.1, with a bound on time and size, which
// another thread may cut short. The door to Boost.Beast and OpenSSL's TLS.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/expected.hpp"
#include "common/base/time.hpp"
#include "worker/http/reply.hpp"
#include "worker/http/target.hpp"

namespace steward::worker::http {

/// Whom TLS trusts and who we are to it.
struct Trust {
    std::string ca_file;           // empty: the system's
    std::string certificate_file;  // empty: none of our own
    std::string key_file;
};

struct PosterOptions {
    Target target;
    Trust trust;
    base::Duration connect_timeout{};
    base::Duration timeout{};  // from the request's first byte to the reply's last
    std::uint64_t body_bytes_max = 0;
};

struct Request {
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
};

/// A connection that is kept for the next request as long as the receiver keeps it too.
///
/// Thread: one.
class Poster {
public:
    /// Errors: BadConfig: a file of `trust` cannot be used.
    [[nodiscard]] static base::Expected<Poster> open(const PosterOptions& options);

    Poster(Poster&&) noexcept;
    Poster& operator=(Poster&&) noexcept;
    ~Poster();

    /// Blocks: as long as the time-outs say, or until `stop`.
    /// Errors: Timeout, Disconnected, with what failed.
    [[nodiscard]] base::Expected<Reply> post(Request asked, const std::stop_token& stop);

    /// The next request makes a new connection.
    void close();

private:
    struct Parts;
    explicit Poster(std::unique_ptr<Parts> parts);

    std::unique_ptr<Parts> parts_;
};

}  // namespace steward::worker::http
