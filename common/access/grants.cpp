#include "common/access/grants.hpp"

#include <array>
#include <utility>

#include "common/base/bytes.hpp"
#include "common/config/schema.hpp"
#include "common/model/limits.hpp"

namespace steward::access {
namespace {

constexpr std::string_view kReadAll = "read = \"all\"";

std::string line_of(std::string_view grant, std::string_view name) {
    std::string line(grant);
    line += " = [\"";
    line += base::printable(name);
    line += "\"]";
    return line;
}

config::Field list_of(std::string key, std::vector<std::string>& target, std::string doc) {
    return {.key = std::move(key), .target = &target, .doc = std::move(doc)};
}

}  // namespace

std::vector<config::Field> fields_of(GrantLines& lines) {
    return {
        list_of("submit",
                lines.submit,
                "Services whose jobs it may submit: names, and patterns in which `*` stands for "
                "any characters."),
        list_of("work", lines.work, "Services that its workers may announce, likewise."),
        {.key = "read",
         .target = &lines.read,
         .doc = "Which jobs it may see: `own`, those that were submitted with a key of its name, "
                "or `all`, with the services, workers and figures of the broker, and its news.",
         .words = {"own", "all"}},
        {.key = "operate",
         .target = &lines.operate,
         .doc = "Whether it may change jobs of others and how services run; it sees all then."},
        list_of("channels",
                lines.channels,
                "Channels that its jobs and workers are bound to: what names none is in those that "
                "are no patterns. Empty: any."),
        list_of("groups",
                lines.groups,
                "Groups that its jobs are bound to: a job that names none is in the first that is "
                "no pattern. Empty: any, and none."),
        {.key = "priority_max",
         .target = &lines.priority_max,
         .doc = "The highest priority of its jobs. Not given: any.",
         .max = INT32_MAX},
        {.key = "jobs_max",
         .target = &lines.quota.jobs_max,
         .doc = "So many of its jobs wait, run or are dead letters at most. 0: as many as there is "
                "room for."},
        {.key = "bytes_max",
         .target = &lines.quota.bytes_max,
         .doc = "So many bytes the params of these have at most. 0: as above.",
         .is_size = true},
        {.key = "submits_per_second",
         .target = &lines.quota.submits_per_second,
         .doc = "So many jobs it may submit in a second, over time. 0: as above.",
         .max = model::kSubmitsPerSecondMax}};
}

base::Expected<Grants> Grants::from(const GrantLines& lines) {
    Grants grants;
    const std::array<std::pair<const std::vector<std::string>*, Patterns*>, 4> lists = {
        {{&lines.submit, &grants.submit_},
         {&lines.work, &grants.work_},
         {&lines.channels, &grants.channels_},
         {&lines.groups, &grants.groups_}}};
    constexpr std::array<std::string_view, 4> kNames = {"submit", "work", "channels", "groups"};
    for (std::size_t i = 0; i < lists.size(); ++i) {
        auto patterns = Patterns::parse(*lists[i].first);
        if (!patterns) {
            patterns.error().message = std::string(kNames[i]) + ": " + patterns.error().message;
            return base::Unexpected(std::move(patterns.error()));
        }
        *lists[i].second = *std::move(patterns);
    }
    grants.reads_all_ = lines.read == "all";
    grants.operates_ = lines.operate;
    grants.priority_max_ = lines.priority_max;
    grants.quota_ = lines.quota;
    return grants;
}

base::Expected<Grants> Grants::from(const std::vector<std::string>& text) {
    GrantLines lines;
    config::Schema schema;
    schema.sections.push_back({"grants", {}, fields_of(lines)});
    std::string file = "[grants]\n";
    for (const std::string& line : text) {
        file += line;
        file += '\n';
    }
    if (auto loaded = schema.load(file, "grants"); !loaded) {
        return base::Unexpected(std::move(loaded.error()));
    }
    return from(lines);
}

Grants Grants::all() {
    Grants grants;
    grants.submit_ = Patterns::all();
    grants.work_ = Patterns::all();
    grants.reads_all_ = true;
    grants.operates_ = true;
    return grants;
}

std::string Grants::may_submit(std::string_view service) const {
    return submit_.has(service) ? std::string() : line_of("submit", service);
}

std::string Grants::may_work(std::string_view service) const {
    return work_.has(service) ? std::string() : line_of("work", service);
}

std::string Grants::may_ask_about(std::string_view service) const {
    return reads_all() || work_.has(service) ? std::string() : may_submit(service);
}

std::string Grants::may_read_all() const {
    return reads_all() ? std::string() : std::string(kReadAll);
}

std::string Grants::may_operate() const {
    return operates_ ? std::string() : "operate = true";
}

// `otherwise`: what a job that names none is in.
std::string Grants::bind(const Patterns& bound,
                         std::string_view grant,
                         std::string_view otherwise,
                         model::Label& label) {
    if (bound.empty() || (!label.empty() && bound.has(label.view()))) {
        return {};
    }
    if (!label.empty()) {
        return line_of(grant, label.view());
    }
    const auto names = bound.names();
    if (!names.empty()) {
        label = names.front();
        return {};
    }
    return !otherwise.empty() && bound.has(otherwise) ? std::string() : line_of(grant, otherwise);
}

std::string Grants::bind(model::JobOptions& options) const {
    if (std::string missing = bind(channels_, "channels", model::kDefaultChannel, options.channel);
        !missing.empty()) {
        return missing;
    }
    if (std::string missing = bind(groups_, "groups", {}, options.group); !missing.empty()) {
        return missing;
    }
    if (!priority_max_) {
        return {};
    }
    const auto most = static_cast<std::int32_t>(*priority_max_);
    if (!options.priority && most < model::kPriorityNormal) {
        options.priority = most;
    }
    return options.priority && *options.priority > most
               ? "priority_max = " + std::to_string(*options.priority)
               : std::string();
}

std::string Grants::bind(std::vector<model::Label>& channels) const {
    if (channels_.empty()) {
        return {};
    }
    if (channels.empty()) {
        for (const std::string_view name : channels_.names()) {
            channels.emplace_back(name == model::kDefaultChannel ? std::string_view() : name);
        }
    }
    if (channels.empty()) {
        channels.emplace_back();
    }
    for (const model::Label& channel : channels) {
        const std::string_view name = channel.empty() ? model::kDefaultChannel : channel.view();
        if (!channels_.has(name)) {
            return line_of("channels", name);
        }
    }
    return {};
}

base::Error lacks(std::string_view key, std::string_view grant) {
    return {base::Errc::Forbidden,
            "the key \"" + base::printable(key) +
                "\" lacks the grant that this needs: " + std::string(grant)};
}

}  // namespace steward::access
