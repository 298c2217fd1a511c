// tests/package: the Debian packages of this build: what is in them, what Debian says of them, and
// that what is in them runs, by the command lines of their units, what an older version has left.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

#include <doctest/doctest.h>

#include "tests/e2e/harness/broker.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::minutes kPackPatience{5};

std::string output_of(const std::string& program,
                      const std::vector<std::string>& args,
                      const std::string& directory = {}) {
    const Finished ended = run({program, args, {}, directory}, kPackPatience);
    INFO(program, " said: ", ended.out, ended.err);
    REQUIRE(ended.code == 0);
    return ended.out;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        lines.push_back(line);
    }
    return lines;
}

std::string content_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    REQUIRE_MESSAGE(file.is_open(), path.string());
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Made once for all tests: gzip is quicker than what Debian takes.
const std::vector<fs::path>& packages() {
    static const TempDirectory kDirectory;
    static const std::vector<fs::path> kPackages = [] {
        output_of(STEWARD_CPACK,
                  {"-G",
                   "DEB",
                   "-B",
                   kDirectory.path().string(),
                   "-D",
                   "CPACK_DEBIAN_COMPRESSION_TYPE=gzip"},
                  STEWARD_BUILD_DIR);
        std::vector<fs::path> found;
        for (const auto& entry : fs::directory_iterator(kDirectory.path())) {
            if (entry.path().extension() == ".deb") {
                found.push_back(entry.path());
            }
        }
        std::ranges::sort(found);
        return found;
    }();
    return kPackages;
}

std::string name_of(const fs::path& package) {
    const std::string file = package.filename().string();
    return file.substr(0, file.find('_'));
}

/// All of them unpacked over each other.
const fs::path& unpacked() {
    static const TempDirectory kDirectory;
    static const bool kIsThere = [] {
        for (const fs::path& package : packages()) {
            output_of("/usr/bin/dpkg-deb", {"-x", package.string(), kDirectory.path().string()});
        }
        return true;
    }();
    REQUIRE(kIsThere);
    return kDirectory.path();
}

/// The words of a unit's command line, with the program of this root and `more` behind.
CommandLine command_of(const std::string& unit, const std::vector<std::string>& more) {
    const std::string text = content_of(unpacked() / "lib/systemd/system" / unit);
    const std::size_t at = text.find("\nExecStart=");
    REQUIRE(at != std::string::npos);
    std::istringstream words(text.substr(at + 11, text.find('\n', at + 1) - at - 11));
    CommandLine command;
    words >> command.program;
    command.program = unpacked().string() + command.program;
    for (std::string word; words >> word;) {
        const bool is_path = word.starts_with("/etc/");
        command.args.push_back(is_path ? unpacked().string() + word : word);
    }
    command.args.insert(command.args.end(), more.begin(), more.end());
    return command;
}

std::string port_behind(const std::string& line, const std::string& word) {
    const std::size_t colon = line.find(':', line.find("//", line.find(word)));
    return line.substr(colon + 1, line.find(' ', colon) - colon - 1);
}

}  // namespace

TEST_CASE(
    "Each package has the files that tests/package/contents.txt names, of root, and no others") {
    std::string all;
    for (const fs::path& package : packages()) {
        for (const std::string& line :
             lines_of(output_of("/usr/bin/dpkg-deb", {"-c", package.string()}))) {
            CHECK_MESSAGE(line.find(" root/root ") != std::string::npos, line);
            std::string path = line.substr(line.find("./") + 1);
            path.erase(std::min(path.find(" -> "), path.size()));
            // Which headers and archives there are is for the project built against them to say.
            if (line.front() != 'd' && !path.ends_with(".hpp") && !path.ends_with(".a")) {
                all += name_of(package) + " " + path + "\n";
            }
        }
    }
    std::vector<std::string> lines = lines_of(all);
    std::ranges::sort(lines);
    CHECK(lines == lines_of(content_of(STEWARD_PACKAGE_TESTS "/contents.txt")));
}

TEST_CASE("The configuration is a conffile, and its programs find nothing wrong with it") {
    const auto steward = std::ranges::find(packages(), "steward", name_of);
    REQUIRE(steward != packages().end());
    CHECK(output_of("/usr/bin/dpkg-deb", {"-I", steward->string(), "conffiles"}) ==
          "/etc/steward/steward.toml\n");
    const std::string config = (unpacked() / "etc/steward/steward.toml").string();
    for (const char* program : {"steward-broker", "steward-gateway", "steward-supervisor"}) {
        const std::string path = (unpacked() / "usr/bin" / program).string();
        CHECK(output_of(path, {"--check-config", "--config", config}) ==
              "the configuration is valid\n");
    }
    const std::string text = content_of(config);
    for (const char* line : {"\nbind = \"127.0.0.1\"\n",
                             "\ndata_dir = \"/var/lib/steward\"\n",
                             "\nlog_dir = \"/var/log/steward\"\n"}) {
        CHECK_MESSAGE(text.find(line) != std::string::npos, line);
    }
    CHECK(text.find("\n[[process]]\n") == std::string::npos);
}

TEST_CASE("What is installed is stripped, hardened and has no path of the build") {
    for (const auto& entry : fs::directory_iterator(unpacked() / "usr/bin")) {
        CAPTURE(entry.path().string());
        const std::string headers = output_of("/usr/bin/readelf", {"-hldW", entry.path().string()});
        CHECK(headers.find("DYN (Position-Independent") != std::string::npos);
        CHECK(headers.find("GNU_RELRO") != std::string::npos);
        CHECK(headers.find("BIND_NOW") != std::string::npos);
        const bool has_executable_stack = headers.find("RWE") != std::string::npos;
        CHECK_FALSE(has_executable_stack);
        const std::string wanted =
            output_of("/usr/bin/readelf", {"-W", "--dyn-syms", entry.path().string()});
        CHECK(wanted.find("__stack_chk_fail") != std::string::npos);
        if (entry.path().filename() == "steward-broker") {
            CHECK(wanted.find("__memcpy_chk") != std::string::npos);  // _FORTIFY_SOURCE
        }
        const std::string sections = output_of("/usr/bin/readelf", {"-SW", entry.path().string()});
        CHECK(sections.find(".debug_info") == std::string::npos);
        const bool names_the_build =
            content_of(entry.path()).find(STEWARD_BUILD_DIR) != std::string::npos;
        CHECK_FALSE(names_the_build);
    }
}

TEST_CASE("Lintian, where it is installed, finds no error") {
    if (::access("/usr/bin/lintian", X_OK) != 0) {
        return;
    }
    std::vector<std::string> args = {"--fail-on", "error", "--allow-root"};
    for (const fs::path& package : packages()) {
        args.push_back(package.string());
    }
    output_of("/usr/bin/lintian", args);
}

TEST_CASE("Every program has a page that mandoc, where it is installed, finds nothing wrong with") {
    const fs::path manuals = unpacked() / "usr/share/man";
    std::size_t pages = 0;
    for (const auto& entry : fs::recursive_directory_iterator(manuals)) {
        if (!entry.is_regular_file() || ::access("/usr/bin/mandoc", X_OK) != 0) {
            continue;
        }
        CAPTURE(entry.path().string());
        const Finished checked = run(
            {"/usr/bin/mandoc", {"-T", "lint", "-W", "warning", entry.path().string()}, {}, {}});
        CHECK(checked.out == "");
        CHECK(checked.code == 0);
        ++pages;
    }
    for (const auto& entry : fs::directory_iterator(unpacked() / "usr/bin")) {
        const std::string name = entry.path().filename().string();
        const bool has_page = fs::exists(manuals / "man1" / (name + ".1.gz")) ||
                              fs::exists(manuals / "man8" / (name + ".8.gz"));
        CHECK_MESSAGE(has_page, name);
    }
    MESSAGE("pages looked at: ", pages);
}

TEST_CASE("Each option that a program's help has is in its page") {
    for (const auto& entry : fs::directory_iterator(unpacked() / "usr/bin")) {
        const std::string program = entry.path().string();
        if (program.ends_with("-guardian") || program.ends_with("-keeper")) {
            continue;  // started by others, with orders that are theirs
        }
        CAPTURE(program);
        std::string page = output_of(program, {"--print-manual"});
        page.erase(std::remove(page.begin(), page.end(), '\\'), page.end());
        std::size_t options = 0;
        for (const std::string& line : lines_of(output_of(program, {"--help"}))) {
            const std::size_t at = line.find("--");
            if (line.starts_with("  ") && at != std::string::npos && at < 8) {
                const std::string option = line.substr(at, line.find_first_of(" ,", at) - at);
                CHECK_MESSAGE(page.find(option) != std::string::npos, option);
                ++options;
            }
        }
        CHECK(options >= 3);
    }
}

TEST_CASE(
    "The packaged broker, by its unit's command line, runs the jobs of an older version's folder") {
    const TempDirectory data;
    fs::copy(STEWARD_PACKAGE_TESTS "/data-0.1", data.path(), fs::copy_options::recursive);
    CommandLine command = command_of(
        "steward-broker.service", {"--client-port", "0", "--worker-port", "0", "--news-port", "0"});
    command.environment["STEWARD_DATA_DIR"] = data.path().string();
    Process broker(command);
    const auto ready = broker.wait_for_line("steward-broker ready");
    INFO(broker.standard_error());
    REQUIRE(ready.has_value());
    const std::string clients = port_behind(*ready, "clients");
    const auto tool = [&](std::vector<std::string> words) {
        words.insert(words.end(), {"--json", "--broker", "127.0.0.1:" + clients});
        return output_of((unpacked() / "usr/bin/steward").string(), words);
    };
    const auto service = [&](const std::string& name) {
        for (const auto& row : nlohmann::json::parse(tool({"services"}))) {
            if (row["service"] == name) {
                return row;
            }
        }
        return nlohmann::json();
    };
    const auto waiting = [&](const std::string& name) {
        const auto row = service(name);
        return row["ready"].get<int>() + row["scheduled"].get<int>();
    };
    REQUIRE(waiting("STR-REV") == 4);
    CHECK(service("report")["mode"] == "paused");
    CHECK(tool({"limits"}).find("\"database\"") != std::string::npos);
    CHECK(tool({"schedule"}).find("\"nightly\"") != std::string::npos);

    Process worker({(unpacked() / "usr/bin/steward-worker-reverse").string(),
                    {"--backend-port", port_behind(*ready, "workers")},
                    {},
                    {}});
    const bool all_ran = wait_until([&] { return service("STR-REV")["succeeded"] == 4; });
    CHECK(all_ran);
    CHECK(waiting("report") == 2);
    worker.signal(SIGTERM);
    broker.signal(SIGTERM);
    CHECK(worker.wait() == 0);
    CHECK(broker.wait() == 0);
}

}  // namespace steward::e2e
