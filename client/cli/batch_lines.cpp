#include "client/cli/batch_lines.hpp"

#include <istream>
#include <utility>

#include "client/client.hpp"
#include "common/base/bytes.hpp"
#include "common/model/limits.hpp"
#include "common/wire/params.hpp"

namespace steward::cli {

namespace {

using base::Errc;
using nlohmann::json;

base::Unexpected no_job(std::string_view line) {
    return base::fail(Errc::BadParams,
                      R"(a line is {"service": …, "params": …, "options": {…}}, not )" +
                          base::printable(line, 60));
}

base::Expected<client::Spec> with_options(std::string service,
                                          model::Payload params,
                                          const json& names) {
    return client::job_options(names).map([&](model::JobOptions&& options) {
        return client::Spec{std::move(service), std::move(params), std::move(options)};
    });
}

base::Expected<client::Spec> spec_of_object(std::string_view line, json&& job, json names) {
    if (!job.is_object() || !job.contains("service") || !job["service"].is_string()) {
        return no_job(line);
    }
    model::Payload params;
    for (const auto& [name, value] : job.items()) {
        if (name == "params") {
            params = wire::encode_params(value, model::Encoding::Json);
        } else if (name == "options" && value.is_object()) {
            names.update(value);
        } else if (name != "service") {
            return no_job(line);
        }
    }
    return with_options(job["service"].get<std::string>(), std::move(params), names);
}

}  // namespace

base::Expected<client::Spec> spec_of_line(std::string_view line, const LineRules& rules) {
    const model::Payload text{model::Encoding::Json, base::Blob::copy(line)};
    auto value = wire::decode_params(text);
    if (!value) {
        return base::fail(Errc::BadParams, "this is no JSON: " + value.error().message);
    }
    if (!rules.service.empty()) {
        return with_options(rules.service, text, rules.options);
    }
    return spec_of_object(line, std::move(*value), rules.options);
}

base::Expected<std::optional<std::string>> LineReader::next() {
    constexpr std::size_t kBytesMax = model::Limits{}.message_bytes_max;
    constexpr auto kEnd = std::istream::traits_type::eof();
    std::string line;
    while (true) {
        ++number_;
        auto c = input_.get();
        for (; c != kEnd && c != '\n'; c = input_.get()) {
            line.push_back(static_cast<char>(c));
            if (line.size() > kBytesMax) {
                return base::fail(
                    Errc::TooLarge,
                    "line " + std::to_string(number_) + " is longer than a message may be");
            }
        }
        if (line.find_first_not_of(" \t\r") != std::string::npos) {
            return std::optional(std::move(line));
        }
        if (input_.bad()) {
            return base::fail(Errc::Io, "cannot read the lines");
        }
        if (c == kEnd) {
            return std::optional<std::string>();
        }
        line.clear();
    }
}

}  // namespace steward::cli
