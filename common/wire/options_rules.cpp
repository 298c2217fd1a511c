// common/wire: what job options say of each other, and the words of their choices.
#include <array>
#include <string>

#include "common/base/bytes.hpp"
#include "common/wire/options.hpp"

namespace steward::wire {
namespace {

using base::Errc;
using base::Error;
using model::JobOptions;

using MaybeError = std::optional<Error>;

// "option wait (200ms) …"
Error bad(std::string_view name, std::string_view value, std::string_view rule) {
    std::string message = "option ";
    message += name;
    message += " (";
    message += base::printable(value, 60);
    message += ") ";
    message += rule;
    return {Errc::BadOption, std::move(message)};
}

MaybeError fault_in_time(const JobOptions& options) {
    if (options.delay && options.run_at) {
        return bad("delay",
                   duration_text(*options.delay),
                   "and run_at exclude each other: give one of them");
    }
    if (options.wait && options.sync) {
        return bad("wait",
                   duration_text(*options.wait),
                   "is for async jobs: a sync job's result is waited for anyway");
    }
    return std::nullopt;
}

MaybeError fault_in_unique(const JobOptions& options) {
    if (options.unique_params && !options.unique.empty()) {
        return bad("unique", options.unique.view(), "is true or a key, not both");
    }
    if (options.is_unique()) {
        return std::nullopt;
    }
    if (options.unique_scope) {
        return bad("unique_scope", name_of(*options.unique_scope), "needs the option unique");
    }
    if (options.on_duplicate) {
        return bad("on_duplicate", name_of(*options.on_duplicate), "needs the option unique");
    }
    return std::nullopt;
}

MaybeError fault_in_group(const JobOptions& options) {
    constexpr std::string_view kRule = "needs the option group";
    if (!options.group.empty()) {
        return std::nullopt;
    }
    if (options.group_limit) {
        return bad("group_limit", std::to_string(*options.group_limit), kRule);
    }
    if (options.group_rate) {
        return bad("group_rate", rate_text(*options.group_rate), kRule);
    }
    if (options.group_weight) {
        return bad("group_weight", std::to_string(*options.group_weight), kRule);
    }
    return std::nullopt;
}

MaybeError fault_in_label(std::string_view name, const model::Label& label) {
    if (label.empty()) {
        return std::nullopt;
    }
    const std::string fault = model::label_fault(label.view());
    return fault.empty() ? std::nullopt : std::optional(bad(name, label.view(), fault));
}

MaybeError fault_in_labels(const JobOptions& options) {
    struct Named {
        std::string_view name;
        const model::Label& label;
    };

    const std::array<Named, 5> all = {{{"channel", options.channel},
                                       {"context", options.context},
                                       {"group", options.group},
                                       {"unique", options.unique},
                                       {"batch", options.batch}}};
    for (const Named& named : all) {
        if (MaybeError error = fault_in_label(named.name, named.label)) {
            return error;
        }
    }
    return std::nullopt;
}

}  // namespace

MaybeError options_fault(const JobOptions& options) {
    if (MaybeError error = fault_in_time(options)) {
        return error;
    }
    if (MaybeError error = fault_in_unique(options)) {
        return error;
    }
    if (MaybeError error = fault_in_group(options)) {
        return error;
    }
    if (options.after.size() > model::kAfterMax) {
        return bad("after",
                   std::to_string(options.after.size()) + " jobs",
                   "names at most " + std::to_string(model::kAfterMax));
    }
    return fault_in_labels(options);
}

std::string_view name_of(model::UniqueScope scope) {
    switch (scope) {
        case model::UniqueScope::Waiting: return "waiting";
        case model::UniqueScope::Running: return "running";
    }
    return "unknown";
}

std::string_view name_of(model::OnDuplicate way) {
    switch (way) {
        case model::OnDuplicate::Drop: return "drop";
        case model::OnDuplicate::Attach: return "attach";
        case model::OnDuplicate::Replace: return "replace";
    }
    return "unknown";
}

std::optional<model::UniqueScope> unique_scope_named(std::string_view name) {
    for (const auto scope : {model::UniqueScope::Waiting, model::UniqueScope::Running}) {
        if (name_of(scope) == name) {
            return scope;
        }
    }
    return std::nullopt;
}

std::optional<model::OnDuplicate> on_duplicate_named(std::string_view name) {
    for (const auto way :
         {model::OnDuplicate::Drop, model::OnDuplicate::Attach, model::OnDuplicate::Replace}) {
        if (name_of(way) == name) {
            return way;
        }
    }
    return std::nullopt;
}

}  // namespace steward::wire
