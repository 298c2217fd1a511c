// worker/http: the options of steward-worker-http: as texts, and checked.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/base/expected.hpp"
#include "common/base/time.hpp"
#include "worker/http/poster.hpp"

namespace steward::worker::http {

enum class Body : std::uint8_t { Json, Raw };

/// As the command line has them; the defaults are what its help shows.
struct Given {
    std::string url;
    std::string body = "json";
    std::string secret_file;
    std::string headers_file;
    std::string ca_file;
    std::string certificate_file;
    std::string key_file;
    std::string connect_timeout = "10s";
    std::string timeout = "60s";
    std::string response_max = "16MiB";
    std::string snooze_max = "1h";
};

struct Settings {
    PosterOptions poster;
    Body body = Body::Json;
    std::vector<std::string> secrets;  // none: requests are not signed
    std::vector<std::pair<std::string, std::string>> headers;
    base::Duration snooze_max{};
};

/// Lines of "Name: value"; blank ones and those with # in front are none.
/// Errors: BadConfig, naming the line's number and never what is in it.
[[nodiscard]] base::Expected<std::vector<std::pair<std::string, std::string>>> parse_headers(
    std::string_view text);

/// Reads the files that are named. Errors: BadConfig, naming option, rule and value.
[[nodiscard]] base::Expected<Settings> check(const Given& given);

}  // namespace steward::worker::http
