// tests/e2e: programs of the system that stand for somebody else's: where Debian has them.
#pragma once

#include <string>
#include <unistd.h>

namespace steward::e2e {

inline constexpr const char* kPython = "/usr/bin/python3";
inline constexpr const char* kPhp = "/usr/bin/php";

[[nodiscard]] inline bool is_installed(const std::string& program) {
    return ::access(program.c_str(), X_OK) == 0;
}

}  // namespace steward::e2e
