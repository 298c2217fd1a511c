// client/cli: what `steward top` shows, computed from what the broker tells now and told before.
// Values in, lines out: no clock, no terminal.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "client/cli/fitted_table.hpp"
#include "common/base/time.hpp"

namespace steward::cli {

/// The broker's answers to three queries, and when they came.
struct TopSample {
    nlohmann::json broker;
    nlohmann::json services;
    nlohmann::json workers;
    base::MonoTime at;
    base::WallTime wall;
};

enum class TopSort : std::uint8_t { Waiting, Active, Rate, Name };

[[nodiscard]] TopSort next_sort(TopSort sort);
[[nodiscard]] std::string_view name_of(TopSort sort);

struct TopView {
    Space space;
    TopSort sort = TopSort::Waiting;
    bool is_live = true;  // false: printed once, without a word on keys
    bool is_paused = false;
    bool has_colours = false;
    std::string brokers;  // as the user named them
    std::string trouble;  // empty: none
};

class TopScreen {
public:
    /// `sample` is newer than the one before.
    void update(TopSample sample);

    /// At most view.space.lines lines, none longer than view.space.columns.
    [[nodiscard]] std::vector<std::string> lines(const TopView& view) const;
    /// The last sample and the rates, for programs.
    [[nodiscard]] nlohmann::json document() const;

private:
    struct Rates {  // a second
        double in = 0;
        double done = 0;
        double failed = 0;
    };

    struct Counts {
        std::uint64_t in = 0;
        std::uint64_t done = 0;
        std::uint64_t failed = 0;
    };

    static Counts counts_of(const nlohmann::json& row);
    static std::optional<Rates> rates_of(const Counts& before, const Counts& now, double seconds);
    static std::string rate_text(double rate);

    [[nodiscard]] std::string head_line(const TopView& view) const;
    [[nodiscard]] std::string jobs_line() const;
    [[nodiscard]] double weight_of(const nlohmann::json& row, TopSort sort) const;
    [[nodiscard]] std::vector<const nlohmann::json*> sorted_services(TopSort sort) const;
    [[nodiscard]] FittedRows services(TopSort sort) const;
    [[nodiscard]] FittedRows workers() const;

    std::optional<TopSample> sample_;
    std::optional<Rates> all_;            // unset: too little is known yet
    std::map<std::string, Rates> rates_;  // by service
};

}  // namespace steward::cli
