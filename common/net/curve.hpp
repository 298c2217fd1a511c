// common/net: the keys of CURVE, ZeroMQ's encryption and proof of who is who.
#pragma once

#include <string>

#include "common/base/expected.hpp"

namespace steward::net {

struct KeyPair {
    std::string public_key;  // Z85, 40 characters each
    std::string secret_key;
};

/// What a socket proves itself with. The end that is given no `server_key` is the server.
struct CurveKeys {
    KeyPair own;
    std::string server_key = {};
};

/// A pair from the system's randomness. Errors: Io when ZeroMQ was built without CURVE.
[[nodiscard]] base::Expected<KeyPair> make_key_pair();
/// The public half that belongs to a secret one. Errors: BadConfig.
[[nodiscard]] base::Expected<std::string> public_key_of(const std::string& secret_key);
/// 32 bytes as Z85.
[[nodiscard]] std::string key_text(std::string_view bytes);

}  // namespace steward::net
