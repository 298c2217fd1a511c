#include "gateway/params/job_line.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/base/bytes.hpp"
#include "common/wire/params.hpp"
#include "gateway/params/json_members.hpp"

namespace steward::gateway {

base::Expected<JobLine> job_line_of(std::string_view line) {
    const auto members = json_members(line);
    if (!members) {
        return base::Unexpected(members.error());
    }
    JobLine job;
    for (const JsonMember& member : *members) {
        const model::Payload value{model::Encoding::Json, base::Blob::copy(member.value)};
        if (member.name == "params") {
            job.params = value;
        } else if (member.name == "options") {
            auto options = wire::decode_params(value).and_then(wire::parse_options);
            if (!options) {
                return base::Unexpected(std::move(options.error()));
            }
            job.options = std::move(*options);
        } else {
            return base::fail(base::Errc::BadParams,
                              "a job's line has no \"" + base::printable(member.name, 40) +
                                  "\"; there are params, options");
        }
    }
    return job;
}

std::optional<std::string_view> take_line(std::string_view& text) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        line.remove_suffix(line.ends_with('\r') ? 1 : 0);
        if (line.find_first_not_of(" \t\r") != std::string_view::npos) {
            return line;
        }
    }
    return std::nullopt;
}

}  // namespace steward::gateway
