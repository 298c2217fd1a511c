#include "worker/exec/settings.hpp"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>
#include <unistd.h>
#include <utility>

#include "common/base/bytes.hpp"
#include "common/base/quantity.hpp"
#include "common/posix/user.hpp"
#include "common/wire/params.hpp"

namespace steward::worker::exec {
namespace {

base::Unexpected bad(std::string_view option, std::string_view rule, std::string_view value) {
    return base::fail(base::Errc::BadConfig,
                      std::string(option) + " is " + std::string(rule) + "; this is \"" +
                          base::printable(value) + '"');
}

template <class Choice, std::size_t N>
base::Expected<void> choose(std::string_view option,
                            const std::string& value,
                            const std::array<std::pair<std::string_view, Choice>, N>& choices,
                            Choice& chosen) {
    std::string rule = "one of";
    for (const auto& [name, choice] : choices) {
        if (value == name) {
            chosen = choice;
            return {};
        }
        rule += ' ' + std::string(name);
    }
    return bad(option, rule, value);
}

base::Expected<void> read_forms(const Given& given, Settings& settings) {
    if (auto read = choose<Input, 3>(
            "--input",
            given.input,
            {{{"json", Input::Json}, {"text", Input::Text}, {"none", Input::None}}},
            settings.input);
        !read) {
        return read;
    }
    if (auto read =
            choose<Form, 3>("--result",
                            given.result,
                            {{{"text", Form::Text}, {"json", Form::Json}, {"bytes", Form::Bytes}}},
                            settings.form);
        !read) {
        return read;
    }
    return choose<Stream, 3>(
        "--stream",
        given.stream,
        {{{"none", Stream::None}, {"lines", Stream::Lines}, {"chunks", Stream::Chunks}}},
        settings.stream);
}

base::Expected<void> read_duration(std::string_view option,
                                   const std::string& text,
                                   bool may_be_none,
                                   base::Duration& duration) {
    if (may_be_none && text == "none") {
        return {};
    }
    const auto read = wire::parse_duration(text);
    if (!read || *read < base::Duration::zero() ||
        (may_be_none && *read == base::Duration::zero())) {
        return bad(option, "a duration such as \"30s\" or a number of seconds", text);
    }
    duration = *read;
    return {};
}

base::Expected<void> read_size(std::string_view option,
                               const std::string& text,
                               bool may_be_none,
                               std::uint64_t& bytes) {
    if (may_be_none && text == "none") {
        return {};
    }
    const auto read = base::parse_size(text);
    const auto plain = read ? read : base::parse_size(text + 'B');
    if (!plain || (may_be_none && *plain == 0)) {
        return bad(option, "a size such as \"64MiB\" or a number of bytes", text);
    }
    bytes = *plain;
    return {};
}

base::Expected<void> read_bounds(const Given& given, Settings& settings) {
    base::Expected<void> read = read_duration("--snooze", given.snooze, false, settings.snooze);
    read = read ? read_duration("--time-limit", given.time_limit, true, settings.time_limit) : read;
    read =
        read ? read_duration("--kill-after", given.kill_after, false, settings.kill_after) : read;
    read = read ? read_size("--memory-limit", given.memory_limit, true, settings.memory_bytes_max)
                : read;
    read =
        read ? read_size("--output-max", given.output_max, false, settings.output_bytes_max) : read;
    return read ? read_size("--log-max", given.log_max, false, settings.log_bytes_max) : read;
}

bool is_program(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

// As execvp looks for it, in the directory where it will run.
bool can_find(const std::string& program, const std::string& directory) {
    if (program.find('/') != std::string::npos) {
        return is_program(std::filesystem::path(directory) / program);
    }
    const char* path = std::getenv("PATH");
    std::string_view rest = path != nullptr ? path : "/bin:/usr/bin";
    while (!rest.empty()) {
        const std::size_t colon = rest.find(':');
        if (is_program(std::filesystem::path(rest.substr(0, colon)) / program)) {
            return true;
        }
        rest.remove_prefix(colon == std::string_view::npos ? rest.size() : colon + 1);
    }
    return false;
}

base::Expected<void> check_places(const Given& given, Settings& settings) {
    std::error_code failed;
    if (!given.directory.empty() && !std::filesystem::is_directory(given.directory, failed)) {
        return bad("--directory", "a directory", given.directory);
    }
    if (!can_find(settings.command.program(), given.directory)) {
        return bad("the command", "a program that can be run", settings.command.program());
    }
    if (!given.user.empty()) {
        if (!posix::user_named(given.user)) {
            return bad("--user", "the name of a user", given.user);
        }
        if (::geteuid() != 0) {
            return base::fail(base::Errc::BadConfig,
                              "--user is for a worker that was started by root");
        }
    }
    const auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
    settings.keeper = (self.parent_path() / "steward-job-keeper").string();
    if (!is_program(settings.keeper)) {
        return base::fail(
            base::Errc::BadConfig,
            "steward-job-keeper must stand beside this program: there is no " + settings.keeper);
    }
    return {};
}

}  // namespace

base::Expected<Settings> check(const Given& given) {
    auto command = Arguments::parse(given.command);
    if (!command) {
        return base::Unexpected(std::move(command.error()));
    }
    auto limits = parse_limits(given.limits);
    if (!limits) {
        return base::Unexpected(std::move(limits.error()));
    }
    Settings settings;
    settings.command = std::move(*command);
    settings.limits = std::move(*limits);
    settings.user = given.user;
    settings.directory = given.directory;
    base::Expected<void> read = read_forms(given, settings);
    read = read ? read_bounds(given, settings) : read;
    read = read ? check_places(given, settings) : read;
    if (!read) {
        return base::Unexpected(std::move(read.error()));
    }
    return settings;
}

}  // namespace steward::worker::exec
