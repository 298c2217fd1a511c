#include "broker/app/translate_request.hpp"

namespace steward::app {
base::Expected<core::Request> read_request(std::string_view, const base::Blob&) {
    return base::fail(base::Errc::UnknownCommand, "not yet");
}
}  // namespace steward::app
