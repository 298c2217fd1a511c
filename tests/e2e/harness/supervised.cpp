// tests/e2e: see supervised.hpp.
#include "tests/e2e/harness/supervised.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <sstream>
#include <unistd.h>

#include <doctest/doctest.h>

#include "common/base/whole_number.hpp"
#include "tests/e2e/harness/ports.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

using nlohmann::json;

namespace {

std::string read_all(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream all;
    all << file.rdbuf();
    return all.str();
}

// Its pid may be told later than its time to get ready has passed.
bool is_running(const json& row) {
    return !row.is_null() && row.value("state", "") == "running" && row.value("pid", 0) > 0;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
        text.replace(at, what.size(), by);
    }
    return text;
}

}  // namespace

std::string broker_process() {
    return "[[process]]\nname = \"broker\"\nkind = \"server\"\nprogram = \"steward-broker\"\n"
           "args = [\"--config\", \"$DIR/steward.toml\"]\nnotify = true\n";
}

Supervised::Supervised(const std::string& config)
    : mark_("STEWARD_TEST_MARK=" + directory_.path().string()),
      client_port_(free_port()),
      worker_port_(free_port()) {
    write_config(config);
}

Supervised::~Supervised() {
    if (process_ != nullptr) {
        process_->signal(SIGTERM);
        static_cast<void>(process_->wait());
        process_.reset();
    }
    const bool is_empty = wait_until([this] { return living().empty(); });
    CHECK_MESSAGE(is_empty, "a process is left");
    for (const pid_t pid : living()) {
        ::kill(pid, SIGKILL);
    }
}

void Supervised::write_config(const std::string& config) const {
    const std::string text =
        "[broker]\nclient_port = " + std::to_string(client_port_) +
        "\nworker_port = " + std::to_string(worker_port_) +
        "\nnews_port = 0\ndata_dir = \"$DIR/data\"\nsettle = \"0s\"\nstop_grace = \"5s\"\n"
        "heartbeat_interval = \"1s\"\nmax_losses = 1000\n"
        "[supervisor]\nrun_dir = \"$DIR/run\"\nlog_dir = \"$DIR/logs\"\nsample_every = \"100ms\"\n"
        "ready_after = \"100ms\"\n" +
        config;
    directory_.write("steward.toml", replaced(text, "$DIR", directory_.path().string()));
}

void Supervised::start(const std::map<std::string, std::string>& environment) {
    std::map<std::string, std::string> all = environment;
    all["STEWARD_TEST_MARK"] = directory_.path().string();
    all.try_emplace("HEARTBEAT_INTERVAL", "1");
    process_ =
        std::make_unique<Process>(CommandLine{built_program("steward-supervisor"),
                                              {"--foreground", "--config", path("steward.toml")},
                                              all,
                                              directory_.path().string()});
    REQUIRE(process_->wait_for_line("supervisor_ready").has_value());
}

std::string Supervised::path(const std::string& name) const {
    return (directory_.path() / name).string();
}

std::string Supervised::script(const std::string& name, const std::string& text) const {
    const std::string file = directory_.write(name, "#!/bin/sh\n" + text + "\n");
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    return file;
}

Finished Supervised::run(const std::vector<std::string>& args) const {
    std::vector<std::string> all = {"--broker", "127.0.0.1:" + std::to_string(client_port_)};
    all.insert(all.end(), args.begin(), args.end());
    return e2e::run({built_program("steward"),
                     all,
                     {{"STEWARD_RUN_DIR", path("run")}, {"STEWARD_LOG_DIR", path("logs")}},
                     directory_.path().string()},
                    3 * kPatience);
}

std::string Supervised::say(const std::vector<std::string>& args) const {
    const Finished done = run(args);
    INFO("steward ", args.front(), " printed: ", done.out, done.err);
    REQUIRE(done.code == 0);
    return done.out;
}

std::vector<json> Supervised::rows(const std::vector<std::string>& args) const {
    std::vector<std::string> all = {"--json"};
    all.insert(all.end(), args.begin(), args.end());
    std::istringstream lines(run(all).out);
    std::vector<json> rows;
    for (std::string line; std::getline(lines, line);) {
        json row = json::parse(line, nullptr, false);
        if (row.is_array()) {
            rows.insert(rows.end(), row.begin(), row.end());
        } else if (!row.is_discarded()) {
            rows.push_back(std::move(row));
        }
    }
    return rows;
}

std::vector<json> Supervised::ps() const {
    return rows({"ps"});
}

json Supervised::ps(const std::string& process) const {
    for (json& row : ps()) {
        if (row.value("process", "") == process) {
            return row;
        }
    }
    return {};
}

pid_t Supervised::pid_of(const std::string& process) const {
    const json row = ps(process);
    return row.is_null() ? 0 : row.value("pid", 0);
}

std::size_t Supervised::count(const std::string& pool, const std::string& state) const {
    const auto all = ps();
    return static_cast<std::size_t>(std::ranges::count_if(all, [&](const json& row) {
        return row.value("pool", "") == pool && row.value("state", "") == state;
    }));
}

bool Supervised::runs(const std::string& process) const {
    return is_running(ps(process));
}

bool Supervised::all_run(std::size_t processes) const {
    return wait_until([&] {
        const auto all = ps();
        return all.size() == processes && std::ranges::all_of(all, is_running);
    });
}

std::vector<pid_t> Supervised::living() const {
    std::vector<pid_t> found;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
        const auto pid = base::parse_whole<pid_t>(entry.path().filename().string());
        if (!pid || *pid == ::getpid()) {
            continue;
        }
        // A zombie's environment is empty.
        if (read_all(entry.path() / "environ").find(mark_) != std::string::npos) {
            found.push_back(*pid);
        }
    }
    return found;
}

}  // namespace steward::e2e
