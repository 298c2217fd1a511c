// tests/e2e: a number of a page of metrics.
#pragma once

#include <string>

namespace steward::e2e {

/// The value of the line that begins with `name`, labels and all; empty when there is none.
[[nodiscard]] inline std::string metric_in(const std::string& page, const std::string& name) {
    const std::size_t at = page.find("\n" + name + " ");
    if (at == std::string::npos) {
        return {};
    }
    const std::size_t begin = at + name.size() + 2;
    return page.substr(begin, page.find('\n', begin) - begin);
}

}  // namespace steward::e2e
