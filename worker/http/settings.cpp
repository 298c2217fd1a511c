#include "worker/http/settings.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <sys/stat.h>

#include "common/base/bytes.hpp"
#include "common/base/quantity.hpp"
#include "common/wire/params.hpp"
#include "worker/http/signature.hpp"

namespace steward::worker::http {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t kHeadersMax = 64;

base::Unexpected bad(std::string_view option, std::string_view rule, std::string_view value) {
    return base::fail(base::Errc::BadConfig,
                      std::string(option) + " is " + std::string(rule) + "; this is \"" +
                          base::printable(value) + '"');
}

base::Expected<void> read_duration(std::string_view option,
                                   const std::string& text,
                                   base::Duration& duration) {
    const auto read = wire::parse_duration(text);
    if (!read || *read <= base::Duration::zero()) {
        return bad(option, "a duration such as \"30s\" or a number of seconds", text);
    }
    duration = *read;
    return {};
}

// What is secret must not be everybody's.
base::Expected<std::string> read_private(std::string_view option, const std::string& path) {
    std::ifstream file(path, std::ios::binary);

    struct stat facts {};

    if (!file || ::stat(path.c_str(), &facts) != 0) {
        return bad(option, "a file that can be read", path);
    }
    if ((facts.st_mode & S_IRWXO) != 0) {
        return bad(option, "a file that others may not read (chmod o= FILE)", path);
    }
    return std::string(std::istreambuf_iterator<char>(file), {});
}

bool is_token(std::string_view name) {
    constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
    return !name.empty() && std::ranges::all_of(name, [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               kMarks.find(c) != std::string_view::npos;
    });
}

bool is_header_text(std::string_view value) {
    return std::ranges::all_of(value,
                               [](char c) { return (c >= ' ' && c != '\x7f') || c == '\t'; });
}

base::Expected<void> read_files(const Given& given, Settings& settings) {
    if (!given.secret_file.empty()) {
        const auto text = read_private("--secret", given.secret_file);
        auto secrets = text ? parse_secrets(*text) : base::Unexpected(text.error());
        if (!secrets) {
            return base::Unexpected(std::move(secrets.error()));
        }
        settings.secrets = std::move(*secrets);
    }
    if (!given.headers_file.empty()) {
        const auto text = read_private("--headers", given.headers_file);
        auto headers = text ? parse_headers(*text) : base::Unexpected(text.error());
        if (!headers) {
            return base::Unexpected(std::move(headers.error()));
        }
        settings.headers = std::move(*headers);
    }
    return {};
}

}  // namespace

base::Expected<Headers> parse_headers(std::string_view text) {
    Headers headers;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        if (line.empty() || line.front() == '#') {
            continue;
        }
        const std::size_t colon = line.find(':');
        const std::string_view name = line.substr(0, colon);
        std::string_view value = colon == std::string_view::npos ? "" : line.substr(colon + 1);
        value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
        if (colon == std::string_view::npos || !is_token(name) || !is_header_text(value) ||
            headers.size() >= kHeadersMax) {
            return base::fail(base::Errc::BadConfig,
                              "the file of --headers holds lines of \"Name: value\", at most " +
                                  std::to_string(kHeadersMax) + "; line " + std::to_string(number) +
                                  " is none");
        }
        headers.emplace_back(name, value);
    }
    return headers;
}

base::Expected<Settings> check(const Given& given) {
    if (given.url.empty()) {
        return base::fail(base::Errc::BadConfig, "no --url is given");
    }
    Settings settings;
    auto target = parse_target(given.url);
    if (!target) {
        return base::Unexpected(std::move(target.error()));
    }
    settings.poster.target = std::move(*target);
    settings.poster.trust = {given.ca_file, given.certificate_file, given.key_file};
    if (given.body != "json" && given.body != "raw") {
        return bad("--body", "json or raw", given.body);
    }
    settings.body = given.body == "json" ? Body::Json : Body::Raw;
    base::Expected<void> read = read_files(given, settings);
    read = read ? read_duration(
                      "--connect-timeout", given.connect_timeout, settings.poster.connect_timeout)
                : read;
    read = read ? read_duration("--timeout", given.timeout, settings.poster.timeout) : read;
    read = read ? read_duration("--snooze-max", given.snooze_max, settings.snooze_max) : read;
    const auto bytes = base::parse_size(given.response_max);
    if (read && !bytes) {
        read = bad("--response-max", "a size such as \"16MiB\"", given.response_max);
    }
    if (!read) {
        return base::Unexpected(std::move(read.error()));
    }
    settings.poster.body_bytes_max = *bytes;
    // The files of TLS are tried here, where the command line is to blame.
    if (auto opened = Poster::open(settings.poster); !opened) {
        return base::Unexpected(std::move(opened.error()));
    }
    return settings;
}

}  // namespace steward::worker::http
