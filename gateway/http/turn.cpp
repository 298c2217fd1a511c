#include "gateway/http/turn.hpp"

#include <boost/beast/websocket/rfc6455.hpp>

#include "common/base/assert.hpp"
#include "common/posix/clock.hpp"

namespace steward::gateway {

Turn::Turn(std::shared_ptr<Connection> connection,
           std::uint64_t number_given,
           Request&& request,
           unsigned version_given)
    : number(number_given),
      version(version_given),
      asked_at(posix::read_mono()),
      connection_(std::move(connection)),
      request_(std::move(request)) {}

Turn::~Turn() {
    if (connection_ != nullptr && !connection_->is_over()) {
        answer(fault_answer(500, "nobody has answered this"));
    }
}

void Turn::answer(Response&& response) {
    let_go()->answer(*this, std::move(response));
}

void Turn::stream(Response&& head, const MakeListener& make) {
    let_go()->stream(*this, std::move(head), make);
}

void Turn::upgrade(MakeListener make) {
    let_go()->upgrade(*this, std::move(make));
}

bool Turn::wants_upgrade() const {
    return beast::websocket::is_upgrade(message_of(request_, version));
}

std::shared_ptr<Connection> Turn::let_go() {
    STEWARD_ASSERT(connection_ != nullptr);
    return std::exchange(connection_, nullptr);
}

}  // namespace steward::gateway
