#include "common/net/tcp_bytes.hpp"

#include <cstddef>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace steward::net {

std::optional<TcpBytes> tcp_bytes(int fd) {
    tcp_info info{};
    socklen_t size = sizeof info;
    constexpr std::size_t kNeeded =
        offsetof(tcp_info, tcpi_data_segs_in) + sizeof info.tcpi_data_segs_in;
    if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || size < kNeeded) {
        return std::nullopt;
    }
    return TcpBytes{info.tcpi_bytes_received, info.tcpi_data_segs_in, info.tcpi_bytes_acked};
}

}  // namespace steward::net
