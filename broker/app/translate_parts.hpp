// broker/app: the two halves of translate and what they share. Private to translate*.cpp.
#pragma once

#include <string>

#include "broker/app/translate.hpp"
#include "common/wire/dialect.hpp"
#include "common/wire/frames.hpp"
#include "common/wire/native.hpp"

namespace steward::app {

/// One native batch. Pre: wire::native::is_native(frames).
[[nodiscard]] Reading translate_native(const Sender& from,
                                       const Frames& frames,
                                       const Terms& terms,
                                       Receiver& to);

/// One message of an old dialect, or garbage.
[[nodiscard]] Reading translate_old(const Sender& from, const Frames& frames, Receiver& to);

/// Notes that the grant `missing` was, and gives the refusal. Pre: the sender has rights.
[[nodiscard]] base::Error refusal(const Sender& from,
                                  std::string_view act,
                                  std::string_view what,
                                  std::string_view missing,
                                  Receiver& to);

/// The sender hears `error` in his dialect: a client as a refusal, a worker as a disconnect.
void answer_unreadable(const Sender& from, wire::Form form, base::Error error, Receiver& to);

/// The names a worker may announce: well-formed and not the broker's own.
/// Errors: BadName, ReservedName.
[[nodiscard]] base::Expected<model::ServiceName> parse_announced(std::string_view name);

/// What a native worker announces.
/// Errors: UnsupportedVersion, Malformed, BadName, ReservedName.
[[nodiscard]] base::Expected<core::Ready> checked(wire::native::WorkerReady&& ready,
                                                  const core::Address& from);

[[nodiscard]] base::Error unspoken(std::uint32_t version);

}  // namespace steward::app
