// tests/contract: a whole broker in this process, on free ports and in a folder of its own: how it
// opens, what signals do to it, what it says when it cannot open.
#include "broker/app/broker_process.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <doctest/doctest.h>

#include "common/net/endpoint.hpp"

namespace {

using namespace steward;
using namespace steward::app;

struct Setting {
    Setting() {
        std::string name =
            (std::filesystem::temp_directory_path() / "steward-broker-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        folder = name;
        sources.file = (folder / "steward.toml").string();
        write_config("");
    }

    ~Setting() { std::filesystem::remove_all(folder); }

    Setting(const Setting&) = delete;
    Setting& operator=(const Setting&) = delete;

    void write_config(const std::string& more) const {
        std::ofstream(sources.file) << "[broker]\nclient_port = 0\nworker_port = 0\nnews_port = 0\n"
                                    << "data_dir = \"" << (folder / "data").string() << "\"\n"
                                    << "log_file = \"" << (folder / "log").string() << "\"\n"
                                    << more;
    }

    base::Expected<std::unique_ptr<BrokerProcess>> open() const {
        auto options = load_options(sources);
        if (!options) {
            FAIL(options.error().message);
        }
        return BrokerProcess::open(std::move(*options), sources);
    }

    // Opens a broker that has these signals before it runs, and runs it to its end.
    bool run_with(std::initializer_list<int> signals) const {
        auto process = open();
        if (!process) {
            FAIL(process.error().message);
        }
        for (const int signal : signals) {
            REQUIRE(std::raise(signal) == 0);
        }
        return (*process)->run();
    }

    std::string log() const {
        std::ifstream file(folder / "log");
        return {std::istreambuf_iterator<char>(file), {}};
    }

    std::filesystem::path folder;
    OptionSources sources;
};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("The ready line names three real endpoints, in the form scripts wait for") {
    const Setting setting;
    const auto process = setting.open();
    REQUIRE(process.has_value());
    const std::string line = (*process)->ready_line();
    CHECK(line.starts_with("steward-broker ready: clients tcp://127.0.0.1:"));
    for (const std::string label : {"clients ", "workers ", "news "}) {
        const std::size_t at = line.find(label) + label.size();
        const auto port = net::port_of(line.substr(at, line.find(' ', at) - at));
        REQUIRE(port.has_value());
        CHECK(*port != 0);
    }
    CHECK(std::filesystem::exists(setting.folder / "data" / "lifecycle.log"));
}

TEST_CASE("SIGTERM and SIGINT end a broker that has nothing to do, as it should") {
    for (const int signal : {SIGTERM, SIGINT}) {
        const Setting setting;
        CHECK(setting.run_with({signal}));
        CHECK(contains(setting.log(), "broker_ended"));
        CHECK(contains(setting.log(), "journal_read"));
    }
}

TEST_CASE("A broker that keeps its jobs in memory alone says so") {
    const Setting setting;
    setting.write_config("[journal]\nengine = \"memory\"\n");
    CHECK(setting.run_with({SIGTERM}));
    CHECK(contains(setting.log(), "journal_in_memory"));
    CHECK_FALSE(std::filesystem::exists(setting.folder / "data" / "journal"));
}

TEST_CASE("Two brokers cannot have one journal: the second is told which folder it is") {
    const Setting setting;
    const auto first = setting.open();
    REQUIRE(first.has_value());
    const auto second = setting.open();  // on other ports
    REQUIRE_FALSE(second.has_value());
    CHECK(contains(second.error().message, (setting.folder / "data" / "journal").string()));
    CHECK(contains(second.error().message, "journal.folder"));
}

TEST_CASE("A damaged journal ends the start, naming file and offset; repair goes on without it") {
    const Setting setting;
    CHECK(setting.run_with({SIGTERM}));
    const auto file = setting.folder / "data" / "journal" / "0000000000000001.log";
    std::ofstream(file) << "this is no journal file, and longer than the header of one is";
    const auto refused = setting.open();
    REQUIRE_FALSE(refused.has_value());
    CHECK(contains(refused.error().message, file.string()));
    CHECK(contains(refused.error().message, "--repair"));
    auto options = load_options(setting.sources);
    REQUIRE(options.has_value());
    auto repaired = BrokerProcess::open(std::move(*options), setting.sources, true);
    REQUIRE(repaired.has_value());
    repaired->reset();
    CHECK(contains(setting.log(), "journal_cut"));
    CHECK(std::filesystem::exists(file.string() + ".damaged"));
}

TEST_CASE("A second signal ends a broker at once") {
    const Setting setting;
    CHECK(setting.run_with({SIGTERM, SIGINT}));
    CHECK(contains(setting.log(), "broker_leaves_at_once"));
}

TEST_CASE("SIGHUP takes over what can change and names what needs a restart") {
    const Setting setting;
    auto process = setting.open();
    REQUIRE(process.has_value());
    setting.write_config("id = 5\nheartbeat_interval = \"1s\"\n");
    REQUIRE(std::raise(SIGHUP) == 0);
    REQUIRE(std::raise(SIGTERM) == 0);
    CHECK((*process)->run());
    process->reset();
    const std::string log = setting.log();
    CHECK(contains(log, "setting_changed setting=broker.heartbeat_interval"));
    CHECK(contains(log, "setting_needs_restart setting=broker.id still=0 wanted=5"));
    CHECK(contains(log, "reloaded"));
}

TEST_CASE("SIGHUP with a mistake in the file changes nothing") {
    const Setting setting;
    auto process = setting.open();
    REQUIRE(process.has_value());
    setting.write_config("heartbeat_interval = 5\n");
    REQUIRE(std::raise(SIGHUP) == 0);
    REQUIRE(std::raise(SIGTERM) == 0);
    CHECK((*process)->run());
    process->reset();
    CHECK(contains(setting.log(), "reload_refused"));
    CHECK(contains(setting.log(), "steward.toml:7:22"));
    CHECK_FALSE(contains(setting.log(), "setting_changed"));
}

TEST_CASE("A broker that cannot open says what, where, and which setting it was") {
    Setting setting;
    {
        const auto first = setting.open();
        REQUIRE(first.has_value());
        const std::string line = (*first)->ready_line();
        const std::size_t at = line.find("tcp://");
        const auto port = net::port_of(line.substr(at, line.find(' ', at) - at));
        REQUIRE(port.has_value());
        setting.sources.flags = {{"--client-port", "broker.client_port", std::to_string(*port)}};
        const auto second = setting.open();
        REQUIRE_FALSE(second.has_value());
        CHECK(contains(second.error().message, "in use"));
        CHECK(contains(second.error().message, "broker.client_port"));
    }
    setting.sources.flags = {{"--data-dir", "broker.data_dir", setting.sources.file + "/x"}};
    const auto misplaced = setting.open();
    REQUIRE_FALSE(misplaced.has_value());
    CHECK(contains(misplaced.error().message, "broker.data_dir"));
    setting.sources.flags = {{"--bind", "broker.bind", "no such host"},
                             {"--insecure", "security.insecure", "true"}};
    const auto nowhere = setting.open();
    REQUIRE_FALSE(nowhere.has_value());
    CHECK(contains(nowhere.error().message, "no such host"));
}
