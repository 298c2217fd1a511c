#include "gateway/api/access_log.hpp"

#include <string>

#include "common/base/bytes.hpp"
#include "common/config/units.hpp"

namespace steward::gateway {

void write_access(log::Log& log, const Served& served) {
    if (!log.wants(log::Level::Info)) {
        return;
    }
    const Request& request = *served.request;
    const std::string status = std::to_string(served.status);
    const std::string bytes = std::to_string(served.body_bytes);
    const std::string took = config::duration_text(served.took);
    log.write(log::Level::Info,
              "request",
              {{"id", request.id},
               {"from", request.remote},
               {"method", name_of(request.method)},
               {"path", base::printable(request.path)},
               {"status", status},
               {"bytes", bytes},
               {"took", took}});
}

}  // namespace steward::gateway
