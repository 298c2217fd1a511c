// tests: docs/monitoring.md has every metric as it is, and what goes with it asks for no other.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>

#include <nlohmann/json.hpp>

#include "tests/unit/gateway_metrics/page_lines.hpp"
#include "tests/unit/gateway_metrics/sample_reports.hpp"

namespace steward::gateway {
namespace {

using nlohmann::json;

std::string text_of_page(const std::string& name) {
    std::ifstream file(STEWARD_SOURCE_DIR "/docs/" + name);
    REQUIRE(file.is_open());
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> lines_of_page(const std::string& name) {
    std::istringstream text(text_of_page(name));
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) {
        lines.push_back(line);
    }
    return lines;
}

// The line of the page's table for each metric, in the order of the sample's names.
std::set<std::string> rows_of_code() {
    std::set<std::string> rows;
    const PageLines page(Sample().page());
    for (const auto& [name, metric] : page.metrics()) {
        std::string labels;
        for (const std::string& label : metric.labels) {
            labels += (labels.empty() ? "`" : ", `") + label + "`";
        }
        rows.insert("| `" + name + "` | " + metric.type + " | " + labels + " | " + metric.help +
                    " |");
    }
    return rows;
}

std::set<std::string> rows_of_page() {
    std::set<std::string> rows;
    for (const std::string& line : lines_of_page("monitoring.md")) {
        if (line.starts_with("| `steward_") || line.starts_with("| `process_")) {
            CHECK(rows.insert(line).second);
        }
    }
    return rows;
}

// Metrics that an expression names, each as it is in the tables.
std::set<std::string> metrics_in(const std::string& expression) {
    static const std::regex kName("\\b(steward|process)_[a-z_]+");
    std::set<std::string> names;
    for (std::sregex_iterator at(expression.begin(), expression.end(), kName), end; at != end;
         ++at) {
        names.insert(at->str());
    }
    return names;
}

// Of a histogram an expression may name the series.
bool is_known(const std::string& name, const std::map<std::string, MetricRead>& metrics) {
    if (const auto found = metrics.find(name); found != metrics.end()) {
        return found->second.type != "histogram";
    }
    for (const std::string_view suffix : {"_bucket", "_sum", "_count"}) {
        if (name.ends_with(suffix)) {
            const auto found = metrics.find(name.substr(0, name.size() - suffix.size()));
            return found != metrics.end() && found->second.type == "histogram";
        }
    }
    return false;
}

// All values of the members of this name, however deep.
void collect(const json& value, std::string_view name, std::vector<std::string>& found) {
    if (!value.is_structured()) {
        return;
    }
    for (const auto& [key, member] : value.items()) {
        if (key == name && member.is_string()) {
            found.push_back(member.get<std::string>());
        }
        collect(member, name, found);
    }
}

}  // namespace

TEST_CASE("The page has each metric as it is exposed, and no other") {
    const std::set<std::string> page = rows_of_page();
    const std::set<std::string> code = rows_of_code();
    for (const std::string& row : code) {
        CHECK_MESSAGE(page.contains(row), "docs/monitoring.md lacks: ", row);
    }
    for (const std::string& row : page) {
        CHECK_MESSAGE(code.contains(row), "not exposed so: ", row);
    }
    CHECK(code.size() > 60);
}

TEST_CASE("Names of metrics are what Prometheus expects of them") {
    const PageLines page(Sample().page());
    for (const auto& [key, metric] : page.metrics()) {
        const std::string& name = key;
        CAPTURE(name);
        CHECK((metric.type == "counter") == name.ends_with("_total"));
        CHECK((metric.type != "histogram" || name.ends_with("_seconds")));
        CHECK(metric.help.ends_with("."));
        CHECK(std::ranges::none_of(name, [](char c) { return c >= 'A' && c <= 'Z'; }));
    }
}

TEST_CASE("Each alert asks for metrics that there are, says how bad it is, and is in the page") {
    const auto metrics = PageLines(Sample().page()).metrics();
    const std::string page = text_of_page("monitoring.md");
    std::size_t alerts = 0;
    std::size_t expressions = 0;
    std::size_t severities = 0;
    std::size_t summaries = 0;
    for (const std::string& line : lines_of_page("monitoring/steward-alerts.yml")) {
        CAPTURE(line);
        if (const std::size_t at = line.find("alert: "); at != std::string::npos) {
            ++alerts;
            CHECK(page.find("| `" + line.substr(at + 7) + "` |") != std::string::npos);
        } else if (line.find("expr: ") != std::string::npos) {
            ++expressions;
            const auto names = metrics_in(line);
            CHECK((!names.empty() || line.find("up{job=\"steward\"}") != std::string::npos));
            for (const std::string& name : names) {
                CHECK_MESSAGE(is_known(name, metrics), name);
            }
        }
        severities += line.find("severity: ") != std::string::npos ? 1U : 0U;
        summaries += line.find("summary: \"") != std::string::npos ? 1U : 0U;
    }
    CHECK(alerts > 10);
    CHECK(expressions == alerts);
    CHECK(severities == alerts);
    CHECK(summaries == alerts);
    const auto rows = lines_of_page("monitoring.md");
    CHECK(std::ranges::count_if(rows, [](const std::string& row) {
              return row.starts_with("| `Steward");
          }) == static_cast<std::ptrdiff_t>(alerts));
}

TEST_CASE("The dashboard is JSON, its panels have places of their own and ask for what there is") {
    const auto metrics = PageLines(Sample().page()).metrics();
    const json board = json::parse(text_of_page("monitoring/grafana-dashboard.json"));
    std::vector<std::string> expressions;
    collect(board, "expr", expressions);
    collect(board, "definition", expressions);
    CHECK(expressions.size() > 30);
    for (const std::string& expression : expressions) {
        CAPTURE(expression);
        const auto names = metrics_in(expression);
        CHECK_FALSE(names.empty());
        for (const std::string& name : names) {
            CHECK_MESSAGE(is_known(name, metrics), name);
        }
    }
    std::set<int> ids;
    std::set<std::pair<int, int>> cells;
    for (const json& panel : board.at("panels")) {
        CAPTURE(panel.at("title"));
        CHECK(ids.insert(panel.at("id").get<int>()).second);
        const json& place = panel.at("gridPos");
        const int right = place.at("x").get<int>() + place.at("w").get<int>();
        const int bottom = place.at("y").get<int>() + place.at("h").get<int>();
        CHECK(right <= 24);
        for (int x = place.at("x"); x < right; ++x) {
            for (int y = place.at("y"); y < bottom; ++y) {
                CHECK(cells.emplace(x, y).second);
            }
        }
    }
    CHECK(ids.size() > 15);
}

}  // namespace steward::gateway
