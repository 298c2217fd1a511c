#include "gateway/http/wire.hpp"

#include <utility>

#include "gateway/http/plain_wire.hpp"
#include "gateway/http/tls_wire.hpp"

namespace steward::gateway {

std::unique_ptr<Wire> make_wire(std::shared_ptr<Site> site,
                                Socket socket,
                                std::shared_ptr<asio::ssl::context> tls) {
    if (tls != nullptr) {
        return std::make_unique<TlsWire>(std::move(site), std::move(socket), std::move(tls));
    }
    return std::make_unique<PlainWire>(std::move(site), std::move(socket));
}

}  // namespace steward::gateway
