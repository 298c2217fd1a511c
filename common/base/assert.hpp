// common/base: assertions for programmer errors, on in every build.
// Bytes from the network, a file or a configuration never reach one.
#pragma once

namespace steward::base {

[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace steward::base

#define STEWARD_ASSERT(expression)                                              \
    do {                                                                        \
        if (!(expression)) [[unlikely]] {                                       \
            ::steward::base::assertion_failed(#expression, __FILE__, __LINE__); \
        }                                                                       \
    } while (false)
