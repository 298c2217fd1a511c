#include "common/base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace steward::base {

void assertion_failed(const char* expression, const char* file, int line) {
    std::fprintf(stderr, "steward: assertion failed: %s (%s:%d)\n", expression, file, line);
    std::abort();
}

}  // namespace steward::base
