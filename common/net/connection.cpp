#include "common/net/connection.hpp"

#include "common/net/dealer.hpp"
#include "common/net/endpoint.hpp"
#include "common/net/stream_address.hpp"
#include "common/net/stream_connection.hpp"

namespace steward::net {

base::Expected<std::unique_ptr<Connection>> connect(Context& context,
                                                    const std::string& endpoint,
                                                    const SocketOptions& options) {
    const auto parsed = parse_endpoint(endpoint);
    if (!parsed) {
        return base::Unexpected(parsed.error());
    }
    if (const auto name = local_name_of(*parsed)) {
        if (auto fd = connect_locally(*name)) {
            return std::make_unique<StreamConnection>(std::move(*fd), options);
        }
    }
    auto dealer = Dealer::connect(context, *parsed, options);
    if (!dealer) {
        return base::Unexpected(std::move(dealer.error()));
    }
    return std::unique_ptr<Connection>(std::move(*dealer));
}

}  // namespace steward::net
