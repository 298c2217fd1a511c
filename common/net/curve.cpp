#include "common/net/curve.hpp"

#include <array>
#include <cerrno>

#include <zmq.hpp>

#include "common/net/zmq_error.hpp"

namespace steward::net {
namespace {

constexpr std::size_t kKeyBytes = 32;

using KeyText = std::array<char, 41>;  // with its end

}  // namespace

base::Expected<KeyPair> make_key_pair() {
    KeyText public_key{};
    KeyText secret_key{};
    if (zmq_curve_keypair(public_key.data(), secret_key.data()) != 0) {
        return zmq_failed("cannot make a key", errno);
    }
    return KeyPair{public_key.data(), secret_key.data()};
}

base::Expected<std::string> public_key_of(const std::string& secret_key) {
    KeyText public_key{};
    if (zmq_curve_public(public_key.data(), secret_key.c_str()) != 0) {
        return base::fail(base::Errc::BadConfig, "this is no secret key");
    }
    return std::string(public_key.data());
}

std::string key_text(std::string_view bytes) {
    KeyText text{};
    if (bytes.size() != kKeyBytes ||
        zmq_z85_encode(text.data(),
                       // ZeroMQ's type; it only reads
                       reinterpret_cast<const std::uint8_t*>(bytes.data()),
                       bytes.size()) == nullptr) {
        return {};
    }
    return text.data();
}

}  // namespace steward::net
