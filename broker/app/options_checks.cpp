// broker/app: what the values of settings may be, one by one and together.
#include <algorithm>

#include "broker/app/options_parts.hpp"
#include "common/base/bytes.hpp"
#include "common/config/units.hpp"
#include "common/wire/options.hpp"
#include "common/wire/params.hpp"

namespace steward::app {
namespace {

base::Unexpected refuse(std::string message) {
    return base::fail(base::Errc::BadConfig, std::move(message));
}

std::string row_text(std::string_view table, std::string_view name) {
    return "[[" + std::string(table) + "]] " + config::quoted(base::printable(name));
}

template <class Rows, class Name>
base::Expected<void> check_names(std::string_view table, const Rows& rows, const Name& name_of) {
    std::vector<std::string_view> names;
    std::ranges::transform(rows, std::back_inserter(names), name_of);
    std::ranges::sort(names);
    const auto twice = std::ranges::adjacent_find(names);
    if (twice != names.end()) {
        return refuse(row_text(table, *twice) + " stands there twice");
    }
    return {};
}

base::Expected<void> check_count(std::string_view table,
                                 std::size_t rows,
                                 std::string_view setting,
                                 std::size_t most) {
    if (rows <= most) {
        return {};
    }
    return refuse("[[" + std::string(table) + "]] stands there " + std::to_string(rows) +
                  " times, and limits." + std::string(setting) + " is " + std::to_string(most));
}

base::Expected<void> check_pauses(std::string_view first_name,
                                  base::Duration first,
                                  std::string_view longest_name,
                                  base::Duration longest) {
    if (first <= longest) {
        return {};
    }
    return refuse(std::string(first_name) + " (" + config::duration_text(first) +
                  ") is longer than " + std::string(longest_name) + " (" +
                  config::duration_text(longest) + ")");
}

base::Expected<void> check_service_row(const core::ServicePolicy& row, const core::Policy& policy) {
    const model::JobOptions& given = row.defaults;
    if (!given.backoff && !given.backoff_max) {
        return {};
    }
    const std::string whose = row_text("service", row.name) + " ";
    return check_pauses(given.backoff ? whose + "backoff_first" : "broker.backoff_first",
                        given.backoff.value_or(policy.backoff_first),
                        given.backoff_max ? whose + "backoff_max" : "broker.backoff_max",
                        given.backoff_max.value_or(policy.backoff_max));
}

base::Expected<void> check_limit_row(const core::LimitSettings& row) {
    const std::string whose = row_text("limit", row.name.view());
    if (!row.at_once && !row.rate) {
        return refuse(whose + " needs at_once, rate or both");
    }
    if (row.services.empty() || row.services.size() > model::kServicesPerRequestMax) {
        return refuse(whose + " names " + std::to_string(row.services.size()) + " services, 1 to " +
                      std::to_string(model::kServicesPerRequestMax) + " are allowed");
    }
    return {};
}

base::Expected<void> check_ports(const BrokerOptions& options) {
    const std::uint16_t ports[] = {options.client_port, options.worker_port, options.news_port};
    for (std::size_t i = 0; i < 3; ++i) {
        if (ports[i] != 0 && ports[i] == ports[(i + 1) % 3]) {
            return refuse(
                "broker.client_port, broker.worker_port and broker.news_port must "
                "differ; two of them are " +
                std::to_string(ports[i]));
        }
    }
    return {};
}

base::Expected<void> check_security(const BrokerOptions& options) {
    if (options.key_file.empty() != options.clients_directory.empty()) {
        return refuse(
            "security.key_file and security.clients_directory belong together: the broker's own "
            "key, and who may come in; one of them is missing");
    }
    if (options.key_file.empty() && options.is_off_loopback() && !options.insecure) {
        return refuse("broker.bind = " + config::quoted(options.bind) +
                      " is reached from other machines, and there is no key: whoever reaches the "
                      "ports could do everything, and everything could be read on the way. Make "
                      "keys (`steward keygen`, docs/security.md) and name them in "
                      "security.key_file, bind to 127.0.0.1, or write security.insecure = true");
    }
    return {};
}

// A list that only takes away most likely means all but these, and would keep none.
base::Expected<void> check_events(const std::vector<std::string>& events) {
    if (!events.empty() && events.front().starts_with('-')) {
        return refuse("lifecycle.events begins with " + events.front() +
                      ", which is not in it; begin with \"all\"");
    }
    return {};
}

base::Expected<void> check_rows(const BrokerOptions& options) {
    const core::Policy& policy = options.policy;
    const model::Limits& limits = policy.limits;
    const auto label = [](const auto& row) { return row.name.view(); };
    return check_names("service",
                       policy.services,
                       [](const core::ServicePolicy& row) { return std::string_view(row.name); })
        .and_then([&] { return check_names("group", policy.groups, label); })
        .and_then([&] { return check_names("limit", policy.limits_named, label); })
        .and_then([&] { return check_names("schedule", policy.schedules, label); })
        .and_then([&] {
            return check_count(
                "service", policy.services.size(), "services_max", limits.services_max);
        })
        .and_then([&] {
            return check_count("group", policy.groups.size(), "groups_max", limits.groups_max);
        })
        .and_then([&] {
            return check_count(
                "limit", policy.limits_named.size(), "limits_max", limits.limits_max);
        })
        .and_then([&] {
            return check_count(
                "schedule", policy.schedules.size(), "schedules_max", limits.schedules_max);
        });
}

}  // namespace

// ---- single values ----

base::Expected<void> check_level(std::string_view text) {
    auto level = log::parse_level(text);
    return level ? base::Expected<void>() : base::Unexpected(level.error());
}

base::Expected<void> check_event(std::string_view text) {
    if (text.starts_with('-')) {
        text.remove_prefix(1);
    }
    if (text == "all" || model::event_named(text)) {
        return {};
    }
    std::string known = "all";
    for (std::size_t kind = 0; kind < model::kEventKinds; ++kind) {
        known += ", ";
        known += model::name_of(static_cast<model::EventKind>(kind));
    }
    return refuse("no event is called so; there are " + known);
}

base::Expected<void> check_service(std::string_view text) {
    auto name = model::ServiceName::parse(text);
    if (!name) {
        return base::Unexpected(name.error());
    }
    if (name->is_reserved()) {
        return base::fail(base::Errc::ReservedName, "this name belongs to the broker");
    }
    return {};
}

base::Expected<void> check_label(std::string_view text) {
    const std::string fault = model::label_fault(text);
    return fault.empty() ? base::Expected<void>() : refuse("such a name " + fault);
}

base::Expected<void> check_rate(std::string_view text) {
    const auto rate = wire::parse_rate(text);
    return rate ? base::Expected<void>() : base::Unexpected(rate.error());
}

base::Expected<std::int32_t> parse_priority(std::string_view text) {
    const bool is_number =
        !text.empty() && text.find_first_not_of("0123456789-") == std::string_view::npos;
    std::string frame = "OPTION-JSON: {\"priority\":";
    frame += is_number ? std::string(text) : config::quoted(text);
    frame += '}';
    const auto options = wire::parse_option_frame(frame);
    if (!options || !options->priority) {
        return base::fail(base::Errc::BadOption,
                          "a priority is low, normal, high, urgent or an integer of 32 bits");
    }
    return *options->priority;
}

base::Expected<void> check_priority(std::string_view text) {
    const auto priority = parse_priority(text);
    return priority ? base::Expected<void>() : base::Unexpected(priority.error());
}

base::Expected<void> check_word(std::string_view text) {
    for (const char c : text) {
        if (c == '\t' || c == '\n' || c == '\r' || c == '\0') {
            return refuse("a tab or line end is not allowed here");
        }
    }
    return {};
}

// ---- all together ----

base::Expected<void> check_together(const BrokerOptions& options) {
    const core::Policy& policy = options.policy;
    auto checked =
        check_pauses(
            "broker.backoff_first", policy.backoff_first, "broker.backoff_max", policy.backoff_max)
            .and_then([&] { return check_ports(options); })
            .and_then([&] { return check_security(options); })
            .and_then([&] { return check_events(options.lifecycle_events); })
            .and_then([&] { return check_rows(options); });
    for (std::size_t i = 0; checked && i < policy.services.size(); ++i) {
        checked = check_service_row(policy.services[i], policy);
    }
    for (std::size_t i = 0; checked && i < policy.limits_named.size(); ++i) {
        checked = check_limit_row(policy.limits_named[i]);
    }
    return checked;
}

}  // namespace steward::app
