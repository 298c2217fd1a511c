#include "worker/fastcgi/cgi.hpp"

#include <algorithm>
#include <charconv>

#include "common/wire/params.hpp"
#include "worker/exec/environment.hpp"

namespace steward::worker::fastcgi {
namespace {

// PHP would else print what is fatal as if it were the result, with status 200.
constexpr const char* kPhpSettings = "display_errors=Off\nlog_errors=On";

std::string lower(std::string_view text) {
    std::string small(text);
    std::ranges::transform(small, small.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return small;
}

std::string_view trimmed(std::string_view text) {
    const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
    while (!text.empty() && is_blank(text.front())) {
        text.remove_prefix(1);
    }
    while (!text.empty() && is_blank(text.back())) {
        text.remove_suffix(1);
    }
    return text;
}

bool read_status(std::string_view value, http::Reply& reply) {
    const auto read = std::from_chars(value.data(), value.data() + value.size(), reply.status);
    if (read.ec != std::errc{} || reply.status < 100 || reply.status > 599) {
        return false;
    }
    value.remove_prefix(static_cast<std::size_t>(read.ptr - value.data()));
    reply.reason = trimmed(value);
    return true;
}

}  // namespace

base::Expected<Request> request_of(const Job& job,
                                   const std::string& script,
                                   std::uint64_t memory_bytes_max) {
    const auto facts = exec::environment_of(job);
    if (!facts) {
        return base::Unexpected(facts.error());
    }
    const auto body = wire::convert_params(job.raw_params(), model::Encoding::Json);
    Request request;
    request.body = body.bytes.view();
    const bool has_body = body.encoding != model::Encoding::Absent;
    std::string settings = kPhpSettings;
    if (memory_bytes_max != 0) {
        const std::uint64_t bytes =
            std::min(memory_bytes_max, job.memory_limit().value_or(memory_bytes_max));
        settings += "\nmemory_limit=" + std::to_string(bytes);
    }
    request.params = {{"GATEWAY_INTERFACE", "CGI/1.1"},
                      {"SERVER_SOFTWARE", "steward-worker-fastcgi"},
                      {"SERVER_PROTOCOL", "HTTP/1.1"},
                      {"REQUEST_METHOD", "POST"},
                      {"REQUEST_URI", '/' + std::string(job.service())},
                      {"QUERY_STRING", ""},
                      {"SCRIPT_FILENAME", script},
                      {"SCRIPT_NAME", script},
                      {"REMOTE_ADDR", "127.0.0.1"},
                      {"CONTENT_TYPE", has_body ? "application/json" : ""},
                      {"CONTENT_LENGTH", std::to_string(request.body.size())},
                      {"PHP_VALUE", std::move(settings)}};
    for (const std::string& fact : *facts) {
        const std::size_t equals = fact.find('=');
        request.params.emplace_back(fact.substr(0, equals), fact.substr(equals + 1));
    }
    return request;
}

base::Expected<http::Reply> reply_of(std::string_view output) {
    http::Reply reply;
    reply.status = 200;
    std::string_view rest = output;
    while (true) {
        const std::size_t end = rest.find('\n');
        if (end == std::string_view::npos || output.size() - rest.size() > kHeaderBytesMax) {
            return base::fail(base::Errc::Malformed,
                              "the script's headers have no end within " +
                                  std::to_string(kHeaderBytesMax) + " bytes");
        }
        const std::string_view line = trimmed(rest.substr(0, end));
        rest.remove_prefix(end + 1);
        if (line.empty()) {
            break;
        }
        const std::size_t colon = line.find(':');
        const std::string name = lower(line.substr(0, colon));
        const std::string_view value =
            trimmed(colon == std::string_view::npos ? "" : line.substr(colon + 1));
        if (name == "status" && !read_status(value, reply)) {
            return base::fail(base::Errc::Malformed, "the script's Status is no number of HTTP");
        }
        if (name == "content-type") {
            reply.content_type = value;
        } else if (name == "retry-after") {
            reply.retry_after = value;
        } else if (name == "location") {
            reply.location = value;
        }
    }
    reply.body = rest;
    return reply;
}

}  // namespace steward::worker::fastcgi
