#include "client/cli/top_screen.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

#include "client/cli/fields.hpp"
#include "client/cli/listing.hpp"
#include "client/cli/words.hpp"

namespace steward::cli {

using nlohmann::json;

namespace {

constexpr std::size_t kHeadLines = 4;  // head, jobs, trouble, and one that is empty

const json kNothing = json::array();

const json& rows_of(const json& report) {
    return report.is_array() ? report : kNothing;
}

std::string named(const json& row, const char* name) {
    return text_of(member(row, name));
}

std::string ago(const json& row, const char* name, base::WallTime now) {
    const auto at = seconds_of(member(row, name));
    return at ? duration_text(now.time_since_epoch() - *at) : "";
}

Cell failures(const json& row) {
    const std::uint64_t count = count_of(member(row, "failed"));
    return {std::to_string(count), count == 0 ? Colour::Plain : Colour::Red};
}

std::string joined_services(const json& row) {
    const json* all = member(row, "services");
    if (all == nullptr || !all->is_array()) {
        return named(row, "service");
    }
    std::string joined;
    for (const json& name : *all) {
        joined += joined.empty() ? "" : ",";
        joined += text_of(&name);
    }
    return joined;
}

}  // namespace

TopSort next_sort(TopSort sort) {
    switch (sort) {
        case TopSort::Waiting: return TopSort::Active;
        case TopSort::Active: return TopSort::Rate;
        case TopSort::Rate: return TopSort::Name;
        case TopSort::Name: return TopSort::Waiting;
    }
    return TopSort::Waiting;
}

std::string_view name_of(TopSort sort) {
    switch (sort) {
        case TopSort::Waiting: return "waiting";
        case TopSort::Active: return "active";
        case TopSort::Rate: return "rate";
        case TopSort::Name: return "name";
    }
    return "";
}

// ---- rates ----

TopScreen::Counts TopScreen::counts_of(const json& row) {
    return {count_of(member(row, "accepted")),
            count_of(member(row, "succeeded")),
            count_of(member(row, "failed")) + count_of(member(row, "dead")) +
                count_of(member(row, "expired"))};
}

// Nothing when a count has gone back: then it was another run of the broker that counted.
std::optional<TopScreen::Rates> TopScreen::rates_of(const Counts& before,
                                                    const Counts& now,
                                                    double seconds) {
    if (!(seconds > 0) || now.in < before.in || now.done < before.done ||
        now.failed < before.failed) {
        return std::nullopt;
    }
    return Rates{static_cast<double>(now.in - before.in) / seconds,
                 static_cast<double>(now.done - before.done) / seconds,
                 static_cast<double>(now.failed - before.failed) / seconds};
}

void TopScreen::update(TopSample sample) {
    all_.reset();
    rates_.clear();
    if (sample_) {
        const double seconds = std::chrono::duration<double>(sample.at - sample_->at).count();
        all_ = rates_of(counts_of(sample_->broker), counts_of(sample.broker), seconds);
        std::map<std::string, Counts> before;
        for (const json& row : rows_of(sample_->services)) {
            before[named(row, "service")] = counts_of(row);
        }
        for (const json& row : rows_of(sample.services)) {
            const std::string name = named(row, "service");
            const auto rates = rates_of(before[name], counts_of(row), seconds);
            if (all_ && rates) {
                rates_[name] = *rates;
            }
        }
    }
    sample_ = std::move(sample);
}

std::string TopScreen::rate_text(double rate) {
    char text[32];
    std::snprintf(text, sizeof text, rate < 999.95 ? "%.1f" : "%.0f", rate);
    return text;
}

// ---- lines ----

std::string TopScreen::head_line(const TopView& view) const {
    const json& broker = sample_->broker;
    std::string line = "steward " + view.brokers;
    const auto add = [&](const std::string& text) { line += "  " + text; };
    if (const auto uptime = seconds_of(member(broker, "uptime"))) {
        add("up " + duration_text(*uptime));
    }
    add(counted(rows_of(sample_->services).size(), "service"));
    add(counted(rows_of(sample_->workers).size(), "worker"));
    const std::string mode = named(broker, "mode");
    if (!mode.empty() && mode != "running") {
        add("all services " + mode);
    }
    const json* draining = member(broker, "draining");
    if (draining != nullptr && *draining == true) {
        add("shutting down");
    }
    return line;
}

std::string TopScreen::jobs_line() const {
    const json& broker = sample_->broker;
    std::string line = "jobs";
    const auto add = [&](const char* member_name, const char* word, bool is_always_shown) {
        const std::uint64_t count = count_of(member(broker, member_name));
        if (count > 0 || is_always_shown) {
            line += "  " + std::to_string(count) + " " + word;
        }
    };
    add("ready", "ready", true);
    add("active", "active", true);
    add("scheduled", "later", false);
    add("blocked", "blocked", false);
    add("dead_letters", "dead", false);
    if (all_) {
        line += "  in " + rate_text(all_->in) + "/s  ok " + rate_text(all_->done) + "/s  failed " +
                rate_text(all_->failed) + "/s";
    }
    return line;
}

double TopScreen::weight_of(const json& row, TopSort sort) const {
    switch (sort) {
        case TopSort::Waiting: return static_cast<double>(count_of(member(row, "ready")));
        case TopSort::Active: return static_cast<double>(count_of(member(row, "active")));
        case TopSort::Rate: {
            const auto found = rates_.find(named(row, "service"));
            return found == rates_.end() ? 0 : found->second.in + found->second.done;
        }
        case TopSort::Name: return 0;
    }
    return 0;
}

// The heaviest first, and by name among equals.
std::vector<const json*> TopScreen::sorted_services(TopSort sort) const {
    std::vector<const json*> rows;
    for (const json& row : rows_of(sample_->services)) {
        rows.push_back(&row);
    }
    std::ranges::sort(rows, [&](const json* a, const json* b) {
        const double first = weight_of(*a, sort);
        const double second = weight_of(*b, sort);
        return first != second ? first > second : named(*a, "service") < named(*b, "service");
    });
    return rows;
}

FittedRows TopScreen::services(TopSort sort) const {
    FittedRows table{{{"SERVICE", false, true},
                      {"MODE"},
                      {"WORKERS", true},
                      {"READY", true},
                      {"ACTIVE", true},
                      {"IN/S", true},
                      {"OK/S", true},
                      {"FAIL/S", true},
                      {"WAITS", true},
                      {"DEAD", true},
                      {"LATER", true}},
                     {}};
    for (const json* row : sorted_services(sort)) {
        const auto rates = rates_.find(named(*row, "service"));
        const auto rate = [&](double Rates::*which) {
            return rates == rates_.end() ? std::string() : rate_text(rates->second.*which);
        };
        const bool has_failures = rates != rates_.end() && rates->second.failed > 0;
        const auto waits = seconds_of(member(*row, "oldest_ready"));
        const std::string mode = named(*row, "mode");
        const std::uint64_t dead = count_of(member(*row, "dead_letters"));
        table.rows.push_back({{named(*row, "service")},
                              {mode, colour_of_mode(mode)},
                              {named(*row, "workers")},
                              {named(*row, "ready")},
                              {named(*row, "active")},
                              {rate(&Rates::in)},
                              {rate(&Rates::done)},
                              {rate(&Rates::failed), has_failures ? Colour::Red : Colour::Plain},
                              {waits ? duration_text(*waits) : ""},
                              {std::to_string(dead), dead > 0 ? Colour::Red : Colour::Plain},
                              {named(*row, "scheduled")}});
    }
    return table;
}

FittedRows TopScreen::workers() const {
    FittedRows table{{{"WORKER", false, true},
                      {"SERVICES", false, true},
                      {"SLOTS", true},
                      {"HELD", true},
                      {"OK", true},
                      {"FAILED", true},
                      {"UP", true},
                      {"HEARD", true}},
                     {}};
    for (const json& row : rows_of(sample_->workers)) {
        table.rows.push_back({{named(row, "workerid")},
                              {joined_services(row)},
                              {named(row, "concurrency")},
                              {named(row, "held")},
                              {named(row, "succeeded")},
                              failures(row),
                              {ago(row, "since", sample_->wall)},
                              {ago(row, "hb", sample_->wall)}});
    }
    return table;
}

std::vector<std::string> TopScreen::lines(const TopView& view) const {
    const Space& space = view.space;
    const std::string foot = std::string("q quits  p ") + (view.is_paused ? "goes on" : "pauses") +
                             "  s sorts, now by " + std::string(name_of(view.sort)) +
                             (view.is_paused ? "  PAUSED" : "");
    std::vector<std::string> lines;
    if (sample_) {
        lines.push_back(
            painted(cut_to(head_line(view), space.columns), Colour::Bold, view.has_colours));
        lines.push_back(cut_to(jobs_line(), space.columns));
    } else {
        lines.push_back(cut_to("steward " + view.brokers, space.columns));
    }
    lines.push_back(painted(cut_to(view.trouble, space.columns), Colour::Red, view.has_colours));
    const std::size_t used = kHeadLines + (view.is_live ? 1 : 0);
    if (sample_ && space.lines > used) {
        const std::size_t room = space.lines - used;
        const FittedRows all_workers = workers();
        // Workers get a third, or what services leave.
        const std::size_t wanted = all_workers.rows.size() + 1;
        const std::size_t kept = std::min(wanted, std::max<std::size_t>(room / 3, 1));
        const auto add = [&](const FittedRows& table, std::size_t count) {
            auto part = fitted_table(table, {space.columns, count}, view.has_colours);
            std::ranges::move(part, std::back_inserter(lines));
        };
        const std::size_t before = lines.size();
        add(services(view.sort), room - kept);
        lines.emplace_back();
        add(all_workers, room - (lines.size() - before - 1));
    }
    lines.resize(std::min(lines.size(), space.lines));
    if (view.is_live && space.lines > 0) {
        lines.resize(space.lines - 1);
        lines.push_back(painted(cut_to(foot, space.columns), Colour::Dim, view.has_colours));
    }
    return lines;
}

json TopScreen::document() const {
    if (!sample_) {
        return nullptr;
    }
    json services = rows_of(sample_->services);
    for (json& row : services) {
        if (const auto found = rates_.find(named(row, "service")); found != rates_.end()) {
            row["rates"] = {{"in", found->second.in},
                            {"succeeded", found->second.done},
                            {"failed", found->second.failed}};
        }
    }
    json document = {{"broker", sample_->broker},
                     {"services", std::move(services)},
                     {"workers", sample_->workers}};
    if (all_) {
        document["rates"] = {{"in", all_->in}, {"succeeded", all_->done}, {"failed", all_->failed}};
    }
    return document;
}

}  // namespace steward::cli
