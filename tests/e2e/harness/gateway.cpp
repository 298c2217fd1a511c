// tests/e2e: see gateway.hpp.
#include "tests/e2e/harness/gateway.hpp"

#include <csignal>
#include <filesystem>

#include <doctest/doctest.h>

#include "tests/e2e/harness/ports.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

Gateway::Gateway(const Broker& broker, GatewayOptions options)
    : options_(std::move(options)), broker_(broker.endpoints()), port_(free_port()) {
    directory_.write("gateway.toml", "[gateway]\n" + options_.config);
    if (!options_.tokens.empty()) {
        write_tokens(options_.tokens);
    }
    start();
    REQUIRE_MESSAGE(reaches_readiness(200), process_->standard_error());
}

void Gateway::write_tokens(const std::string& text) const {
    directory_.write("tokens.toml", text);
    namespace fs = std::filesystem;
    fs::permissions(tokens_file(), fs::perms::owner_read | fs::perms::owner_write);
}

std::string Gateway::tokens_file() const {
    return (directory_.path() / "tokens.toml").string();
}

void Gateway::start() {
    const std::string program = options_.program_directory.empty()
                                    ? built_program("steward-gateway")
                                    : options_.program_directory + "/steward-gateway";
    CommandLine command{program,
                        {"--config",
                         (directory_.path() / "gateway.toml").string(),
                         "--broker",
                         broker_.frontend,
                         "--news",
                         broker_.news,
                         "--bind",
                         "127.0.0.1",
                         "--port",
                         std::to_string(port_)},
                        options_.environment,
                        directory_.path().string()};
    if (!options_.tokens.empty()) {
        command.args.insert(command.args.end(), {"--tokens", tokens_file()});
    }
    command.args.insert(command.args.end(), options_.args.begin(), options_.args.end());
    process_ = std::make_unique<Process>(command);
    const auto line = process_->wait_for_line("steward-gateway ready:");
    INFO("gateway said: ", process_->standard_output(), process_->standard_error());
    REQUIRE(line.has_value());
    const std::size_t at = line->find("http");
    REQUIRE(at != std::string::npos);
    url_ = line->substr(at, line->find(' ', at) - at);
    port_ = std::stoi(url_.substr(url_.rfind(':') + 1));
}

void Gateway::stop() {
    process_->signal(SIGTERM);
    const auto code = process_->wait();
    INFO("gateway said: ", process_->standard_error());
    REQUIRE(code == 0);
}

void Gateway::start_again() {
    start();
}

bool Gateway::reaches_readiness(int status) const {
    return wait_until([&] { return client().get("/readyz").status == status; });
}

}  // namespace steward::e2e
