// client/cli: the lines that `steward batch` reads, each a job. Values in, values out.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "client/spec.hpp"
#include "common/base/expected.hpp"

namespace steward::cli {

/// What all lines have in common.
struct LineRules {
    std::string
        service;  // empty: each line says {"service", "params", "options"}; else it is params
    nlohmann::json options;  // by their documented names; a line's own count more
};

/// One line as a job to submit; params stay as they are written.
/// Errors: BadParams, BadOption, UnknownOption, saying what a line has to be.
[[nodiscard]] base::Expected<client::Spec> spec_of_line(std::string_view line,
                                                        const LineRules& rules);

/// Lines one by one, without those that are empty, counted as an editor does.
class LineReader {
public:
    explicit LineReader(std::istream& input) : input_(input) {}

    /// Nothing at the end. Errors: TooLarge for one that no message could hold; Io.
    [[nodiscard]] base::Expected<std::optional<std::string>> next();

    /// Of the line that next() gave last.
    [[nodiscard]] std::size_t number() const { return number_; }

private:
    std::istream& input_;
    std::size_t number_ = 0;
};

}  // namespace steward::cli
