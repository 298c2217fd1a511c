#include "worker/exec/keeper_order.hpp"

#include <array>

#include "common/base/whole_number.hpp"

namespace steward::worker::exec {
namespace {

constexpr std::array<std::string_view, 4> kEnds = {"exited", "killed", "over", "unstarted"};

template <class Number>
bool read_number(std::string_view text, Number& number) {
    const auto read = base::parse_whole<Number>(text);
    number = read.value_or(0);
    return read.has_value();
}

bool read_limit(std::string_view text, std::vector<ResourceLimit>& limits) {
    const std::size_t equals = text.find('=');
    int resource = 0;
    ResourceLimit limit;
    if (equals == std::string_view::npos || !read_number(text.substr(0, equals), resource) ||
        !read_number(text.substr(equals + 1), limit.value)) {
        return false;
    }
    limit.resource = static_cast<__rlimit_resource_t>(resource);
    limits.push_back(limit);
    return true;
}

bool read_option(std::string_view name, const std::string& value, KeeperOrder& order) {
    if (name == "--user") {
        order.user = value;
        return true;
    }
    if (name == "--limit") {
        return read_limit(value, order.limits);
    }
    if (name == "--memory") {
        return read_number(value, order.memory_bytes_max);
    }
    std::int64_t micros = 0;
    if (name == "--grace" && read_number(value, micros)) {
        order.grace = base::Duration(micros);
        return true;
    }
    return false;
}

}  // namespace

std::vector<std::string> words_of(const KeeperOrder& order) {
    std::vector<std::string> words = {"--grace", std::to_string(order.grace.count())};
    if (!order.user.empty()) {
        words.insert(words.end(), {"--user", order.user});
    }
    for (const ResourceLimit& limit : order.limits) {
        words.insert(
            words.end(),
            {"--limit",
             std::to_string(static_cast<int>(limit.resource)) + '=' + std::to_string(limit.value)});
    }
    if (order.memory_bytes_max != 0) {
        words.insert(words.end(), {"--memory", std::to_string(order.memory_bytes_max)});
    }
    words.emplace_back("--");
    words.insert(words.end(), order.command.begin(), order.command.end());
    return words;
}

std::optional<KeeperOrder> order_of(const std::vector<std::string>& words) {
    KeeperOrder order;
    std::size_t at = 0;
    for (; at + 1 < words.size() && words[at] != "--"; at += 2) {
        if (!read_option(words[at], words[at + 1], order)) {
            return std::nullopt;
        }
    }
    if (at >= words.size() || words[at] != "--" || at + 1 == words.size()) {
        return std::nullopt;
    }
    order.command.assign(words.begin() + static_cast<std::ptrdiff_t>(at) + 1, words.end());
    return order;
}

std::string line_of(const KeeperReport& report) {
    return std::string(kEnds.at(static_cast<std::size_t>(report.end))) + ' ' +
           std::to_string(report.number) + ' ' + report.text + '\n';
}

std::optional<KeeperReport> report_of(std::string_view line) {
    const std::size_t first = line.find(' ');
    const std::size_t second = line.find(' ', first + 1);
    if (second == std::string_view::npos || !line.ends_with('\n')) {
        return std::nullopt;
    }
    for (std::size_t end = 0; end < kEnds.size(); ++end) {
        KeeperReport report{static_cast<KeeperReport::End>(end), 0, {}};
        if (line.substr(0, first) == kEnds.at(end) &&
            read_number(line.substr(first + 1, second - first - 1), report.number)) {
            report.text = line.substr(second + 1, line.size() - second - 2);
            return report;
        }
    }
    return std::nullopt;
}

}  // namespace steward::worker::exec
