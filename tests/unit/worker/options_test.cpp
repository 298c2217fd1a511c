// tests: a worker's command line and environment.
#include "worker/runtime/options.hpp"

#include <map>
#include <sstream>

#include <doctest/doctest.h>

namespace steward::worker {
namespace {

class Nothing : public Worker {
public:
    Answer work(const Job&) override { return Answer::ok(); }
};

struct Parsed {
    std::variant<RuntimeOptions, ExitNow> result;
    std::string out;
    std::string errors;

    [[nodiscard]] const RuntimeOptions& options() const {
        INFO("errors: ", errors);
        REQUIRE(std::holds_alternative<RuntimeOptions>(result));
        return std::get<RuntimeOptions>(result);
    }

    [[nodiscard]] int code() const {
        REQUIRE(std::holds_alternative<ExitNow>(result));
        return std::get<ExitNow>(result).code;
    }
};

Parsed parse(std::vector<std::string> args,
             const std::vector<std::string>& services = {"ECHO"},
             const std::map<std::string, std::string>& environment = {},
             const std::vector<ExtraOption>& extra = {}) {
    args.insert(args.begin(), "/usr/bin/steward-worker-echo");
    std::vector<char*> argv;
    for (std::string& arg : args) {
        argv.push_back(arg.data());
    }
    std::vector<ServiceEntry> entries;
    for (const std::string& service : services) {
        entries.push_back({service, [] { return std::make_unique<Nothing>(); }});
    }
    std::ostringstream out;
    std::ostringstream errors;
    auto result =
        parse_options({static_cast<int>(argv.size()),
                       argv.data(),
                       [&](const char* name) {
                           const auto found = environment.find(name);
                           return found == environment.end() ? nullptr : found->second.c_str();
                       }},
                      std::move(entries),
                      extra,
                      out,
                      errors);
    return {std::move(result), out.str(), errors.str()};
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("without a word a worker serves its service at the broker of this machine") {
    const Parsed parsed = parse({});
    CHECK(parsed.options().services.at(0).name == "ECHO");
    CHECK(parsed.options().backends == Texts{"tcp://127.0.0.1:5556"});
    CHECK(parsed.options().frontends == Texts{"tcp://127.0.0.1:5555"});
    CHECK(parsed.options().concurrency == 1);
    CHECK(parsed.options().log_level == log::Level::Info);
    CHECK(parsed.options().heartbeat_interval == 5s);
    CHECK(parsed.options().heartbeat_tries == 3);
}

TEST_CASE("brokers are hosts, hosts with ports or endpoints, several with commas between") {
    const Texts expected = {"tcp://a:7", "tcp://b:9", "tcp://c:1"};
    for (const char* flag : {"--backend-server", "--backend-servers", "--broker"}) {
        const Parsed parsed =
            parse({flag, "a,b:9,tcp://c:1", "--backend-port=7", "--frontend-port", "8"});
        CHECK(parsed.options().backends == expected);
        CHECK(parsed.options().frontends == Texts{"tcp://a:8", "tcp://b:8", "tcp://c:8"});
    }
    CHECK(parse({"--broker", "ipc:///tmp/x"}).options().frontends.empty());
    CHECK(parse({"--broker", "ipc:///tmp/x", "--frontend-server", "h"}).options().frontends ==
          Texts{"tcp://h:5555"});
    CHECK(parse({"--broker", "[::1]"}).options().frontends == Texts{"tcp://[::1]:5555"});
}

TEST_CASE("the last of a repeated option wins") {
    CHECK(parse({"--service-name", "A", "--service-name", "B"}).options().services.at(0).name ==
          "B");
}

TEST_CASE("--service-name renames the one service and is refused where there are several") {
    CHECK(parse({"--service-name", "OTHER"}).options().services.at(0).name == "OTHER");
    CHECK(parse({"--service", "OTHER"}).options().services.at(0).name == "OTHER");
    CHECK(parse({"--service-name", "X"}, {"A", "B"}).code() == 2);
    CHECK(parse({}, {"A", "B"}).options().services.size() == 2);
}

TEST_CASE("services that cannot be served are refused with the reason") {
    CHECK(parse({}, {""}).code() == 2);
    CHECK(parse({}, {""}).errors.find("--service-name") != std::string::npos);
    CHECK(parse({"--service-name", "X"}, {""}).options().services.at(0).name == "X");
    CHECK(parse({}, {}).code() == 2);
    CHECK(parse({}, {"A", "A"}).code() == 2);
    CHECK(parse({"--service-name", "two words"}).code() == 2);
    CHECK(parse({"--service-name", "mmi.echo"}).code() == 2);
    CHECK(parse({"--service-name", std::string(255, 'x')}).options().services.size() == 1);
    CHECK(parse({"--service-name", std::string(256, 'x')}).code() == 2);
}

TEST_CASE("concurrency and level are held to what there is") {
    CHECK(parse({"--concurrency", "1024"}).options().concurrency == 1024);
    CHECK(parse({"--concurrency", "1025"}).code() == 2);
    CHECK(parse({"--concurrency", "0"}).code() == 2);
    CHECK(parse({"--concurrency", "-1"}).code() == 2);
    CHECK(parse({"--log-level", "D"}).options().log_level == log::Level::Debug);
    CHECK(parse({"--log-level", "error"}).options().log_level == log::Level::Error);
    CHECK(parse({"--log-level", "loud"}).code() == 2);
    CHECK(parse({"--backend-port", "65536"}).code() == 2);
    CHECK(parse({"--broker", ""}).code() == 2);
    CHECK(parse({"--broker", "a,,b"}).code() == 2);
    CHECK(parse({"--unknown"}).code() == 2);
    CHECK(parse({"stray"}).code() == 2);
}

TEST_CASE("heartbeats come from the environment, in seconds or with a unit") {
    const auto with = [](const std::string& interval, const std::string& tries) {
        return parse(
            {}, {"ECHO"}, {{"HEARTBEAT_INTERVAL", interval}, {"HEARTBEAT_MAXTRIES", tries}});
    };
    CHECK(with("2", "4").options().heartbeat_interval == 2s);
    CHECK(with("2", "4").options().heartbeat_tries == 4);
    CHECK(with("10ms", "1").options().heartbeat_interval == 10ms);
    CHECK(with("9ms", "1").code() == 2);
    CHECK(with("often", "1").code() == 2);
    CHECK(with("1", "0").code() == 2);
    CHECK(with("1", "1001").code() == 2);
    CHECK(with("1", "x").code() == 2);
    CHECK(with("x", "1").errors.find("HEARTBEAT_INTERVAL") != std::string::npos);
}

TEST_CASE("help and version are answers, not errors") {
    const Parsed help = parse({"--help"});
    CHECK(help.code() == 0);
    for (const char* word : {"--service-name",
                             "--backend-server",
                             "--backend-port",
                             "--frontend-port",
                             "--concurrency",
                             "--log-level",
                             "--version",
                             "HEARTBEAT_INTERVAL",
                             "HEARTBEAT_MAXTRIES"}) {
        CHECK_MESSAGE(help.out.find(word) != std::string::npos, word);
    }
    const Parsed version = parse({"--version"});
    CHECK(version.code() == 0);
    CHECK(version.out.starts_with("steward-worker-echo "));
}

TEST_CASE("a program's own option is set, and keeps its default when it is not given") {
    std::string file = "default";
    static_cast<void>(parse({}, {"ECHO"}, {}, {{"--file", &file, "A file"}}).options());
    CHECK(file == "default");
    static_cast<void>(
        parse({"--file", "mine"}, {"ECHO"}, {}, {{"--file", &file, "A file"}}).options());
    CHECK(file == "mine");
}

}  // namespace steward::worker
