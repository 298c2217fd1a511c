// tests/e2e: clients of the four old dialects, written from the tables of docs/protocol.md alone:
// they share no code with the codecs they test.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "tests/e2e/harness/raw_socket.hpp"

namespace steward::e2e {

enum class Old { Zmws1, Zmws2, Mdp01, Mdp02 };
inline constexpr std::array<Old, 4> kOldDialects = {Old::Zmws1, Old::Zmws2, Old::Mdp01, Old::Mdp02};
[[nodiscard]] std::string_view name_of(Old dialect);

[[nodiscard]] constexpr bool is_zmws(Old dialect) {
    return dialect == Old::Zmws1 || dialect == Old::Zmws2;
}

struct Answer {
    enum class Kind { Taken, Partial, Complete, Fail };
    Kind kind = Kind::Complete;
    std::string service;
    std::string job;  // empty where the dialect or the case has none
    RawFrames body;   // without the PARAM-…: prefix, which `prefix` holds
    std::string prefix;
};

/// The params of a ZMWS frame such as `PARAM-JSON: 1`: the prefix up to and with ": ", and the
/// rest.
struct Params {
    std::string prefix;
    std::string text;
};

[[nodiscard]] Params split_params(const std::string& frame);

class OldClient {
public:
    OldClient(Old dialect,
              const std::string& frontend,
              const std::string& routing_id = {},
              const RawKeys& keys = {});

    /// `body` goes out as it is in an MDP dialect; in a ZMWS one its first frame is sent behind
    /// "PARAM-JSON: ", none at all when `body` is empty.
    void request(const std::string& service, const RawFrames& body, bool sync = true);
    /// A ZMWS request with any params frame, and options as JSON unless empty.
    void request_with(const std::string& service,
                      const std::string& params_frame,
                      bool sync = true,
                      const std::string& options = {});
    /// The next answer, checked to have exactly the frames of the tables.
    [[nodiscard]] Answer answer(std::chrono::milliseconds patience = kPatience);
    /// The same; nothing when none came.
    [[nodiscard]] std::optional<Answer> maybe_answer(std::chrono::milliseconds patience);

    [[nodiscard]] RawSocket& socket() { return socket_; }

private:
    Old dialect_;
    RawSocket socket_;
};

/// Reads an answer's frames as the dialect's table has them. Fails the test case when they differ.
[[nodiscard]] Answer parse_answer(Old dialect, const RawFrames& frames);

}  // namespace steward::e2e
