// broker/app: the trust boundary. What a peer sent, any bytes in any dialect, becomes checked
// inputs of the core or an answer that needs no core. Keeps no state and decides no policy.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "broker/app/audit.hpp"
#include "broker/app/rights.hpp"
#include "broker/app/translate_zones.hpp"
#include "broker/app/transport.hpp"
#include "broker/core/effect.hpp"
#include "broker/core/input.hpp"
#include "common/access/principal.hpp"
#include "common/model/limits.hpp"

namespace steward::app {

/// Where translated messages go, in the order in which they were understood.
class Receiver {
public:
    virtual ~Receiver() = default;
    virtual void take(core::Input&& input) = 0;
    /// A native client has said hello: from now on it is `greeted`.
    virtual void greet(model::Peer peer) = 0;
    /// Answered without the core: it goes out with the effects, in their order.
    virtual void answer(core::Send&& send) = 0;
    /// For the audit log: something was refused to a key.
    virtual void note(const Act& act) = 0;
    /// An operator's request, taken like any input, and noted with what came of it.
    virtual void operate(core::Operator&& request, const Act& act) = 0;
};

/// Who sent a message: a peer, and on which socket. A worker should be at the backend and a client
/// at the frontend; who is not is understood where his message can mean one thing only.
struct Sender {
    Side side = Side::Frontend;
    model::Peer peer;
    access::PrincipalId who = access::kAnonymous;
    bool greeted = false;            // a native client that has said hello under this number
    const Rights* rights = nullptr;  // null: everything, as in a broker without keys
};

enum class Reading : std::uint8_t {
    Understood,  // every command of the message reached the receiver
    Malformed,   // at least one did not; where the dialect can say so the sender was told
    Garbage,     // resembles no dialect: nothing was told, there is no language to tell it in
};

/// What the broker tells about itself in a handshake, what it holds messages to, and what it looks
/// up for them.
struct Terms {
    base::Duration heartbeat_interval{};
    std::size_t message_bytes_max = 0;
    ZoneSource zones = &only_utc;
    std::function<bool(std::string_view)> is_secret = {};  // empty: there is no admin secret
    // Whom listings call so at the backend; empty: nobody.
    std::function<std::optional<model::Peer>(std::string_view)> worker_named = {};
};

/// Total on any frames, also none.
[[nodiscard]] Reading translate(const Sender& from,
                                const Frames& frames,
                                const Terms& terms,
                                Receiver& to);

/// What this peer sends is not heard, because of `why`: it is told so where its dialect can say so.
void turn_away(const Sender& from, const Frames& frames, base::Error why, Receiver& to);

}  // namespace steward::app
