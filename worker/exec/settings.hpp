// worker/exec: the options of steward-worker-exec: as texts, and checked.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/expected.hpp"
#include "common/base/time.hpp"
#include "worker/exec/arguments.hpp"
#include "worker/exec/limits.hpp"

namespace steward::worker::exec {

enum class Input : std::uint8_t { Json, Text, None };
enum class Form : std::uint8_t { Text, Json, Bytes };
enum class Stream : std::uint8_t { None, Lines, Chunks };

/// As the command line has them; the defaults are what its help shows.
struct Given {
    std::string input = "json";
    std::string result = "text";
    std::string stream = "none";
    std::string snooze = "30s";
    std::string time_limit = "none";
    std::string memory_limit = "none";
    std::string kill_after = "2s";
    std::string output_max = "16MiB";
    std::string log_max = "1MiB";
    std::string limits;
    std::string user;
    std::string directory;
    std::vector<std::string> command;
};

struct Settings {
    Input input = Input::Json;
    Form form = Form::Text;
    Stream stream = Stream::None;
    base::Duration snooze{};
    base::Duration time_limit{};         // zero: none but the job's
    std::uint64_t memory_bytes_max = 0;  // 0: none but the job's
    base::Duration kill_after{};
    std::uint64_t output_bytes_max = 0;
    std::uint64_t log_bytes_max = 0;
    std::vector<ResourceLimit> limits;
    std::string user;
    std::string directory;
    std::string keeper;  // the path of steward-job-keeper
    Arguments command;
};

/// Errors: BadConfig, naming option, rule and value. Looks whether program, user, directory and
/// keeper are there.
[[nodiscard]] base::Expected<Settings> check(const Given& given);

}  // namespace steward::worker::exec
