// tests/e2e: see desk.hpp.
#include "tests/e2e/harness/desk.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <sstream>

#include <doctest/doctest.h>

#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

using nlohmann::json;

namespace {

json document_of(const std::string& text) {
    INFO("printed: ", text);
    json document = json::parse(text, nullptr, false);
    REQUIRE_FALSE(document.is_discarded());
    return document;
}

Args as_json(Args args) {
    args.insert(args.begin(), "--json");
    return args;
}

}  // namespace

Desk::Desk(const std::string& config, const std::string& stop_grace)
    : broker_(
          {{}, config + "\n[broker]\nstop_grace = \"" + stop_grace + "\"\nsettle = \"0s\"\n", {}}) {
}

Process& Desk::start_worker(const char* program, const std::string& service, const Args& more) {
    Args args = {"--service-name", service, "--frontend-server", broker_.endpoints().frontend};
    args.insert(args.end(), more.begin(), more.end());
    const json row = this->service(service);
    const std::size_t before = row.value("workers", std::size_t{0});
    workers_.push_back(broker_.start_worker(program, args));
    REQUIRE(wait_until([&] { return this->service(service).value("workers", 0U) > before; }));
    return *workers_.back();
}

void Desk::stop_workers() {
    for (const auto& worker : workers_) {
        worker->signal(SIGTERM);
    }
    for (const auto& worker : workers_) {
        CHECK(worker->wait() == 0);
    }
    workers_.clear();
}

Finished Desk::run(const Args& args) const {
    return e2e::run(broker_.tool(args));
}

Finished Desk::run_with_input(const std::string& input, const Args& args) const {
    const TempDirectory directory;
    CommandLine command = broker_.tool(args);
    command.input = directory.write("input", input);
    return e2e::run(command);
}

Finished Desk::run_out_of_time(const Args& args, ToolStatus wanted) const {
    Finished done;
    for (int time = 500; time <= 16'000; time *= 2) {
        Args all = args;
        all.insert(all.end(), {"--timeout", std::to_string(time) + "ms"});
        done = run(all);
        const bool was_too_short = done.code == kNoBroker || done.code == kTimeout;
        if (done.code == wanted || !was_too_short) {
            break;
        }
    }
    return done;
}

std::string Desk::say(const Args& args) const {
    const Finished done = run(args);
    std::string words;
    for (const std::string& arg : args) {
        words += arg + ' ';
    }
    INFO("steward ", words, "printed: ", done.out);
    CHECK(done.err == "");
    REQUIRE(done.code == kSuccess);
    return done.out;
}

json Desk::ask(const Args& args) const {
    return document_of(say(as_json(args)));
}

std::vector<json> Desk::rows(const Args& args) const {
    std::vector<json> rows;
    std::ranges::transform(lines_of(say(as_json(args))), std::back_inserter(rows), document_of);
    return rows;
}

Args Desk::ids(const Args& args) const {
    Args ids;
    for (const json& line : rows(args)) {
        const json list = line.is_array() ? line : json::array({line});
        for (const json& row : list) {
            ids.push_back(row.value("jobid", ""));
        }
    }
    return ids;
}

std::string Desk::submit(const std::string& service, const json& params, const Args& more) const {
    Args args = {"submit", service, params.dump()};
    args.insert(args.end(), more.begin(), more.end());
    const Args lines = lines_of(say(args));
    REQUIRE(lines.size() == 1);
    return lines.front();
}

std::string Desk::state(const std::string& id) const {
    return ask({"status", id}).value("state", "");
}

bool Desk::reaches(const std::string& id, std::string_view wanted) const {
    return wait_until([&] { return state(id) == wanted; });
}

json Desk::service(const std::string& name) const {
    const json rows = ask({"services", name});
    return rows.empty() ? json::object() : rows.front();
}

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

bool has_all(std::string_view text, std::initializer_list<std::string_view> parts) {
    return std::ranges::all_of(parts, [&](std::string_view part) { return has(text, part); });
}

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

Args lines_of(const std::string& text) {
    Args lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        lines.push_back(std::move(line));
    }
    return lines;
}

}  // namespace steward::e2e
