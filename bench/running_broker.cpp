#include "bench/running_broker.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "bench/figures.hpp"
#include "common/base/whole_number.hpp"
#include "common/keys/own_key.hpp"

namespace steward::bench {
namespace {

using namespace std::chrono_literals;

constexpr double kPatienceSeconds = 10;

}  // namespace

std::string port_after(const std::string& line, const std::string& key) {
    const std::size_t at = line.find(key);
    const std::size_t colon = line.find(':', line.find("//", at));
    return line.substr(colon + 1, line.find(' ', colon) - colon - 1);
}

std::vector<std::string> broker_args(const std::filesystem::path& folder,
                                     const std::string& config) {
    const auto file = folder / "bench.toml";
    std::ofstream(file) << config;
    return {"--config",
            file.string(),
            "--client-port",
            "0",
            "--worker-port",
            "0",
            "--news-port",
            "0",
            "--data-dir",
            folder.string(),
            "--log-level",
            "error"};
}

std::uint64_t count_of(client::Client& client, std::string_view service, const char* what) {
    const auto services = client.query("services", service);
    require(services.has_value(), "the broker does not answer");
    return services->empty() ? 0 : services->front().at(what).get<std::uint64_t>();
}

RunningBroker::RunningBroker(const RunningSettings& settings)
    : key_flags_(make_keys(settings)),
      broker_("steward-broker", broker_args(folder_.path, config_of(settings, folder_.path))),
      line_(broker_.line_with("ready")) {
    const std::string backend = port_after(line_, "workers ");
    for (std::size_t i = 0; i < settings.workers; ++i) {
        std::vector<std::string> args = {"--backend-port", backend, "--log-level", "error"};
        args.insert(args.end(), key_flags_.begin(), key_flags_.end());
        workers_.push_back(std::make_unique<Child>("steward-bench-worker", args));
    }
    client::Options options;
    options.brokers = {"127.0.0.1:" + port_after(line_, "clients ")};
    if (!key_flags_.empty()) {
        options.keys = {key_flags_.at(1), key_flags_.at(3)};
    }
    for (std::size_t i = 0; i < settings.clients; ++i) {
        clients_.push_back(std::make_unique<client::Client>(options));
    }
    const auto start = Clock::now();
    for (;;) {
        require(seconds_since(start) < kPatienceSeconds, "the workers do not come");
        const auto workers = client().query("workers");
        if (workers && workers->size() >= workers_.size()) {
            return;
        }
        std::this_thread::sleep_for(5ms);
    }
}

std::vector<std::string> RunningBroker::make_keys(const RunningSettings& settings) const {
    if (settings.over != RunningSettings::Over::ZeroMqWithKeys) {
        return {};
    }
    const std::string folder = folder_.path.string();
    const auto server = keys::make_key("server", folder);
    const auto bench = keys::make_key("bench", folder);
    require(went_well(server) && went_well(bench));
    std::filesystem::create_directory(folder + "/clients");
    std::filesystem::copy_file(bench->public_file, folder + "/clients/bench.pub");
    std::ofstream(folder + "/clients/bench.pub", std::ios::app)
        << R"(grants = ["submit = ['*']", "work = ['*']", "operate = true"])" << '\n';
    return {"--key-file", bench->secret_file, "--server-key-file", server->public_file};
}

std::string RunningBroker::config_of(const RunningSettings& settings,
                                     const std::filesystem::path& folder) {
    std::string sockets;
    if (settings.over != RunningSettings::Over::LocalStreams) {
        sockets = "[broker]\nlocal_streams = false\n";
    }
    if (settings.over == RunningSettings::Over::ZeroMqWithKeys) {
        sockets += "[security]\nkey_file = \"" + (folder / "server.key").string() +
                   "\"\nclients_directory = \"" + (folder / "clients").string() + "\"\n";
    }
    return sockets + "[lifecycle]\nenabled = " + (settings.lifecycle ? "true" : "false") +
           "\n[journal]\ncheckpoint_bytes_min = \"" + settings.checkpoint_bytes_min +
           "\"\n[[service]]\nname = \"store\"\n";
}

// Files may go while they are looked at.
std::uint64_t RunningBroker::journal_bytes() const {
    std::uint64_t bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path / "journal")) {
        std::error_code gone;
        const std::uint64_t size = entry.file_size(gone);
        bytes += gone ? 0 : size;
    }
    return bytes;
}

std::uint64_t RunningBroker::last_checkpoint() const {
    std::uint64_t last = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path / "journal")) {
        if (entry.path().extension() == ".checkpoint") {
            const std::string name = entry.path().stem();
            last = std::max(last, base::parse_whole<std::uint64_t>(name, 16).value_or(0));
        }
    }
    return last;
}

}  // namespace steward::bench
