// tests/sim: the one place that gives up.
#include "tests/sim/failure.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace steward::sim {

void broken(std::string_view promise) {
    std::fflush(stdout);
    std::fprintf(stderr, "broken promise: %s\n", std::string(promise).c_str());
    std::abort();
}

}  // namespace steward::sim
