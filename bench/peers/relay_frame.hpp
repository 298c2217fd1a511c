// bench: what the bare relay passes on: a size, the client it came from, and a payload. A client
// may write any number there; the relay writes its own.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace steward::bench {

struct RelayHead {
    std::uint32_t payload_bytes = 0;
    std::uint32_t client = 0;
};

inline void put_relay_frame(std::string& out, std::string_view payload, std::uint32_t client = 0) {
    const RelayHead head{static_cast<std::uint32_t>(payload.size()), client};
    out.append(reinterpret_cast<const char*>(&head), sizeof head);
    out.append(payload);
}

/// The size of the whole frame at the front of `in`; 0 while it is not whole.
inline std::size_t relay_frame_bytes(std::string_view in) {
    RelayHead head;
    if (in.size() < sizeof head) {
        return 0;
    }
    std::memcpy(&head, in.data(), sizeof head);
    const std::size_t bytes = sizeof head + head.payload_bytes;
    return in.size() < bytes ? 0 : bytes;
}

}  // namespace steward::bench
