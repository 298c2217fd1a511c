#include "common/posix/random_seed.hpp"

#include <cerrno>
#include <sys/random.h>

#include "common/posix/errno_text.hpp"

namespace steward::posix {

base::Expected<std::uint64_t> random_seed() {
    std::uint64_t seed = 0;
    ssize_t got = 0;
    do {
        got = ::getrandom(&seed, sizeof seed, 0);
    } while (got < 0 && errno == EINTR);
    if (got != static_cast<ssize_t>(sizeof seed)) {
        return io_error("cannot draw a random seed", errno);
    }
    return seed;
}

}  // namespace steward::posix
