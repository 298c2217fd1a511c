#include "worker/http/target.hpp"

#include <algorithm>
#include <memory>
#include <openssl/crypto.h>
#include <openssl/http.h>

#include "common/base/bytes.hpp"

namespace steward::worker::http {
namespace {

// A text that OpenSSL allocated.
class Part {
public:
    Part() = default;
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;

    ~Part() { OPENSSL_free(text_); }

    char** place() { return &text_; }

    [[nodiscard]] std::string text() const { return text_ == nullptr ? "" : text_; }

private:
    char* text_ = nullptr;
};

base::Unexpected bad(const std::string& url, const std::string& rule) {
    return base::fail(base::Errc::BadConfig,
                      "--url " + rule + "; this is \"" + base::printable(url, 200) + '"');
}

}  // namespace

base::Expected<Target> parse_target(const std::string& url) {
    const bool has_scheme = url.starts_with("http://") || url.starts_with("https://");
    const bool is_visible = std::ranges::all_of(url, [](char c) { return c > ' ' && c < '\x7f'; });
    Part user;
    Part host;
    Part port;
    Part path;
    Part query;
    Part fragment;
    int is_tls = 0;
    if (!has_scheme || !is_visible ||
        OSSL_HTTP_parse_url(url.c_str(),
                            &is_tls,
                            user.place(),
                            host.place(),
                            port.place(),
                            nullptr,
                            path.place(),
                            query.place(),
                            fragment.place()) != 1 ||
        host.text().empty()) {
        return bad(url, "is like https://host:port/path?query, in ASCII");
    }
    if (!user.text().empty()) {
        return bad("https://…",
                   "must not hold credentials: write an Authorization line into the "
                   "file of --headers");
    }
    if (!fragment.text().empty()) {
        return bad(url, "has a fragment (#), which is never sent");
    }
    Target target;
    target.is_tls = is_tls != 0;
    target.host = host.text();
    if (target.host.starts_with('[')) {
        target.host = target.host.substr(1, target.host.size() - 2);
    }
    target.port = port.text();
    target.path = path.text().empty() ? "/" : path.text();
    target.path += query.text().empty() ? "" : '?' + query.text();
    const bool is_v6 = target.host.find(':') != std::string::npos;
    target.authority = is_v6 ? '[' + target.host + ']' : target.host;
    if (target.port != (target.is_tls ? "443" : "80")) {
        target.authority += ':' + target.port;
    }
    return target;
}

}  // namespace steward::worker::http
