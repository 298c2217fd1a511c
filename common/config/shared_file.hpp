// common/config: one file, etc/steward.toml, may configure several programs. Which section is
// whose: each reads its own and passes over the others', but for what nobody knows.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace steward::config {

struct SharedSection {
    std::string_view name;
    std::string_view program;
};

inline constexpr SharedSection kSharedSections[] = {{"broker", "steward-broker"},
                                                    {"security", "steward-broker"},
                                                    {"audit", "steward-broker"},
                                                    {"limits", "steward-broker"},
                                                    {"journal", "steward-broker"},
                                                    {"lifecycle", "steward-broker"},
                                                    {"service", "steward-broker"},
                                                    {"group", "steward-broker"},
                                                    {"limit", "steward-broker"},
                                                    {"schedule", "steward-broker"},
                                                    {"process", "steward-supervisor"},
                                                    {"gateway", "steward-gateway"},
                                                    {"supervisor", "steward-supervisor"},
                                                    {"pool", "steward-supervisor"}};

/// For Schema::of_others: all sections that are not `program`'s.
[[nodiscard]] inline std::vector<std::string> sections_of_others(std::string_view program) {
    std::vector<std::string> names;
    for (const SharedSection& section : kSharedSections) {
        if (section.program != program) {
            names.emplace_back(section.name);
        }
    }
    return names;
}

}  // namespace steward::config
