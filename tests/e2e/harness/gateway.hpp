// tests/e2e: a real gateway on a free port of the loopback, before the harness's broker.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/e2e/harness/broker.hpp"
#include "tests/e2e/harness/http_client.hpp"

namespace steward::e2e {

struct GatewayOptions {
    std::string config = {};             // lines of [gateway]
    std::vector<std::string> args = {};  // behind the others
    std::string tokens = {};             // of a file of tokens, if there is to be one
    std::string program_directory = {};  // empty: this build's
    std::map<std::string, std::string> environment = {};
};

class Gateway {
public:
    /// Starts it and waits for its ready line.
    explicit Gateway(const Broker& broker, GatewayOptions options = {});

    [[nodiscard]] int port() const { return port_; }

    /// "http://127.0.0.1:PORT"
    [[nodiscard]] const std::string& url() const { return url_; }

    [[nodiscard]] HttpClient client() const { return HttpClient(port_); }

    [[nodiscard]] Process& process() { return *process_; }

    [[nodiscard]] const TempDirectory& directory() const { return directory_; }

    /// Where the tokens are.
    [[nodiscard]] std::string tokens_file() const;
    /// Writes them anew, for nobody else to read.
    void write_tokens(const std::string& text) const;

    /// SIGTERM, and waits for its end, which has to be 0.
    void stop();

    /// SIGKILL.
    void kill() { process_->kill(); }

    /// After its end: the same port.
    void start_again();

    /// Waits until /readyz has this status.
    [[nodiscard]] bool reaches_readiness(int status) const;

private:
    void start();

    GatewayOptions options_;
    Endpoints broker_;
    TempDirectory directory_;
    int port_;  // of each start
    std::string url_;
    std::unique_ptr<Process> process_;
};

}  // namespace steward::e2e
