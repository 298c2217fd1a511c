// gateway/params: one of many jobs in a request: a line of JSON, {"params": …, "options": {…}}.
#pragma once

#include <optional>
#include <string_view>

#include "common/base/expected.hpp"
#include "common/model/job.hpp"
#include "common/model/options.hpp"

namespace steward::gateway {

struct JobLine {
    model::Payload params;  // the text as it stood in the line; Absent when there is no "params"
    model::JobOptions options;
};

/// Either member may be missing. Errors: BadParams, with the place, also for any other member;
///         UnknownOption, BadOption.
[[nodiscard]] base::Expected<JobLine> job_line_of(std::string_view line);

/// The next line of `text`, which is taken off its front, without its end (LF or CRLF). Lines of
/// nothing but blanks are passed over. Nothing: that was all.
[[nodiscard]] std::optional<std::string_view> take_line(std::string_view& text);

}  // namespace steward::gateway
