#include "broker/app/request_object.hpp"

#include <algorithm>
#include <variant>

namespace steward::app {
namespace {

void add(std::string& text, std::string_view what, std::string_view of) {
    if (!of.empty()) {
        text += text.empty() ? "" : ", ";
        text += what;
        text += ' ';
        text += of;
    }
}

void add_rest(std::string& text, std::size_t count) {
    if (count > kObjectsNamedMax) {
        text += " and ";
        text += std::to_string(count - kObjectsNamedMax);
        text += " more";
    }
}

std::string text_of(const core::JobFilter& which) {
    std::string text;
    for (std::size_t i = 0; i < which.jobs.size() && i < kObjectsNamedMax; ++i) {
        add(text, "job", which.jobs[i].text());
    }
    add_rest(text, which.jobs.size());
    add(text, "service", which.service);
    add(text, "context", which.context);
    add(text, "group", which.group);
    add(text, "batch", which.batch);
    for (std::size_t number = 0; number < model::kJobStates; ++number) {
        const auto state = static_cast<model::JobState>(number);
        if ((which.states & core::only(state)) != 0) {
            add(text, "state", model::name_of(state));
        }
    }
    return text;
}

std::string text_of(const std::vector<core::ModeChange>& changes) {
    std::string text;
    for (std::size_t i = 0; i < changes.size() && i < kObjectsNamedMax; ++i) {
        const core::ModeChange& change = changes[i];
        add(text, change.service.empty() ? "all services" : change.service, name_of(change.mode));
    }
    add_rest(text, changes.size());
    return text;
}

struct Teller {
    std::string operator()(const core::DrainBroker&) const { return "broker"; }

    std::string operator()(const core::EditJob& edit) const { return "job " + edit.job.text(); }

    std::string operator()(const core::SetModes& modes) const { return text_of(modes.changes); }

    std::string operator()(const core::SetLimit& set) const { return named(set.limit.name); }

    std::string operator()(const core::SetSchedule& set) const { return named(set.schedule.name); }

    template <class Bulk>
    std::string operator()(const Bulk& bulk) const {
        if constexpr (requires { bulk.which; }) {
            return text_of(bulk.which);
        } else {
            return named(bulk.name);
        }
    }

private:
    static std::string named(const model::Label& name) { return std::string(name.view()); }
};

}  // namespace

std::string object_of(const core::Request& request) {
    std::string text = std::visit(Teller{}, request);
    std::size_t end = std::min(text.size(), kObjectBytesMax);
    while (end < text.size() && end > 0 &&
           (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
        --end;  // not in the middle of a character
    }
    text.resize(end);
    return text;
}

}  // namespace steward::app
