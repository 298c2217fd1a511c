// tests: the program as a whole, against a fake broker: what it prints and how it ends.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "client/cli/exit_status.hpp"
#include "client/cli/verbs.hpp"
#include "tests/unit/cli/run.hpp"

namespace steward::cli {

using namespace test;
using nlohmann::json;

namespace {

/// What the first group of `pattern` matches, at each place.
std::vector<std::string> words_of(const std::string& text, const std::regex& pattern) {
    return {std::sregex_token_iterator(text.begin(), text.end(), pattern, 1), {}};
}

}  // namespace

TEST_CASE("call prints the result and ends with success") {
    FakeBroker broker;
    const auto ended = run(broker, {"call", "echo", "to=ann", "n=2"});
    CHECK(ended.status == kSuccess);
    CHECK(ended.out == "{\"n\":2,\"to\":\"ann\"}\n");
    CHECK(ended.err.empty());
    CHECK(run(broker, {"call", "echo"}).out.empty());
    const auto document = json::parse(run(broker, {"call", "echo", "5", "--json"}).out);
    CHECK(document["result"] == 5);
    CHECK(document["job"].is_string());
}

TEST_CASE("What could not be printed is told, unless the verb has failed already") {
    FakeBroker broker;
    const auto run_unheard = [&](const std::vector<const char*>& words) {
        std::vector<const char*> argv = {"steward", "--broker", broker.endpoint().c_str()};
        argv.insert(argv.end(), words.begin(), words.end());
        std::ostream out(nullptr);  // takes nothing
        std::ostringstream err;
        Console console{out, err};
        const int status = run_program(static_cast<int>(argv.size()), argv.data(), console);
        return Ended{status, "", err.str()};
    };
    for (const char* verb : {"call", "submit"}) {
        CAPTURE(verb);
        const auto ended = run_unheard({verb, "echo", "1"});
        CHECK(ended.status == kUnwritten);
        CHECK(is_one_line(ended.err));
    }
    CHECK(run_unheard({"--version"}).status == kUnwritten);
    CHECK(run_unheard({"call", "fail"}).status == kJobFailed);
    CHECK(run_unheard({"check", broker.endpoint().c_str()}).status == kPluginUnknown);
}

TEST_CASE("call prints parts as they come, before the result") {
    FakeBroker broker;
    CHECK(run(broker, {"call", "stream", "9"}).out == "1\n2\n3\n9\n");
    std::istringstream lines(run(broker, {"--json", "call", "stream", "9"}).out);
    std::vector<json> documents;
    for (std::string line; std::getline(lines, line);) {
        documents.push_back(json::parse(line));
    }
    REQUIRE(documents.size() == 5);
    CHECK(documents[0]["partial"] == 1);
    CHECK(documents[3]["progress"]["total"] == 4);
    CHECK(documents[4]["result"] == 9);
}

TEST_CASE("A failed job, a time-out, a refusal and no broker each have their exit status") {
    FakeBroker broker;
    const auto failed = run(broker, {"call", "fail"});
    CHECK(failed.status == kJobFailed);
    CHECK(failed.err == "steward: no luck\n");
    // Long enough to connect on a busy machine: before that, a time-out means "no broker".
    const auto late = run(broker, {"call", "hang", "--timeout", "2s"});
    CHECK(late.status == kTimeout);
    CHECK(late.err.find("--timeout") != std::string::npos);
    const auto refused = run(broker, {"submit", "refuse"});
    CHECK(refused.status == kRefused);
    CHECK(refused.err == "steward: the queue is full; try again in 3 s\n");
    CHECK(run(broker, {"call", "no name"}).status == kRefused);
    broker.stop();
    const auto alone = run(broker, {"ping", "--timeout", "100ms"});
    CHECK(alone.status == kNoBroker);
    CHECK(alone.err.find(broker.endpoint()) != std::string::npos);
    CHECK(alone.err.find("bin/start") != std::string::npos);
    for (const Ended& ended : {failed, late, refused, alone}) {
        CHECK(is_one_line(ended.err));
        CHECK(ended.out.empty());
    }
}

TEST_CASE("Wrong words end with usage, one line and nothing sent") {
    FakeBroker broker;
    const std::vector<std::vector<std::string>> wrong = {
        {},
        {"dance"},
        {"call"},
        {"call", "echo", "hello"},
        {"call", "echo", "--priority", "soon"},
        {"call", "echo", "--max-attempts", "0"},
        {"call", "echo", "--max-attempts", "x"},
        {"call", "echo", "--delay", "5 weeks"},
        {"call", "echo", "--meta", "novalue"},
        {"call", "echo", "--durable", "--volatile"},
        {"submit", "mail", "--count", "0"},
        {"status", "17"},
        {"status"},
        {"ping", "--timeout", "0"},
        {"ping", "--timeout", "soon"},
        {"ping", "--client-port", "70000"},
        {"jobs", "--nonsense"}};
    for (const auto& words : wrong) {
        CAPTURE(words.size());
        const auto ended = run(broker, words);
        CHECK(ended.status == kUsage);
        CHECK(is_one_line(ended.err));
        CHECK(ended.err.starts_with("steward: "));
        CHECK(ended.out.empty());
    }
    CHECK(run({"dance"}).err == "steward: there is no verb dance; see steward --help\n");
    CHECK(run({"--dance"}).err == "steward: there is no option --dance; see steward --help\n");
    CHECK(run({}).err == "steward: say what to do; see steward --help\n");
    CHECK(run({"ping", "--broker", ""}).status == kUsage);
    CHECK(run({"ping", "--broker", "a:b:c:d"}).status != kSuccess);
    CHECK(broker.submissions() == 0);
}

TEST_CASE("submit prints an id for each job") {
    FakeBroker broker;
    const auto one = run(broker, {"submit", "mail", "to=ann"});
    CHECK(one.status == kSuccess);
    CHECK(one.out.size() == 27);
    CHECK(is_one_line(one.out));
    const auto many = run(broker, {"submit", "mail", "--count", "250", "--json"});
    CHECK(many.status == kSuccess);
    CHECK(std::count(many.out.begin(), many.out.end(), '\n') == 250);
    CHECK(json::parse(many.out.substr(0, many.out.find('\n')))["job"].is_string());
    CHECK(broker.submissions() == 251);
}

TEST_CASE("Job options are taken before and after the service") {
    FakeBroker broker;
    CHECK(run(broker,
              {"submit",
               "--priority",
               "high",
               "--delay",
               "30s",
               "mail",
               "--meta",
               "a=1",
               "--meta",
               "b=2",
               "x=1",
               "--expires-in=1h",
               "--time-limit",
               "5min",
               "--max-attempts",
               "3",
               "--volatile"})
              .status == kSuccess);
    CHECK(run(broker, {"submit", "mail", "--priority=-5"}).status == kSuccess);
}

TEST_CASE("Questions are printed as lists for people and as JSON for programs") {
    FakeBroker broker;
    for (const char* what : {"jobs", "active", "hist", "workers", "services"}) {
        CHECK(run(broker, {what}).status == kSuccess);
        CHECK(json::parse(run(broker, {what, "mail", "--json"}).out) ==
              json{{"what", what}, {"service", "mail"}});
    }
    CHECK(run(broker, {"broker"}).out.find("what") != std::string::npos);
    CHECK(run(broker, {"ping"}).out.find(" ms\n") != std::string::npos);
    CHECK(json::parse(run(broker, {"ping", "--json"}).out)["round_trip_us"] > 0);
    CHECK(run(broker, {"status", model::JobId{1, 1}.text()}).status == kSuccess);
    const auto unknown = run(broker, {"status", model::JobId{1, 0}.text()});
    CHECK(unknown.status == kRefused);
    CHECK(is_one_line(unknown.err));
}

TEST_CASE("Help and version end with success") {
    CHECK(run({"--version"}).out.starts_with("steward "));
    const auto help = run({"call", "--help"});
    CHECK(help.status == kSuccess);
    CHECK(help.out.find("--max-attempts") != std::string::npos);
}

TEST_CASE("Each verb and each of its options is told in docs/command-line.md or docs/jobs.md") {
    const auto read = [](const std::string& name) {
        std::ifstream file(STEWARD_SOURCE_DIR "/docs/" + name);
        return std::string(std::istreambuf_iterator<char>(file), {});
    };
    const std::string page = read("command-line.md");
    const std::string jobs = read("jobs.md");
    const auto verbs = [](const std::string& help) {
        return words_of(help, std::regex("\n  ([a-z]+) {2,}[A-Z]"));
    };
    std::size_t seen = 0;
    const auto check = [&](std::vector<std::string> verb) {
        verb.emplace_back("--help");
        const std::string help = run(verb).out;
        for (const std::string& option : words_of(help, std::regex("\n  --([a-z-]+)"))) {
            std::string name = option;
            std::ranges::replace(name, '-', '_');
            CAPTURE(option);
            CHECK((page.find("--" + option) != std::string::npos ||
                   jobs.find('`' + name + '`') != std::string::npos));
            ++seen;
        }
        return help;
    };
    for (const std::string& verb : verbs(check({}))) {
        CAPTURE(verb);
        CHECK(std::regex_search(page, std::regex("(`|, |steward )" + verb + "\\b")));
        for (const std::string& below : verbs(check({verb}))) {
            CAPTURE(below);
            CHECK(page.find('`' + verb + ' ' + below) != std::string::npos);
            check({verb, below});
        }
    }
    CHECK(seen > 100);
}

TEST_CASE("Each error code has an exit status") {
    CHECK(exit_status_of(base::Errc::JobDead) == kJobFailed);
    CHECK(exit_status_of(base::Errc::JobExpired) == kJobFailed);
    CHECK(exit_status_of(base::Errc::Timeout) == kTimeout);
    CHECK(exit_status_of(base::Errc::Disconnected) == kNoBroker);
    CHECK(exit_status_of(base::Errc::UnknownService) == kRefused);
    CHECK(exit_status_of(base::Errc::TooLarge) == kRefused);
}

}  // namespace steward::cli
