// supervisor/guardian: how the program steward-guardian is told what to run, and what it and the
// supervisor say to each other. Texts in packets on one socket.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/expected.hpp"

namespace steward::guardian {

/// The descriptor of a SOCK_SEQPACKET socket to the supervisor. When its other end is closed, by
/// whatever end of the supervisor, everything that the guardian has started is killed.
inline constexpr int kControlFd = 3;
/// Where the program finds a descriptor that was given along for it alone, see Setting::channel.
inline constexpr int kChannelFd = 4;
inline constexpr std::size_t kPacketBytesMax = 1024;

// To the supervisor:
inline constexpr std::string_view kPid = "pid ";        // the program's, before it begins
inline constexpr std::string_view kFailed = "failed ";  // why it could not be started
inline constexpr std::string_view kExit = "exit ";      // its exit code
inline constexpr std::string_view kSignal = "signal ";  // what ended it; from the supervisor: send
// From the supervisor:
inline constexpr std::string_view kKill = "kill";  // the program and all it has started

/// What the program gets before it begins. Nothing is changed where nothing is said.
struct Setting {
    std::string directory;
    std::string user;   // by name; its groups come with it
    std::string group;  // instead of the user's own
    std::string nice;
    std::vector<std::pair<std::string, std::string>> limits;  // ("nofile", "4096"), both bounds
    bool has_channel = false;                                 // kChannelFd is handed on
};

struct Orders {
    Setting setting;
    std::vector<std::string> command;  // program and arguments
};

/// As arguments of steward-guardian, and back.
[[nodiscard]] std::vector<std::string> arguments_of(const Orders& orders);
/// Errors: BadConfig.
[[nodiscard]] base::Expected<Orders> read_arguments(int argc, char** argv);

/// Errors: BadConfig: there is no such limit, or no such value.
[[nodiscard]] base::Expected<void> check_limit(std::string_view name, std::string_view value);
/// Sets both the soft and the hard limit of this process. Errors: BadConfig, Io.
[[nodiscard]] base::Expected<void> apply_limit(std::string_view name, std::string_view value);

}  // namespace steward::guardian
