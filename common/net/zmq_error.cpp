#include "common/net/zmq_error.hpp"

namespace steward::net {

base::Unexpected zmq_failed(std::string_view doing, int number) {
    std::string text(doing);
    text += ": ";
    text += zmq_strerror(number);
    return base::fail(base::Errc::Io, std::move(text));
}

}  // namespace steward::net
