// tests/stalls: a library to preload: at random a thread stands still before or after a system
// call, as on a machine that has no processor for it. What a test or a program takes for granted of
// the order in which others run does not hold then. For bin/test --stalls.
//
// STEWARD_STALLS: of 10,000 calls so many stall (100). STEWARD_STALL_MAX: for so many milliseconds
// at most (40).
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <dlfcn.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// xorshift, a state for each thread.
std::uint64_t next_random() {
    static thread_local std::uint64_t state = 0;
    if (state == 0) {
        timespec now{};
        ::clock_gettime(CLOCK_MONOTONIC, &now);
        const auto thread = static_cast<std::uint64_t>(::syscall(SYS_gettid));
        state = (static_cast<std::uint64_t>(now.tv_nsec) * 2'654'435'761U ^ (thread << 32U)) | 1U;
    }
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    return state;
}

/// Leaves errno as it is.
void stall() {
    static const std::uint64_t often = from_environment("STEWARD_STALLS", 100);
    static const std::uint64_t long_ms = from_environment("STEWARD_STALL_MAX", 40);
    const std::uint64_t random = next_random();
    if ((random >> 20U) % 10'000 >= often || long_ms == 0) {
        return;
    }
    const int error = errno;
    const std::uint64_t microseconds = (random >> 40U) % (1'000 * long_ms);
    const timespec pause{static_cast<time_t>(microseconds / 1'000'000),
                         static_cast<long>(microseconds % 1'000'000 * 1'000)};
    ::syscall(SYS_nanosleep, &pause, nullptr);
    errno = error;
}

/// libc's own.
template <class Function>
Function* next_of(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

/// With a stall before it and one behind.
template <class Function, class... Arguments>
auto call(Function* function, Arguments... arguments) {
    stall();
    const auto result = function(arguments...);
    stall();
    return result;
}

}  // namespace

// Each stands for libc's function of the same name.
extern "C" {

ssize_t read(int fd, void* bytes, size_t count) {
    static auto* const next = next_of<ssize_t(int, void*, size_t)>("read");
    return call(next, fd, bytes, count);
}

ssize_t write(int fd, const void* bytes, size_t count) {
    static auto* const next = next_of<ssize_t(int, const void*, size_t)>("write");
    return call(next, fd, bytes, count);
}

ssize_t send(int fd, const void* bytes, size_t count, int flags) {
    static auto* const next = next_of<ssize_t(int, const void*, size_t, int)>("send");
    return call(next, fd, bytes, count, flags);
}

ssize_t recv(int fd, void* bytes, size_t count, int flags) {
    static auto* const next = next_of<ssize_t(int, void*, size_t, int)>("recv");
    return call(next, fd, bytes, count, flags);
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
    static auto* const next = next_of<ssize_t(int, const msghdr*, int)>("sendmsg");
    return call(next, fd, message, flags);
}

ssize_t recvmsg(int fd, msghdr* message, int flags) {
    static auto* const next = next_of<ssize_t(int, msghdr*, int)>("recvmsg");
    return call(next, fd, message, flags);
}

int poll(pollfd* watched, nfds_t count, int timeout) {
    static auto* const next = next_of<int(pollfd*, nfds_t, int)>("poll");
    return call(next, watched, count, timeout);
}

int epoll_wait(int fd, epoll_event* events, int most, int timeout) {
    static auto* const next = next_of<int(int, epoll_event*, int, int)>("epoll_wait");
    return call(next, fd, events, most, timeout);
}

int fsync(int fd) {
    static auto* const next = next_of<int(int)>("fsync");
    return call(next, fd);
}

int fdatasync(int fd) {
    static auto* const next = next_of<int(int)>("fdatasync");
    return call(next, fd);
}

int connect(int fd, const sockaddr* address, socklen_t size) {
    static auto* const next = next_of<int(int, const sockaddr*, socklen_t)>("connect");
    return call(next, fd, address, size);
}

int accept4(int fd, sockaddr* address, socklen_t* size, int flags) {
    static auto* const next = next_of<int(int, sockaddr*, socklen_t*, int)>("accept4");
    return call(next, fd, address, size, flags);
}
}
