#include "gateway/api/access_log.hpp"

#include <array>
#include <span>
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
    const std::string path = base::printable(request.path);
    const std::array<log::Field, 8> fields = {{{"id", request.id},
                                               {"from", request.remote},
                                               {"method", name_of(request.method)},
                                               {"path", path},
                                               {"status", status},
                                               {"bytes", bytes},
                                               {"took", took},
                                               {"token", request.token}}};
    const std::size_t told = fields.size() - (request.token.empty() ? 1 : 0);
    log.write_each(log::Level::Info, "request", std::span(fields).first(told));
}

}  // namespace steward::gateway
