#include "supervisor/process/notify_socket.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/posix/errno_text.hpp"

namespace steward::supervisor {
namespace {

constexpr std::size_t kMessageBytesMax = 4096;

}  // namespace

base::Expected<NotifySocket> NotifySocket::open() {
    posix::UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int on = 1;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    auto* generic = static_cast<sockaddr*>(static_cast<void*>(&address));
    // Without a name the kernel picks one that is free.
    if (!fd.is_open() || ::bind(fd.get(), generic, sizeof(sa_family_t)) != 0 ||
        ::setsockopt(fd.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0) {
        return posix::io_error("cannot make the socket for notifications", errno);
    }
    socklen_t length = sizeof address;
    if (::getsockname(fd.get(), generic, &length) != 0) {
        return posix::io_error("cannot make the socket for notifications", errno);
    }
    const std::size_t before = offsetof(sockaddr_un, sun_path);
    std::string name(address.sun_path, length - before);
    name.front() = '@';
    return NotifySocket(std::move(fd), std::move(name));
}

std::optional<NotifySocket::Message> NotifySocket::next() {
    std::array<char, kMessageBytesMax> text{};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control{};
    iovec piece{text.data(), text.size()};
    msghdr header{};
    header.msg_iov = &piece;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t got = ::recvmsg(fd_.get(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0) {
        return std::nullopt;
    }
    Message message;
    message.text.assign(text.data(), static_cast<std::size_t>(got));
    const cmsghdr* part = CMSG_FIRSTHDR(&header);
    if (part != nullptr && part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_CREDENTIALS) {
        ucred who{};
        std::memcpy(&who, CMSG_DATA(part), sizeof who);
        message.pid = who.pid;
    }
    return message;
}

}  // namespace steward::supervisor
