// tests: a page of metrics as data, read by the rules of Prometheus's text format.
#pragma once

#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include <doctest/doctest.h>

namespace steward::gateway {

struct MetricRead {
    std::string type;
    std::string help;
    std::set<std::string> labels;  // names
};

/// What a page has: values by series, as they are written, and metrics by name.
class PageLines {
public:
    explicit PageLines(const std::string& page) {
        std::istringstream lines(page);
        for (std::string line; std::getline(lines, line);) {
            CAPTURE(line);
            if (line.starts_with("# HELP ")) {
                const auto [name, help] = split(line.substr(7));
                CHECK(metrics_[name].help.empty());
                metrics_[name].help = help;
            } else if (line.starts_with("# TYPE ")) {
                const auto [name, type] = split(line.substr(7));
                metrics_[name].type = type;
                last_ = name;
            } else {
                read_series(line);
            }
        }
    }

    [[nodiscard]] const std::map<std::string, MetricRead>& metrics() const { return metrics_; }

    [[nodiscard]] bool has(const std::string& series) const { return values_.contains(series); }

    [[nodiscard]] double operator[](const std::string& series) const {
        CAPTURE(series);
        REQUIRE(has(series));
        return values_.at(series);
    }

    /// Series that begin so.
    [[nodiscard]] std::size_t count(const std::string& begin) const {
        std::size_t count = 0;
        for (auto at = values_.lower_bound(begin); at != values_.end(); ++at) {
            count += at->first.starts_with(begin) ? 1U : 0U;
        }
        return count;
    }

private:
    static std::pair<std::string, std::string> split(const std::string& text) {
        const std::size_t space = text.find(' ');
        REQUIRE(space != std::string::npos);
        return {text.substr(0, space), text.substr(space + 1)};
    }

    // "name{label="value",…} 1.5"
    void read_series(const std::string& line) {
        const std::size_t space = line.rfind(' ');
        REQUIRE(space != std::string::npos);
        const std::string series = line.substr(0, space);
        const std::string name = series.substr(0, series.find('{'));
        CHECK(name.starts_with(last_));
        CHECK(values_.emplace(series, std::stod(line.substr(space + 1))).second);
        for (std::size_t at = series.find('{'); at != std::string::npos;) {
            const std::size_t equals = series.find("=\"", at);
            const std::string label = series.substr(at + 1, equals - at - 1);
            if (label != "le") {
                metrics_[last_].labels.insert(label);
            }
            std::size_t end = equals + 2;
            while (series.at(end) != '"') {
                end += series.at(end) == '\\' ? 2U : 1U;
            }
            at = series.at(end + 1) == ',' ? end + 1 : std::string::npos;
        }
    }

    std::string last_;
    std::map<std::string, MetricRead> metrics_;
    std::map<std::string, double> values_;
};

}  // namespace steward::gateway
