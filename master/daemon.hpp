// master: starts a program that goes on when its starter ends. Inside the library.
#pragma once

#include <string>

#include "common/base/expected.hpp"
#include "master/profile.hpp"

namespace steward::master {

/// In a session of its own, with no descriptor of ours, its input empty. Errors: Io, also when the
/// program cannot be run.
[[nodiscard]] base::Expected<void> start_daemon(const Profile& profile);

}  // namespace steward::master
