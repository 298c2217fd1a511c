// tests/e2e: see ports.hpp. A process that keeps a block's first port bound has the whole block.
#include "tests/e2e/harness/ports.hpp"

#include <cstdint>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

namespace steward::e2e {

namespace {

constexpr int kPortsFrom = 20'000;
constexpr int kBlockSize = 20;
constexpr int kBlocks = 500;

/// A socket bound to the port; -1: somebody has it.
int bound_to(int port) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(descriptor >= 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        return descriptor;
    }
    ::close(descriptor);
    return -1;
}

class Ports {
public:
    int next() {
        while (true) {
            if (left_ == 0) {
                claim_block();
            }
            const int port = first_ + kBlockSize - left_--;
            if (const int descriptor = bound_to(port); descriptor >= 0) {
                ::close(descriptor);
                return port;
            }
        }
    }

private:
    /// Its first port stays bound until this process ends.
    void claim_block() {
        do {
            REQUIRE_MESSAGE(tried_ < kBlocks, "no port is free");
            first_ = kPortsFrom + (::getpid() + tried_++) % kBlocks * kBlockSize;
        } while (bound_to(first_) < 0);
        left_ = kBlockSize - 1;
    }

    int first_ = 0;
    int left_ = 0;  // of the block
    int tried_ = 0;
};

}  // namespace

int free_port() {
    static Ports ports;
    return ports.next();
}

}  // namespace steward::e2e
