// tests/e2e: ports of the loopback that no other test is given, and that stay free while nobody
// listens at them: below those that the system gives out by itself.
#pragma once

namespace steward::e2e {

/// A port that nobody has, another at each call. It is this process's until its end.
///
/// Thread: any, one at a time.
[[nodiscard]] int free_port();

}  // namespace steward::e2e
