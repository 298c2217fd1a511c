// tests/e2e: waiting for what can only be asked for, never be told. The one place that pauses.
#pragma once

#include <chrono>
#include <thread>

#include "tests/e2e/harness/process.hpp"

namespace steward::e2e {

/// True as soon as `condition()` is; false when the patience ended before.
template <typename Condition>
[[nodiscard]] bool wait_until(const Condition& condition,
                              std::chrono::milliseconds patience = kPatience) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= end) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
}

}  // namespace steward::e2e
