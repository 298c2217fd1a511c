// tests/e2e: see broker.hpp.
#include "tests/e2e/harness/broker.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

#include "tests/e2e/harness/old_client.hpp"
#include "tests/e2e/harness/ports.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

namespace {

/// The word behind `label` in the ready line, such as the endpoint behind "clients".
std::string word_after(const std::string& line, const std::string& label) {
    const std::size_t at = line.find(label + ' ');
    REQUIRE(at != std::string::npos);
    const std::size_t start = at + label.size() + 1;
    return line.substr(start, line.find(' ', start) - start);
}

std::string port_of(const std::string& endpoint) {
    return endpoint.substr(endpoint.rfind(':') + 1);
}

std::string free_endpoint() {
    return "tcp://127.0.0.1:" + std::to_string(free_port());
}

}  // namespace

TempDirectory::TempDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "steward-e2e-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
}

TempDirectory::~TempDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string TempDirectory::write(const std::string& name, const std::string& text) const {
    const std::filesystem::path file = path_ / name;
    std::ofstream(file) << text;
    return file.string();
}

Broker::Broker(BrokerOptions options)
    : options_(std::move(options)), endpoints_{free_endpoint(), free_endpoint(), free_endpoint()} {
    directory_.write("steward.toml", options_.config);
    start({});
}

CommandLine Broker::command(const std::vector<std::string>& more) const {
    const std::string program = options_.program_directory.empty()
                                    ? built_program("steward-broker")
                                    : options_.program_directory + "/steward-broker";
    CommandLine command{program,
                        {"--config",
                         (directory() / "steward.toml").string(),
                         "--bind",
                         "127.0.0.1",
                         "--client-port",
                         port_of(endpoints_.frontend),
                         "--worker-port",
                         port_of(endpoints_.backend),
                         "--news-port",
                         port_of(endpoints_.news),
                         "--data-dir",
                         (directory() / "data").string()},
                        options_.environment,
                        directory().string()};
    command.args.insert(command.args.end(), more.begin(), more.end());
    return command;
}

void Broker::start(const std::vector<std::string>& more) {
    process_ = std::make_unique<Process>(command(more));
    const std::optional<std::string> line = process_->wait_for_line("steward-broker ready:");
    INFO("broker said: ", process_->standard_output(), process_->standard_error());
    REQUIRE(line.has_value());
    endpoints_ = {
        word_after(*line, "clients"), word_after(*line, "workers"), word_after(*line, "news")};
}

void Broker::kill() {
    process_->kill();
}

void Broker::start_again(const std::vector<std::string>& more) {
    start(more);
}

std::vector<nlohmann::json> Broker::lifecycle() const {
    std::ifstream stream(directory() / "data" / "lifecycle.log");
    std::stringstream all;
    all << stream.rdbuf();
    const std::string text = all.str();
    std::vector<nlohmann::json> events;
    for (std::size_t start = 0; start < text.size();) {
        const std::size_t end = text.find('\n', start);
        if (end == std::string::npos) {
            break;  // still being written
        }
        events.push_back(nlohmann::json::parse(text.substr(start, end - start), nullptr, false));
        CHECK_FALSE(events.back().is_discarded());
        start = end + 1;
    }
    return events;
}

std::size_t Broker::count_events(const std::string& event, const std::string& service) const {
    std::size_t count = 0;
    for (const nlohmann::json& line : lifecycle()) {
        const bool fits = line.value("event", "") == event &&
                          (service.empty() || line.value("service", "") == service);
        count += fits ? 1 : 0;
    }
    return count;
}

bool Broker::wait_for_events(std::size_t count,
                             const std::string& event,
                             const std::string& service) const {
    return wait_until([&] { return count_events(event, service) >= count; });
}

void Broker::wait_until_served(const std::string& service) const {
    OldClient client(Old::Mdp01, endpoints_.frontend);
    const bool is_served = wait_until([&] {
        client.request("mmi.service", {service});
        return client.answer().body == RawFrames{"200"};
    });
    REQUIRE_MESSAGE(is_served, "nobody came to serve ", service);
}

nlohmann::json Broker::ask(const std::string& request) const {
    OldClient client(Old::Mdp02, endpoints_.frontend);
    client.request(request, {});
    const Answer answer = client.answer();
    REQUIRE(answer.body.size() == 1);
    nlohmann::json document = nlohmann::json::parse(answer.body.front(), nullptr, false);
    REQUIRE_FALSE(document.is_discarded());
    return document;
}

std::unique_ptr<Process> Broker::start_worker(
    const std::string& program,
    const std::vector<std::string>& args,
    const std::map<std::string, std::string>& environment) const {
    std::vector<std::string> all = {"--backend-server", endpoints_.backend};
    all.insert(all.end(), args.begin(), args.end());
    return std::make_unique<Process>(
        CommandLine{built_program(program), all, environment, directory().string()});
}

CommandLine Broker::tool(const std::vector<std::string>& args) const {
    std::vector<std::string> all = {"--broker", endpoints_.frontend};
    all.insert(all.end(), args.begin(), args.end());
    return {built_program("steward"), all, {}, directory().string()};
}

}  // namespace steward::e2e
