// What the pages show with curl is what happens: each line is run by a shell, before a real gateway
// with the sample workers, and its status and the shown part of the answer are compared.
#include <filesystem>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

#include "tests/e2e/harness/desk.hpp"
#include "tests/e2e/harness/gateway.hpp"
#include "tests/e2e/harness/samples.hpp"

namespace steward::e2e {

namespace {

/// `curl …   # 200 "job"` in a block of sh.
struct CurlLine {
    std::string command;
    std::string status;
    std::string shown;  // a part of the answer; may be empty
};

std::string trimmed(const std::string& text) {
    const std::size_t first = text.find_first_not_of(' ');
    return first == std::string::npos ? std::string()
                                      : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::vector<CurlLine> curl_lines(const std::string& page) {
    std::vector<CurlLine> lines;
    std::istringstream text(page);
    bool is_in_block = false;
    for (std::string line; std::getline(text, line);) {
        if (line.starts_with("```")) {
            is_in_block = line == "```sh";
            continue;
        }
        const std::size_t mark = line.rfind(" # ");
        if (!is_in_block || line.find("curl ") == std::string::npos || mark == std::string::npos) {
            continue;
        }
        const std::string told = line.substr(mark + 3);
        lines.push_back(
            {trimmed(line.substr(0, mark)), told.substr(0, 3), trimmed(told.substr(3))});
    }
    return lines;
}

/// Runs lines one after the other, as somebody would at a prompt.
class Prompt {
public:
    explicit Prompt(const Gateway& gateway) : port_(std::to_string(gateway.port())) {
        const Finished found = run({"/bin/sh", {"-c", "command -v curl"}, {}, {}});
        REQUIRE(found.code == 0);
        const std::string curl = trimmed(found.out.substr(0, found.out.find('\n')));
        const std::string wrapper =
            directory_.write("curl",
                             "#!/bin/sh\nexec " + curl + " -sS --max-time 20 -o " + file("body") +
                                 " -D " + file("head") + " -w '%{http_code}' \"$@\"\n");
        std::filesystem::permissions(wrapper, std::filesystem::perms::owner_all);
    }

    void check(const CurlLine& line) {
        std::string command = line.command;
        for (std::size_t at = command.find(":5580"); at != std::string::npos;
             at = command.find(":5580", at)) {
            command.replace(at, 5, ":" + port_);
        }
        std::filesystem::remove(file("body"));
        const Finished done = run({"/bin/sh",
                                   {"-c", command},
                                   {{"JOB", job_}, {"PATH", path()}},
                                   directory_.path().string()});
        const std::string body = read_file(file("body"));
        INFO(line.command, "\n", body, done.err);
        CHECK(done.code == 0);
        CHECK(done.out == line.status);
        CHECK(body.find(line.shown) != std::string::npos);
        const auto answer = nlohmann::json::parse(body.substr(0, body.find('\n')), nullptr, false);
        if (answer.is_object() && answer.contains("job")) {
            job_ = answer["job"].get<std::string>();
        }
    }

private:
    [[nodiscard]] std::string file(const std::string& name) const {
        return (directory_.path() / name).string();
    }

    [[nodiscard]] std::string path() const {
        return directory_.path().string() + ":/usr/local/bin:/usr/bin:/bin";
    }

    TempDirectory directory_;
    std::string port_;
    std::string job_;
};

void run_page(const std::string& name, std::size_t lines_min) {
    Desk desk;
    desk.start_worker(kReverseProgram, "STR-REV");
    desk.start_worker(kSleepProgram, "SLEEP");
    desk.start_worker(kRandomProgram, "RANDSTREAM");
    const Gateway gateway(desk.broker());
    Prompt prompt(gateway);
    const auto lines = curl_lines(read_file(std::string(STEWARD_SOURCE_DIR) + "/" + name));
    CHECK(lines.size() >= lines_min);
    for (const CurlLine& line : lines) {
        prompt.check(line);
    }
}

}  // namespace

TEST_CASE("The curl lines of docs/http-api.md do what they show") {
    run_page("docs/http-api.md", 30);
}

TEST_CASE("The curl lines of README.md do what they show") {
    run_page("README.md", 0);
}

}  // namespace steward::e2e
