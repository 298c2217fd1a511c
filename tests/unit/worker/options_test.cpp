// tests: a worker's command line and environment.
#include "worker/runtime/options.hpp"

#include <map>
#include <sstream>

#include <doctest/doctest.h>

#include "common/model/limits.hpp"

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
                      {},
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

TEST_CASE("channels are repeated or listed, each once, and come from the environment else") {
    CHECK(parse({}).options().channels.empty());
    CHECK(parse({"--channel", "a"}).options().channels == Texts{"a"});
    CHECK(parse({"--channel", "a,b", "--channel=c", "--channel", "a"}).options().channels ==
          Texts{"a", "b", "c"});
    const std::map<std::string, std::string> environment = {{"STEWARD_CHANNEL", "x,y"}};
    CHECK(parse({}, {"ECHO"}, environment).options().channels == Texts{"x", "y"});
    CHECK(parse({"--channel", "a"}, {"ECHO"}, environment).options().channels == Texts{"a"});
    CHECK(parse({}, {"ECHO"}, {{"STEWARD_CHANNEL", ""}}).options().channels.empty());
}

TEST_CASE("channels are held to their form and number") {
    const auto many = [](std::size_t count) {
        std::string list = "0";
        for (std::size_t i = 1; i < count; ++i) {
            list += "," + std::to_string(i);
        }
        return list;
    };
    CHECK(parse({"--channel", many(64)}).options().channels.size() == 64);
    CHECK(parse({"--channel", many(65)}).code() == 2);
    CHECK(parse({"--channel", std::string(255, 'x')}).options().channels.size() == 1);
    CHECK(parse({"--channel", std::string(256, 'x')}).errors.find("256") != std::string::npos);
    CHECK(parse({"--channel", "a\tb"}).code() == 2);
    CHECK(parse({"--channel", ""}).code() == 2);
    CHECK(parse({"--channel", "a,,b"}).code() == 2);
    CHECK(parse({"--channel", "a,"}).code() == 2);
    CHECK(parse({"--channel", "a", "b"}).code() == 2);  // one a flag: b is a stray word
    CHECK(parse({}, {"ECHO"}, {{"STEWARD_CHANNEL", ","}}).errors.find("STEWARD_CHANNEL") !=
          std::string::npos);
    Texts services;
    for (std::size_t i = 0; i <= steward::model::kServicesPerWorkerMax / 64; ++i) {
        services.push_back("S" + std::to_string(i));
    }
    CHECK(parse({"--channel", many(63)}, services).options().channels.size() == 63);
    CHECK(parse({"--channel", many(64)}, services).code() == 2);
}

TEST_CASE("a process serves for ever, unless it is told after how much another takes its place") {
    CHECK(parse({}).options().jobs_max == 0);
    CHECK(parse({}).options().memory_bytes_max == 0);
    CHECK(parse({}).options().lifetime_max == 0s);
    const Parsed all =
        parse({"--max-jobs", "100", "--max-memory", "512MiB", "--max-lifetime", "12h"});
    CHECK(all.options().jobs_max == 100);
    CHECK(all.options().memory_bytes_max == 512UL << 20U);
    CHECK(all.options().lifetime_max == 12h);
    CHECK(parse({"--max-memory", "1000000"}).options().memory_bytes_max == 1'000'000);
    CHECK(parse({"--max-lifetime", "90"}).options().lifetime_max == 90s);
    const std::map<std::string, std::string> environment = {
        {"STEWARD_MAX_JOBS", "7"}, {"STEWARD_MAX_MEMORY", "1GiB"}, {"STEWARD_MAX_LIFETIME", "1d"}};
    CHECK(parse({}, {"ECHO"}, environment).options().jobs_max == 7);
    CHECK(parse({}, {"ECHO"}, environment).options().memory_bytes_max == 1UL << 30U);
    CHECK(parse({}, {"ECHO"}, environment).options().lifetime_max == 24h);
    CHECK(parse({"--max-jobs", "8"}, {"ECHO"}, environment).options().jobs_max == 8);
    CHECK(parse({"--max-jobs", "1", "--max-jobs", "2"}).options().jobs_max == 2);
}

TEST_CASE("what is no number, size or duration is refused by the name under which it came") {
    for (const char* text : {"0", "-1", "x", "1.5", "99999999999999999999", "5 "}) {
        CAPTURE(text);
        CHECK(parse({"--max-jobs", text}).code() == 2);
    }
    for (const char* text : {"0", "-1", "x", "5kB", "0MiB", "99999999999999999999GiB"}) {
        CAPTURE(text);
        CHECK(parse({"--max-memory", text}).code() == 2);
    }
    for (const char* text : {"0", "-1", "x", "5 parsecs"}) {
        CAPTURE(text);
        CHECK(parse({"--max-lifetime", text}).code() == 2);
    }
    const Parsed flag = parse({"--max-memory", "much"});
    CHECK(flag.errors.find("--max-memory") != std::string::npos);
    CHECK(flag.errors.find("\"much\"") != std::string::npos);
    const Parsed variable = parse({}, {"ECHO"}, {{"STEWARD_MAX_JOBS", "many"}});
    CHECK(variable.code() == 2);
    CHECK(variable.errors.find("STEWARD_MAX_JOBS") != std::string::npos);
}

TEST_CASE("help and version are answers, not errors") {
    const Parsed help = parse({"--help"});
    CHECK(help.code() == 0);
    for (const char* word : {"--service-name",
                             "--backend-server",
                             "--backend-port",
                             "--frontend-port",
                             "--concurrency",
                             "--channel",
                             "--max-jobs",
                             "--max-memory",
                             "--max-lifetime",
                             "--log-level",
                             "--version",
                             "STEWARD_CHANNEL",
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

TEST_CASE("a program's flag is set, and what stands behind -- is its own to read") {
    bool is_loud = false;
    Texts words = {"of", "before"};
    const std::vector<ExtraOption> extra = {{"--loud", &is_loud, "Says more"},
                                            {"COMMAND", &words, "What to run"}};
    CHECK(parse({}, {"ECHO"}, {}, extra).options().concurrency == 1);
    CHECK_FALSE(is_loud);
    CHECK(words.empty());
    const Parsed parsed = parse(
        {"--loud", "--concurrency", "2", "--", "ls", "--loud", "[a]", "--"}, {"ECHO"}, {}, extra);
    CHECK(parsed.options().concurrency == 2);
    CHECK(is_loud);
    CHECK(words == Texts{"ls", "--loud", "[a]", "--"});
    CHECK(parse({"--help"}, {"ECHO"}, {}, extra).out.find("Behind -- stands COMMAND") !=
          std::string::npos);
    CHECK(parse({"--", "ls"}).code() == 2);  // a program that takes no command
}

}  // namespace steward::worker
