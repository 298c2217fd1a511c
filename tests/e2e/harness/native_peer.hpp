// tests/e2e: a peer of the native protocol, written from docs/protocol.md alone, so that it can say
// what no library would.
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>
#include <zmq.hpp>

#include "tests/e2e/harness/broker.hpp"

namespace steward::e2e {

namespace native {

inline constexpr int kSession = 1;
inline constexpr int kClientHello = 2;
inline constexpr int kSubmit = 3;
inline constexpr int kQuery = 4;
inline constexpr int kWorkerReady = 17;
inline constexpr int kFinish = 18;
inline constexpr int kReturn = 19;
inline constexpr int kPartial = 33;
inline constexpr int kProgress = 34;
inline constexpr int kWelcome = 64;
inline constexpr int kDisconnect = 65;
inline constexpr int kAccepted = 80;
inline constexpr int kRefused = 81;
inline constexpr int kPart = 82;
inline constexpr int kProgressed = 83;
inline constexpr int kResult = 84;
inline constexpr int kReport = 85;
inline constexpr int kAssign = 96;
inline constexpr int kOpaque = 1;

}  // namespace native

[[nodiscard]] nlohmann::json binary(std::string_view bytes);
/// One batch, without further frames.
[[nodiscard]] std::string batch_of(const std::vector<nlohmann::json>& commands);
/// What makes a socket deaf: hardly anything is taken from the system before it is asked for, so
/// that what is sent waits at the sender.
void shut_ears(zmq::socket_t& socket);

class NativePeer {
public:
    /// Shut: see shut_ears().
    enum class Ears : std::uint8_t { Open, Shut };

    explicit NativePeer(const std::string& endpoint, Ears ears = Ears::Open);

    void send(const std::vector<nlohmann::json>& commands);
    void hello();
    /// With heartbeats so seldom that silence is allowed.
    void ready(const std::vector<std::string>& services);
    void submit(std::uint64_t number, const std::string& service, bool sync);

    [[nodiscard]] static nlohmann::json submission(std::uint64_t number,
                                                   const std::string& service,
                                                   bool sync,
                                                   std::string_view params = "params");
    [[nodiscard]] static nlohmann::json finish(const nlohmann::json& job,
                                               std::uint64_t attempt,
                                               std::string_view result);

    /// The next command of this type; others are passed over. Null: none came in time.
    [[nodiscard]] nlohmann::json next(int type, std::chrono::milliseconds patience = kPatience);

    /// Whether one of this type was passed over.
    [[nodiscard]] bool heard(int type) const { return passed_.contains(type); }

private:
    bool listen(std::chrono::milliseconds patience);

    zmq::context_t context_;
    zmq::socket_t socket_;
    std::vector<nlohmann::json> heard_;
    std::set<int> passed_;
};

/// What `broker` tells of itself.
[[nodiscard]] nlohmann::json figures(const Broker& broker);
/// From /proc, also while it answers nobody.
[[nodiscard]] std::size_t resident_mib(Broker& broker);

}  // namespace steward::e2e
