// master: what to start, and how it is to be treated. Public.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/base/time.hpp"

namespace steward::master {

/// A worker's program: any that is built with steward::worker, the same that also works for a
/// broker.
struct Profile {
    std::string program;  // a path, or a name to be looked for in PATH
    std::vector<std::string> arguments = {};
    std::map<std::string, std::string> environment = {};  // on top of this process's own
    std::string directory = {};                           // to run in; empty: this one's
    std::string user = {};   // to run as, by name, which needs root; empty: this process's
    std::string group = {};  // instead of that user's own
    std::string nice = {};   // "10"
    std::vector<std::pair<std::string, std::string>> limits = {};  // ("nofile", "4096")
    /// What it prints is appended to this file. Empty: to this process's standard error, or for a
    /// shared worker nowhere.
    std::string output = {};
    /// How long it may take to end once its handle is gone; then it is killed with all that it has
    /// started.
    base::Duration stop_grace = std::chrono::seconds(5);
    /// The program steward-guardian. Empty: STEWARD_GUARDIAN of the environment, the folder of this
    /// program, where Steward was installed, PATH.
    std::string guardian = {};
};

}  // namespace steward::master
