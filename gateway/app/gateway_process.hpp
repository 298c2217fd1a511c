// gateway/app: one whole gateway with everything it owns.
#pragma once

#include <memory>
#include <string>

#include "gateway/app/options.hpp"

namespace steward::gateway {

/// Thread: the main one, before any other has been started.
class GatewayProcess {
public:
    /// Opens log, tokens and the door; connects to the broker when it is there. `file` and `flags`
    /// are read again on SIGHUP: tokens, certificate and log level change, all else needs a
    /// restart. Errors: Io and BadConfig, naming what and which setting.
    [[nodiscard]] static base::Expected<std::unique_ptr<GatewayProcess>> open(
        std::unique_ptr<GatewayOptions> options, std::string file, std::vector<FlagValue> flags);
    ~GatewayProcess();
    GatewayProcess(const GatewayProcess&) = delete;
    GatewayProcess& operator=(const GatewayProcess&) = delete;

    /// "steward-gateway ready: http://127.0.0.1:5580 pid PID version X", without its line end.
    [[nodiscard]] std::string ready_line() const;
    /// Until SIGTERM or SIGINT: takes no more connections, lets the present answers out, ends. A
    /// second such signal ends it at once.
    void run();

private:
    struct Parts;

    explicit GatewayProcess(std::unique_ptr<Parts> parts);

    std::unique_ptr<Parts> parts_;
};

}  // namespace steward::gateway
