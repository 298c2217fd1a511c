#include "common/net/connection.hpp"

#include "common/net/dealer.hpp"
#include "common/net/endpoint.hpp"
#include "common/net/stream_address.hpp"
#include "common/net/stream_connection.hpp"

namespace steward::net {
namespace {

// Asked once: a broker that is started anew may think otherwise.
bool was_turned_away(Context& context, const std::string& name) {
    const std::scoped_lock lock(context.turned_away()->mutex);
    return context.turned_away()->names.erase(name) > 0;
}

}  // namespace

base::Expected<std::unique_ptr<Connection>> connect(Context& context,
                                                    const std::string& endpoint,
                                                    const SocketOptions& options) {
    const auto parsed = parse_endpoint(endpoint);
    if (!parsed) {
        return base::Unexpected(parsed.error());
    }
    if (const auto name = options.curve ? std::nullopt : local_name_of(*parsed);
        name && !was_turned_away(context, *name)) {
        if (auto fd = connect_locally(*name)) {
            return std::make_unique<StreamConnection>(
                std::move(*fd), options, context.turned_away(), *name);
        }
    }
    auto dealer = Dealer::connect(context, *parsed, options);
    if (!dealer) {
        return base::Unexpected(std::move(dealer.error()));
    }
    return std::unique_ptr<Connection>(std::move(*dealer));
}

}  // namespace steward::net
